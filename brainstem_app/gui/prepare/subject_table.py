"""The subjects as a table: state, fit, part of the split, decision."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from brainstem_app.gui.prepare.subject_list import Subject

AnyIndex = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1


class SubjectColumn(IntEnum):
    """Columns of the table."""

    NAME = 0
    STATE = 1
    FIT = 2
    PART = 3
    DECISION = 4


class SubjectTable(QAbstractTableModel):
    """Rows are the scans of the dataset and the subjects of the study."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._subjects: tuple[Subject, ...] = ()
        self._now: dict[str, str] = {}

    def set_subjects(self, subjects: tuple[Subject, ...]) -> None:
        """Show other subjects, or the same ones as they are now."""
        same = [s.name for s in subjects] == [s.name for s in self._subjects]
        if not same:
            self.beginResetModel()
        self._subjects = subjects
        done = {subject.name for subject in subjects if subject.state}
        self._now = {name: text for name, text in self._now.items() if name not in done}
        if not same:
            self.endResetModel()
        else:
            self._tell_all()

    def set_now(self, name: str, text: str) -> None:
        """Say what is being done to a subject."""
        self._now[name] = text
        row = self.row_of(name)
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(SubjectColumn) - 1))

    def clear_now(self) -> None:
        """Nothing is being done any more."""
        self._now = {}
        self._tell_all()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All subjects."""
        return self._subjects

    def subject(self, row: int) -> Subject:
        """Subject of a row."""
        return self._subjects[row]

    def row_of(self, name: str) -> int:
        """Row of a subject, −1 if it is not there."""
        return next((row for row, subject in enumerate(self._subjects) if subject.name == name), -1)

    def _tell_all(self) -> None:
        if self._subjects:
            self.dataChanged.emit(
                self.index(0, 0), self.index(len(self._subjects) - 1, len(SubjectColumn) - 1)
            )

    # Qt's interface --------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of subjects."""
        return 0 if parent is not None and parent.isValid() else len(self._subjects)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(SubjectColumn)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns, and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole and section == SubjectColumn.FIT:
            return self.tr("Correlation of the normalised scan with the template in the brainstem, at best 1")
        if role == Qt.ItemDataRole.ToolTipRole and section == SubjectColumn.PART:
            return self.tr("Which part of the study a subject belongs to: training, validation or test")
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (self.tr("Subject"), self.tr("State"), self.tr("Fit"), self.tr("Used for"), self.tr("By eye"))[
            section
        ]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        subject = self._subjects[index.row()]
        column = SubjectColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(subject, column)
        if role == SORT_ROLE:
            return _correlation(subject) if column is SubjectColumn.FIT else self._text(subject, column)
        if role == Qt.ItemDataRole.ToolTipRole and subject.record is not None and subject.record.failure:
            return subject.record.failure.what
        if role == Qt.ItemDataRole.ForegroundRole and (subject.decision == "rejected" or not subject.state):
            return QGuiApplication.palette().placeholderText()
        return None

    def _text(self, subject: Subject, column: SubjectColumn) -> str:
        match column:
            case SubjectColumn.NAME:
                return subject.name
            case SubjectColumn.STATE:
                return self._state(subject)
            case SubjectColumn.FIT:
                fit = _correlation(subject)
                return f"{fit:.2f}" if fit >= 0 else ""
            case SubjectColumn.PART:
                words = {
                    "train": self.tr("training"),
                    "validation": self.tr("validation"),
                    "test": self.tr("test"),
                }
                return "" if subject.decision == "rejected" else words.get(subject.part, "")
            case _:
                words = {"accepted": self.tr("accepted"), "rejected": self.tr("rejected")}
                return words.get(subject.decision, "")

    def _state(self, subject: Subject) -> str:
        if subject.name in self._now:
            return self._now[subject.name]
        words = {"finished": self.tr("prepared"), "failed": self.tr("failed")}
        return words.get(subject.state, self.tr("not prepared"))


def _correlation(subject: Subject) -> float:
    if subject.record is None:
        return -1.0
    try:
        return float(str(subject.record.fit.get("correlation", -1.0)))
    except ValueError:
        return -1.0
