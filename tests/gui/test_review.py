"""The step Review by mouse and keys: linked planes, corrections, comparison, pictures."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QSlider, QTableView
from pytestqt.qtbot import QtBot

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.drawing_tools import Tool
from brainstem_app.gui.document.opened import read_for_viewer, read_labels_for_viewer, read_result_for_viewer
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.review.picture import picture_of, picture_of_all, save_picture
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.review.view_layout import ViewLayout
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_model import Column
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.slice_view import SliceView
from brainstem_app.gui.viewer.slices import Voxel
from brainstem_app.imaging.label_map import load_label_map, save_label_map, save_volume

from .conftest import SHAPE, VOXEL_MM

PAG, SC_L, SC_R = 3, 4, 5


@pytest.fixture
def step(qtbot: QtBot, settings: WindowSettings) -> Iterator[ReviewPage]:
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1100, 720)
    made.show()
    made.activateWindow()
    yield made
    made.context.background.wait()


@pytest.fixture
def messages(step: ReviewPage) -> list[Message]:
    shown: list[Message] = []
    step.message.connect(shown.append)
    return shown


@pytest.fixture
def opened(step: ReviewPage, result_folder: Path, qtbot: QtBot) -> ReviewPage:
    """The step with a scan and its labels."""
    step.document.show_result(read_result_for_viewer(result_folder))
    idle(step, qtbot)
    return step


def idle(step: ReviewPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not step.context.background.is_busy, timeout=20_000)


def view_of(step: ReviewPage, plane: Plane) -> SliceView:
    return step.views.panes[plane].view


def pixel_of(view: SliceView, voxel: Voxel) -> QPoint:
    """Pixel of a view in the middle of a voxel."""
    h, v = view.plane.horizontal, view.plane.vertical
    sizes = view._image.grid.voxel_size_mm
    middle = QPointF((voxel[h] + 0.5) * sizes[h], (voxel[v] + 0.5) * sizes[v])
    return view.mapFromScene(view.box.mapViewToScene(middle))


def label_at(step: ReviewPage, voxel: Voxel) -> int:
    return step.document.editor.labels.label(voxel)


def press(qtbot: QtBot, step: ReviewPage, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(step.views.main_view, key, modifier or Qt.KeyboardModifier.NoModifier)


def paint_at(qtbot: QtBot, step: ReviewPage, voxel: Voxel, button: Qt.MouseButton | None = None) -> None:
    view = view_of(step, Plane.AXIAL)
    step.views.go_to(voxel)
    qtbot.mouseClick(view.viewport(), button or Qt.MouseButton.LeftButton, pos=pixel_of(view, voxel))


# Views ---------------------------------------------------------------------------------------------


def test_click_in_one_plane_moves_the_crosshair_of_all(qtbot: QtBot, opened: ReviewPage) -> None:
    coronal = view_of(opened, Plane.CORONAL)
    there = (7, coronal.crosshair[1], 9)
    qtbot.mouseClick(coronal.viewport(), Qt.MouseButton.LeftButton, pos=pixel_of(coronal, there))
    assert {view_of(opened, plane).crosshair for plane in Plane} == {there}
    assert view_of(opened, Plane.SAGITTAL).index == 7
    assert opened.views.panes[Plane.AXIAL].slider.value() == 9


def test_readout_names_place_nucleus_and_intensity(opened: ReviewPage, affine: np.ndarray) -> None:
    place = opened.document.editor.place(PAG)
    opened.views.go_to(place)
    text = opened.readout.crosshair.text()
    native = (SHAPE[0] - 1 - place[0], SHAPE[1] - 1 - place[1], place[2])
    x, y, z = (affine @ (*native, 1))[:3]
    assert f"x {x:.1f}  y {y:.1f}  z {z:.1f} mm" in text
    assert "PAG: Periaqueductal grey" in text
    assert "intensity" in text


def test_pictures_take_the_room_of_the_panel_and_give_it_back(qtbot: QtBot, opened: ReviewPage) -> None:
    before = opened.views.width()
    press(qtbot, opened, Qt.Key.Key_F9)
    assert not opened.side.isVisible()
    qtbot.waitUntil(lambda: opened.views.width() > before + 400)
    button = next(b for b in opened.findChildren(QAbstractButton) if "(F9)" in b.toolTip() and b.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert opened.side.isVisible()
    qtbot.waitUntil(lambda: opened.views.width() == before)


def test_shift_and_arrows_change_brightness_and_contrast(qtbot: QtBot, opened: ReviewPage) -> None:
    shift = Qt.KeyboardModifier.ShiftModifier
    low, high = opened.views.main_view.window
    press(qtbot, opened, Qt.Key.Key_Up, shift)
    brighter = opened.views.main_view.window
    assert brighter[0] < low
    assert brighter[1] < high
    assert {view.window for view in opened.views.visible_views()} == {brighter}
    press(qtbot, opened, Qt.Key.Key_Down, shift)
    press(qtbot, opened, Qt.Key.Key_Left, shift)
    narrow = opened.views.main_view.window
    assert narrow[1] - narrow[0] < high - low
    assert sum(narrow) == pytest.approx(low + high)
    press(qtbot, opened, Qt.Key.Key_Right, shift)
    press(qtbot, opened, Qt.Key.Key_Right, shift)
    wide = opened.views.main_view.window
    assert wide[1] - wide[0] > high - low
    press(qtbot, opened, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert opened.views.main_view.window == (low, high)


def test_keys_go_round_the_views(qtbot: QtBot, opened: ReviewPage) -> None:
    seen = []
    for _ in range(4):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_W)
        seen.append(QApplication.focusWidget())
    planes = [view_of(opened, plane) for plane in (Plane.CORONAL, Plane.SAGITTAL)]
    assert seen == [*planes, opened.views.surface, view_of(opened, Plane.AXIAL)]


def test_nuclei_are_chosen_and_hidden_by_keys(qtbot: QtBot, opened: ReviewPage) -> None:
    model, alt, shift = (
        opened.structure_panel.model,
        Qt.KeyboardModifier.AltModifier,
        Qt.KeyboardModifier.ShiftModifier,
    )
    nuclei = model.visible
    opened.structure_panel.select(PAG)
    press(qtbot, opened, Qt.Key.Key_Down, alt)
    assert opened.document.editor.label == SC_L
    assert opened.views.crosshair == opened.document.editor.place(SC_L)
    press(qtbot, opened, Qt.Key.Key_V)
    assert model.visible == nuclei - {SC_L}
    press(qtbot, opened, Qt.Key.Key_V, shift)
    assert model.visible == {SC_L}
    press(qtbot, opened, Qt.Key.Key_A, shift)
    assert model.visible > nuclei
    press(qtbot, opened, Qt.Key.Key_H, shift)
    assert not model.visible
    press(qtbot, opened, Qt.Key.Key_N, shift)
    assert model.visible == nuclei
    press(qtbot, opened, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert opened.structure_panel.search.hasFocus()


def test_labels_fade_and_hide_by_keys(qtbot: QtBot, opened: ReviewPage) -> None:
    fill, before = view_of(opened, Plane.AXIAL).overlays.fill, opened.display_bar.opacity.value()
    press(qtbot, opened, Qt.Key.Key_Comma)
    assert opened.display_bar.opacity.value() == before - 10
    press(qtbot, opened, Qt.Key.Key_H)
    assert fill.opacity() == 0
    press(qtbot, opened, Qt.Key.Key_H)
    assert fill.opacity() == pytest.approx((before - 10) / 100)
    press(qtbot, opened, Qt.Key.Key_H)
    press(qtbot, opened, Qt.Key.Key_Period)
    assert not opened.commands["hide_labels"].isChecked()
    assert fill.opacity() == pytest.approx(before / 100)


def test_letters_choose_the_convention_with_shift_only(qtbot: QtBot, opened: ReviewPage) -> None:
    press(qtbot, opened, Qt.Key.Key_L)
    assert opened.context.settings.convention is Convention.RADIOLOGICAL, (
        "a letter alone is pressed by accident"
    )
    press(qtbot, opened, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert opened.context.settings.convention is Convention.NEUROLOGICAL
    press(qtbot, opened, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert opened.context.settings.convention is Convention.RADIOLOGICAL


def test_number_keys_choose_the_layout(qtbot: QtBot, opened: ReviewPage) -> None:
    assert [pane.isVisible() for pane in opened.views.panes.values()] == [True, True, True]
    for key, plane in (
        (Qt.Key.Key_1, Plane.AXIAL),
        (Qt.Key.Key_2, Plane.CORONAL),
        (Qt.Key.Key_3, Plane.SAGITTAL),
    ):
        press(qtbot, opened, key)
        assert [p for p, pane in opened.views.panes.items() if pane.isVisible()] == [plane]
        assert opened.views.main_view.plane is plane
    press(qtbot, opened, Qt.Key.Key_4)
    assert all(pane.isVisible() for pane in opened.views.panes.values())
    assert opened.views.shows_surface
    assert not opened.commands["side_by_side"].isEnabled()


def test_large_view_shows_the_slice_the_others_left_it_at(qtbot: QtBot, opened: ReviewPage) -> None:
    press(qtbot, opened, Qt.Key.Key_2)
    press(qtbot, opened, Qt.Key.Key_PageUp)
    there = opened.views.crosshair
    press(qtbot, opened, Qt.Key.Key_4)
    assert {view_of(opened, plane).crosshair for plane in Plane} == {there}


def test_convention_mirrors_axial_and_coronal_and_is_remembered(opened: ReviewPage) -> None:
    opened.display_bar.convention.buttons[Convention.NEUROLOGICAL].click()
    assert opened.context.settings.convention is Convention.NEUROLOGICAL
    assert opened.commands["neurological"].isChecked()
    for plane in (Plane.AXIAL, Plane.CORONAL):
        view = view_of(opened, plane)
        assert view._letters.letters.left == "L"
        assert pixel_of(view, (20, 5, 5)).x() > pixel_of(view, (5, 5, 5)).x()
    opened.commands["radiological"].trigger()
    assert view_of(opened, Plane.AXIAL)._letters.letters.left == "R"


def test_brightness_is_shared_by_all_planes(qtbot: QtBot, opened: ReviewPage) -> None:
    viewport, shift = view_of(opened, Plane.CORONAL).viewport(), Qt.KeyboardModifier.ShiftModifier
    first = view_of(opened, Plane.AXIAL).window
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, shift, QPoint(50, 50))
    qtbot.mouseMove(viewport, QPoint(90, 70))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, shift, QPoint(90, 70))
    windows = {view_of(opened, plane).window for plane in Plane}
    assert len(windows) == 1
    assert windows != {first}
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, shift, QPoint(50, 50))
    assert {view_of(opened, plane).window for plane in Plane} == {first}


def test_double_click_shows_one_view_alone_and_all_again(qtbot: QtBot, opened: ReviewPage) -> None:
    coronal = view_of(opened, Plane.CORONAL).viewport()
    qtbot.mouseDClick(coronal, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert (opened.views.view_layout, opened.views.plane) == (ViewLayout.ONE, Plane.CORONAL)
    assert opened.commands["coronal"].isChecked()
    qtbot.mouseDClick(coronal, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert opened.views.view_layout is ViewLayout.THREE


def test_place_that_is_typed_moves_all_views(qtbot: QtBot, opened: ReviewPage) -> None:
    place = opened.document.image.grid.world_mm((7, 8, 9))
    opened.readout.place.setText(" ".join(f"{mm:.1f}" for mm in place))
    qtbot.keyClick(opened.readout.place, Qt.Key.Key_Return)
    assert opened.views.crosshair == (7, 8, 9)


def test_ctrl_arrows_move_the_crosshair_as_the_screen_shows_it(qtbot: QtBot, opened: ReviewPage) -> None:
    x, y, z = opened.views.crosshair
    opened.views.panes[Plane.AXIAL].view.setFocus()
    press(qtbot, opened, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert opened.views.crosshair == (x - 1, y, z)  # radiological: towards the patient's left
    press(qtbot, opened, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert opened.views.crosshair == (x - 1, y + 1, z)


def test_hidden_nucleus_is_drawn_nowhere_filled_or_outlined(opened: ReviewPage) -> None:
    opened.views.show_crosshair(False)
    opened.display_bar.opacity.setValue(100)
    place = opened.document.editor.place(PAG)
    opened.views.go_to(place)
    view, model = view_of(opened, Plane.AXIAL), opened.structure_panel.model
    colour = model.structure(PAG).rgb

    def shows() -> bool:
        picture = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1)
        rows = pixels[:, : 3 * picture.width()].reshape(picture.height(), picture.width(), 3)
        return bool((np.abs(rows.astype(int) - colour).max(axis=2) < 3).any())

    assert shows()
    opened.commands["outline"].setChecked(True)
    assert shows()
    model.setData(model.cell(PAG), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert not shows()
    opened.commands["outline"].setChecked(False)
    assert not shows()


def test_labels_alone_keep_when_their_scan_is_opened(
    step: ReviewPage, messages: list[Message], result_folder: Path, scan_file: Path
) -> None:
    step.document.show_labels(read_labels_for_viewer(result_folder / "labels_native.nii.gz"))
    assert messages[-1].level is MessageLevel.WARNING
    step.document.show_scan(read_for_viewer(scan_file))
    assert step.document.editor.labels is not None
    assert "intensity" in step.readout.crosshair.text()


def test_labels_of_another_grid_go_when_a_scan_is_opened(opened: ReviewPage, tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.ones((50, 60, 70), np.float32), np.eye(4)), tmp_path / "larger.nii.gz")
    opened.document.show_scan(read_for_viewer(tmp_path / "larger.nii.gz"))
    assert opened.document.editor.labels is None
    assert opened.views.crosshair == (25, 30, 35)
    assert not opened.commands["brush"].isEnabled()


# Corrections ---------------------------------------------------------------------------------------


def test_brush_paints_the_chosen_nucleus_under_the_pointer_and_counts_it(
    qtbot: QtBot, opened: ReviewPage
) -> None:
    opened.document.choose(PAG)
    before = opened.document.editor.volumes_mm3[PAG]
    press(qtbot, opened, Qt.Key.Key_B)
    opened.document.editor.set_diameter(1.0)
    paint_at(qtbot, opened, (20, 20, 10))
    assert label_at(opened, (20, 20, 10)) == PAG
    assert opened.document.editor.volumes_mm3[PAG] == pytest.approx(before + float(np.prod(VOXEL_MM)))
    model = opened.structure_panel.model
    shown = model.cell(PAG, Column.VOLUME)
    qtbot.waitUntil(lambda: shown.data() == f"{opened.document.editor.volumes_mm3[PAG]:,.0f}", timeout=2000)
    assert opened.document.labels.labels.label((20, 20, 10)) == 0, "the labels as opened stay as they are"


def test_stroke_is_one_step_of_undo_and_redo(qtbot: QtBot, opened: ReviewPage) -> None:
    opened.document.choose(PAG)
    press(qtbot, opened, Qt.Key.Key_B)
    view = view_of(opened, Plane.AXIAL)
    opened.views.go_to((15, 15, 10))
    first = opened.document.labels.labels.labels.copy()
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=pixel_of(view, (10, 10, 10)))
    qtbot.mouseMove(view.viewport(), pixel_of(view, (20, 10, 10)))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=pixel_of(view, (20, 10, 10)))
    painted = opened.document.editor.labels.labels.copy()
    assert [label_at(opened, (x, 10, 10)) for x in range(10, 21)] == [PAG] * 11, "no gaps between two events"
    control = Qt.KeyboardModifier.ControlModifier
    press(qtbot, opened, Qt.Key.Key_Z, control)
    assert np.array_equal(opened.document.editor.labels.labels, first)
    assert not opened.document.editor.is_changed
    press(qtbot, opened, Qt.Key.Key_Y, control)
    assert np.array_equal(opened.document.editor.labels.labels, painted)
    assert not opened.document.editor.can_redo


def test_eraser_and_right_button_erase(qtbot: QtBot, opened: ReviewPage) -> None:
    opened.document.editor.set_diameter(1.0)
    place, other = opened.document.editor.place(PAG), opened.document.editor.place(SC_L)
    press(qtbot, opened, Qt.Key.Key_E)
    assert "PAG" in opened.edit_panel._painted.text()
    paint_at(qtbot, opened, place)
    assert label_at(opened, place) == 0
    paint_at(qtbot, opened, other)
    assert label_at(opened, other) == SC_L, "other nuclei stay unless it is asked for"
    press(qtbot, opened, Qt.Key.Key_K)
    assert "every label" in opened.edit_panel._painted.text()
    other = opened.document.editor.place(SC_L)
    press(qtbot, opened, Qt.Key.Key_B)
    paint_at(qtbot, opened, other, Qt.MouseButton.RightButton)
    assert label_at(opened, other) == 0
    assert opened.document.editor.place(SC_L) is None


def test_other_nuclei_can_be_protected(qtbot: QtBot, opened: ReviewPage) -> None:
    opened.document.choose(PAG)
    assert opened.edit_panel.protects.isChecked(), "at first"
    press(qtbot, opened, Qt.Key.Key_B)
    place = opened.document.editor.place(SC_L)
    paint_at(qtbot, opened, place)
    assert label_at(opened, place) == SC_L
    opened.edit_panel.protects.setChecked(False)
    paint_at(qtbot, opened, place)
    assert label_at(opened, place) == PAG


def test_hidden_nucleus_is_shown_when_it_is_painted(qtbot: QtBot, opened: ReviewPage) -> None:
    opened.structure_panel.hide_button.click()
    opened.document.choose(PAG)
    assert opened.structure_panel.model.visible == set()
    press(qtbot, opened, Qt.Key.Key_B)
    assert opened.structure_panel.model.visible == {PAG}


def test_escape_puts_the_crosshair_back_on_the_left_button(qtbot: QtBot, opened: ReviewPage) -> None:
    press(qtbot, opened, Qt.Key.Key_B)
    press(qtbot, opened, Qt.Key.Key_Escape)
    assert opened.document.editor.tool is Tool.LOOK
    paint_at(qtbot, opened, (9, 9, 9))
    assert opened.views.crosshair == (9, 9, 9)
    assert not opened.document.editor.is_changed


def test_space_touches_at_the_crosshair_and_brackets_change_the_size(
    qtbot: QtBot, opened: ReviewPage
) -> None:
    opened.document.choose(PAG)
    press(qtbot, opened, Qt.Key.Key_B)
    size = opened.document.editor.diameter_mm
    press(qtbot, opened, Qt.Key.Key_BracketRight)
    assert opened.edit_panel.diameter.value() > size
    opened.views.go_to((5, 6, 7))
    press(qtbot, opened, Qt.Key.Key_Space)
    assert label_at(opened, (5, 6, 7)) == PAG


def test_copy_is_saved_beside_the_original_and_nothing_is_overwritten(
    qtbot: QtBot, opened: ReviewPage, messages: list[Message], result_folder: Path, affine: np.ndarray
) -> None:
    original = result_folder / "labels_native.nii.gz"
    before = original.read_bytes()
    opened.document.choose(PAG)
    press(qtbot, opened, Qt.Key.Key_B)
    opened.document.editor.set_diameter(1.0)
    for number, name in enumerate(("labels_native_edited", "labels_native_edited-2")):
        place = (20, 20 + number, 10)
        paint_at(qtbot, opened, place)
        assert opened.commands["save_copy"].isEnabled()
        press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        idle(opened, qtbot)
        saved, saved_affine = load_label_map(result_folder / f"{name}.nii.gz")
        np.testing.assert_allclose(saved_affine, affine, atol=1e-4)
        assert saved[SHAPE[0] - 1 - 20, SHAPE[1] - 1 - place[1], 10] == PAG
        record = json.loads((result_folder / f"{name}.json").read_text(encoding="utf-8"))
        assert record["changed"][0]["name"] == "PAG"
        assert record["changed"][0]["voxels_after"] == 9 + number
        assert not opened.document.editor.is_changed
    assert original.read_bytes() == before
    assert "labels_native_edited-2.nii.gz" in messages[-1].what


def test_labels_in_which_nuclei_were_erased_are_told_of_and_empty_ones_are_not_saved(
    qtbot: QtBot, opened: ReviewPage, messages: list[Message], result_folder: Path
) -> None:
    def erase_and_save(*labels: int) -> Message:
        for index in labels:
            opened.document.choose(index)
            while (place := editor.place(index)) is not None:
                paint_at(qtbot, opened, place)
        press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        idle(opened, qtbot)
        return messages[-1]

    editor = opened.document.editor
    press(qtbot, opened, Qt.Key.Key_E)
    said = erase_and_save(SC_L, SC_R)
    assert said.level is MessageLevel.WARNING
    assert "Of most nuclei nothing is left: SC_L, SC_R." in said.what
    files = sorted(result_folder.iterdir())
    said = erase_and_save(PAG)
    assert said.level is MessageLevel.ERROR
    assert "The corrected labels are empty: no nucleus is left." in said.what
    assert sorted(result_folder.iterdir()) == files
    assert editor.is_changed, "they can be undone"


def test_full_disk_loses_no_edit_and_leaves_no_half_file(
    qtbot: QtBot,
    opened: ReviewPage,
    messages: list[Message],
    result_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_arguments: object, **_settings: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("brainstem_app.imaging.label_map.save_label_map", full)
    press(qtbot, opened, Qt.Key.Key_E)
    paint_at(qtbot, opened, opened.document.editor.place(PAG))
    files = sorted(result_folder.iterdir())
    opened.document.editor.save_copy()
    idle(opened, qtbot)
    assert messages[-1].level is MessageLevel.ERROR
    assert "No space left" in messages[-1].what
    assert sorted(result_folder.iterdir()) == files
    assert opened.document.editor.is_changed
    monkeypatch.undo()
    opened.document.editor.save_copy()
    idle(opened, qtbot)
    assert not opened.document.editor.is_changed


def test_unsaved_edits_are_asked_about_before_others_are_opened(
    qtbot: QtBot, opened: ReviewPage, messages: list[Message], result_folder: Path
) -> None:
    press(qtbot, opened, Qt.Key.Key_E)
    paint_at(qtbot, opened, opened.document.editor.place(PAG))
    opened.files.open_path(result_folder)
    question = messages[-1]
    assert question.level is MessageLevel.QUESTION
    assert opened.document.editor.is_changed
    question.actions[0].run()
    idle(opened, qtbot)
    qtbot.waitUntil(
        lambda: not opened.document.editor.is_changed and not opened.context.background.is_busy,
        timeout=20_000,
    )
    assert (result_folder / "labels_native_edited.nii.gz").is_file()
    assert label_at(opened, opened.document.editor.place(PAG)) == PAG


# Comparison ----------------------------------------------------------------------------------------


@pytest.fixture
def compared(
    opened: ReviewPage, labels: np.ndarray, affine: np.ndarray, tmp_path: Path, qtbot: QtBot
) -> ReviewPage:
    """The reference has four of the eight voxels of PAG, and lacks the left colliculus's one."""
    reference = labels.copy()
    reference[4:6, 4:6, 3] = 0
    reference[10, 10, 12] = 0
    path = tmp_path / "reference.nii.gz"
    save_label_map(path, reference, affine)
    opened.document.comparison.open(path)
    idle(opened, qtbot)
    return opened


