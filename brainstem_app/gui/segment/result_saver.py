"""Saver of the open result: copies its files, and opens its report."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.background import Background
from brainstem_app.gui.document.document import Document
from brainstem_app.gui.document.opened import ResultFiles
from brainstem_app.gui.file_dialogs import open_in_system
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.segment.save_copies import label_target, report_target, save_copy


class ResultSaver(QObject):
    """Copies the files of the result that is open.

    Signals
    -------
    message(object)
        A `Message`: saved, or why not.
    """

    message = Signal(object)

    def __init__(self, document: Document, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._background = background

    @property
    def result(self) -> ResultFiles | None:
        """The files of the result that is open."""
        return self._document.result

    def open_report(self) -> None:
        """Open the HTML report in the browser."""
        if self.result is not None and self.result.report_html is not None:
            self.open_path(self.result.report_html)

    def save_labels(self, chosen: Path) -> None:
        """Copy the label map to where the user wants it."""
        if self.result is not None:
            self._copy(self.result.labels, label_target(chosen))

    def save_report(self, chosen: Path) -> None:
        """Copy the report of the kind that the name ends in."""
        if self.result is None:
            return
        try:
            source, target = report_target(chosen, self.result.reports)
        except BrainstemError as error:
            self.message.emit(message_of_error(error, "The report could not be saved."))
            return
        self._copy(source, target)

    def open_path(self, path: Path) -> None:
        """Open a file or folder with the program the system has for it."""
        open_in_system(path, self.message.emit)

    def _copy(self, source: Path, target: Path) -> None:
        save_copy(source, target, self._background, self.message.emit)
