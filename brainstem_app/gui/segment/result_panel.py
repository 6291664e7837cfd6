"""Buttons that take the result away: review it, save labels, open or save the report."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from brainstem_app.gui.controls import make_button
from brainstem_app.gui.design.look import set_primary
from brainstem_app.gui.design.tokens import HALF
from brainstem_app.gui.document.document import Document


class ResultPanel(QWidget):
    """The buttons under the list of nuclei.

    Signals
    -------
    command_requested(str)
        Do what the window's action with this id is for.
    """

    command_requested = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.review = self._button(
            "Review",
            "Look at the labels from every side, and correct them",
            "review_result",
        )
        self.save_labels = self._button("Save labels as…", "A copy of the label map (Ctrl+S)", "save_labels")
        self.open_report = self._button("Open report", "Show the page in the browser (Ctrl+P)", "open_report")
        self.save_report = self._button(
            "Save report…", "A copy as HTML, PDF or table (Ctrl+E)", "save_report"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(HALF)
        for button in (self.save_labels, self.open_report, self.save_report, self.review):
            button.setProperty("compact", True)
            layout.addWidget(button, int(button is self.review))
        document.result_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        """Enable what there is to take."""
        result = self._document.result
        self.review.setEnabled(result is not None)
        set_primary(self.review, result is not None)
        self.save_labels.setEnabled(result is not None)
        self.open_report.setEnabled(result is not None and result.report_html is not None)
        self.save_report.setEnabled(result is not None and bool(result.reports))

    def _button(self, text: str, hint: str, command: str) -> QPushButton:
        return make_button(self, text, hint, lambda: self.command_requested.emit(command))
