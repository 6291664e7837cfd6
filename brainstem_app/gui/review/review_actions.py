"""What the step Review can do, as actions with keys, for its own bar and for the menu of the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

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
        self.close_reference = act(tr("Close the reference"), "Ctrl+W", step.commands.close_reference)
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
            tr("&Radiological (patient's right on the left)"), "Shift+R", step.commands.set_radiological
        )
        self.neurological = check(
            tr("&Neurological (patient's left on the left)"), "Shift+L", step.commands.set_neurological
        )
        self._group(self.radiological, self.neurological)

        self.zoom_in = act(tr("Zoom &in"), "Ctrl++", step.commands.zoom_in, "Ctrl+=")
        self.zoom_out = act(tr("Zoom &out"), "Ctrl+-", step.commands.zoom_out)
        self.fit = act(tr("&Whole slice"), "Ctrl+0", step.commands.fit)
        self.fit_labels = act(tr("&Brainstem"), "Ctrl+9", step.commands.fit_labels)
        self.crosshair = self._toggle(tr("Cross&hair"), "Ctrl+H", step.commands.show_crosshair, checked=True)
        self.reset_window = act(tr("Reset brightness and contrast"), "Ctrl+B", step.commands.reset_window)
        self.brighter = act(tr("Brighter"), "Shift+Up", step.commands.brighten)
        self.darker = act(tr("Darker"), "Shift+Down", step.commands.darken)
        self.more_contrast = act(tr("More contrast"), "Shift+Left", step.commands.add_contrast)
        self.less_contrast = act(tr("Less contrast"), "Shift+Right", step.commands.reduce_contrast)
        self.next_view = act(tr("Give the keys to the next view"), "W", step.commands.focus_next_view)
        self.outline = self._toggle(tr("&Outline instead of fill"), "O", step.commands.set_outline)
        self.hide_labels = self._toggle(tr("&Hide the labels"), "H", step.display.hide_labels)
        self.fainter = act(tr("Fainter labels"), ",", step.commands.fade_labels)
        self.stronger = act(tr("Stronger labels"), ".", step.commands.strengthen_labels)
        self.confidence = self._toggle(tr("Colour by con&fidence"), "C", step.commands.show_confidence)
        self.differences = self._toggle(
            tr("Mark &differences"), "D", step.commands.mark_differences, checked=True
        )
        self.next_difference = act(tr("&Next difference"), "N", step.commands.next_difference)

        self.next_nucleus = act(tr("Next nucleus of the list"), "Alt+Down", step.commands.next_nucleus)
        self.previous_nucleus = act(tr("Previous nucleus"), "Alt+Up", step.commands.previous_nucleus)
        self.find_nucleus = act(tr("Find a nucleus"), "Ctrl+F", step.commands.find_nucleus)
        self.toggle_nucleus = act(tr("Show or hide the chosen nucleus"), "V", step.commands.toggle_nucleus)
        self.only_nucleus = act(
            tr("Show the chosen nucleus only"), "Shift+V", step.commands.show_nucleus_only
        )
        self.all_nuclei = act(tr("Show the nuclei"), "Shift+N", step.commands.show_nuclei)
        self.all_structures = act(tr("Show all structures"), "Shift+A", step.commands.show_all)
        self.no_structure = act(tr("Show no structure"), "Shift+H", step.commands.show_none)

        self.look = check(tr("&Look"), "Esc", step.commands.use_no_tool)
        self.brush = check(tr("&Brush"), "B", step.commands.use_brush)
        self.eraser = check(tr("&Eraser"), "E", step.commands.use_eraser)
        self._group(self.look, self.brush, self.eraser)
        self.look.setChecked(True)
        self.smaller = act(tr("S&maller brush"), "[", step.commands.smaller_brush)
        self.larger = act(tr("Lar&ger brush"), "]", step.commands.larger_brush)
        self.in_3d = self._toggle(tr("Brush in &3-D"), "T", step.commands.set_brush_3d)
        self.protects = self._toggle(tr("Leave other nuclei as they are"), "K", step.editor.set_protects)
        self.pick = act(tr("&Take the nucleus under the crosshair"), "P", step.commands.pick_label)
        self.undo = act(tr("&Undo"), "Ctrl+Z", step.editor.undo)
        self.redo = act(tr("&Redo"), "Ctrl+Shift+Z", step.editor.redo, "Ctrl+Y")
        self.help = act(tr("&Mouse and keys"), "F1", step.commands.toggle_help)

    def groups(self) -> dict[str, tuple[QAction | None, ...]]:
        """Actions by menu (keys ``file``, ``edit``, ``view``, ``labels``, ``help``); None separates."""
        return {
            "file": (self.open_result, self.open_scan, self.open_labels, self.open_reference,
                     self.close_reference, None, self.save_copy, self.picture, self.picture_all),
            "edit": (self.undo, self.redo, None, self.look, self.brush, self.eraser, None,
                     self.smaller, self.larger, self.in_3d, self.protects, self.pick),
            "view": (self.axial, self.coronal, self.sagittal, self.three, self.side_by_side, None,
                     self.radiological, self.neurological, None,
                     self.zoom_in, self.zoom_out, self.fit, self.fit_labels, None,
                     self.crosshair, self.next_view, None,
                     self.brighter, self.darker, self.more_contrast, self.less_contrast,
                     self.reset_window, None,
                     self.differences, self.next_difference),
            "labels": (self.next_nucleus, self.previous_nucleus, self.find_nucleus, None,
                       self.toggle_nucleus, self.only_nucleus, self.all_nuclei, self.all_structures,
                       self.no_structure, None,
                       self.hide_labels, self.fainter, self.stronger, self.outline, self.confidence),
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
                   self.crosshair, self.next_view, self.brighter, self.darker, self.more_contrast,
                   self.less_contrast, self.reset_window, self.picture, self.picture_all)  # fmt: skip
        editing = (self.fit_labels, self.outline, self.hide_labels, self.fainter, self.stronger,
                   self.open_reference, self.look, self.brush, self.eraser, self.pick, self.smaller,
                   self.larger, self.in_3d, self.protects, self.next_nucleus, self.previous_nucleus,
                   self.toggle_nucleus, self.only_nucleus)  # fmt: skip
        comparing = (self.side_by_side, self.differences, self.next_difference, self.close_reference)
        for actions, possible in ((viewing, scan), (editing, labels), (comparing, reference)):
            for action in actions:
                action.setEnabled(possible)
        self.confidence.setEnabled(confidence)
        self.undo.setEnabled(undo)
        self.redo.setEnabled(redo)
        self.save_copy.setEnabled(save)

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
