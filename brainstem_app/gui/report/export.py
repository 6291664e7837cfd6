"""Taking a report away: open its files, save copies of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.segment.save_copies import copy_whole

if TYPE_CHECKING:
    from brainstem_app.gui.report.report_entries import ReportEntry
    from brainstem_app.gui.workflow.step_page import AppContext


class ReportExport(QObject):
    """Opens and copies the files of reports.

    Signals
    -------
    message(object)
        A `Message`: what was saved, or why something was not.
    """

    message = Signal(object)

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._widget = parent

    def open(self, path: Path | None) -> None:
        """Open a file or folder with the system's program."""
        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            what = self.tr("No program on this computer opens {0}.").format(path.name)
            self.message.emit(Message(MessageLevel.WARNING, what, str(path)))

    def choose_target(self, entry: ReportEntry) -> None:
        """Ask where to save a copy, and of which kind."""
        if not entry.files:
            return
        kinds = [f"{file.stem} – {file.suffix[1:].upper()} (*{file.suffix})" for file in entry.files]
        start = self._context.settings.last_folder / f"{entry.name}{entry.files[0].suffix}"
        name, kind = QFileDialog.getSaveFileName(
            self._widget, self.tr("Export the report"), str(start), ";;".join(kinds)
        )
        if name:
            self.save(entry, Path(name), entry.files[kinds.index(kind) if kind in kinds else 0])

    def save(self, entry: ReportEntry, target: Path, source: Path) -> None:
        """Save a copy of a file of a report; the ending of the name decides which, if it has one."""
        if target.suffix.lower() != source.suffix:
            other = next((file for file in entry.files if file.suffix == target.suffix.lower()), None)
            source, target = (
                (other, target) if other else (source, target.with_name(target.name + source.suffix))
            )
        self._context.settings.last_folder = target.parent

        def done(path: Path) -> None:
            action = MessageAction(self.tr("Open folder"), lambda: self.open(path.parent))
            what = self.tr("{0} is saved.").format(path.name)
            self.message.emit(Message(MessageLevel.INFO, what, str(path.parent), actions=(action,)))

        self._context.background.run(
            lambda: copy_whole(source, target),
            done,
            lambda error: self.message.emit(message_of_error(error, self.tr("The report was not saved."))),
        )
