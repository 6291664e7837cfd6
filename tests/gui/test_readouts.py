"""What is said of the place under pointer and crosshair follows whatever moves picture, labels, crosshair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.opened import read_for_viewer, read_result_for_viewer
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.slice_pane import SlicePane
from brainstem_app.gui.viewer.slice_view import SliceView
from brainstem_app.gui.viewer.volume import image_volume

from .conftest import SHAPE

_LIMIT_MS = 60_000
_UP = 120


def move(view: SliceView, place: QPoint) -> None:
    """Move the pointer over a view, as the system tells the window of it."""
    window = view.viewport().window()
    QTest.mouseMove(window.windowHandle(), view.viewport().mapTo(window, place))
    QApplication.processEvents()


def rest_at(view: SliceView, share_x: float, share_y: float) -> QPoint:
    """Move the pointer to a part of a view, and leave it there."""
    size = view.viewport().size()
    place = QPoint(round(size.width() * share_x), round(size.height() * share_y))
    move(view, QPoint(2, 2))
    move(view, place)
    QApplication.processEvents()
    return place


def turn(view: SliceView, place: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    window = view.viewport().window()
    at = view.viewport().mapTo(window, place)
    QTest.wheelEvent(window.windowHandle(), QPointF(at), QPoint(0, _UP), QPoint(), keys)
    QApplication.processEvents()


def told_by_a_move(view: SliceView, place: QPoint, text: Callable[[], str]) -> str:
    """What is said when the pointer comes to the place anew: what should have been said all along."""
    move(view, QPoint(2, 2))
    move(view, place)
    QApplication.processEvents()
    return text()


@pytest.fixture
def segmented(qtbot: QtBot, window: MainWindow, result_folder: Path) -> MainWindow:
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    QApplication.processEvents()
    return window


_MOVES: dict[str, Callable[[MainWindow, QtBot, QPoint], None]] = {
    "wheel": lambda w, _q, place: turn(w.segment_page.viewer.view, place),
    "page key": lambda w, q, _p: q.keyClick(w.segment_page.viewer.view, Qt.Key.Key_PageUp),
    "last slice": lambda w, q, _p: q.keyClick(w.segment_page.viewer.view, Qt.Key.Key_Home),
    "slider": lambda w, _q, _p: w.segment_page.viewer.slider.setValue(
        w.segment_page.viewer.slider.value() + 3
    ),
    "nucleus of the list": lambda w, _q, _p: w.segment_page.document.choose(4),
    "zoom": lambda w, _q, place: turn(w.segment_page.viewer.view, place - QPoint(30, 20), _CONTROL),
    "whole slice": lambda w, _q, _p: w.segment_page.viewer.view.fit(),
    "convention": lambda w, _q, _p: w.commands["neurological"].trigger(),
    "size": lambda w, _q, _p: w.resize(1000, 700),
}
_CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.mark.parametrize("how", _MOVES)
def test_status_line_follows_whatever_moves_the_picture(
    qtbot: QtBot, segmented: MainWindow, how: str
) -> None:
    view = segmented.segment_page.viewer.view
    segmented.segment_page.document.choose(3)
    place = rest_at(view, 0.45, 0.6)
    before = segmented.pointed.text()
    assert "mm" in before
    _MOVES[how](segmented, qtbot, place)
    QApplication.processEvents()
    said = segmented.pointed.text()
    if how != "zoom":  # its own turn of the wheel was elsewhere: only the picture moved
        assert said != before
        assert said == told_by_a_move(view, place, segmented.pointed.text)
    x, y, z = view._image.grid.world_mm(view.crosshair)
    assert segmented.crosshair.text() == f"Crosshair x {x:.1f}  y {y:.1f}  z {z:.1f} mm"


def test_position_below_the_picture_follows_the_crosshair_on_a_tilted_scan(qtbot: QtBot) -> None:
    tilt = np.deg2rad(20)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    pane = SlicePane(Plane.AXIAL)
    qtbot.addWidget(pane)
    pane.set_image(image_volume(np.ones(SHAPE, dtype=np.float32), affine))
    before = pane.caption.text()
    x, y, z = pane.view.crosshair
    pane.view.set_crosshair((x, y + 10, z))
    assert pane.caption.text() != before
    assert f"z = {pane._image.grid.world_mm((x, y + 10, z))[2]:.1f} mm" in pane.caption.text()


@pytest.fixture
def step(qtbot: QtBot, settings: WindowSettings, result_folder: Path) -> Iterator[ReviewPage]:
    """The step Review with a scan and its labels."""
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1100, 720)
    with qtbot.waitExposed(made):
        made.show()
    made.document.show_result(read_result_for_viewer(result_folder))
    qtbot.waitUntil(lambda: not made.context.background.is_busy, timeout=_LIMIT_MS)
    QApplication.processEvents()
    yield made
    made.context.background.wait()


def pointer_text(step: ReviewPage) -> str:
    return step.readout.pointed.text()


def test_pointer_line_follows_the_wheel_in_each_plane(step: ReviewPage) -> None:
    for plane in Plane:
        view = step.views.panes[plane].view
        place = rest_at(view, 0.5, 0.55)
        before = pointer_text(step)
        turn(view, place)
        said = pointer_text(step)
        assert said != before
        assert said == told_by_a_move(view, place, lambda: pointer_text(step))


def test_pointer_line_follows_a_view_that_is_moved_from_another(qtbot: QtBot, step: ReviewPage) -> None:
    axial, coronal = step.views.panes[Plane.AXIAL].view, step.views.panes[Plane.CORONAL].view
    place = rest_at(coronal, 0.5, 0.55)
    before = pointer_text(step)
    axial.setFocus()
    qtbot.keyClick(axial, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    said = pointer_text(step)
    assert said != before
    assert said == told_by_a_move(coronal, place, lambda: pointer_text(step))


def test_pointer_and_crosshair_lines_follow_edits_and_undo(step: ReviewPage) -> None:
    step.commands["fit"].trigger()
    step.views.go_to((8, 30, 20))
    view = step.views.panes[Plane.AXIAL].view
    QApplication.processEvents()
    place = view._crosshair_pixel()
    move(view, QPoint(2, 2))
    move(view, place)
    assert "no label" in pointer_text(step)
    step.document.editor.set_label(3)
    step.commands["brush"].trigger()
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert "PAG" in pointer_text(step)
    assert "PAG" in step.readout.crosshair.text()
    step.document.editor.undo()
    assert "no label" in pointer_text(step)
    assert "no label" in step.readout.crosshair.text()


def test_lines_forget_the_labels_of_the_scan_before(
    qtbot: QtBot, step: ReviewPage, tmp_path: Path, affine: np.ndarray
) -> None:
    assert "PAG" in step.readout.crosshair.text()
    moved = affine.copy()
    moved[:3, 3] += 50
    nib.save(nib.Nifti1Image(np.ones(SHAPE, dtype=np.int16), moved), tmp_path / "other_T1w.nii.gz")
    step.document.show_scan(read_for_viewer(tmp_path / "other_T1w.nii.gz"))
    assert "PAG" not in step.readout.crosshair.text()
    assert "label" not in step.readout.crosshair.text()


def test_large_view_of_another_plane_keeps_the_crosshair(qtbot: QtBot, step: ReviewPage) -> None:
    step.commands["axial"].trigger()
    qtbot.keyClick(step.views.main_view, Qt.Key.Key_PageUp)
    there, said = step.views.crosshair, step.readout.crosshair.text()
    step.commands["coronal"].trigger()
    assert step.views.main_view.crosshair == there
    assert step.readout.crosshair.text() == said


def test_pointer_line_is_empty_when_the_pointer_has_left(step: ReviewPage) -> None:
    view = step.views.panes[Plane.AXIAL].view
    rest_at(view, 0.5, 0.5)
    assert pointer_text(step)
    step.commands["coronal"].trigger()
    step.document.display.set(convention=Convention.NEUROLOGICAL)
    assert not pointer_text(step)
