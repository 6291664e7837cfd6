"""The viewer: sides of the patient, places in mm, gestures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.orientation_letters import EdgeLetters, edge_letters
from brainstem_app.gui.viewer.overlay import colour_table
from brainstem_app.gui.viewer.slice_view import PAGE, SliceView
from brainstem_app.gui.viewer.volume import image_volume, label_volume
from brainstem_app.imaging.orientation import affine_from_letters, all_orientations

from .conftest import SHAPE, VOXEL_MM


@pytest.fixture
def view(qtbot: QtBot) -> SliceView:
    made = SliceView()
    qtbot.addWidget(made)
    made.resize(500, 500)
    made.show()
    return made


@pytest.fixture
def show(view: SliceView, affine: np.ndarray) -> Callable[[], SliceView]:
    def make() -> SliceView:
        data = np.zeros(SHAPE, dtype=np.float32)
        data[:15] = 1000.0  # the patient's right half: the first axis runs to the left
        view.set_image(image_volume(data, affine))
        QApplication.processEvents()
        return view

    return make


def grey_at(view: SliceView, x: float, y: float) -> int:
    """Brightness at a fraction of the view's width and height."""
    picture = view.grab().toImage()
    return picture.pixelColor(int(x * picture.width()), int(y * picture.height())).red()


def wheel(view: SliceView, turned: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    centre = QPointF(view.viewport().rect().center())
    event = QWheelEvent(
        centre, view.mapToGlobal(centre), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)


def test_radiological_view_draws_the_patients_right_at_the_left(show: Callable[[], SliceView]) -> None:
    view = show()
    view.show_crosshair(False)
    assert grey_at(view, 0.35, 0.4) > 200
    assert grey_at(view, 0.65, 0.4) < 50
    view.set_convention(Convention.NEUROLOGICAL)
    assert grey_at(view, 0.35, 0.4) < 50
    assert grey_at(view, 0.65, 0.4) > 200


def test_front_of_the_head_is_at_the_top(view: SliceView, affine: np.ndarray) -> None:
    data = np.zeros(SHAPE, dtype=np.float32)
    data[:, :18] = 1000.0  # the second axis runs to posterior
    view.set_image(image_volume(data, affine))
    view.show_crosshair(False)
    assert grey_at(view, 0.45, 0.3) > 200
    assert grey_at(view, 0.45, 0.7) < 50


def test_letters_follow_convention_and_plane() -> None:
    ras = ("R", "A", "S")
    assert edge_letters(ras, Plane.AXIAL, Convention.RADIOLOGICAL) == EdgeLetters("R", "L", "A", "P")
    assert edge_letters(ras, Plane.AXIAL, Convention.NEUROLOGICAL) == EdgeLetters("L", "R", "A", "P")
    assert edge_letters(ras, Plane.CORONAL, Convention.NEUROLOGICAL) == EdgeLetters("L", "R", "S", "I")


@pytest.mark.parametrize("letters", all_orientations())
def test_every_orientation_ends_in_the_same_picture(letters: str) -> None:
    """A hot voxel at the patient's right, front and top is found there however the file is stored."""
    affine = affine_from_letters(letters, (4, 5, 6), (1.0, 1.0, 1.0))
    data = np.zeros((4, 5, 6), dtype=np.float32)
    corner = max(product((0, 3), (0, 4), (0, 5)), key=lambda v: (affine[:3] @ (*v, 1)).sum())
    data[corner] = 1.0
    steps = image_volume(data, affine).steps
    assert np.unravel_index(steps.argmax(), steps.shape) == tuple(n - 1 for n in steps.shape)
    assert steps.flags.c_contiguous


def test_crosshair_world_coordinates_are_those_of_the_file(affine: np.ndarray) -> None:
    data = np.zeros(SHAPE, dtype=np.float32)
    data[3, 5, 7] = 1.0
    volume = image_volume(data, affine)
    z, y, x = (int(i) for i in np.unravel_index(volume.steps.argmax(), volume.steps.shape))
    assert volume.grid.world_mm((x, y, z)) == pytest.approx(tuple(affine[:3] @ (3, 5, 7, 1)))


def test_intensities_survive_the_steps_of_the_screen(affine: np.ndarray) -> None:
    data = np.linspace(-50, 3000, int(np.prod(SHAPE)), dtype=np.float32).reshape(SHAPE)
    volume = image_volume(data, affine)
    x, y, z = SHAPE[0] - 1 - 3, SHAPE[1] - 1 - 5, 7
    assert volume.intensity((x, y, z)) == pytest.approx(float(data[3, 5, 7]), abs=0.1)


def test_slices_of_every_plane_are_those_of_the_scan(affine: np.ndarray) -> None:
    data = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    image = image_volume(data, affine)
    for z, y, x in product((0, 11, SHAPE[2] - 1), (0, 17, SHAPE[1] - 1), (0, 20, SHAPE[0] - 1)):
        step = image.steps[z, y, x]
        assert image.slice(Plane.AXIAL, z)[y, x] == step
        assert image.slice(Plane.CORONAL, y)[z, x] == step
        assert image.slice(Plane.SAGITTAL, x)[z, y] == step


def test_constant_scan_can_be_shown(view: SliceView, affine: np.ndarray) -> None:
    view.set_image(image_volume(np.full(SHAPE, 7.0, dtype=np.float32), affine))
    assert view.window[1] > view.window[0]


def test_wheel_and_keys_change_the_slice(qtbot: QtBot, show: Callable[[], SliceView]) -> None:
    view = show()
    start = view.index
    wheel(view, 120)
    assert view.index == start + 1
    wheel(view, -60)
    wheel(view, -60)
    assert view.index == start
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.index == start - 1
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert view.index == start - 1 + PAGE
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.index == SHAPE[2] - 1
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.index == 0


def test_ctrl_wheel_zooms_and_keeps_the_slice(show: Callable[[], SliceView]) -> None:
    view = show()
    index, width = view.index, view.box.viewRange()[0]
    wheel(view, 120, Qt.KeyboardModifier.ControlModifier)
    zoomed = view.box.viewRange()[0]
    assert abs(zoomed[1] - zoomed[0]) < abs(width[1] - width[0])
    assert view.index == index
    view.fit()
    assert view.box.viewRange()[0] == pytest.approx(width)


def test_click_puts_the_crosshair_at_the_voxel_under_it(qtbot: QtBot, show: Callable[[], SliceView]) -> None:
    view = show()
    pixel = view.mapFromScene(view.box.mapViewToScene(QPointF(2.5 * VOXEL_MM[0], 20.5 * VOXEL_MM[1])))
    with qtbot.waitSignal(view.crosshair_moved) as moved:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert moved.args[0] == (2, 20, SHAPE[2] // 2)


def test_shift_drag_changes_the_window_and_double_click_resets_it(
    qtbot: QtBot, show: Callable[[], SliceView]
) -> None:
    view = show()
    first = view.window
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, shift, QPoint(200, 200))
    qtbot.mouseMove(view.viewport(), QPoint(260, 230))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, shift, QPoint(260, 230))
    assert view.window != first
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert view.window == first


