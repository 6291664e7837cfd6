"""Dialog Make a dataset: whose the scans are, where the dataset goes, copies or links."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import FieldForm, make_button
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.imaging.bids.new_dataset import PARTICIPANT_COLUMNS, NewScan, problems_of, proposed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brainstem_app.gui.scans.listing import ListedScan
    from brainstem_app.gui.settings import WindowSettings

_SIZE = (820, 480)
_SUBJECT, _SESSION, _WHEN, _FIRST_COLUMN = 1, 2, 3, 4


@dataclass(frozen=True)
class DatasetPlan:
    """A dataset that is to be made."""

    scans: tuple[NewScan, ...]
    root: Path
    links: bool


class DatasetDialog(QDialog):
    """Asks for subject and session of each scan; group, age and sex as far as they are known.

    Signals
    -------
    chosen(object)
        The `DatasetPlan`.
    """

    chosen = Signal(object)

    def __init__(self, scans: Sequence[ListedScan], settings: WindowSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Make a dataset of these scans")
        self.resize(*_SIZE)
        self._scans = tuple(scans)
        self._ask = FileDialogs(settings, self)
        self.table = self._table()
        self.folder = QLineEdit(str(settings.last_folder / "dataset"), self)
        self.folder.setAccessibleName("Folder for the dataset")
        self.folder.setToolTip("A new or empty folder")
        self.copies = QRadioButton("&Copy the scans", self)
        self.links = QRadioButton("&Link to them, where they are NIfTI files", self)
        self.links.setToolTip("Takes no room on the disk, but needs the scans where they are now")
        self.copies.setChecked(True)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("What is still wrong")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.make_button = make_button(
            self, "&Make the dataset", "Nothing that is there is overwritten", self.accept
        )
        self.buttons.addButton(self.make_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self.table.itemChanged.connect(lambda _item: self._check())
        self.folder.textChanged.connect(lambda _text: self._check())
        self._check()

    def _table(self) -> QTableWidget:
        titles = (
            "Scan",
            "Subject",
            "Session",
            "Made on",
            "Group",
            "Age",
            "Sex",
        )
        table = QTableWidget(len(self._scans), len(titles), self)
        table.setHorizontalHeaderLabels(titles)
        table.setAccessibleName("Whose the scans are")
        table.setAccessibleDescription("Subject is needed; all others can be left empty.")
        if (when := table.horizontalHeaderItem(_WHEN)) is not None:
            when.setToolTip(
                "The date (2024-03-31), or years since the person's first scan (1.5): a change over time"
                " needs it. DICOM series say it themselves."
            )
        table.verticalHeader().hide()
        named = proposed([(scan.path, scan.name) for scan in self._scans])
        for row, (scan, new) in enumerate(zip(self._scans, named, strict=True)):
            name = QTableWidgetItem(scan.name)
            name.setFlags(Qt.ItemFlag.ItemIsEnabled)
            name.setToolTip(str(scan.path))
            cells = (new.subject, new.session, "", *(scan.columns.get(c, "") for c in PARTICIPANT_COLUMNS))
            for column, item in enumerate((name, *map(QTableWidgetItem, cells))):
                table.setItem(row, column, item)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        if self._scans:
            table.setCurrentCell(0, _SUBJECT)
        return table

    def _lay_out(self) -> None:
        words = QLabel(
            "A study is made of a dataset (BIDS): with it come training, quality control and groups."
            " Say whose each scan is; a person with several scans has a session for each. A change over time"
            " needs to know when each was made: a date, or years since the first.",
            self,
        )
        words.setWordWrap(True)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(make_button(self, "C&hoose…", "Choose another folder", self._choose_folder))
        form = FieldForm()
        form.add("&Folder", place, self.folder)
        how = QHBoxLayout()
        for button in (self.copies, self.links):
            how.addWidget(button)
        how.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addWidget(self.table, 1)
        layout.addLayout(form)
        layout.addLayout(how)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)

    def _choose_folder(self) -> None:
        folder = self._ask.new_folder("New or empty folder for the dataset")
        if folder is not None:
            self.folder.setText(str(folder))

    @property
    def plan(self) -> DatasetPlan:
        """The dataset as it is described now."""
        scans = []
        for row, scan in enumerate(self._scans):
            texts = [self._text(row, column) for column in range(self.table.columnCount())]
            columns = dict(zip(PARTICIPANT_COLUMNS, texts[_FIRST_COLUMN:], strict=True))
            subject = texts[_SUBJECT].removeprefix("sub-")
            session = texts[_SESSION].removeprefix("ses-")
            scans.append(NewScan(scan.path, subject, session, columns, texts[_WHEN]))
        return DatasetPlan(tuple(scans), Path(self.folder.text()).expanduser(), self.links.isChecked())

    def _text(self, row: int, column: int) -> str:
        item = self.table.item(row, column)
        return "" if item is None else item.text().strip()

    def _check(self) -> None:
        """Say what is still wrong, and mark the rows."""
        problems = problems_of(self.plan.scans)
        brush = QBrush(QColor(colours_of(self).fair))
        with QSignalBlocker(self.table):
            for row in range(self.table.rowCount()):
                for column in (_SUBJECT, _SESSION, _WHEN):
                    item = self.table.item(row, column)
                    if item is not None:
                        item.setData(Qt.ItemDataRole.ForegroundRole, brush if row in problems else None)
                        item.setToolTip(problems.get(row, ""))
        said = [f"{self._scans[row].name}: {what}" for row, what in sorted(problems.items())[:1]]
        if not said and not self.folder.text().strip():
            said = ["Choose a folder for the dataset."]
        self.problem.setText("".join(said))
        self.make_button.setEnabled(not said)

    def accept(self) -> None:
        """Tell what was chosen, if nothing is wrong with it."""
        self._check()
        if self.make_button.isEnabled():
            self.chosen.emit(self.plan)
            super().accept()
