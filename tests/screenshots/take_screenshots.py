"""Take pictures of the window: its states, and the steps on a study, for README and docs.

Run under a display, e.g. ``xvfb-run -s "-screen 0 1400x900x24" python tests/screenshots/take_screenshots.py
OUT --scan SCAN [--result FOLDER] [--study FOLDER] [--job] [--dark]``. Without ``--result`` pictures with
labels are left out, without ``--study`` those of the steps on one. Of the study, as `take_pictures.py` makes
it, nothing is changed but ``window.json``. ``--steps`` takes the steps alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget
from small_grid import SMALL_GRID

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.report_entries import ReportKind
from brainstem_app.gui.settings import LookChoice, WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.many.grids import GRIDS

SIZE = (1280, 820)
_LIMIT_S = 300.0
_QUIET_S = 0.6


def wait_for(condition: Callable[[], bool], seconds: float = _LIMIT_S) -> None:
    """Run the event loop until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        QApplication.processEvents()
        time.sleep(0.01)


def settle(seconds: float = 0.4) -> None:
    """Run the event loop for a while."""
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end)


def be_idle(window: MainWindow) -> None:
    """Run the event loop until nothing has been read or drawn for a moment."""
    since = time.monotonic()
    end = since + _LIMIT_S
    while time.monotonic() < since + _QUIET_S and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)
        if window.context.background.is_busy:
            since = time.monotonic()


def take(window: MainWindow, out: Path, name: str, widget: QWidget | None = None) -> None:
    """Save a picture of the window, or of another widget."""
    be_idle(window)
    path = out / f"{name}.png"
    (widget or window).grab().save(str(path))
    sys.stdout.write(f"{path}\n")


@contextmanager
def open_window(*, dark: bool = False, size: tuple[int, int] = SIZE) -> Iterator[MainWindow]:
    """Show a window with settings of its own, as at a first start; its jobs end with it."""
    with tempfile.TemporaryDirectory() as home:
        settings = WindowSettings(QSettings(str(Path(home) / "settings.ini"), QSettings.Format.IniFormat))
        settings.results_folder, settings.jobs_folder = Path(home) / "results", Path(home) / "jobs"
        if dark:
            settings.preferences = settings.preferences.model_copy(update={"look": LookChoice.DARK})
        window = MainWindow(settings)
        window.resize(*size)
        window.show()
        try:
            yield window
        finally:
            for left in window.context.jobs.running:
                left.kill()
            window.close()
            window.context.background.wait()


def open_study(window: MainWindow, folder: Path) -> None:
    """Open a study and wait until it is there."""
    window.open_path(folder)
    wait_for(lambda: window.context.study.folder == folder)
    be_idle(window)


def open_result(window: MainWindow, folder: Path) -> None:
    """Open a result of Segment, with its curves."""
    document = window.segment_page.document
    window.show_step(StepName.SEGMENT)
    window.open_path(folder)
    wait_for(lambda: document.result is not None and document.result.folder == folder)
    wait_for(lambda: document.shapes is not None)
    be_idle(window)


def take_states(window: MainWindow, out: Path, scan: Path, result: Path | None, *, job: bool) -> None:
    """Go through the states of the window."""
    take(window, out, "step_scans_empty")
    window.show_step(StepName.SEGMENT)
    take(window, out, "window_empty")
    window.segment_page.empty_state.set_target(True)
    take(window, out, "window_drop")
    window.segment_page.empty_state.set_target(False)
    window.open_path(scan)
    wait_for(lambda: window.segment_page.document.scan is not None)
    take(window, out, "window_scan")
    if job:
        take_job(window, out)
    window.open_path(out / "nothing.nii.gz")
    wait_for(lambda: window.message_bar.message is not None)
    take(window, out, "window_error")
    error = BrainstemError(
        "The medulla is cut off: the scan ends 22 mm above the end of the brainstem.",
        scan,
        "Scan further down, or leave the nuclei of the medulla out of your results.",
    )
    window.message_bar.show_message(message_of_error(error, ""))
    take(window, out, "window_error_of_job")
    window.message_bar.clear()
    if result is not None:
        open_result(window, result)
        window.segment_page.viewer.opacity.setValue(35)
        window.segment_page.viewer.view.zoom(3.0)
        take(window, out, "window_result_zoomed")


