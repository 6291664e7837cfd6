"""Opens what the user gives, on a thread; an answer that comes too late is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.background import Background, Reader
from brainstem_app.gui.document.atlas_question import note_of_labels, question_of_atlas
from brainstem_app.gui.document.opened import (
    OpenedLabels,
    OpenedResult,
    OpenedScan,
    read_again,
    read_anything,
    read_for_viewer,
    read_labels_for_viewer,
    read_result_for_viewer,
)
from brainstem_app.gui.messages.message import message_of_error

AnyOpened = OpenedScan | OpenedLabels | OpenedResult


class ScanOpener(QObject):
    """Reads scans, label maps and results.

    Signals
    -------
    scan_read(object), labels_read(object), result_read(object)
        An `OpenedScan`, `OpenedLabels`, `OpenedResult`.
    busy(str)
        What is being read; empty when nothing is.
    failed(object)
        A `Message`: an error, or the question which atlas labels are of.
    not_opened(object)
        Path of what could not be opened, or waits for an answer.
    noted(object)
        A `Message`: what was taken for granted of labels that were read.
    """

    scan_read = Signal(object)
    labels_read = Signal(object)
    result_read = Signal(object)
    busy = Signal(str)
    failed = Signal(object)
    not_opened = Signal(object)
    noted = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Reader(background, in_turn=False, what="what was opened")

    def open(self, path: Path, open_scan: Path | None) -> None:
        """Open a path as what it looks like; ``open_scan`` need not be read again."""
        self._read(lambda atlas: read_anything(path, open_scan, atlas), path)

    def open_scan(self, path: Path) -> None:
        """Read a scan."""
        self._read(lambda _atlas: read_for_viewer(path), path)

    def open_labels(self, path: Path) -> None:
        """Read a label map."""
        self._read(lambda atlas: read_labels_for_viewer(path, atlas), path)

    def open_result(self, folder: Path, open_scan: Path | None, like: OpenedLabels | None = None) -> None:
        """Read a result folder, and its scan unless that is open; `like` are labels that its own correct."""
        self._read(lambda atlas: read_result_for_viewer(folder, open_scan, atlas, like), folder)

    def open_again(self, scan: Path | None, labels: Path | None) -> None:
        """Read what was open before: a scan, the result folder or label map over it, or both."""
        path = labels or scan
        if path is not None:
            self._read(lambda atlas: read_again(scan, labels, atlas), path)

    def _read(
        self, function: Callable[[str | None], AnyOpened], path: Path, atlas: str | None = None
    ) -> None:
        self.busy.emit(f"Reading {path.name}…")

        def done(opened: AnyOpened) -> None:
            self.busy.emit("")
            self._tell(opened)

        def failed(error: BaseException) -> None:
            self.busy.emit("")
            question = question_of_atlas(error, lambda atlas: self._read(function, path, atlas))
            self.failed.emit(question or message_of_error(error, f"{path.name} cannot be opened."))
            self.not_opened.emit(path)

        self._reader.read(lambda: function(atlas), done, failed, where=(path,))

    def _tell(self, opened: AnyOpened) -> None:
        match opened:
            case OpenedScan():
                self.scan_read.emit(opened)
            case OpenedLabels():
                self.labels_read.emit(opened)
                self._note(opened)
            case OpenedResult():
                self.result_read.emit(opened)
                self._note(opened.labels)

    def _note(self, labels: OpenedLabels) -> None:
        if labels.notes:
            self.noted.emit(note_of_labels(labels))