def test_reference_gives_dice_in_the_list(compared: ReviewPage) -> None:
    model = compared.structure_panel.model
    values = [model.cell(label, Column.DICE).data() for label in (PAG, SC_L, SC_R)]
    assert values == [f"{2 * 4 / 12:.2f}", "", "1.00"]
    assert compared.document.comparison.agreement.differing == 5
    compared.views.go_to(compared.document.editor.place(SC_L))
    assert "SC_L: Superior colliculus, left  ·  reference no label" in compared.readout.crosshair.text()
    assert not compared.structure_panel.table.isColumnHidden(Column.DICE)
    compared.document.comparison.set_reference(None)
    assert compared.structure_panel.table.isColumnHidden(Column.DICE)


def test_next_difference_goes_round(qtbot: QtBot, compared: ReviewPage) -> None:
    compared.views.go_to((0, 0, 0))
    found = []
    for _ in range(3):
        press(qtbot, compared, Qt.Key.Key_N)
        found.append(view_of(compared, Plane.AXIAL).index)
    assert found == [3, 12, 3]


def test_side_by_side_scrolls_and_zooms_together(qtbot: QtBot, compared: ReviewPage) -> None:
    press(qtbot, compared, Qt.Key.Key_5)
    views = compared.views
    assert views.view_layout is ViewLayout.SIDE_BY_SIDE
    reference, main = views.reference_pane.view, views.main_view
    press(qtbot, compared, Qt.Key.Key_Up)
    assert reference.crosshair == main.crosshair
    reference.zoom(2.0)
    np.testing.assert_allclose(main.part, reference.part)
    assert reference.overlays.fill.image is not None
    press(qtbot, compared, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert views.view_layout is ViewLayout.THREE


def test_correcting_towards_the_reference_raises_dice(qtbot: QtBot, compared: ReviewPage) -> None:
    before = compared.document.comparison.agreement.dice[PAG]
    press(qtbot, compared, Qt.Key.Key_E)
    compared.document.editor.set_diameter(1.0)
    press(qtbot, compared, Qt.Key.Key_N)
    paint_at(qtbot, compared, (SHAPE[0] - 1 - 4, SHAPE[1] - 1 - 4, 3))
    assert compared.document.comparison.agreement.dice[PAG] == pytest.approx(2 * 4 / 11)
    assert compared.document.comparison.agreement.dice[PAG] > before


def test_reference_on_another_grid_is_refused(
    opened: ReviewPage, messages: list[Message], tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "other.nii.gz"
    save_label_map(path, np.ones((4, 4, 4), dtype=np.uint8), np.eye(4))
    opened.document.comparison.open(path)
    idle(opened, qtbot)
    assert messages[-1].level is MessageLevel.ERROR
    assert opened.document.comparison.reference is None


def test_confidence_beside_the_labels_is_shown_and_said(
    qtbot: QtBot, step: ReviewPage, result_folder: Path, affine: np.ndarray
) -> None:
    native = np.zeros(SHAPE, dtype=np.float32)
    native[4:6, 4:6, 2:4] = 0.25
    save_volume(result_folder / "confidence_native.nii.gz", native, affine)
    step.document.show_result(read_result_for_viewer(result_folder))
    idle(step, qtbot)
    assert "confidence 0.25" in step.readout.crosshair.text()
    press(qtbot, step, Qt.Key.Key_C)
    layers = view_of(step, Plane.AXIAL).overlays
    assert layers.confidence.isVisible()
    assert not layers.fill.isVisible()
    assert layers.confidence.image.max() == 64
    assert step.display_bar.scale.isVisible()


# Pictures, help, names -----------------------------------------------------------------------------


def test_picture_of_a_view_is_a_png_that_says_where_it_is(opened: ReviewPage, tmp_path: Path) -> None:
    view = view_of(opened, Plane.AXIAL)
    saved = save_picture(picture_of(view, {"Place": "z 3 mm"}), tmp_path / "view")
    picture = QImage(str(saved))
    assert saved.name == "view.png"
    assert picture.size() == view.size() * view.devicePixelRatioF()
    assert picture.text("Place") == "z 3 mm"
    assert [path.name for path in tmp_path.glob("*view*")] == ["view.png"]


@pytest.mark.parametrize("layout", ["three", "coronal", "side_by_side"])
def test_picture_of_all_views_holds_views_and_captions_and_no_control(
    opened: ReviewPage, result_folder: Path, qtbot: QtBot, layout: str
) -> None:
    opened.document.comparison.set_reference(read_labels_for_viewer(result_folder / "labels_native.nii.gz"))
    opened.commands[layout].trigger()
    opened.views.setStyleSheet("QSlider, QToolButton, QPushButton, QComboBox { background: #ff00ff; }")
    idle(opened, qtbot)
    assert _has_magenta(opened.views.grab().toImage()), "the sliders are on the screen"
    cells = opened.views.picture_cells()
    picture = picture_of_all(cells, {"Place": "here"})
    assert not _has_magenta(picture)
    assert picture.text("Place") == "here"
    shown = [pane for pane in opened.views._all_panes() if pane.isVisible()]
    assert [cell.caption for cell in cells][: len(shown)] == [pane.caption.text() for pane in shown]
    last = cells[-1].view.grab().toImage()
    corner = picture.pixelColor(picture.width() - 1, picture.height() - 1)
    assert corner == last.pixelColor(last.width() - 1, last.height() - 1), "the last view fills its corner"


def _has_magenta(image: QImage) -> bool:
    pixels = image.convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(pixels.constBits(), np.uint32)
    return bool(((values & 0xFFFFFF) == 0xFF00FF).any())


def test_picture_of_the_view_with_the_keys_is_saved_where_the_user_says(
    qtbot: QtBot, opened: ReviewPage, messages: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(_parent: object, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        asked.append(Path(start).name)
        return str(tmp_path / f"picture{len(asked)}.png"), ""

    monkeypatch.setattr("brainstem_app.gui.file_dialogs.QFileDialog.getSaveFileName", choose)
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    view_of(opened, Plane.CORONAL).setFocus()
    press(qtbot, opened, Qt.Key.Key_S, keys)
    idle(opened, qtbot)
    press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    idle(opened, qtbot)
    assert asked == ["head_T1w_coronal.png", "head_T1w_views.png"]
    one, all_views = (QImage(str(tmp_path / f"picture{n}.png")) for n in (1, 2))
    assert one.size() == view_of(opened, Plane.CORONAL).size()
    assert all_views.width() > 1.5 * one.width()
    assert "picture2.png" in messages[-1].what


def test_shift_f1_lists_the_keys_and_takes_them_until_it_is_closed(qtbot: QtBot, opened: ReviewPage) -> None:
    press(qtbot, opened, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert opened.help.isVisible()
    qtbot.keyClick(opened.help, Qt.Key.Key_B)
    assert opened.document.editor.tool is Tool.LOOK
    qtbot.keyClick(opened.help, Qt.Key.Key_Escape)
    assert not opened.help.isVisible()


def test_every_action_has_a_key_and_stands_on_the_sheet(step: ReviewPage) -> None:
    listed = step.help.accessibleDescription()
    form = QKeySequence.SequenceFormat.NativeText
    for action in step.commands:
        assert action.shortcuts(), action.text()
        assert action.shortcut().toString(form) in listed, action.text()


def test_no_two_actions_share_a_key(step: ReviewPage) -> None:
    keys = [key.toString() for action in step.commands for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_every_control_has_a_name_for_screen_readers(opened: ReviewPage) -> None:
    kinds = (QAbstractButton, QSlider, QComboBox, QAbstractSpinBox, QTableView, SliceView)
    nameless = [
        widget
        for kind in kinds
        for widget in opened.findChildren(kind)
        if widget.isVisible()
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
        and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []


@pytest.mark.parametrize("make", [lambda a: a, lambda a: a @ np.diag([1, 1, 3, 1])], ids=["oblique", "flat"])
def test_scan_of_any_orientation_and_voxel_size_is_edited_where_it_was_touched(
    qtbot: QtBot, step: ReviewPage, tmp_path: Path, make: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Axes run to posterior, superior, left, turned by 10°; the touched voxel is found again in the file."""
    turn = np.eye(4)
    angle = np.radians(10)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    axes = np.array([[0, 0, -4.0, 0], [-4.0, 0, 0, 0], [0, 4.0, 0, 0], [0, 0, 0, 1]])
    native_affine = make(turn @ axes)
    shape = (20, 24, 22)
    path = tmp_path / "labels_odd.nii.gz"
    first = np.zeros(shape, dtype=np.uint8)
    first[5, 6, 7] = PAG
    save_label_map(path, first, native_affine)
    nib.save(nib.Nifti1Image(np.ones(shape, np.float32), native_affine), tmp_path / "odd.nii.gz")
    step.document.show_scan(read_for_viewer(tmp_path / "odd.nii.gz"))
    step.document.show_labels(read_labels_for_viewer(path))
    step.document.choose(PAG)
    step.commands["brush"].trigger()
    step.document.editor.set_diameter(0.5)
    place = (11, 9, 4)
    paint_at(qtbot, step, place)
    step.document.editor.save_copy()
    idle(step, qtbot)
    saved, saved_affine = load_label_map(tmp_path / "labels_odd_edited.nii.gz")
    (voxel,) = np.argwhere(saved != first)
    there = step.document.image.grid.world_mm(place)
    np.testing.assert_allclose((saved_affine @ (*voxel, 1))[:3], there, atol=1e-3)
    QApplication.processEvents()
