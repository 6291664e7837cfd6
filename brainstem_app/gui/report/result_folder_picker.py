"""Picker of a folder that Segment has written, to be chosen or written down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QWidget

from brainstem_app.gui.controls import make_button
from brainstem_app.gui.design.choice_box import ChoiceBox

_LEAST_CHARACTERS = 20


class ResultFolderPicker(QWidget):
    """A box with the folders of the window's own results, and a button to choose another place.

    `label` stands before it in a form.

    Signals
    -------
    changed
        Another place was chosen or written.
    """

    changed = Signal()

    def __init__(self, start: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._start = start
        self._offered: dict[str, str] = {}
        self._is_file = False
        self._before = ""
        self.box = ChoiceBox(self)
        self.box.setEditable(True)
        self._line = QLineEdit(self)
        self.box.setLineEdit(self._line)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(_LEAST_CHARACTERS)
        self.box.activated.connect(lambda _row: self._tell())
        self._line.editingFinished.connect(self._tell)
        self.button = make_button(self, "Choose…", "Choose it on the disk", self._choose)
        self.label = QLabel(self)
        self.label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.box)

    def ask_for(self, name: str, hint: str, *, is_file: bool) -> None:
        """Say what is to be chosen: a folder, or a file."""
        self._is_file = is_file
        self.label.setText(name)
        self.box.setAccessibleName(name.replace("&", ""))
        self._line.setAccessibleName(name.replace("&", ""))
        self.box.setAccessibleDescription(hint)
        self._line.setPlaceholderText(hint)
        self._show_hint()

    def offer(self, folders: Mapping[str, str]) -> None:
        """Offer folders by their names; what was chosen stays."""
        path = self.path
        self._offered = dict(folders)
        self.box.clear()
        self.box.addItems(list(folders))
        self.set_path(path)

    @property
    def path(self) -> str:
        """What is chosen or written; empty if nothing is."""
        text = self.box.currentText().strip()
        return self._offered.get(text, text)

    def set_path(self, path: str) -> None:
        """Choose a place, without telling of it."""
        name = next((name for name, folder in self._offered.items() if folder == path), path)
        self.box.setCurrentIndex(self.box.findText(name))
        self.box.setEditText(name)
        self._before = self.path
        self._show_hint()

    def _choose(self) -> None:
        start = self.path or str(self._start)
        if self._is_file:
            kinds = "Tables (*.tsv *.csv);;All files (*)"
            name, _ = QFileDialog.getOpenFileName(self, "Table of pairs", start, kinds)
        else:
            name = QFileDialog.getExistingDirectory(self, "Folder of results", start)
        if name:
            self.set_path(name)
            self.changed.emit()

    def _tell(self) -> None:
        if self.path != self._before:
            self._before = self.path
            self._show_hint()
            self.changed.emit()

    def _show_hint(self) -> None:
        """Show the whole path, which may not fit into the box."""
        self.box.setToolTip(self.path or self.box.accessibleDescription())
