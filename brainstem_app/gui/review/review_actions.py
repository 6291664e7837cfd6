"""What the step Review can do, as actions with keys, for its own bar and for the menu of the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from brainstem_app.gui.viewer.shortcut_overlay import ShortcutGroup

if TYPE_CHECKING:
    from brainstem_app.gui.review.review_step import ReviewStep


class ReviewActions:
    """The actions of a `ReviewStep`; their keys work while the step (or anything in it) has the focus.

    Parameters
    ----------
    step : ReviewStep
        Its methods are called.
    """

    def __init__(self, step: ReviewStep) -> None:
        self._step = step
        tr = step.tr
        act, check = self._action, self._checkable
        self.open_result = act(tr("Open a &result folder…"), "Ctrl+R", step.files.choose_result)
        self.open_scan = act(tr("Open a &scan…"), "Ctrl+O", step.files.choose_scan)
        self.open_labels = act(tr("Open a &label map…"), "Ctrl+L", step.files.choose_labels)
        self.open_reference = act(tr("Open a re&ference…"), "Ctrl+Shift+R", step.files.choose_reference)
        self.save_copy = act(tr("Save an edited &copy"), "Ctrl+S", step.editor.save_copy)
        self.picture = act(tr("Save a &picture of the view…"), "Ctrl+Shift+S", step.commands.choose_picture)
        self.picture_all = act(
            tr("Save a picture of &all views…"), "Ctrl+Alt+S", step.commands.choose_picture_of_all
        )

        self.axial = check(tr("&Axial"), "1", step.commands.show_axial)
        self.coronal = check(tr("&Coronal"), "2", step.commands.show_coronal)
        self.sagittal = check(tr("&Sagittal"), "3", step.commands.show_sagittal)
        self.three = check(tr("&Three planes"), "4", step.commands.show_three)
        self.side_by_side = check(tr("Side &by side"), "5", step.commands.show_side_by_side)
        self._group(self.axial, self.coronal, self.sagittal, self.three, self.side_by_side)
        self.three.setChecked(True)

        self.radiological = check(
            tr("&Radiological (patient's right on the left)"), "", step.commands.set_radiological
        )
        self.neurological = check(
            tr("&Neurological (patient's left on the left)"), "", step.commands.set_neurological
        )
        self._group(self.radiological, self.neurological)

        self.zoom_in = act(tr("Zoom &in"), "Ctrl++", step.commands.zoom_in, "Ctrl+=")
        self.zoom_out = act(tr("Zoom &out"), "Ctrl+-", step.commands.zoom_out)
        self.fit = act(tr("&Whole slice"), "Ctrl+0", step.commands.fit)
        self.fit_labels = act(tr("&Brainstem"), "Ctrl+9", step.commands.fit_labels)
        self.crosshair = self._toggle(tr("Cross&hair"), "Ctrl+H", step.commands.show_crosshair, checked=True)
        self.reset_window = act(tr("Reset brightness and contrast"), "Ctrl+B", step.commands.reset_window)
        self.outline = self._toggle(tr("&Outline instead of fill"), "O", step.commands.set_outline)
        self.confidence = self._toggle(tr("Colour by con&fidence"), "C", step.commands.show_confidence)
        self.differences = self._toggle(
            tr("Mark &differences"), "D", step.commands.mark_differences, checked=True
        )
        self.next_difference = act(tr("&Next difference"), "N", step.commands.next_difference)

        self.look = check(tr("&Look"), "Esc", step.commands.use_no_tool)
        self.brush = check(tr("&Brush"), "B", step.commands.use_brush)
        self.eraser = check(tr("&Eraser"), "E", step.commands.use_eraser)
        self._group(self.look, self.brush, self.eraser)
        self.look.setChecked(True)
        self.smaller = act(tr("S&maller brush"), "[", step.commands.smaller_brush)
        self.larger = act(tr("Lar&ger brush"), "]", step.commands.larger_brush)
        self.in_3d = self._toggle(tr("Brush in &3-D"), "T", step.commands.set_brush_3d)
        self.pick = act(tr("&Take the nucleus under the crosshair"), "P", step.commands.pick_label)
        self.undo = act(tr("&Undo"), "Ctrl+Z", step.editor.undo)
        self.redo = act(tr("&Redo"), "Ctrl+Shift+Z", step.editor.redo, "Ctrl+Y")
        self.help = act(tr("&Mouse and keys"), "F1", step.commands.toggle_help)

    def groups(self) -> dict[str, tuple[QAction | None, ...]]:
        """Actions by menu (keys ``file``, ``edit``, ``view``, ``help``); None separates."""
        return {
            "file": (self.open_result, self.open_scan, self.open_labels, self.open_reference, None,
                     self.save_copy, self.picture, self.picture_all),
            "edit": (self.undo, self.redo, None, self.look, self.brush, self.eraser, None,
                     self.smaller, self.larger, self.in_3d, self.pick),
            "view": (self.axial, self.coronal, self.sagittal, self.three, self.side_by_side, None,
                     self.radiological, self.neurological, None,
                     self.zoom_in, self.zoom_out, self.fit, self.fit_labels, None,
                     self.crosshair, self.reset_window, self.outline, self.confidence, None,
                     self.differences, self.next_difference),
            "help": (self.help,),
        }  # fmt: skip

    def all_actions(self) -> tuple[QAction, ...]:
        """Every action."""
        return tuple(action for group in self.groups().values() for action in group if action is not None)

    def enable(
        self,
        *,
        scan: bool,
        labels: bool,
        reference: bool,
        confidence: bool,
        undo: bool,
        redo: bool,
        save: bool,
    ) -> None:
        """Enable what can be done now."""
        viewing = (self.axial, self.coronal, self.sagittal, self.three, self.zoom_in, self.zoom_out, self.fit,
                   self.crosshair, self.reset_window, self.picture, self.picture_all)  # fmt: skip
        editing = (self.fit_labels, self.outline, self.open_reference, self.look, self.brush, self.eraser,
                   self.pick, self.smaller, self.larger, self.in_3d)  # fmt: skip
        comparing = (self.side_by_side, self.differences, self.next_difference)
        for actions, possible in ((viewing, scan), (editing, labels), (comparing, reference)):
            for action in actions:
                action.setEnabled(possible)
        self.confidence.setEnabled(confidence)
        self.undo.setEnabled(undo)
        self.redo.setEnabled(redo)
        self.save_copy.setEnabled(save)

    def shortcut_groups(self) -> list[ShortcutGroup]:
        """List what the sheet of F1 shows."""
        tr = self._step.tr
        mouse = [
            (tr("wheel, ↑ ↓"), tr("next slice; Page Up, Page Down: ten; Home, End: first and last")),
            (tr("Ctrl+wheel"), tr("zoom about the pointer")),
            (tr("click, drag"), tr("crosshair; Ctrl+arrows move it by a voxel")),
            (tr("middle drag"), tr("move the picture")),
            (tr("Shift+drag"), tr("brightness (up, down) and contrast (left, right); double click resets")),
        ]
        drawing = [
            (tr("B, then drag"), tr("paint the chosen nucleus; right button erases")),
            (tr("E, then drag"), tr("erase")),
            (tr("Ctrl+click"), tr("crosshair while painting")),
            (tr("Space"), tr("touch with the brush at the crosshair")),
            (tr("Esc"), tr("back to looking")),
            (_keys(self.smaller, self.larger), tr("smaller, larger brush")),
            (_keys(self.in_3d), tr("disc or ball")),
            (_keys(self.pick), self._plain(self.pick)),
            (_keys(self.undo, self.redo), tr("undo, redo")),
            (_keys(self.save_copy), tr("save the edited labels as a copy beside the original")),
        ]
        views = [
            (_keys(a), self._plain(a))
            for a in (self.axial, self.coronal, self.sagittal, self.three, self.side_by_side, self.fit,
                      self.fit_labels, self.crosshair, self.reset_window, self.outline, self.confidence)
        ]  # fmt: skip
        files = [
            (_keys(a), self._plain(a))
            for a in (self.open_result, self.open_scan, self.open_labels, self.open_reference,
                      self.differences, self.next_difference, self.picture, self.picture_all)
        ]  # fmt: skip
        return [
            (tr("Mouse and slices"), mouse),
            (tr("Correct labels"), drawing),
            (tr("Views"), views),
            (tr("Files, comparison, pictures"), files),
        ]

    @staticmethod
    def _plain(action: QAction) -> str:
        words = action.text().replace("&", "").removesuffix("…")
        return words[:1].lower() + words[1:]

    def _action(self, text: str, key: str, slot: Callable[[], object], *more_keys: str) -> QAction:
        action = QAction(text, self._step)
        action.setShortcuts([QKeySequence(k) for k in (key, *more_keys) if k])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked=False: slot())
        self._step.addAction(action)
        return action

    def _checkable(self, text: str, key: str, slot: Callable[[], object]) -> QAction:
        action = self._action(text, key, slot)
        action.setCheckable(True)
        return action

    def _toggle(
        self, text: str, key: str, slot: Callable[[bool], object], *, checked: bool = False
    ) -> QAction:
        action = self._action(text, key, lambda: None)
        action.setCheckable(True)
        action.setChecked(checked)
        action.toggled.connect(slot)
        return action

    def _group(self, *actions: QAction) -> None:
        group = QActionGroup(self._step)
        for action in actions:
            group.addAction(action)


def _keys(*actions: QAction) -> str:
    """Keys of actions as this system writes them."""
    form = QKeySequence.SequenceFormat.NativeText
    return ", ".join(action.shortcut().toString(form) for action in actions)
