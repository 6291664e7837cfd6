"""Table of the subjects: state, fit, part of the split, decision."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QBrush, QGuiApplication

from brainstem_app.gui.prepare.subject_list import Subject
from brainstem_app.gui.rows_model import Column, RowsModel


class SubjectTable(RowsModel[Subject]):
    """Rows are the scans of the dataset and the subjects of the study."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (),
            lambda subject: subject.name,
            parent,
            {Qt.ItemDataRole.ToolTipRole: _failure, Qt.ItemDataRole.ForegroundRole: _foreground},
        )
        self._now: dict[str, str] = {}
        fit_hint = "Correlation of the normalised scan with the template in the brainstem, at best 1"
        part_hint = "Which part of the study a subject belongs to: training, validation or test"
        reference_hint = "Where the labels come from that networks learn: the atlas, or a person"
        columns: list[Column[Subject]] = [
            Column("Subject", lambda subject: subject.name),
            Column("State", self._state),
            Column("Fit", _fit, _correlation, fit_hint),
            Column("Used for", self._part, hint=part_hint),
            Column("Labels", self._reference, hint=reference_hint),
            Column("By eye", self._decision),
        ]
        self.set_rows((), columns)

    def set_subjects(self, subjects: tuple[Subject, ...]) -> None:
        """Show other subjects, or the same ones as they are now."""
        done = {subject.name for subject in subjects if subject.state}
        self._now = {name: text for name, text in self._now.items() if name not in done}
        self.set_rows(subjects)

    def set_now(self, name: str, text: str) -> None:
        """Say what is being done to a subject."""
        self._now[name] = text
        self.tell(self.row_of(name))

    def clear_now(self) -> None:
        """Nothing is being done any more."""
        self._now = {}
        self.tell_all()

    def _state(self, subject: Subject) -> str:
        if subject.name in self._now:
            return self._now[subject.name]
        words = {"finished": "prepared", "failed": "failed"}
        return words.get(subject.state, "not prepared")

    def _part(self, subject: Subject) -> str:
        words = {
            "train": "training",
            "validation": "validation",
            "test": "test",
        }
        return "" if subject.decision == "rejected" else words.get(subject.part, "")

    def _reference(self, subject: Subject) -> str:
        record = subject.record
        if record is None or record.state != "finished":
            return ""
        if subject.is_added:
            return "added"
        return "own" if record.is_drawn else "atlas"

    def _decision(self, subject: Subject) -> str:
        words = {"accepted": "accepted", "rejected": "rejected"}
        return words.get(subject.decision, "")


def _failure(subject: Subject) -> str | None:
    failure = None if subject.record is None else subject.record.failure
    return None if failure is None else failure.what


def _foreground(subject: Subject) -> QBrush | None:
    faint = subject.decision == "rejected" or not subject.state
    return QGuiApplication.palette().placeholderText() if faint else None


def _fit(subject: Subject) -> str:
    fit = _correlation(subject)
    return f"{fit:.2f}" if fit >= 0 else ""


def _correlation(subject: Subject) -> float:
    if subject.record is None:
        return -1.0
    try:
        return float(str(subject.record.fit.get("correlation", -1.0)))
    except ValueError:
        return -1.0
