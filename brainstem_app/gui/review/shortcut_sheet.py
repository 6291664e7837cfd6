"""What the sheet of F1 shows of the step Review: mouse, keys, and every action with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brainstem_app.gui.viewer.shortcut_overlay import ShortcutGroup, keys_of, rows_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from brainstem_app.gui.review.review_actions import ReviewActions


def shortcut_groups(actions: ReviewActions, widget: QWidget) -> list[ShortcutGroup]:
    """List mouse and keys by what they are for; ``widget`` translates."""
    tr, a = widget.tr, actions
    mouse = [
        (tr("wheel, ↑ ↓"), tr("next slice; Page Up, Page Down: ten; Home, End: first and last")),
        (tr("Ctrl+wheel"), tr("zoom about the pointer")),
        (tr("click, drag"), tr("crosshair; Ctrl+arrows move it by a voxel")),
        (tr("middle drag"), tr("move the picture")),
        (tr("Shift+drag"), tr("brightness (up, down) and contrast (left, right); double click resets")),
        *rows_of(a.next_view),
        (tr("in space"), tr("drag or arrows turn; wheel, + or − magnify; Home or double click resets")),
    ]
    drawing = [
        (keys_of(a.brush), tr("paint the chosen nucleus by dragging; right button erases")),
        (keys_of(a.eraser), tr("erase by dragging")),
        (tr("Ctrl+click"), tr("crosshair while painting")),
        (tr("Space"), tr("touch with the brush at the crosshair")),
        (keys_of(a.look), tr("back to looking")),
        (keys_of(a.smaller, a.larger), tr("smaller, larger brush")),
        (keys_of(a.in_3d), tr("disc or ball")),
        *rows_of(a.protects, a.pick),
        (keys_of(a.undo, a.redo), tr("undo, redo")),
        (keys_of(a.save_copy), tr("save the edited labels as a copy beside the original")),
    ]
    views = [
        *rows_of(a.axial, a.coronal, a.sagittal, a.three, a.side_by_side),
        (keys_of(a.zoom_in, a.zoom_out), tr("zoom in, zoom out")),
        *rows_of(a.fit, a.fit_labels, a.crosshair),
        (keys_of(a.brighter, a.darker), tr("brighter, darker")),
        (keys_of(a.more_contrast, a.less_contrast), tr("more, less contrast")),
        (keys_of(a.reset_window), tr("as they were at first")),
        (keys_of(a.radiological, a.neurological), tr("patient's right, left on the left side")),
    ]
    labels = [
        (keys_of(a.next_nucleus, a.previous_nucleus), tr("next, previous nucleus")),
        *rows_of(a.find_nucleus, a.toggle_nucleus, a.only_nucleus, a.all_nuclei, a.all_structures),
        *rows_of(a.no_structure, a.hide_labels),
        (keys_of(a.fainter, a.stronger), tr("fainter, stronger labels")),
        *rows_of(a.outline, a.confidence),
    ]
    files = rows_of(a.open_result, a.open_scan, a.open_labels, a.picture, a.picture_all, a.help)
    comparing = rows_of(a.open_reference, a.close_reference, a.differences, a.next_difference)
    return [
        (tr("Mouse and slices"), mouse),
        (tr("Views"), views),
        (tr("Nuclei and labels"), labels),
        (tr("Correct labels"), drawing),
        (tr("Files and pictures"), files),
        (tr("Compare"), comparing),
    ]
