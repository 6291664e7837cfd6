"""Several results to review one after the other: which of them is shown, and the ways to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from brainstem_app.gui.controls import make_button
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.study.segmentations import whose_loose_result, words_of_result
from brainstem_app.written_files import SEGMENTATIONS_FOLDER

_LEAST_CHARACTERS = 16


class ResultsBar(QWidget):
    """Lists result folders, e.g. those of a batch; hidden while there is no choice.

    Signals
    -------
    chosen(object)
        Folder of the result the user wants to see.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folders: tuple[Path, ...] = ()
        self._shown = -1
        self._not_opened: set[Path] = set()
        self.box = ChoiceBox(self)
        self.box.setAccessibleName("Result to review")
        self.box.setToolTip("The results that were opened together")
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(_LEAST_CHARACTERS)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.activated.connect(self._choose)
        self.previous = make_button(
            self,
            "‹ Previous",
            "The result before (Alt+PgUp)",
            lambda: self._choose(self._beside(-1)),
        )
        self.next = make_button(
            self,
            "Next ›",
            "The next result (Alt+PgDown)",
            lambda: self._choose(self._beside(+1)),
        )
        self.previous.setShortcut(Qt.Modifier.ALT | Qt.Key.Key_PageUp)
        self.next.setShortcut(Qt.Modifier.ALT | Qt.Key.Key_PageDown)
        self.place = QLabel(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.place, self.box, self.previous, self.next):
            row.addWidget(widget, int(widget is self.box))
        self.offer(())

    def offer(self, folders: Sequence[Path], shown: Path | None = None) -> None:
        """Offer results; the first is the one shown, unless it is said."""
        self.folders = tuple(folders)
        self._not_opened.clear()
        self.box.clear()
        for folder, name in zip(self.folders, _names(self.folders), strict=True):
            self.box.addItem(name, str(folder))
            self.box.setItemData(self.box.count() - 1, str(folder), Qt.ItemDataRole.ToolTipRole)
        self.show_result(shown or (self.folders[0] if self.folders else None))

    def show_result(self, folder: Path | None) -> None:
        """Mark the result that is open; one of another origin ends the list."""
        if folder is not None and folder not in self.folders:
            self.offer(())
            return
        self._shown = self.folders.index(folder) if folder is not None else -1
        if folder is not None:
            self._not_opened.discard(folder)
        self._show_place()

    def pass_over(self, folder: Path, *, is_shown: bool) -> None:
        """Leave a result that could not be opened out of the ways to the next; the list still has it."""
        if folder not in self.folders:
            return
        self._not_opened.add(folder)
        if not is_shown and self._shown == self.folders.index(folder):
            self._shown = -1  # marked before it was open, as the first of several is
        self._show_place()

    def _beside(self, step: int) -> int | None:
        """Row of the nearest result in a direction that is not known to stay closed."""
        rows = range(self._shown + step, len(self.folders) if step > 0 else -1, step)
        return next((row for row in rows if self.folders[row] not in self._not_opened), None)

    def _choose(self, row: int | None) -> None:
        """Ask for a result; it is marked once it is open, for unsaved edits may keep the other."""
        if row is not None and row != self._shown:
            self.chosen.emit(self.folders[row])
        self._show_place()

    def _show_place(self) -> None:
        row, count = self._shown, len(self.folders)
        self.box.setCurrentIndex(row)
        self.place.setText(f"Result {row + 1} of {count}" if row >= 0 else f"{count} results")
        self.previous.setEnabled(self._beside(-1) is not None)
        self.next.setEnabled(self._beside(+1) is not None)
        self.setVisible(count > 1)


def _names(folders: Sequence[Path]) -> list[str]:
    """Names of results in words: whose they are, in a study with the model."""
    if all(SEGMENTATIONS_FOLDER in folder.parts[:-2] for folder in folders):
        places = [folder.parts for folder in folders]
        below = (parts[len(parts) - parts[::-1].index(SEGMENTATIONS_FOLDER) :] for parts in places)
        return [words_of_result("/".join(parts)) for parts in below]
    names = [whose_loose_result("", folder.name) for folder in folders]
    if len(set(names)) == len(names):
        return names
    return [f"{folder.name} · {folder.parent.name}" for folder in folders]
