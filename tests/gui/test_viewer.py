"""The viewer: sides of the patient, places in mm, gestures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from brainstem_app.gui.viewer.brightness import BrightnessPanel
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.orientation_letters import EdgeLetters, edge_letters
from brainstem_app.gui.viewer.overlays.overlay import colour_table
from brainstem_app.gui.viewer.place_field import PlaceField
from brainstem_app.gui.viewer.scale_bar import bar_length_mm
from brainstem_app.gui.viewer.slice_view import PAGE, SliceView
from brainstem_app.gui.viewer.volume import (
    CanonicalGrid,
    ImageVolume,
    LabelVolume,
    image_volume,
    label_volume,
)
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
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, shift, QPoint(200, 200))
    assert view.window == first


def test_right_drag_zooms_about_where_it_began(qtbot: QtBot, show: Callable[[], SliceView]) -> None:
    view = show()
    start, button = QPoint(200, 200), Qt.MouseButton.RightButton
    before, fixed = view.part, view.slice_point(start)
    qtbot.mousePress(view.viewport(), button, pos=start)
    qtbot.mouseMove(view.viewport(), QPoint(200, 130))
    qtbot.mouseRelease(view.viewport(), button, pos=QPoint(200, 130))
    (left, right), (first_left, first_right) = view.part[0], before[0]
    assert right - left == pytest.approx((first_right - first_left) / 1.01**70, rel=0.01), "up is closer"
    now = view.slice_point(start)
    assert (now.x(), now.y()) == pytest.approx((fixed.x(), fixed.y()), abs=0.5)


@pytest.mark.parametrize(
    ("mm_per_pixel", "length"), [(0.05, 5), (0.1, 10), (0.5, 50), (1.2, 100), (0.001, 1)]
)
def test_scale_bar_has_a_round_length_that_fits(mm_per_pixel: float, length: int) -> None:
    assert bar_length_mm(mm_per_pixel) == length


def test_picture_has_a_scale_bar_and_the_name_of_its_sides(show: Callable[[], SliceView]) -> None:
    view = show()
    bare = view.grab().toImage()
    view.set_convention(Convention.NEUROLOGICAL)
    view.set_convention(Convention.RADIOLOGICAL)
    size = view.size()

    def is_light(corner: QRect) -> bool:
        picture = bare.copy(corner)
        white = (picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height()))
        return sum(one.lightness() > 240 for one in white) > 10

    assert is_light(QRect(size.width() - 130, size.height() - 40, 125, 35))
    assert is_light(QRect(8, size.height() - 34, 120, 26))


def head_with_brainstem() -> tuple[ImageVolume, LabelVolume]:
    """Fluid of 200 in a head of 3000, and in it 24 cm³ that run evenly from 600 to 1000, as labelled."""
    data = np.full((80, 80, 80), 3000, dtype=np.int16)
    data[10:60, 10:60, 10:70] = 200
    data[20:40, 20:50, 20:60] = np.linspace(600, 1000, 40)
    labels = np.zeros(data.shape, dtype=np.uint8)
    labels[20:40, 20:50, 20:60] = 1
    return image_volume(data, np.eye(4)), label_volume(labels, np.eye(4))


def of_intensity(image: ImageVolume, window: tuple[float, float]) -> list[int]:
    return [round(image.lowest + image.step * step) for step in window]


def test_brainstem_takes_more_than_half_of_the_greys(show: Callable[[], SliceView]) -> None:
    image, labels = head_with_brainstem()
    low, high = of_intensity(image, image.window_for(labels))
    assert low == pytest.approx(620 - 180, abs=6), "fluid is black"
    assert high == pytest.approx(980 + 120, abs=6), "its brightest is not white yet"
    assert (980 - 620) / (high - low) == pytest.approx(0.55, abs=0.01)
    view = show()
    view.set_image(image)
    view.set_home_window(5.0, 500.0)
    assert view.window == (5.0, 500.0)
    view.set_window(0.0, 900.0)
    view.set_home_window(7.0, 700.0)
    assert view.window == (0.0, 900.0), "the user has chosen"
    view.reset_window()
    assert view.window == (7.0, 700.0)


def test_labels_of_one_nucleus_leave_the_brainstem_around_it_grey() -> None:
    image, whole = head_with_brainstem()
    few = np.zeros_like(whole.labels)
    few[38:40, 30:36, 28:32] = 7  # all of one intensity, in the middle
    low, high = of_intensity(image, image.window_for(LabelVolume(whole.grid, few)))
    assert low < 600
    assert high > 1000
    nothing = LabelVolume(whole.grid, np.zeros_like(few))
    assert image.window_for(nothing) == image.window


def test_sliders_of_the_brightness_have_numbers_and_keep_their_order(qtbot: QtBot) -> None:
    panel = BrightnessPanel()
    qtbot.addWidget(panel)
    data = np.arange(27000, dtype=np.int16).reshape(30, 30, 30) // 27
    image = image_volume(data, np.eye(4))
    panel.show_image(image, image.window)
    assert int(panel.low_text.text()) < int(panel.high_text.text())
    with qtbot.waitSignal(panel.window_chosen) as told:
        panel.high.setValue(500)
    low, high = told.args
    assert low < high
    panel.low.setValue(900)
    assert panel.high.value() > panel.low.value()
    panel.show_window(100.0, 90_000.0)  # white beyond the brightest
    with qtbot.waitSignal(panel.window_chosen) as told:
        panel.low.setValue(200)
    assert told.args[1] == 90_000.0, "what is not moved stays"
    with qtbot.waitSignal(panel.auto_wanted):
        panel.auto_button.click()


@pytest.mark.parametrize(
    ("typed", "voxel"),
    [("3 4 5", (3, 4, 5)), ("3.2, 4, 5", (3, 4, 5)), ("1,2,3", (1, 2, 3)), ("3,4 4,4 5,4", (3, 4, 5))],
)
def test_place_that_is_typed_is_gone_to(qtbot: QtBot, typed: str, voxel: tuple[int, int, int]) -> None:
    field = PlaceField()
    qtbot.addWidget(field)
    field.show_grid(CanonicalGrid((10, 10, 10), np.eye(4)))
    field.setText(typed)
    with qtbot.waitSignal(field.placed) as told:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told.args == [voxel]


@pytest.mark.parametrize("typed", ["3 4", "here", "300 0 0"])
def test_place_that_is_none_is_said_to_be_none(qtbot: QtBot, typed: str) -> None:
    field = PlaceField()
    qtbot.addWidget(field)
    field.show_grid(CanonicalGrid((10, 10, 10), np.eye(4)))
    field.setText(typed)
    with qtbot.assertNotEmitted(field.placed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.property("problem")
    assert field.toolTip().endswith(".")


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