@pytest.mark.parametrize("convention", Convention)
def test_middle_drag_takes_the_picture_along(
    qtbot: QtBot, show: Callable[[], SliceView], convention: Convention
) -> None:
    view = show()
    view.set_convention(convention)
    taken = view.voxel_at(QPoint(250, 250))
    qtbot.mousePress(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(250, 250))
    qtbot.mouseMove(view.viewport(), QPoint(300, 200))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(300, 200))
    assert view.voxel_at(QPoint(300, 200)) == taken


def test_pointer_outside_the_picture_is_nowhere(show: Callable[[], SliceView]) -> None:
    view = show()
    assert view.voxel_at(QPoint(1, 1)) is None


@pytest.mark.parametrize("plane", Plane)
def test_each_plane_shows_the_crosshairs_slice(qtbot: QtBot, affine: np.ndarray, plane: Plane) -> None:
    view = SliceView(plane)
    qtbot.addWidget(view)
    view.set_image(image_volume(np.random.default_rng(0).random(SHAPE, dtype=np.float32), affine))
    view.set_crosshair((3, 4, 5))
    assert view.index == (3, 4, 5)[plane.normal]
    assert view.image_item.image.shape == (SHAPE[plane.vertical], SHAPE[plane.horizontal])


def test_labels_on_another_grid_are_refused(view: SliceView, affine: np.ndarray) -> None:
    view.set_image(image_volume(np.zeros(SHAPE, dtype=np.float32), affine))
    shifted = affine.copy()
    shifted[0, 3] += 1.0
    with pytest.raises(ValueError, match="grid"):
        view.set_labels(label_volume(np.zeros(SHAPE, dtype=np.uint8), shifted))


def test_hidden_labels_and_background_are_transparent() -> None:
    table = colour_table({0: (9, 9, 9), 3: (255, 0, 0), 4: (0, 255, 0)}, visible={0, 3})
    assert table[3].tolist() == [255, 0, 0, 255]
    assert table[4, 3] == 0
    assert table[0, 3] == 0


def test_label_volumes_and_places(labels: np.ndarray, affine: np.ndarray) -> None:
    volume = label_volume(labels, affine)
    assert volume.volumes_mm3[3] == pytest.approx(8 * 4.5 * 4.0 * 4.6)
    assert set(volume.places) == {3, 4, 5}
    for label, place in volume.places.items():
        assert volume.label(place) == label
    assert volume.places[5][2] == 13


def test_label_colour_is_on_the_screen_where_the_label_is(
    view: SliceView, labels: np.ndarray, affine: np.ndarray
) -> None:
    view.set_image(image_volume(np.zeros(SHAPE, dtype=np.float32), affine))
    volume = label_volume(labels, affine)
    view.set_labels(volume)
    view.set_colours(colour_table({3: (255, 0, 0)}, {3}))
    view.set_opacity(1.0)
    view.set_crosshair(volume.places[3])
    view.show_crosshair(False)
    pixel = view._crosshair_pixel()
    assert view.grab().toImage().pixelColor(pixel).getRgb()[:3] == (255, 0, 0)
    view.set_colours(colour_table({3: (255, 0, 0)}, set()))
    assert view.grab().toImage().pixelColor(pixel).getRgb()[:3] == (0, 0, 0)
