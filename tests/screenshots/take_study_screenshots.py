"""Take the pictures of docs/tutorials/a-study-of-two-groups.md, from studies made by its commands.

Run under a display, e.g. ``xvfb-run -s "-screen 0 1400x900x24" python
tests/screenshots/take_study_screenshots.py OUT --dataset ds002748 --study study --twice twice-study``.
The groups are compared anew. The picture of Review is of a hand at work, and was taken while it drew.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage
from take_screenshots import settle, wait_for

from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.quality.wall_model import Order
from brainstem_app.gui.review.paper_figure import FigureStyle, draw_figure, save_figure, series_of
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.workflow.step import StepName

SIZE = (1280, 800)
_QUALITY_OF_JPEG = 82
_SHOWN = "sub-01/"
_JOB_S = 600.0


def take(window: MainWindow, out: Path, name: str) -> None:
    """Save a picture of the window."""
    settle(1.0)
    window.grab().save(str(out / f"study_{name}.jpg"), quality=_QUALITY_OF_JPEG)


def open_study(window: MainWindow, folder: Path) -> None:
    """Open a study and wait until it is there."""
    window.open_path(folder)
    wait_for(lambda: window.context.study.folder == folder)
    settle(3.0)


def take_scans(window: MainWindow, out: Path, dataset: Path) -> None:
    """Take the list of all scans."""
    window.open_path(dataset)
    window.show_step(StepName.SCANS)
    model = window.scans.model
    wait_for(lambda: model.rowCount() > 0 and model.next_to_examine() is None)
    window.scans.table.selectAll()
    take(window, out, "scans")


def take_results(window: MainWindow, out: Path) -> None:
    """Take the wall, and the figure of one result."""
    window.show_step(StepName.QUALITY)
    page: Any = window.page(StepName.QUALITY)
    wait_for(lambda: page.model.rowCount() > 0)
    page.order.setCurrentIndex(page.order.findData(Order.FIT))
    take(window, out, "quality")
    folder = next(item.folder for item in page.model.items if item.name.startswith(_SHOWN))
    window.opening.review_results((folder,))
    wait_for(lambda: _reviewed(window) == folder)
    settle(2.0)
    review: Any = window.review
    content = review.views.figure_content()
    figure = draw_figure(content, series_of(content, Plane.AXIAL, 8), FigureStyle(columns=4))
    with tempfile.TemporaryDirectory() as home:
        whole = QImage(str(save_figure(figure, Path(home) / "figure.png")))
    small = whole.scaledToWidth(SIZE[0], Qt.TransformationMode.SmoothTransformation)
    small.save(str(out / "study_figure.jpg"), quality=_QUALITY_OF_JPEG)


def _reviewed(window: MainWindow) -> Path | None:
    result = None if window.review is None else window.review.document.result
    return None if result is None else result.folder


def take_groups(window: MainWindow, out: Path) -> None:
    """Compare the groups, and take what was asked and what came of it."""
    window.show_step(StepName.REPORT)
    page: Any = window.page(StepName.REPORT)
    page.cohort_button.setChecked(True)
    wait_for(lambda: len(page.cohort.subjects.ticked()) > 1)
    page.cohort.tabs.setCurrentWidget(page.cohort.adjust)
    page.cohort.covariates.tick(["age", "sex"])
    take(window, out, "groups")
    page.cohort.start_button.click()
    wait_for(lambda: all(job.state.is_over for job in window.context.jobs.jobs), _JOB_S)
    settle(3.0)
    take(window, out, "result")


def take_change(window: MainWindow, out: Path) -> None:
    """Take who can be measured over time."""
    window.show_step(StepName.REPORT)
    page: Any = window.page(StepName.REPORT)
    page.change_button.setChecked(True)
    wait_for(lambda: page.change.rows.rowCount() > 0)
    take(window, out, "change")


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    for name in ("--dataset", "--study", "--twice"):
        parser.add_argument(name, type=Path, required=True)
    arguments = parser.parse_args()
    make_application()
    with tempfile.TemporaryDirectory() as home:
        settings = WindowSettings(QSettings(str(Path(home) / "settings.ini"), QSettings.Format.IniFormat))
        settings.results_folder, settings.jobs_folder = Path(home) / "results", Path(home) / "jobs"
        window = MainWindow(settings)
        window.resize(*SIZE)
        window.show()
        wait_for(lambda: bool(window.segment_page.segment_panel.model))
        take_scans(window, arguments.out, arguments.dataset)
        open_study(window, arguments.study)
        take_results(window, arguments.out)
        take_groups(window, arguments.out)
        open_study(window, arguments.twice)
        take_change(window, arguments.out)
        window.close()


if __name__ == "__main__":
    main()
