"""The nuclei in space by the mouse: turned, pointed at, picked; the slices follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.opened import read_labels_for_viewer
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.surfaces.view import SurfaceView
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.orientation import affine_from_letters

LEFT = Qt.MouseButton.LeftButton
RN_R, RN_L, SHAPE = 14, 15, (60, 50, 40)


@pytest.fixture
def page(qtbot: QtBot, settings: WindowSettings, tmp_path: Path) -> Iterator[ReviewPage]:
    """Review with two cubes of 10 mm, 30 mm apart."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[40:50, 20:30, 15:25], labels[10:20, 20:30, 15:25] = RN_R, RN_L
    path = tmp_path / "labels_native.nii.gz"
    save_label_map(path, labels, affine_from_letters("RAS", SHAPE, (1.0, 1.0, 1.0)))
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1300, 900)
    made.show()
    made.activateWindow()
    made.document.show_labels(read_labels_for_viewer(path, "brainstem31"))
    settle(qtbot, made)
    made.views.surface.look_from(0.0, 0.0)
    settle(qtbot, made)
    yield made
    made.context.background.wait()


def settle(qtbot: QtBot, page: ReviewPage) -> None:
    qtbot.waitUntil(lambda: not page.context.background.is_busy, timeout=20_000)
    qtbot.wait(300)  # until it is drawn finely
    qtbot.waitUntil(lambda: not page.context.background.is_busy, timeout=20_000)


def pixel_of(surface: SurfaceView, label: int) -> QPoint:
    """Pixel in the middle of what is seen of a label."""
    seen = [
        QPoint(x, y)
        for x in range(0, surface.width(), 4)
        for y in range(0, surface.height(), 4)
        if surface.label_at(QPoint(x, y)) == label
    ]
    return seen[len(seen) // 2]


def white_pixels(surface: SurfaceView, around: QPoint) -> int:
    """How many pixels near a place are white."""
    picture = surface.grab().toImage()
    near = [(around.x() + x, around.y() + y) for x in range(-90, 91) for y in range(-90, 91)]
    colours = [picture.pixelColor(x, y) for x, y in near if picture.valid(x, y)]
    return sum(min(colour.red(), colour.green(), colour.blue()) > 230 for colour in colours)


def test_click_picks_a_nucleus_and_the_slices_go_there(qtbot: QtBot, page: ReviewPage) -> None:
    surface = page.views.surface
    for label in (RN_L, RN_R):
        qtbot.mouseClick(surface, LEFT, pos=pixel_of(surface, label))
        assert page.document.editor.label == label
        assert page.document.drawn.label(page.views.crosshair) == label
        for plane in Plane:
            view = page.views.panes[plane].view
            assert view.crosshair == page.views.crosshair


def test_slice_that_is_zoomed_elsewhere_moves_to_what_is_picked(qtbot: QtBot, page: ReviewPage) -> None:
    surface, view = page.views.surface, page.views.panes[Plane.AXIAL].view
    view.show_part((0.0, 8.0), (0.0, 8.0))
    qtbot.mouseClick(surface, LEFT, pos=pixel_of(surface, RN_R))
    assert view.viewport().rect().contains(view._crosshair_pixel())


def test_chosen_nucleus_has_a_rim(qtbot: QtBot, page: ReviewPage) -> None:
    surface = page.views.surface
    right, left = pixel_of(surface, RN_R), pixel_of(surface, RN_L)
    for chosen, other, label in ((right, left, RN_R), (left, right, RN_L)):
        page.document.choose(label)
        settle(qtbot, page)
        assert white_pixels(surface, chosen) > 50
        assert white_pixels(surface, other) == 0


def test_drag_turns_and_picks_nothing(qtbot: QtBot, page: ReviewPage) -> None:
    surface = page.views.surface
    page.document.choose(RN_R)
    start = pixel_of(surface, RN_L)
    qtbot.mousePress(surface, LEFT, pos=start)
    qtbot.mouseMove(surface, start + QPoint(60, 0))
    qtbot.mouseRelease(surface, LEFT, pos=start + QPoint(60, 0))
    assert surface.camera.yaw == pytest.approx(330.0)
    assert page.document.editor.label == RN_R


def test_double_click_shows_space_alone_and_all_again(qtbot: QtBot, page: ReviewPage) -> None:
    surface, axial = page.views.surface, page.views.panes[Plane.AXIAL]
    qtbot.mouseDClick(surface, LEFT, pos=QPoint(3, 3))
    assert page.views.shows_surface
    assert axial.isHidden()
    settle(qtbot, page)
    qtbot.mouseClick(surface, LEFT, pos=pixel_of(surface, RN_R))
    qtbot.keyClick(surface, Qt.Key.Key_6)
    assert not axial.isHidden()
    assert page.document.drawn.label(axial.view.crosshair) == RN_R, "the slices have followed"


def test_pointer_names_the_nucleus_below_it(qtbot: QtBot, page: ReviewPage) -> None:
    surface = page.views.surface
    qtbot.mouseMove(surface, pixel_of(surface, RN_L))
    structure = page.document.structures.structure(RN_L)
    assert page.readout.pointed.text() == f"Pointer:  {structure.name}: {structure.full_name}  ·  1,000 mm³"
    qtbot.mouseMove(surface, QPoint(2, 2))
    assert page.readout.pointed.text() == ""
