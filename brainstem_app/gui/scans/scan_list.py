"""List of the opened scans: what was added, what was taken off again, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.counting import agreeing, counted, listed
from brainstem_app.gui.background import Reader
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.scans.listing import Listing, list_scans
from brainstem_app.imaging.unreadable import UnreadableScanError

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.scans.listing import ListedScan

_MOST_STEPS = 100
_NO_SCANS = "no scans"


@dataclass(frozen=True)
class ScanSources:
    """Files and folders that were opened, and the scans in them that are not wanted.

    Attributes
    ----------
    sources : tuple of Path
        Files, DICOM folders, BIDS datasets, folders of scans.
    removed : frozenset of Path
        Scans that were taken off the list; their files are where they were.
    """

    sources: tuple[Path, ...] = ()
    removed: frozenset[Path] = frozenset()

    def with_paths(self, paths: Iterable[Path]) -> ScanSources:
        """Add files and folders; scans that had been taken off are back if they lie in these."""
        given = tuple(paths)
        removed = {scan for scan in self.removed if not any(_lies_in(scan, path) for path in given)}
        return ScanSources(tuple(dict.fromkeys((*self.sources, *given))), frozenset(removed))

    def without(self, scans: Iterable[Path]) -> ScanSources:
        """Take scans off: those that were opened one by one, and those of a folder."""
        unwanted = frozenset(scans)
        kept = tuple(source for source in self.sources if source not in unwanted)
        inside = {scan for scan in unwanted if any(_lies_in(scan, source) for source in kept)}
        return ScanSources(kept, self.removed | inside)

    def filtered(self, listing: Listing) -> Listing:
        """Return the listing of the sources without the scans that were taken off."""
        return replace(listing, scans=tuple(s for s in listing.scans if s.path not in self.removed))


_Step = tuple[ScanSources, Listing | None]


class ScanList(QObject):
    """Lists the scans that are opened, remembers them in the workspace, and takes changes back.

    Attributes
    ----------
    now : ScanSources

    Signals
    -------
    read(object)
        The `Listing` to show.
    busy(str)
        What is being read, to be shown; empty when it is done.
    steps_changed
        What can be undone or redone is another.
    changed
        The list is another one: what was said of the one before is over.
    message(object)
        A `Message` to show in place.
    """

    read = Signal(object)
    busy = Signal(str)
    steps_changed = Signal()
    changed = Signal()
    message = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._before: list[_Step] = []
        self._undone: list[_Step] = []
        self._listed: Listing | None = Listing()  # None while it is being read
        self._reader = Reader(context.background, in_turn=False, what="the list of scans")
        self.now = ScanSources()

    def add(self, paths: Iterable[Path]) -> None:
        """Add files, DICOM folders, BIDS datasets or folders of scans."""
        self._change(self.now.with_paths(paths))

    def show_only(self, path: Path) -> None:
        """List what is in a file or folder, and nothing else."""
        self._change(ScanSources((path,)))

    def restore(self, sources: tuple[Path, ...], removed: frozenset[Path]) -> None:
        """Show the list of a study, as it was left."""
        self._before, self._undone = [], []
        self._list(ScanSources(sources, removed))

    def replace_source(self, before: Path, after: Path) -> None:
        """Name a source anew, e.g. by the chosen series of a DICOM folder; what is listed stays."""
        sources = tuple(after if source == before else source for source in self.now.sources)
        self.now = replace(self.now, sources=sources)
        self._remember()

    def remove(self, scans: list[ListedScan]) -> None:
        """Take scans off the list; their files stay."""
        if not scans:
            return
        # The files are as they were: what is left of the list is known.
        left = self.now.without(scan.path for scan in scans)
        gone = {scan.path for scan in scans} - left.removed
        listed = self._listed
        if listed is not None:
            listed = replace(listed, scans=tuple(scan for scan in listed.scans if scan.path not in gone))
        self._change(left, listed)
        what = scans[0].name if len(scans) == 1 else counted(len(scans), "scan")
        verb = agreeing(len(scans), "is", "are")
        self._offer_undo(f"{what} {verb} off the list.")

    def clear(self) -> None:
        """Empty the list; no file is removed."""
        if self.now.sources:
            self._change(ScanSources())
            self._offer_undo("The list is empty.")

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back that can be made again."""
        return bool(self._undone)

    def undo(self) -> None:
        """Show the list as it was before it was changed last."""
        self._step(self._before, self._undone)

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self._step(self._undone, self._before)

    def _step(self, back: list[_Step], forth: list[_Step]) -> None:
        if back:
            forth.append((self.now, self._listed))
            self._list(*back.pop())

    def _offer_undo(self, what: str) -> None:
        action = MessageAction("Undo", self.undo)
        what += " No file was removed."
        self.message.emit(Message(MessageLevel.INFO, what, actions=(action,)))

    def _change(self, sources: ScanSources, known: Listing | None = None) -> None:
        if sources != self.now:
            self._before = [*self._before, (self.now, self._listed)][-_MOST_STEPS:]
            self._undone = []
        self._list(sources, known)

    def _list(self, sources: ScanSources, known: Listing | None = None) -> None:
        """Show a listing that is known, or read one on a thread."""
        self._reader.forget()
        self.now, self._listed = sources, known
        self._remember()
        self.steps_changed.emit()
        self.changed.emit()

        def done(listing: Listing) -> None:
            self.busy.emit("")
            self._listed = listing
            self._tell_of(listing)
            self._forget({Path(str(p.where)) for p in listing.problems if isinstance(p, UnreadableScanError)})
            self.read.emit(sources.filtered(listing))

        def failed(error: BaseException) -> None:
            self.busy.emit("")
            self.message.emit(message_of_error(error, ""))

        if known is not None or not sources.sources:
            self.busy.emit("")
            done(known or Listing())
            return
        self.busy.emit(f"Reading {_named(sources.sources)}…")
        self._reader.read(lambda: list_scans(sources.sources), done, failed, where=sources.sources)

    def _forget(self, files: set[Path]) -> None:
        """Take files off the sources that hold no scan: it is said once."""
        if not files.isdisjoint(self.now.sources):
            left = tuple(source for source in self.now.sources if source not in files)
            self.now = replace(self.now, sources=left)
            self._remember()

    def _remember(self) -> None:
        self._context.study.remember(
            sources=tuple(map(str, self.now.sources)), removed=tuple(sorted(map(str, self.now.removed)))
        )

    def _tell_of(self, listing: Listing) -> None:
        """Say what could not be listed; files that are gone once for all of them."""
        gone = [p for p in listing.problems if p.where and not Path(p.where).exists()]
        others = [p for p in listing.problems if isinstance(p, UnreadableScanError) and p not in gone]
        if len(others) > 1:
            names = listed([Path(str(p.where)).name for p in others])
            what = f"{counted(len(others), 'file')} hold no scan, and are not listed: {names}."
            self.message.emit(Message(MessageLevel.ERROR, what, fix=others[0].fix, owner=_NO_SCANS))
        for problem in listing.problems:
            if problem not in gone and (len(others) < 2 or problem not in others):
                self.message.emit(message_of_error(problem, "", problem.where or ""))
        if gone:
            what = f"{Path(str(gone[0].where)).name} is not there any more."
            if len(gone) > 1:
                what = f"{len(gone)} of the opened files and folders are not there any more."
            fix = "Connect their drive, or put them back: they are not forgotten, and listed again then."
            self.message.emit(Message(MessageLevel.WARNING, what, gone[0].where or "", fix))


def _named(sources: Sequence[Path]) -> str:
    return sources[0].name if len(sources) == 1 else counted(len(sources), "source")


def _lies_in(scan: Path, folder: Path) -> bool:
    # A series of a DICOM folder, FOLDER#SERIES, lies in that folder.
    return scan == folder or folder in scan.parents or str(scan).startswith(f"{folder}#")
