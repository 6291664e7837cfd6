"""What the sheet of F1 shows of the step Review: mouse, keys, and every action with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence

from brainstem_app.gui.viewer.shortcut_overlay import ShortcutGroup

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from brainstem_app.gui.review.review_actions import ReviewActions

Row = tuple[str, str]


def shortcut_groups(actions: ReviewActions, widget: QWidget) -> list[ShortcutGroup]:
    """List mouse and keys by what they are for; ``widget`` translates."""
    tr, a = widget.tr, actions
    mouse = [
        (tr("wheel, ↑ ↓"), tr("next slice; Page Up, Page Down: ten; Home, End: first and last")),
        (tr("Ctrl+wheel"), tr("zoom about the pointer")),
        (tr("click, drag"), tr("crosshair; Ctrl+arrows move it by a voxel")),
        (tr("middle drag"), tr("move the picture")),
        (tr("Shift+drag"), tr("brightness (up, down) and contrast (left, right); double click resets")),
        _row(a.next_view),
        (tr("in space"), tr("drag or arrows turn; wheel, + or − magnify; Home or double click resets")),
    ]
    drawing = [
        (_keys(a.brush), tr("paint the chosen nucleus by dragging; right button erases")),
        (_keys(a.eraser), tr("erase by dragging")),
        (tr("Ctrl+click"), tr("crosshair while painting")),
        (tr("Space"), tr("touch with the brush at the crosshair")),
        (_keys(a.look), tr("back to looking")),
        (_keys(a.smaller, a.larger), tr("smaller, larger brush")),
        (_keys(a.in_3d), tr("disc or ball")),
        *_rows(a.protects, a.pick),
        (_keys(a.undo, a.redo), tr("undo, redo")),
        (_keys(a.save_copy), tr("save the edited labels as a copy beside the original")),
    ]
    views = [
        *_rows(a.axial, a.coronal, a.sagittal, a.three, a.side_by_side),
        (_keys(a.zoom_in, a.zoom_out), tr("zoom in, zoom out")),
        *_rows(a.fit, a.fit_labels, a.crosshair),
        (_keys(a.brighter, a.darker), tr("brighter, darker")),
        (_keys(a.more_contrast, a.less_contrast), tr("more, less contrast")),
        (_keys(a.reset_window), tr("as they were at first")),
        (_keys(a.radiological, a.neurological), tr("patient's right, left on the left side")),
    ]
    labels = [
        (_keys(a.next_nucleus, a.previous_nucleus), tr("next, previous nucleus")),
        *_rows(a.find_nucleus, a.toggle_nucleus, a.only_nucleus, a.all_nuclei, a.all_structures),
        *_rows(a.no_structure, a.hide_labels),
        (_keys(a.fainter, a.stronger), tr("fainter, stronger labels")),
        *_rows(a.outline, a.confidence),
    ]
    files = _rows(a.open_result, a.open_scan, a.open_labels, a.picture, a.picture_all, a.help)
    comparing = _rows(a.open_reference, a.close_reference, a.differences, a.next_difference)
    return [
        (tr("Mouse and slices"), mouse),
        (tr("Views"), views),
        (tr("Nuclei and labels"), labels),
        (tr("Correct labels"), drawing),
        (tr("Files and pictures"), files),
        (tr("Compare"), comparing),
    ]


def _rows(*actions: QAction) -> list[Row]:
    return [_row(action) for action in actions]


def _row(action: QAction) -> Row:
    words = action.text().replace("&", "").removesuffix("…")
    return _keys(action), words[:1].lower() + words[1:]


def _keys(*actions: QAction) -> str:
    """Keys of actions as this system writes them."""
    form = QKeySequence.SequenceFormat.NativeText
    return "  ".join(action.shortcut().toString(form) for action in actions)
