"""Taking a report away: open its files, save copies of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.file_dialogs import FileDialogs, open_in_system
from brainstem_app.gui.segment.save_copies import save_copy

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry


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
        if path is not None:
            open_in_system(path, self.message.emit)

    def choose_target(self, entry: ReportEntry) -> None:
        """Ask where to save a copy, and of which kind."""
        if not entry.files:
            return
        kinds = [f"{file.stem} – {file.suffix[1:].upper()} (*{file.suffix})" for file in entry.files]
        name = f"{entry.name}{entry.files[0].suffix}"
        ask = FileDialogs(self._context.settings, self._widget)
        target = ask.target("Export the report", name, ";;".join(kinds))
        if target is not None:
            path, kind = target
            self.save(entry, path, entry.files[kinds.index(kind) if kind in kinds else 0])

    def save(self, entry: ReportEntry, target: Path, source: Path) -> None:
        """Save a copy of a file of a report; the ending of the name decides which, if it has one."""
        if target.suffix.lower() != source.suffix:
            other = next((file for file in entry.files if file.suffix == target.suffix.lower()), None)
            source, target = (
                (other, target) if other else (source, target.with_name(target.name + source.suffix))
            )
        self._context.settings.last_folder = target.parent
        save_copy(
            source, target, self._context.background, self.message.emit, failed="The report was not saved."
        )
