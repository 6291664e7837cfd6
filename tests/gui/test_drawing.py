"""Drawing tools of Review by mouse and keys: fill, polygon, interpolation, smoothing, copy, intensities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.drawing_tools import Tool
from brainstem_app.gui.document.opened import read_for_viewer, read_labels_for_viewer
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.review.tool_bar import DrawingBar
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slice_view import SliceView
from brainstem_app.gui.viewer.slices import Voxel
from brainstem_app.imaging.label_map import load_label_map, save_label_map

PAG, SC_L, SC_R = 3, 4, 5
SHAPE = (24, 26, 22)
SIZE_MM = 4.0
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def turned() -> np.ndarray:
    """An affine that is turned by 12° about two axes, its first axis to the patient's left."""
    a = np.radians(12)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ np.diag([-SIZE_MM, SIZE_MM, SIZE_MM])
    return affine


@pytest.fixture
def page(qtbot: QtBot, settings: WindowSettings, tmp_path: Path, turned: np.ndarray) -> Iterator[ReviewPage]:
    """Review with an oblique scan, brighter towards the patient's right, and labels of two voxels."""
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    made.activateWindow()
    ramp = np.broadcast_to(1000 - 20 * np.arange(SHAPE[0], dtype=np.float32)[:, None, None], SHAPE)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(ramp), turned), tmp_path / "scan.nii.gz")
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[SHAPE[0] - 1 - 2, 2, 2] = PAG
    labels[SHAPE[0] - 1 - 21, 23, 19] = SC_L
    save_label_map(tmp_path / "labels_native.nii.gz", labels, turned)
    made.document.show_scan(read_for_viewer(tmp_path / "scan.nii.gz"))
    made.document.show_labels(read_labels_for_viewer(tmp_path / "labels_native.nii.gz"))
    qtbot.waitUntil(lambda: not made.context.background.is_busy, timeout=20_000)
    made.document.choose(PAG)
    for view in made.views.views():
        view.fit()
    yield made
    made.context.background.wait()


@pytest.fixture
def said(page: ReviewPage) -> list[str]:
    """What steps did, as the panel says it."""
    words: list[str] = []
    page.document.editor.told.connect(words.append)
    return words


def view_of(page: ReviewPage, plane: Plane) -> SliceView:
    return page.views.panes[plane].view


def voxel_of(plane: Plane, index: int, h: int, v: int) -> Voxel:
    voxel = [0, 0, 0]
    voxel[plane.normal], voxel[plane.horizontal], voxel[plane.vertical] = index, h, v
    return voxel[0], voxel[1], voxel[2]


def pixel(view: SliceView, h: float, v: float) -> QPoint:
    """Pixel of a place on the slice, in voxels from its corner."""
    return view.mapFromScene(view.box.mapViewToScene(QPointF(h * SIZE_MM, v * SIZE_MM)))


def click(
    qtbot: QtBot, view: SliceView, h: float, v: float, button: Qt.MouseButton = LEFT, *, twice: bool = False
) -> None:
    qtbot.mouseClick(view.viewport(), button, pos=pixel(view, h, v))
    if twice:  # only the second press is told as one
        qtbot.mouseDClick(view.viewport(), button, pos=pixel(view, h, v))


def outline(qtbot: QtBot, page: ReviewPage, plane: Plane, index: int, box: tuple[int, int, int, int]) -> None:
    """Draw a rectangle of voxels (left, bottom, right, top) with the polygon."""
    view = view_of(page, plane)
    page.views.go_to(voxel_of(plane, index, 12, 12))
    view.setFocus()
    page.commands["polygon"].trigger()
    left, bottom, right, top = box
    for h, v in ((left, bottom), (right + 1, bottom), (right + 1, top + 1), (left, top + 1)):
        click(qtbot, view, h, v)
    qtbot.keyClick(view, Qt.Key.Key_Return)


def voxels(page: ReviewPage, label: int = PAG) -> set[Voxel]:
    """Voxels (x, y, z) of a label, without the one it has at first."""
    found = np.argwhere(page.document.editor.labels.labels == label)[:, ::-1]
    return {(int(x), int(y), int(z)) for x, y, z in found} - {(2, 2, 2), (21, 23, 19)}


def block(plane: Plane, indices: range, box: tuple[int, int, int, int]) -> set[Voxel]:
    left, bottom, right, top = box
    return {
        voxel_of(plane, index, h, v)
        for index in indices
        for h in range(left, right + 1)
        for v in range(bottom, top + 1)
    }


BOX = (8, 9, 13, 14)