def take_job(window: MainWindow, out: Path) -> None:
    """Start a segmentation, close the window upon it, and stop it."""
    window.commands.run("segment")
    settle(6)
    take(window, out, "window_segmenting")
    window.close()
    take(window, out, "window_closing")
    window.message_bar.clear()
    window.commands.run("cancel")
    settle(0.5)
    take(window, out, "window_stopping")
    wait_for(lambda: not window.segment_page.segmentation.is_running)
    take(window, out, "window_stopped")


def take_steps(window: MainWindow, out: Path, study: Path, result: Path) -> None:
    """Open a study and go through the steps that work on it."""
    open_study(window, study)
    window.show_step(StepName.SCANS)
    model = window.scans.model
    wait_for(lambda: model.rowCount() > 0 and model.next_to_examine() is None)
    take(window, out, "step_scans")
    open_result(window, result)
    take(window, out, "window_result")
    window.show_step(StepName.QUALITY)
    quality: Any = window.page(StepName.QUALITY)
    wait_for(lambda: quality.model.rowCount() > 0)
    take(window, out, "step_quality")
    take_training(window, out)
    window.show_step(StepName.REPORT)
    report: Any = window.page(StepName.REPORT)
    wait_for(lambda: bool(report.entries))
    be_idle(window)
    entries = [entry for entry in report.entries if entry.kind is ReportKind.SEGMENTATION]
    report.list.choose(next(entry.name for entry in entries if result.is_relative_to(entry.folder)))
    wait_for(lambda: report.content is not None and not report.report.picture.is_empty)
    take(window, out, "step_report")
    window.show_jobs()
    take(window, out, "panel_jobs")
    window.show_jobs()
    window.beside.show_atlases()
    library = window.beside.library
    assert library is not None
    wait_for(lambda: not library.atlases.view.picture.is_empty)
    take(window, out, "library", library)
    library.close()


def take_training(window: MainWindow, out: Path) -> None:
    """Take Prepare, Train, and Compare at the best of its cells."""
    window.show_step(StepName.PREPARE)
    prepare: Any = window.page(StepName.PREPARE)
    wait_for(lambda: prepare.model.rowCount() > 0 and not prepare.view.picture.is_empty)
    take(window, out, "step_prepare")
    window.show_step(StepName.TRAIN)
    train: Any = window.page(StepName.TRAIN)
    wait_for(lambda: train.device.text().startswith("Device"))
    be_idle(window)
    train.table.selectRow(0)
    wait_for(lambda: bool(train.curves.points("loss")))
    take(window, out, "step_train")
    train.form.fold.setChecked(True)
    take(window, out, "step_train_advanced")
    window.show_step(StepName.COMPARE)
    compare: Any = window.page(StepName.COMPARE)
    compare.panel.show_grid(GRIDS["table1"]())
    wait_for(lambda: compare.heat is not None and compare.heat.name == "table1")
    take(window, out, "step_compare_plan")
    compare.panel.show_grid(SMALL_GRID)
    wait_for(lambda: compare.heat is not None and compare.heat.name == SMALL_GRID.name)
    be_idle(window)
    values = {place: cell.value("nuclei") or 0.0 for place, cell in compare.heat.cells.items()}
    row, column = max(values, key=lambda place: values[place])
    compare.table.setCurrentIndex(compare.table.model().index(row, column + 1))
    wait_for(lambda: bool(compare.cell.curves.points("loss")) and not compare.cell.picture.is_empty)
    take(window, out, "step_compare")


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scan", type=Path, required=True)
    parser.add_argument("--result", type=Path)
    parser.add_argument("--study", type=Path, help="also the steps that work on a study")
    parser.add_argument("--steps", action="store_true", help="the steps alone")
    parser.add_argument("--job", action="store_true", help="also start and stop a segmentation")
    parser.add_argument("--dark", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_application()
    with open_window(dark=arguments.dark) as window:
        if not arguments.steps:
            take_states(window, arguments.out, arguments.scan, arguments.result, job=arguments.job)
        if arguments.study is not None and arguments.result is not None:
            take_steps(window, arguments.out, arguments.study, arguments.result)


if __name__ == "__main__":
    main()
