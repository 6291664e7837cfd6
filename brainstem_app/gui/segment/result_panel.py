"""Take the result away: save labels, open or save the report."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from brainstem_app.gui.document.opened import ResultFiles


class ResultPanel(QWidget):
    """The buttons under the list of nuclei.

    Signals
    -------
    review_requested, save_labels_requested, open_report_requested, save_report_requested
        The user pressed the button.
    """

    review_requested = Signal()
    save_labels_requested = Signal()
    open_report_requested = Signal()
    save_report_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.review = self._button(
            self.tr("Review"),
            self.tr("Look at the labels from every side, and correct them"),
            self.review_requested,
        )
        self.save_labels = self._button(
            self.tr("Save labels as…"),
            self.tr("A copy of the label map (Ctrl+S)"),
            self.save_labels_requested,
        )
        self.open_report = self._button(
            self.tr("Open report"),
            self.tr("Show the page in the browser (Ctrl+P)"),
            self.open_report_requested,
        )
        self.save_report = self._button(
            self.tr("Save report…"),
            self.tr("A copy as HTML, PDF or table (Ctrl+E)"),
            self.save_report_requested,
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for button in (self.review, self.save_labels, self.open_report, self.save_report):
            layout.addWidget(button)
        self.show_result(None)

    def show_result(self, result: ResultFiles | None) -> None:
        """Enable what there is to take."""
        self.review.setEnabled(result is not None)
        self.save_labels.setEnabled(result is not None)
        self.open_report.setEnabled(result is not None and result.report_html is not None)
        self.save_report.setEnabled(result is not None and bool(result.reports))

    def _button(self, text: str, hint: str, signal: Signal) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setAccessibleDescription(hint)
        button.setToolTip(hint)
        button.clicked.connect(signal)
        return button
