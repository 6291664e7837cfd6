"""Search for reports, on a thread: each folder is looked into once, and what was read of a report is kept."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.gui.document.opened import results_in
from brainstem_app.gui.document.result_model import model_of_report
from brainstem_app.gui.report.report_entries import ENDINGS, ReportEntry, ReportKind, files_of
from brainstem_app.imaging.edited_version import EDITED_MARK, latest_edit
from brainstem_app.small_files import read_small
from brainstem_app.study.people_reports import REPORTS_FOLDER
from brainstem_app.study.segmentations import study_of_result
from brainstem_app.written_files import (
    CONFIG_FILE,
    EDITED_FOLDER,
    LABELS_FILE,
    OF_CORRECTIONS,
    REPORT_FILE,
    RUNS_FOLDER,
    SEGMENTATIONS_FOLDER,
    STATE_FILE,
)

#: Seconds after which those that are known so far are shown.
_AT_ONCE_S = 0.3
#: Folders of results, of BIDS derivatives and of a study with sessions lie so deep.
_DEPTH = 3
# Files of a report on people; a folder that holds the first as JSON is one.
_OF_PEOPLE = {
    ReportKind.COHORT: ("cohort", "volumes", "zscores", "people", "harmonised", "centiles"),
    ReportKind.RETEST: ("retest", "changes"),
}
_CHANGE = "change.json"
#: A folder with one of these holds a report.
_MARKS = frozenset({REPORT_FILE, _CHANGE, *(f"{stems[0]}.json" for stems in _OF_PEOPLE.values())})


@dataclass(frozen=True)
class _Folder:
    """A folder with a report: the names in it, and how deep below which root it lies."""

    place: str
    files: frozenset[str]
    root: Path
    depth: int

    @property
    def path(self) -> Path:
        return Path(self.place)

    def holds(self, *stems: str) -> tuple[Path, ...]:
        """Files of a report that are there, the readable ones first."""
        names = (f"{stem}{ending}" for stem in stems for ending in ENDINGS)
        return tuple(Path(self.place, name) for name in names if name in self.files)

    def stamp(self, *names: str) -> tuple[object, ...]:
        """Return what changes when files come or go, or some of them are written anew."""
        return (self.files, *(_state(f"{self.place}/{name}") for name in names if name in self.files))


@dataclass(frozen=True)
class FoundReports:
    """Reports that are known.

    Attributes
    ----------
    entries : tuple of ReportEntry
        Of a study's runs and comparisons; of people and segmentations, the latest first.
    left : tuple
        Folders of segmentations whose reports have to be read yet.
    """

    entries: tuple[ReportEntry, ...] = ()
    left: tuple[_Folder, ...] = ()


class ReportSearch:
    """Finds reports; a report that has not changed is read once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[object, ...], ReportEntry]] = {}

    def find(self, study: Path | None, *results: Path, opened: Iterable[Path] = ()) -> FoundReports:
        """List the reports of a study, of folders of results and of results that were opened elsewhere.

        As many as are read at once.
        """
        in_study = () if study is None else (study / SEGMENTATIONS_FOLDER,)
        own = () if study is None else (study / REPORTS_FOLDER,)
        found = {folder.place: folder for root in (*in_study, *own, *results) for folder in _below(root)}
        others = [folder for folder in found.values() if folder.root not in in_study]
        entries = [] if study is None else _of_study(study)
        for kind, stems in _OF_PEOPLE.items():
            for home in _latest((folder for folder in others if folder.depth == 1), f"{stems[0]}.json"):
                entries.append(ReportEntry(kind, home.path.name, home.path, home.holds(*stems)))
        for home in _latest((folder for folder in others if folder.depth == 2), _CHANGE):
            name = f"{home.path.name} · {home.path.parent.name}"
            entries.append(ReportEntry(ReportKind.CHANGE, name, home.path, home.holds("change")))
        for path in (path for place in opened for path in results_in(place)):
            files, _ = _look_into(os.fspath(path))
            found.setdefault(os.fspath(path), _Folder(os.fspath(path), files, _root_of(path), depth=2))
        segmented = (folder for folder in found.values() if folder.depth > 1 and folder.root not in own)
        homes = _latest(segmented, REPORT_FILE)
        return self.find_more(FoundReports(tuple(entries), tuple(homes)))

    def find_more(self, found: FoundReports) -> FoundReports:
        """Read of what is left as many as are read at once."""
        entries, end = list(found.entries), time.monotonic() + _AT_ONCE_S
        for place, home in enumerate(found.left):
            if place and time.monotonic() > end:
                return FoundReports(_told_apart(entries), found.left[place:])
            entries.append(self._segmentation(home))
        return FoundReports(_told_apart(entries))

    def _segmentation(self, home: _Folder) -> ReportEntry:
        """Make the entry of a segmentation, unless nothing has changed since it was made."""
        if any(EDITED_MARK in name for name in home.files):
            return _entry(home)  # what it is, files below it and what is in them say, too
        stamp, known = home.stamp(REPORT_FILE, STATE_FILE), self._known.get(home.place)
        if known is None or known[0] != stamp:
            known = self._known[home.place] = stamp, _entry(home)
        return known[1]