@pytest.mark.parametrize("plane", Plane)
def test_polygon_paints_what_lies_inside_in_every_plane(qtbot: QtBot, page: ReviewPage, plane: Plane) -> None:
    outline(qtbot, page, plane, 10, BOX)
    assert voxels(page) == block(plane, range(10, 11), BOX)
    qtbot.keyClick(view_of(page, plane), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert voxels(page) == set()


def test_polygon_is_closed_by_a_double_click_and_erases_with_delete(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page, Plane.AXIAL)
    page.views.go_to((12, 12, 10))
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_G)
    for h, v in ((8, 9), (14, 9), (14, 15)):
        click(qtbot, view, h, v)
    click(qtbot, view, 8, 15, twice=True)
    assert voxels(page) == block(Plane.AXIAL, range(10, 11), BOX)
    for h, v in ((8, 9), (14, 9), (14, 12), (8, 12)):
        click(qtbot, view, h, v)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert voxels(page) == block(Plane.AXIAL, range(10, 11), (8, 12, 13, 14))


def test_escape_drops_the_polygon_first_and_the_tool_then(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page, Plane.AXIAL)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_G)
    for h, v in ((8, 9), (14, 9), (14, 15)):
        click(qtbot, view, h, v)
    click(qtbot, view, 12, 12, RIGHT)  # takes the last corner back
    assert len(view.polygon.points) == 2
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert view.polygon.is_begun, "two corners are no area"
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.polygon.is_begun
    assert page.document.editor.tool is Tool.POLYGON
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert page.document.editor.tool is Tool.LOOK
    assert not page.document.editor.is_changed


def test_polygon_stays_on_its_slice(qtbot: QtBot, page: ReviewPage) -> None:
    view = view_of(page, Plane.AXIAL)
    page.views.go_to((12, 12, 10))
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_G)
    for h, v in ((8, 9), (14, 9), (14, 15), (8, 15)):
        click(qtbot, view, h, v)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert voxels(page) == set()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert voxels(page) == block(Plane.AXIAL, range(10, 11), BOX)


def test_fill_closes_an_outline_that_was_painted_and_undo_opens_it(
    qtbot: QtBot, page: ReviewPage, said: list[str]
) -> None:
    view = view_of(page, Plane.AXIAL)
    page.views.go_to((12, 12, 10))
    page.document.editor.set_diameter(0.5)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_B)
    corners = [(8.5, 8.5), (15.5, 8.5), (15.5, 15.5), (8.5, 15.5), (8.5, 8.5)]
    qtbot.mousePress(view.viewport(), LEFT, pos=pixel(view, *corners[0]))
    for h, v in corners[1:]:
        qtbot.mouseMove(view.viewport(), pixel(view, h, v))
    qtbot.mouseRelease(view.viewport(), LEFT, pos=pixel(view, *corners[-1]))
    frame = voxels(page)
    assert len(frame) == 28
    qtbot.keyClick(view, Qt.Key.Key_F)
    click(qtbot, view, 2.5, 20.5)
    assert voxels(page) == frame
    assert "open" in said[-1]
    click(qtbot, view, 12.5, 12.5)
    assert voxels(page) == block(Plane.AXIAL, range(10, 11), (8, 8, 15, 15))
    page.commands["undo"].trigger()
    assert voxels(page) == frame


@pytest.mark.parametrize("plane", Plane)
def test_three_outlined_slices_are_interpolated_smoothed_and_taken_back_step_by_step(
    qtbot: QtBot, page: ReviewPage, said: list[str], plane: Plane
) -> None:
    editor = page.document.editor
    editor.set_label(SC_R)  # it is nowhere yet
    for index in (5, 9, 13):
        outline(qtbot, page, plane, index, BOX)
    assert editor.drawn_slices(plane) == (5, 9, 13)
    view = view_of(page, plane)
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert voxels(page, SC_R) == block(plane, range(5, 14), BOX)
    assert "6 and 10, 10 and 14" in said[-1]
    volume = editor.volume_mm3
    editor.set_width(5.0)
    qtbot.keyClick(view, Qt.Key.Key_M)
    smooth = voxels(page, SC_R)
    assert smooth != block(plane, range(5, 14), BOX)
    assert editor.volume_mm3 == volume
    assert f"{volume:,.1f}" in said[-1]
    for _ in range(5):
        assert editor.can_undo
        page.commands["undo"].trigger()
    assert voxels(page, SC_R) == set()
    assert not editor.is_changed
    for _ in range(5):
        page.commands["redo"].trigger()
    assert voxels(page, SC_R) == smooth


def test_copies_go_slice_by_slice_with_the_view(qtbot: QtBot, page: ReviewPage, said: list[str]) -> None:
    outline(qtbot, page, Plane.CORONAL, 10, BOX)
    view, shift = view_of(page, Plane.CORONAL), Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view, Qt.Key.Key_PageUp, shift)
    qtbot.keyClick(view, Qt.Key.Key_PageUp, shift)
    assert view.index == 12
    assert voxels(page) == block(Plane.CORONAL, range(10, 13), BOX)
    qtbot.keyClick(view, Qt.Key.Key_PageDown, shift)
    assert view.index == 12, "nothing to copy: the slice below has that shape already"
    assert said


