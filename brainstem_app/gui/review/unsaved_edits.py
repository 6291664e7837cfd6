"""Edits that are not saved yet, kept aside: offered again after the program or the computer broke down."""

from __future__ import annotations

import hashlib
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from brainstem_app.gui.background import Reader
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.imaging.edited_version import digest_of
from brainstem_app.locks.owner import LockOwner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from brainstem_app.gui.background import Background
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.document.opened import OpenedLabels

_KEEP_AFTER_MS = 10_000
_OWNER = "kept edits"


@dataclass(frozen=True, eq=False)
class KeptEdits:
    """Voxels that were drawn, flat indices into (Z, Y, X), their labels, where and when they were kept."""

    file: Path
    voxels: NDArray[np.int64]
    values: NDArray[np.uint8]
    when: datetime
    is_of_these: bool  # and not of a label map that lay here before


class UnsavedEdits(QObject):
    """Keeps what is drawn in a document in a file aside until it is saved or discarded.

    Each process has a file of its own: what another one has drawn that still runs is not offered, nor lost.

    Signals
    -------
    message(object)
        A `Message`: edits of these labels were kept, or cannot be.
    """

    message = Signal(object)

    def __init__(
        self, document: Document, folder: Path, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._folder = document, folder
        self._reader, self._writer = Reader(background), Reader(background)
        self._opened: OpenedLabels | None = None
        self._digest = ""  # of the file as it was opened: what is drawn is of that
        self._is_known = False  # whether what was kept before has been asked about
        self._timer = QTimer(self, singleShot=True, interval=_KEEP_AFTER_MS)
        self._timer.timeout.connect(self.keep)
        document.labels_changed.connect(self._on_labels)
        document.editor.state_changed.connect(self._on_edited)

    def keep(self) -> None:
        """Write down what is drawn now, on a thread."""
        opened, now = self._opened, self._document.editor.labels
        if opened is None or now is None or not self._document.editor.is_changed or not self._is_known:
            return
        file, edited, digest = self._file_of(opened), now.labels.copy(), self._digest
        self._writer.read(
            lambda: _write(file, opened, edited, digest),
            lambda _none: self._on_edited(),  # they may have been saved meanwhile
            lambda error: self.message.emit(
                message_of_error(error, "Edits that are not saved cannot be kept aside.", _OWNER)
            ),
            file,
        )

    def forget(self) -> None:
        """Keep nothing of the labels that are open: they are saved, or the user discards what was drawn."""
        self._timer.stop()
        if self._opened is not None and self._is_known:
            with suppress(OSError):
                self._file_of(self._opened).unlink(missing_ok=True)

    def _on_edited(self) -> None:
        if not self._document.editor.is_changed:
            if self._opened is self._document.labels:
                self.forget()
        elif not self._timer.isActive():
            self._timer.start()

    def _on_labels(self) -> None:
        """Leave the labels that were open, and look whether edits of these are kept."""
        opened = self._document.labels
        if opened is self._opened:
            return
        self.forget()
        self._opened, self._is_known = opened, False
        if opened is None:
            self._reader.forget()
            return
        folder, name = self._folder, _name_of(opened)
        self._reader.read(
            lambda: _read(folder, name, opened),
            lambda found: self._offer(*found),
            lambda _error: self._offer("", None),
        )

    def _offer(self, digest: str, kept: KeptEdits | None) -> None:
        self._digest = digest
        if kept is None:
            self._is_known = True
            self._on_edited()
            return
        whose = "these labels" if kept.is_of_these else "the labels that were here before"
        # Until it is answered what is drawn is kept beside what was, if that is another process's.
        self._is_known = self._opened is not None and kept.file != self._file_of(self._opened)
        what = f"Edits of {whose} were not saved when the program ended, {kept.when:%Y-%m-%d %H:%M}."
        actions = (
            MessageAction("Show them", lambda: self._take_up(kept)),
            MessageAction("Throw them away", lambda: self._throw_away(kept)),
        )
        self.message.emit(Message(MessageLevel.QUESTION, what, actions=actions, owner=_OWNER))

    def _take_up(self, kept: KeptEdits) -> None:
        self._is_known = True
        if self._opened is not None:
            with suppress(OSError):  # from now on they are this process's, and go when they are saved
                kept.file.replace(self._file_of(self._opened))
        self._document.editor.assign(kept.voxels, kept.values)

    def _throw_away(self, kept: KeptEdits) -> None:
        self._is_known = True
        with suppress(OSError):
            kept.file.unlink(missing_ok=True)
        self._on_edited()

    def _file_of(self, opened: OpenedLabels) -> Path:
        return self._folder / f"{_name_of(opened)}-{os.getpid()}.npz"


def _name_of(opened: OpenedLabels) -> str:
    return hashlib.sha256(str(opened.path.absolute()).encode()).hexdigest()[:24]


def _write(file: Path, opened: OpenedLabels, edited: NDArray[np.uint8], digest: str) -> None:
    voxels = np.flatnonzero(edited != opened.labels.labels)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".part")
    with beside.open("wb") as target:
        np.savez(
            target,
            voxels=voxels,
            values=edited.reshape(-1)[voxels],
            shape=np.array(edited.shape),
            original=np.array(digest),
            owner=np.array(LockOwner.this_process("edits").model_dump_json()),
        )
    beside.replace(file)


def _read(folder: Path, name: str, opened: OpenedLabels) -> tuple[str, KeptEdits | None]:
    """Read what is kept of labels, the latest, and the hash of their file; what does not fit it goes."""
    digest = digest_of(opened.path)
    for file in sorted(folder.glob(f"{name}*.npz"), key=_time_of, reverse=True):
        try:
            when = datetime.fromtimestamp(file.stat().st_mtime)
            with np.load(file) as content:
                if _is_open_elsewhere(content):
                    continue
                voxels, values = content["voxels"].astype(np.int64), content["values"].astype(np.uint8)
                is_same = bool(digest) and str(content["original"]) == digest
                fits = tuple(content["shape"]) == opened.labels.labels.shape and voxels.shape == values.shape
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            fits = False
        if fits and voxels.size and voxels.min() >= 0 and voxels.max() < opened.labels.labels.size:
            return digest, KeptEdits(file, voxels, values, when, is_same)
        file.unlink(missing_ok=True)
    return digest, None


def _is_open_elsewhere(content: Mapping[str, NDArray[np.generic]]) -> bool:
    """Whether another process of this computer keeps these edits, and still runs."""
    if "owner" not in content:
        return False
    owner = LockOwner.model_validate_json(str(content["owner"]))
    return owner.pid != os.getpid() and owner.is_of_this_system and owner.is_running


def _time_of(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