def _root_of(result: Path) -> Path:
    """Folder that a result is named in: that of all results of its study, or of what a job has written."""
    study = study_of_result(result)
    root = None if study is None else study / SEGMENTATIONS_FOLDER
    return root if root is not None and result.is_relative_to(root) else result.parents[1]


def _entry(home: _Folder) -> ReportEntry:
    """Make the entry of a segmentation, with the report on corrected labels, if any."""
    folder, stems = home.path, ("report", "qc", "midsagittal")
    is_copied = any(EDITED_MARK in name for name in home.files)
    is_edited = is_copied and latest_edit(folder / LABELS_FILE) is not None
    files, is_rejected, is_corrected = home.holds(*stems), False, False
    if is_edited or (home.root.name == SEGMENTATIONS_FOLDER and _may_be_rejected(home)):
        is_rejected, is_corrected = _said(folder)
    if is_corrected:
        is_edited = False
        files = tuple(file for stem in stems for file in files_of(folder / EDITED_FOLDER, stem))
    kind, model = ReportKind.SEGMENTATION, model_of_report(folder / REPORT_FILE)
    return ReportEntry(kind, _name(home), folder, files, model, is_edited, is_rejected, is_corrected)


def _told_apart(entries: Sequence[ReportEntry]) -> tuple[ReportEntry, ...]:
    """Say of results outside of a study when they were made, where a scan has several of one model."""
    alike = [replace(entry, when="") if entry.when else entry for entry in entries]
    times = Counter(entry.words for entry in alike)
    return tuple(_dated(entry) if entry.is_loose and times[entry.words] > 1 else entry for entry in alike)


def _dated(entry: ReportEntry) -> ReportEntry:
    created = None if entry.model is None else entry.model.origin.created
    return entry if created is None else replace(entry, when=f"{created:%Y-%m-%d %H:%M:%S}")


def _below(root: Path) -> Iterator[_Folder]:
    """Look into the folders below a root; what lies in a result is a part of it."""
    waiting = [(os.fspath(root), 0)]
    while waiting:
        place, depth = waiting.pop()
        files, folders = _look_into(place)
        if depth and not _MARKS.isdisjoint(files) and Path(place).name not in OF_CORRECTIONS:
            yield _Folder(place, files, root, depth)
        if depth < _DEPTH and not (depth > 1 and REPORT_FILE in files):
            waiting += [(folder, depth + 1) for folder in folders]


def _look_into(place: str) -> tuple[frozenset[str], list[str]]:
    """Names of the files in a folder, and the paths of its folders; nothing of one that cannot be read."""
    files, folders = [], []
    try:
        with os.scandir(place) as there:
            for entry in there:
                if entry.is_dir():
                    folders.append(entry.path)
                else:
                    files.append(entry.name)
    except OSError:
        return frozenset(), []
    return frozenset(files), folders


def _latest(folders: Iterable[_Folder], name: str) -> list[_Folder]:
    """Take the folders that hold a file, the latest file first."""
    held = [(_state(f"{folder.place}/{name}"), folder) for folder in folders if name in folder.files]
    return [folder for _when, folder in sorted(held, key=lambda pair: pair[0], reverse=True)]


def _of_study(study: Path) -> list[ReportEntry]:
    runs = sorted(path.parent for path in study.glob(f"{RUNS_FOLDER}/*/{CONFIG_FILE}"))
    comparisons = sorted(path.parent for path in study.glob("comparisons/*/grid.json"))
    found = [ReportEntry(ReportKind.RUN, run.name, run, files_of(run, "metrics")) for run in runs]
    return found + [
        ReportEntry(ReportKind.COMPARISON, c.name, c, (*files_of(c, "report"), *files_of(c, "results")))
        for c in comparisons
    ]


def _may_be_rejected(home: _Folder) -> bool:
    """Whether what was said of a result has the word; else its label map need not be read."""
    try:
        return STATE_FILE in home.files and b'"rejected"' in read_small(home.path / STATE_FILE)
    except OSError:
        return True


def _said(folder: Path) -> tuple[bool, bool]:
    """Whether a result was rejected in its study, and whether its report is that of corrected labels."""
    from brainstem_app.jobs.results.quality_file import is_written
    from brainstem_app.study.segmentations import StudyResult, read_labelled_scan

    try:
        result = read_labelled_scan(folder)
    except InputError:  # said in the step Quality
        return False, False
    return isinstance(result, StudyResult) and result.state == "rejected", is_written(result)


def _name(home: _Folder) -> str:
    """Name of a result: that of its folder and its job, or, in a study, whose it is and the model."""
    below = home.path.relative_to(home.root)
    if home.root.name == SEGMENTATIONS_FOLDER:
        return below.as_posix()
    job = below.parts[0]
    return job if job.startswith(home.path.name) else f"{home.path.name} · {job}"


def _state(path: str) -> tuple[int, int]:
    """When a file was written, in nanoseconds, and its size; 0 if it is gone."""
    try:
        state = Path(path).stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size