def test_only_voxels_of_the_chosen_intensities_are_drawn_on(qtbot: QtBot, page: ReviewPage) -> None:
    image = page.document.image
    low, high = (round((value - image.lowest) / image.step) for value in (695, 765))
    page.edit_panel.limits.click()
    page.document.editor.set_levels(low, high)
    assert page.edit_panel.range.text.text() == "695–765"
    outline(qtbot, page, Plane.AXIAL, 10, (4, 9, 20, 9))
    inside = {x for x, _, _ in voxels(page)}
    assert inside == {x for x in range(4, 21) if 695 <= image.intensity((x, 9, 10)) <= 765}
    assert len(inside) == 4
    page.edit_panel.range.highest.setValue(page.edit_panel.range.highest.maximum())
    outline(qtbot, page, Plane.AXIAL, 10, (4, 9, 20, 9))
    assert {x for x, _, _ in voxels(page)} == {x for x in range(4, 21) if image.intensity((x, 9, 10)) >= 695}


def test_range_begins_with_the_intensities_of_the_nucleus(qtbot: QtBot, page: ReviewPage) -> None:
    page.document.editor.set_label(SC_R)
    outline(qtbot, page, Plane.AXIAL, 10, BOX)
    qtbot.keyClick(view_of(page, Plane.AXIAL), Qt.Key.Key_X)
    image, levels = page.document.image, page.document.editor.levels
    values = [image.intensity((x, 10, 10)) for x in (8, 13)]
    assert [image.lowest + image.step * level for level in levels] == pytest.approx(sorted(values), abs=5)


def test_volume_of_the_nucleus_is_shown_while_it_is_painted(qtbot: QtBot, page: ReviewPage) -> None:
    view, one = view_of(page, Plane.AXIAL), SIZE_MM**3
    page.views.go_to((12, 12, 10))
    page.document.editor.set_diameter(0.5)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_B)
    qtbot.mousePress(view.viewport(), LEFT, pos=pixel(view, 8.5, 9.5))
    assert page.edit_panel.volume.text() == f"{2 * one:,.1f} mm³ in voxels, {one:,.1f} as opened"
    qtbot.mouseMove(view.viewport(), pixel(view, 11.5, 9.5))
    assert page.edit_panel.volume.text().startswith(f"{5 * one:,.1f} mm³")
    qtbot.mouseRelease(view.viewport(), LEFT, pos=pixel(view, 11.5, 9.5))
    page.commands["undo"].trigger()
    assert page.edit_panel.volume.text() == f"{one:,.1f} mm³ in voxels"


def test_drawing_lies_in_the_saved_file_where_it_was_clicked(
    qtbot: QtBot, page: ReviewPage, tmp_path: Path, turned: np.ndarray
) -> None:
    outline(qtbot, page, Plane.SAGITTAL, 7, (10, 6, 11, 6))
    grid = page.document.image.grid
    clicked = {tuple(np.round(grid.world_mm(voxel), 2)) for voxel in ((7, 10, 6), (7, 11, 6))}
    page.document.editor.save_copy()
    qtbot.waitUntil(lambda: not page.context.background.is_busy, timeout=20_000)
    saved, affine = load_label_map(tmp_path / "labels_native_edited.nii.gz")
    np.testing.assert_allclose(affine, turned, atol=1e-4)
    native = np.argwhere(saved == PAG)
    world = nib.affines.apply_affine(affine, native)
    assert clicked < {tuple(place) for place in np.round(world, 2)}
    assert len(native) == 3


def test_every_tool_is_seen_in_a_low_window(qtbot: QtBot, page: ReviewPage) -> None:
    bar = page.findChild(DrawingBar)
    for size, columns in ((700, 1), (400, 2)):
        page.resize(1100, size)
        page.setMinimumHeight(0)
        qtbot.waitUntil(lambda columns=columns: len({b.x() for b in tools(bar)}) == columns)
        assert all(bar.rect().contains(button.geometry()) for button in tools(bar)), size


def tools(bar: DrawingBar) -> list[QToolButton]:
    return [button for button in bar.findChildren(QToolButton) if button.defaultAction() is not None]


def test_every_tool_has_an_icon_and_a_hint_with_its_key(page: ReviewPage) -> None:
    bar = page.findChild(DrawingBar)
    buttons = tools(bar)
    assert len(buttons) == 15
    for button in buttons:
        action = button.defaultAction()
        assert not button.icon().isNull()
        assert action.shortcut().toString() in button.toolTip()
        picture = button.icon().pixmap(20, 20).toImage()
        assert any(picture.pixelColor(x, y).alpha() for x in range(20) for y in range(20)), action.text()


def test_step_that_draws_nothing_says_why(qtbot: QtBot, page: ReviewPage, said: list[str]) -> None:
    view = view_of(page, Plane.AXIAL)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert "interpolated" in said[-1]
    assert page.edit_panel.told.text() == said[-1]
    qtbot.keyClick(view, Qt.Key.Key_B)
    assert page.edit_panel.told.isHidden()
    page.document.editor.set_label(0)
    qtbot.keyClick(view, Qt.Key.Key_M)
    assert "no nucleus" in said[-1]
    assert not page.document.editor.can_undo
