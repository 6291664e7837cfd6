"""Take pictures of every state of the window, for README and docs.

Run under a display, e.g. ``xvfb-run -s "-screen 0 1400x900x24" python tests/screenshots/take_screenshots.py
OUT --scan SCAN [--result FOLDER] [--study FOLDER] [--dark]``. Without ``--result`` the picture with labels is
left out, without ``--study`` those of the other steps. The study may be one of any size; nothing in it is
changed but ``window.json``. For the step Compare a small comparison is run, on a copy of six of its subjects.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.settings import LookChoice, WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.many.grids import GRIDS
from brainstem_app.study.grid import Grid
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study

SIZE = (1280, 820)
_LIMIT_S = 120.0
_COMPARISON_S = 3600.0
#: Small enough to be run for a picture: minutes on two cores.
SMALL_GRID = Grid(
    name="small",
    title="Two decoders, two losses",
    repeats=1,
    settings={"encoder": "resnet18", "epochs": 12, "input.size": 64, "learning_rate": 0.001},
    vary={"decoder": ("n_deconet", "fpn"), "loss": ("dice", "dicece")},
)


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


def take(window: MainWindow, out: Path, name: str) -> None:
    """Save a picture of the window."""
    settle()
    path = out / f"{name}.png"
    window.grab().save(str(path))
    sys.stdout.write(f"{path}\n")


def wear_dark(settings: WindowSettings) -> None:
    """Let windows with these settings be dark, as on a dark desktop."""
    settings.preferences = settings.preferences.model_copy(update={"look": LookChoice.DARK})


def take_all(window: MainWindow, out: Path, scan: Path, result: Path | None, *, job: bool) -> None:
    """Go through the states of the window."""
    take(window, out, "window_empty")
    window.segment_page.empty_state.set_target(True)
    take(window, out, "window_drop")
    window.segment_page.empty_state.set_target(False)
    window.open_path(scan)
    wait_for(lambda: window.segment_page.document.scan is not None)
    take(window, out, "window_scan")
    if job:
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
        before = window.segment_page.document.result
        window.open_path(result)
        wait_for(lambda: window.segment_page.document.result is not before)
        take(window, out, "window_result")
        window.segment_page.viewer.opacity.setValue(35)
        window.segment_page.viewer.view.zoom(3.0)
        take(window, out, "window_result_zoomed")


def take_quality(window: MainWindow, out: Path) -> None:
    """Take the wall of a study whose results `quality` has looked at; nothing without results."""
    window.show_step(StepName.QUALITY)
    page: Any = window.page(StepName.QUALITY)
    settle(2.0)
    if page.model.rowCount():
        wait_for(lambda: not window.context.background.is_busy)
        take(window, out, "step_quality")


def take_steps(window: MainWindow, out: Path, study: Path) -> None:
    """Open a study and go through the steps that work on it."""
    window.open_path(study)
    wait_for(lambda: window.context.study.is_open)
    window.show_step(StepName.SCANS)
    wait_for(lambda: window.scans.model.rowCount() > 0)
    wait_for(lambda: window.scans.model.counts()[2] < max(1, window.scans.model.rowCount() - 12))
    take(window, out, "step_scans")
    window.show_step(StepName.PREPARE)
    prepare: Any = window.page(StepName.PREPARE)
    wait_for(lambda: prepare.model.rowCount() > 0 and not prepare.view.picture.is_empty)
    take(window, out, "step_prepare")
    window.show_step(StepName.TRAIN)
    train: Any = window.page(StepName.TRAIN)
    wait_for(lambda: train.device.text().startswith("Device") and not window.context.background.is_busy)
    if train.model.rowCount():
        train.table.selectRow(train.model.rowCount() - 1)
        wait_for(lambda: bool(train.curves.points("loss")))
    take(window, out, "step_train")
    train.form.fold.setChecked(True)
    take(window, out, "step_train_advanced")
    window.show_step(StepName.COMPARE)
    compare: Any = window.page(StepName.COMPARE)
    compare.panel.show_grid(GRIDS["table1"]())
    wait_for(lambda: compare.heat is not None and compare.heat.name == "table1")
    take(window, out, "step_compare_plan")
    take_quality(window, out)
    window.show_step(StepName.REPORT)
    report: Any = window.page(StepName.REPORT)
    wait_for(lambda: report.content is not None)
    report.choose(report.entries[-1].name)
    wait_for(lambda: report.content.entry == report.entries[-1])
    take(window, out, "step_report")
    window.show_jobs()
    take(window, out, "panel_jobs")
    window.show_jobs()


def small_study(study: Path, home: Path) -> Path:
    """Copy six subjects of a study, for a comparison that takes minutes."""
    made = Study.create(home / "few subjects", Study.open(study).settings)
    names = [record.name for record in Study.open(study).finished_subjects()][:6]
    for name in names:
        shutil.copytree(Study.open(study).subject_folder(name), made.subject_folder(name))
    made.save_splits(
        Splits(seed=0, train=tuple(names[:3]), validation=(names[3],), test=tuple(names[4:])),
    )
    return made.folder


def take_comparison(window: MainWindow, out: Path, study: Path) -> None:
    """Run a small comparison on a study, unless it has been begun, and look at its best cell."""
    window.open_path(study)
    wait_for(lambda: window.context.study.folder == study)
    window.show_step(StepName.COMPARE)
    compare: Any = window.page(StepName.COMPARE)
    compare.panel.show_grid(SMALL_GRID)
    wait_for(lambda: compare.heat is not None and compare.heat.name == SMALL_GRID.name)
    if not compare.heat.is_begun:
        compare.start()
        wait_for(lambda: compare.heat.is_begun, _COMPARISON_S)
        take(window, out, "step_compare_running")
        wait_for(lambda: not window.context.jobs.running and "to do" not in compare.heat.plan, _COMPARISON_S)
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
    parser.add_argument(
        "--comparison",
        type=Path,
        help="a small study to compare networks on; a copy of some subjects if not given",
    )
    parser.add_argument("--job", action="store_true", help="also start and stop a segmentation")
    parser.add_argument("--dark", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_application()
    with tempfile.TemporaryDirectory() as home:
        settings = WindowSettings(QSettings(str(Path(home) / "settings.ini"), QSettings.Format.IniFormat))
        settings.results_folder = Path(home) / "results"
        settings.jobs_folder = Path(home) / "jobs"
        if arguments.dark:
            wear_dark(settings)
        window = MainWindow(settings)
        window.resize(*SIZE)
        window.show()
        take(window, arguments.out, "step_scans_empty")
        window.show_step(StepName.SEGMENT)
        take_all(window, arguments.out, arguments.scan, arguments.result, job=arguments.job)
        if arguments.study is not None:
            take_steps(window, arguments.out, arguments.study)
        if arguments.comparison is not None or arguments.study is not None:
            small = arguments.comparison or small_study(arguments.study, Path(home))
            take_comparison(window, arguments.out, small)
        for left in window.context.jobs.running:
            left.kill()
        window.close()


if __name__ == "__main__":
    main()
