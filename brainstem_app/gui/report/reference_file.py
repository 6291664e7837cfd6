"""File of a saved reference group in the window: chosen, read, and kept where the user wants it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from brainstem_app.counting import counted
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.window_words import error_words
from brainstem_app.gui.report.cohort_choices import PersonChoices
from brainstem_app.gui.segment.save_copies import save_copy

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.reports.cohort.saved_reference import ReferenceGroup


class ReferenceFile(QObject):
    """Reads the file that people are set against, and saves new ones.

    Signals
    -------
    changed
        Another file is chosen or read, or none.
    message(object)
        A `Message`: what was saved, or why something was not.
    """

    changed = Signal()
    message = Signal(object)

    def __init__(self, context: AppContext, choices: PersonChoices, over: QWidget) -> None:
        super().__init__(over)
        self._context, self._choices, self._over = context, choices, over
        self._read: ReferenceGroup | None = None
        self._fault = ""
        choices.file_button.clicked.connect(lambda _checked: self._choose())
        choices.file.editingFinished.connect(self.read)
        choices.saved.toggled.connect(lambda _on: self.read())

    def _choose(self) -> None:
        kinds = "Reference groups (*.json);;All files (*)"
        ask = FileDialogs(self._context.settings, self._over)
        path = ask.file("Saved reference group", kinds, self._choices.file.text())
        if path is not None:
            self._choices.file.setText(str(path))
            self.read()

    def read(self) -> None:
        """Read the chosen file."""
        self._read, self._fault = None, ""
        if path := self._choices.path:
            self._context.background.run(lambda: _reference_at(Path(path)), self._show, self._show_fault)
        self._choices.about.setText("")
        self.changed.emit()

    def _show(self, group: ReferenceGroup) -> None:
        self._read = group
        asked = ", ".join(group.columns) or "nothing"
        model = group.model.title if group.model else "none"
        self._choices.about.setText(
            f"{group.name}: {counted(group.n, 'person')}, saved {group.created[:10]}, model {model}."
            f" The table has to say: {asked}."
        )
        self.changed.emit()

    def _show_fault(self, error: BaseException) -> None:
        self._fault = error_words(error, "The file cannot be read.", "cohort")
        self._choices.about.setText(self._fault)
        self.changed.emit()

    def problem(self, is_confirmed: bool) -> str:
        """Why nobody can be set against the chosen file yet; empty if people can."""
        if not self._choices.path:
            return "Choose the file of the saved reference group, under Each person."
        if self._fault:
            return self._fault
        if self._read is None:
            return "Reading the saved reference group…"
        if self._differs and not is_confirmed:
            return (
                "The saved reference group was measured with another version of the program. “Compare all the"
                " same” confirms it."
            )
        return ""

    def asks_version(self, made_with: Sequence[tuple[str, ...]]) -> bool:
        """Whether these results were made with another version of the program than the saved group's."""
        own = {versions[2] for versions in made_with if len(versions) > 2 and versions[2]}
        known = set() if self._read is None else set(self._read.versions)
        self._differs = bool(known and own - known)
        return self._differs

    _differs = False

    def ask_target(self) -> Path | None:
        """Ask where to save a reference group; None if the user does not say."""
        ask = FileDialogs(self._context.settings, self._over)
        kinds = "Reference groups (*.json)"
        found = ask.target("Save the reference group", "reference.json", kinds)
        if found is None:
            return None
        return found[0] if found[0].suffix else found[0].with_suffix(".json")

    def keep(self, made: Path, target: Path) -> None:
        """Copy the file that a job has made to where the user wants it, and say so."""
        from brainstem_app.reports.cohort.saved_reference import REFERENCE_FILE

        save_copy(
            made / REFERENCE_FILE,
            target,
            self._context.background,
            self.message.emit,
            saved="The reference group is saved as {name}; it names nobody.",
            failed="The reference group was not saved.",
        )


def _reference_at(path: Path) -> ReferenceGroup:
    from brainstem_app.reports.cohort.saved_reference import read_reference

    return read_reference(path)
