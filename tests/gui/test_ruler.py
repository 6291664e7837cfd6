"""Rulers in Review: drawn, moved and taken away by mouse and keys; their lengths are those of the scan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.drawing_tools import Tool
from brainstem_app.gui.document.opened import read_for_viewer
from brainstem_app.gui.review.paper_figure import FigureStyle, draw_figure
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.drawing_view import DrawingView
from brainstem_app.gui.viewer.ruler import Ruler
from brainstem_app.gui.viewer.volume import CanonicalGrid

SHAPE, SIZES = (40, 50, 30), (0.8, 1.1, 2.0)
LEFT = Qt.MouseButton.LeftButton


def oblique() -> np.ndarray:
    """An affine turned by 17° about z and by 9° about x, with voxels of 0.8 × 1.1 × 2 mm."""
    a, b = np.radians((17, 9))
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ np.diag(SIZES)
    return affine


@pytest.fixture
def page(qtbot: QtBot, settings: WindowSettings, tmp_path: Path) -> Iterator[ReviewPage]:
    """Review with an oblique scan without labels."""
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    made.activateWindow()
    values = np.random.default_rng(0).normal(500, 50, SHAPE).astype(np.float32)
    nib.save(nib.Nifti1Image(values, oblique()), tmp_path / "scan.nii.gz")
    made.document.show_scan(read_for_viewer(tmp_path / "scan.nii.gz"))
    yield made
    made.context.background.wait()


def view_of(page: ReviewPage, plane: Plane = Plane.AXIAL) -> DrawingView:
    return page.views.panes[plane].view


def pixel(view: DrawingView, h: float, v: float) -> QPoint:
    """Pixel of a place on the slice, in voxels from its corner."""
    sizes = SIZES[view.plane.horizontal], SIZES[view.plane.vertical]
    return view.mapFromScene(view.box.mapViewToScene(QPointF(h * sizes[0], v * sizes[1])))


def drag(qtbot: QtBot, view: DrawingView, start: tuple[float, float], end: tuple[float, float]) -> None:
    target = view.viewport()
    qtbot.mousePress(target, LEFT, pos=pixel(view, *start))
    qtbot.mouseMove(target, pixel(view, *end))
    qtbot.mouseRelease(target, LEFT, pos=pixel(view, *end))


@pytest.mark.parametrize("plane", list(Plane))
def test_ruler_measures_millimetres_of_an_oblique_scan(qtbot: QtBot, page: ReviewPage, plane: Plane) -> None:
    view = view_of(page, plane)
    page.commands["ruler"].trigger()
    drag(qtbot, view, (10, 8), (25, 20))
    (ruler,) = page.document.rulers.all
    assert ruler.is_on(plane, view.index)
    expected = np.hypot(15 * SIZES[plane.horizontal], 12 * SIZES[plane.vertical])
    pixel_mm = float(view.box.viewPixelSize()[0])
    assert ruler.length_mm(page.document.image.grid) == pytest.approx(expected, abs=2 * pixel_mm)


def test_length_is_that_of_the_world_where_axes_are_not_at_right_angles() -> None:
    affine = np.eye(4)
    affine[:3, 1] = (0.5, 1.0, 0.0)  # a sheared header
    grid = CanonicalGrid((10, 10, 10), affine)
    assert Ruler(Plane.AXIAL, 0, (0, 0), (2, 2)).length_mm(grid) == pytest.approx(np.hypot(3, 2))


def test_ruler_stays_on_its_slice_and_several_stay_together(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page)
    page.commands["ruler"].trigger()
    drag(qtbot, view, (10, 10), (20, 10))
    drag(qtbot, view, (10, 20), (20, 30))
    assert len(page.document.rulers.all) == 2
    middle = pixel(view, 15, 10)
    assert view.ruler_at(middle) is not None
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.ruler_at(middle) is None


def test_end_of_a_ruler_can_be_dragged_again(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page)
    page.commands["ruler"].trigger()
    drag(qtbot, view, (10, 10), (20, 10))
    drag(qtbot, view, (20, 10), (30, 10))
    (ruler,) = page.document.rulers.all
    assert ruler.length_mm(page.document.image.grid) == pytest.approx(20 * SIZES[0], abs=0.5)


def test_delete_takes_the_chosen_ruler_escape_the_unfinished_one(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_R)
    assert page.document.editor.tool is Tool.RULER
    drag(qtbot, view, (10, 10), (20, 10))
    drag(qtbot, view, (10, 20), (20, 20))
    qtbot.mouseClick(view.viewport(), LEFT, pos=pixel(view, 15, 10))  # chooses the first
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    (left,) = page.document.rulers.all
    assert left.start[1] == pytest.approx(20, abs=0.5)
    qtbot.mousePress(view.viewport(), LEFT, pos=pixel(view, 12, 30))
    qtbot.mouseMove(view.viewport(), pixel(view, 22, 30))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.mouseRelease(view.viewport(), LEFT, pos=pixel(view, 22, 30))
    assert page.document.rulers.all == (left,)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert page.document.editor.tool is Tool.LOOK
    qtbot.keyClick(view, Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    assert page.document.rulers.all == ()


def test_space_sets_both_ends_at_the_crosshair(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page)
    view.setFocus()
    page.commands["ruler"].trigger()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    for _ in range(5):
        qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    (ruler,) = page.document.rulers.all
    assert ruler.length_mm(page.document.image.grid) == pytest.approx(5 * SIZES[1])


def test_rulers_go_with_their_scan(qtbot: QtBot, page: ReviewPage, tmp_path: Path) -> None:
    page.commands["ruler"].trigger()
    drag(qtbot, view_of(page), (10, 10), (20, 10))
    page.document.show_scan(read_for_viewer(tmp_path / "scan.nii.gz"))
    assert page.document.rulers.all == ()


def test_figure_has_the_rulers_of_its_slices_if_they_are_wanted(qtbot: QtBot, page: ReviewPage) -> None:
    page.commands["ruler"].trigger()
    drag(qtbot, view_of(page), (10, 10), (20, 10))
    content, cells = page.views.figure_content(), page.views.figure_cells()
    for wanted in (True, False):
        figure = draw_figure(content, cells, FigureStyle(has_rulers=wanted))
        words = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert any(word.endswith("mm") and word.startswith(("7.", "8.")) for word in words) is wanted
