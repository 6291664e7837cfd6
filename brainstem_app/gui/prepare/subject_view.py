"""View of a prepared subject: its picture, to accept or reject, or why it could not be prepared."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from brainstem_app.gui.controls import make_button
from brainstem_app.gui.picture_box import PictureBox
from brainstem_app.written_files import QC_PICTURE, SUBJECTS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.prepare.subject_list import Subject


class SubjectView(QWidget):
    """Picture or reasons of one subject, and the decision on it.

    Signals
    -------
    decided(object)
        ``"accepted"``, ``"rejected"`` or None.
    reference_unwanted(str)
        The labels that were added of the subject with this name are to be taken out again.
    """

    decided = Signal(object)
    reference_unwanted = Signal(str)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._subject: Subject | None = None
        self._version = ""
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.title.setAccessibleName("Chosen subject")
        self.reason = QLabel(self)
        self.reason.setWordWrap(True)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reason.setAccessibleName("Why the subject could not be prepared, or what to look at")
        self.picture = PictureBox("Picture of the normalised scan with its reference labels", self)
        self.accept_button = self._button("&Accept  (A)", "Use this subject, and go to the next", "accepted")
        self.reject_button = self._button(
            "Re&ject  (R)",
            "Neither train nor test on this subject, and go to the next",
            "rejected",
        )
        self.undo_button = self._button("&Undecide  (U)", "Take the decision back", None)
        self.reference_button = make_button(
            self,
            "Take the added &labels out",
            "The subject gets the reference again that it had before labels were added in Review",
            self._take_out,
        )
        #: What can be done with the subject.
        self.buttons = (self.accept_button, self.reject_button, self.undo_button, self.reference_button)
        row = QHBoxLayout()
        for button in (self.accept_button, self.reject_button, self.undo_button):
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(self.reason)
        layout.addWidget(self.picture, 1)
        layout.addLayout(row)
        layout.addWidget(self.reference_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_subject(None, None)

    def show_subject(self, subject: Subject | None, study: Path | None) -> None:
        """Show a subject of a study, or none."""
        self._subject = subject
        finished = subject if subject is not None and subject.state == "finished" else None
        self.accept_button.setEnabled(finished is not None and finished.decision != "accepted")
        self.reject_button.setEnabled(finished is not None and finished.decision != "rejected")
        self.undo_button.setEnabled(finished is not None and bool(finished.decision))
        self.reference_button.setVisible(finished is not None and finished.is_added)
        title = "" if subject is None else f"<b>{escape(subject.name)}</b>  {self._decision(subject)}"
        self.title.setText(title)
        self.reason.setText(self._reason(subject))
        self.reason.setVisible(bool(self.reason.text()))
        if finished is None or study is None:
            words = "" if subject is None else "The picture comes when the subject has been prepared."
            self.picture.show_image(None, None, words)
            return
        path, shown = study / SUBJECTS_FOLDER / finished.name / QC_PICTURE, finished
        # Labels that were added, or taken out, have a picture of their own under the same name.
        version = "" if finished.record is None else finished.record.files.get(QC_PICTURE, "")
        if (path, version) != (self.picture.path, self._version):
            self._version = version
            self._background.run(
                lambda: QImage(str(path)), lambda image: self._show(shown, image, path), lambda _error: None
            )

    def _take_out(self) -> None:
        if self._subject is not None and self._subject.is_added:
            self.reference_unwanted.emit(self._subject.name)

    def _show(self, subject: Subject, image: QImage, path: Path) -> None:
        if self._subject is None or self._subject.name != subject.name:
            return
        self.picture.show_image(None if image.isNull() else image, path)
        if image.isNull():
            self.reason.setText(f"The picture is missing: {path}")
            self.reason.show()

    def _decision(self, subject: Subject) -> str:
        words = {"accepted": "accepted", "rejected": "rejected: it is left out"}
        return words.get(subject.decision, "")

    def _reason(self, subject: Subject | None) -> str:
        if subject is None or subject.record is None:
            return ""
        failure = subject.record.failure
        if failure is not None:
            parts = [f"It could not be prepared: {failure.what}", failure.where]
            if failure.fix:
                parts.append(f"What to do: {failure.fix}")
            return "\n".join(part for part in parts if part)
        notes = [f for f in subject.record.findings if f.get("level") in {"warning", "error"}]
        return "\n".join(f"{note.get('problem', '')} {note.get('fix', '')}".strip() for note in notes)

    def _button(self, text: str, hint: str, decision: str | None) -> QPushButton:
        return make_button(self, text, hint, lambda: self.decided.emit(decision))
