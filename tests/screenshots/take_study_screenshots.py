"""Take the pictures of docs/tutorials/a-study-of-two-groups.md, from studies made by its commands.

Run under a display, e.g. ``xvfb-run -s "-screen 0 1400x900x24" python
tests/screenshots/take_study_screenshots.py OUT --dataset ds002748 --study study --twice twice-study``. What
the tutorial does with the mouse is done: the labels of sub-05 are painted on, saved and reported anew, and
groups are compared, in the study that is given.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from scipy.ndimage import binary_dilation
from take_review_screenshots import review_of
from take_screenshots import be_idle, open_study, open_window, take, wait_for

from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.quality.wall_model import Order
from brainstem_app.gui.report.retest_panel import PairsFrom
from brainstem_app.gui.review.paper_figure import FigureStyle, draw_figure, save_figure, series_of
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.workflow.step import StepName

SIZE = (1280, 800)
TISSUE, STROKE = 2, 5
CORRECTED, SHOWN = "sub-05", "sub-01"
_JOB_S = 900.0


def result_of(window: MainWindow, subject: str) -> Path:
    """Where the wall has the result of a subject."""
    page: Any = window.page(StepName.QUALITY)
    wait_for(lambda: page.model.rowCount() > 0)
    return next(Path(item.folder) for item in page.model.items if item.name.startswith(f"{subject}/"))


def wait_for_jobs(window: MainWindow) -> None:
    """Wait until all jobs have ended and what they wrote is shown."""
    wait_for(lambda: all(job.state.is_over for job in window.context.jobs.jobs), _JOB_S)
    be_idle(window)


def take_scans(window: MainWindow, out: Path, dataset: Path) -> None:
    """Take the list of all scans."""
    window.open_path(dataset)
    window.show_step(StepName.SCANS)
    model = window.scans.model
    wait_for(lambda: model.rowCount() > 0 and model.next_to_examine() is None)
    window.scans.table.selectAll()
    take(window, out, "study_scans")


def free_edge(labels: NDArray[np.uint8], nucleus: int) -> list[tuple[int, int]]:
    """Voxels beside a nucleus of a slice, at the patient's right, that belong to no other."""
    tissue = (labels > 0) & (labels <= TISSUE)
    y, x = np.nonzero(binary_dilation(labels == nucleus) & tissue)
    return [(int(x[place]), int(y[place])) for place in np.argsort(x)[-STROKE:]]


def take_correction(window: MainWindow, out: Path) -> None:
    """Paint at the edge of a red nucleus, save the copy, have its report written, and accept it."""
    window.show_step(StepName.QUALITY)
    review = review_of(window, result_of(window, CORRECTED))
    review.commands["brush"].trigger()
    be_idle(window)
    view, opened = review.views.panes[Plane.AXIAL].view, review.document.labels
    assert opened is not None
    width, height, _slices = opened.labels.grid.voxel_size_mm
    for x, y in free_edge(opened.labels.labels[view.index], review.document.editor.label):
        place = view.box.mapViewToScene(QPointF((x + 0.5) * width, (y + 0.5) * height))
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.mapFromScene(place))
    assert review.document.editor.can_undo
    review.commands["save_copy"].trigger()
    wait_for(lambda: not review.commands["save_copy"].isEnabled())
    take(window, out, "study_review")
    review.commands["look"].trigger()
    window.show_step(StepName.QUALITY)
    page: Any = window.page(StepName.QUALITY)
    be_idle(window)
    row = next(n for n, item in enumerate(page.model.shown) if item.name.startswith(f"{CORRECTED}/"))
    page.wall.setCurrentIndex(page.model.index(row, 0))
    assert page.correct_button.isVisible()
    QTest.mouseClick(page.correct_button, Qt.MouseButton.LeftButton)
    wait_for_jobs(window)
    assert page.current.name.startswith(f"{CORRECTED}/")
    QTest.mouseClick(page.accept_button, Qt.MouseButton.LeftButton)
    window.message_bar.clear()


def take_results(window: MainWindow, out: Path) -> None:
    """Take the wall, and the figure of one result."""
    window.show_step(StepName.QUALITY)
    page: Any = window.page(StepName.QUALITY)
    page.order.setCurrentIndex(page.order.findData(Order.FIT))
    page.wall.setCurrentIndex(page.model.index(0, 0))
    page.wall.scrollToTop()
    take(window, out, "study_quality")
    content = review_of(window, result_of(window, SHOWN)).views.figure_content()
    assert content is not None
    figure = draw_figure(content, series_of(content, Plane.AXIAL, 8), FigureStyle(columns=4))
    with tempfile.TemporaryDirectory() as home:
        whole = QImage(str(save_figure(figure, Path(home) / "figure.png")))
    small = whole.scaledToWidth(SIZE[0], Qt.TransformationMode.SmoothTransformation)
    small.save(str(out / "study_figure.png"))


def take_groups(window: MainWindow, out: Path) -> None:
    """Compare the groups, and take what was asked and what came of it."""
    window.show_step(StepName.REPORT)
    page: Any = window.page(StepName.REPORT)
    page.cohort_button.setChecked(True)
    wait_for(lambda: len(page.cohort.subjects.ticked()) > 1)
    page.cohort.tabs.setCurrentWidget(page.cohort.adjust)
    page.cohort.covariates.tick(["age", "sex"])
    take(window, out, "study_groups")
    page.cohort.start_button.click()
    wait_for_jobs(window)
    window.message_bar.clear()
    take(window, out, "study_result")


def take_twice(window: MainWindow, out: Path) -> None:
    """Take who can be measured over time, and how well two scans of one person repeat."""
    window.show_step(StepName.REPORT)
    page: Any = window.page(StepName.REPORT)
    page.change_button.setChecked(True)
    wait_for(lambda: page.change.rows.rowCount() > 0)
    take(window, out, "study_change")
    page.retest_button.click()
    page.retest.way.setCurrentIndex(page.retest.way.findData(PairsFrom.STUDY))
    wait_for(lambda: page.retest.pairs.rowCount() > 0)
    be_idle(window)
    if not page.retest.start_button.isEnabled():
        page.retest.confirmed.setChecked(True)
        wait_for(page.retest.start_button.isEnabled)
    page.run()
    wait_for_jobs(window)
    window.message_bar.clear()
    page.report.table.selectRow(4)
    take(window, out, "report_repeated")


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    for name in ("--dataset", "--study", "--twice"):
        parser.add_argument(name, type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_application()
    with open_window(size=SIZE) as window:
        wait_for(lambda: bool(window.segment_page.segment_panel.model))
        take_scans(window, arguments.out, arguments.dataset)
        open_study(window, arguments.study)
        take_correction(window, arguments.out)
        take_results(window, arguments.out)
        take_groups(window, arguments.out)
    with open_window(size=SIZE) as window:
        open_study(window, arguments.twice)
        take_twice(window, arguments.out)


if __name__ == "__main__":
    main()
