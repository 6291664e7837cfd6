"""Copies of studies to hand on: without what says whose computer they come from, or whose scans.

What is let through is listed, not what is taken out. A few JSON files lose the fields that hold paths. In the
end every file of the copy is searched, unpacked too, for paths and names of files, the user and the computer;
one in which something is found is left out and named.
"""

from __future__ import annotations

import json
import os
import re
import socket
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Self

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.provenance import login_name
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.studies.personal_traces import PersonalTraces
from brainstem_app.small_files import read_json
from brainstem_app.written_files import MANIFEST_FILE, QUALITY_FILE, SPLITS_FILE, STUDY_FILE, SUBJECTS_FOLDER

LEFT_OUT = "left out of the shared copy"
NOTE_FILE = "SHARED.txt"
#: Paths in a study that are let through; `*` stands for one name.
_TAKEN = (
    *(STUDY_FILE, SPLITS_FILE, "folds-*.json", QUALITY_FILE),
    *("labels/structures.csv", "labels/atlas.json", "label_counts.csv"),
    *("subjects/*/scan_box.nii.gz", "subjects/*/labels_box*.nii.gz", "subjects/*/uncertainty_box.nii.gz"),
    *("subjects/*/qc.png", "subjects/*/manifest.json", "subjects/*/transforms/*"),
    *("runs/*/config.json", "runs/*/history.csv", "runs/*/best.keras", "runs/*/last.keras"),
    *("runs/*/metrics.*", "runs/*/manifest.json", "runs/*/cell.json", "runs/*/predictions.npz"),
    *("runs/*/against/*/*", "runs/*/activations.*", "runs/*/activations/*"),
    *("runs/*/export/*", "runs/*/export/atlas/*", "comparisons/*/*"),
    *("folds/*/*", "ensembles/*/*", "ensembles/*/atlas/*"),
)
_NOTE = """\
A copy of a study, made by Brainstem App to be handed on.
Left out: where the scans and this study lay, the names of the scans' files, user and computer, logs, events,
job files, what the window remembered, the results of scans (`segmentations`) with what was said of them,
whose volumes `study export` writes, and the reports on groups, repeatability and change (`reports`), which
name people with their volumes. Kept: the names of the study, of its dataset's folder and of its subjects,
groups, hashes of the scans, and the scans as far as networks see them (brainstem, 1 mm).
"""


def _study(content: dict[str, Any]) -> None:
    if content.get("dataset"):
        content["dataset"] = LEFT_OUT


def _subject(content: dict[str, Any]) -> None:
    content["source"] = LEFT_OUT
    if isinstance(content.get("settings"), dict) and content["settings"].get("labels"):
        content["settings"]["labels"] = LEFT_OUT
    if content.get("failure"):
        content["failure"] = {"what": f"It could not be prepared; why is {LEFT_OUT}.", "where": "", "fix": ""}


def _run(content: dict[str, Any]) -> None:
    content["study"] = "."


_REWRITTEN: dict[str, Callable[[dict[str, Any]], None]] = {
    STUDY_FILE: _study,
    "subjects/*/manifest.json": _subject,
    "runs/*/config.json": _run,
    "runs/*/manifest.json": lambda content: None,
}
# What begins at a root and has two names, in a text or as all of it; nothing of an address in the net.
_PATH = re.compile(
    r"(?<![\w/:.~<])(?:~?/[^\s/<>:\"'|]+(?:/[^\s/<>:\"'|]*)+|(?:[A-Za-z]:|\\)\\[^\s\\<>:\"'|]+[^\s<>:\"'|]*)"
)


def _without_paths(value: Any) -> Any:
    """Return what JSON holds without paths from a root, wherever they stand."""
    if isinstance(value, dict):
        return {key: _without_paths(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_paths(one) for one in value]
    if not isinstance(value, str):
        return value
    return LEFT_OUT if _is_path(value) else _PATH.sub(f"({LEFT_OUT})", value)


def _paths_in(content: Any) -> Iterator[str]:
    """Yield the texts in what JSON holds that are paths from a root as a whole."""
    left = [content]
    while left:
        value = left.pop()
        if isinstance(value, dict | list):
            left += value.values() if isinstance(value, dict) else value
        elif isinstance(value, str) and _is_path(value):
            yield value


def _is_path(text: str) -> bool:
    """Whether a text is nothing but a path from a root, here or on Windows; it may have spaces in it."""
    posix, windows = PurePosixPath(text), PureWindowsPath(text)
    return "\n" not in text and (
        (posix.is_absolute() and len(posix.parts) > 2) or (windows.is_absolute() and len(windows.parts) > 1)
    )


@dataclass(frozen=True)
class Sharing:
    """What of a study is let into a copy to hand on.

    Attributes
    ----------
    traces : PersonalTraces
        What may be in none of its files.
    """

    traces: PersonalTraces

    @classmethod
    def of(cls, study: Path) -> Self:
        """Look up what in this study names files, people and computers."""
        return cls(PersonalTraces.of_words(_words_of(study)))

    def takes(self, name: Path) -> bool:
        """Whether a file, by its path in the study, is let through."""
        return any(_fits(name, pattern) for pattern in _TAKEN)

    def rewrites(self, name: Path) -> bool:
        """Whether a file loses fields on the way."""
        return any(_fits(name, pattern) for pattern in _REWRITTEN)

    def rewritten(self, source: Path, name: Path) -> str:
        """Content of a file without the fields that hold paths; OSError if it cannot be read.

        Raises
        ------
        BrainstemError
            If it is damaged: what is in it cannot be told.
        """
        try:
            content: dict[str, Any] = dict(read_json(source))
            next(change for pattern, change in _REWRITTEN.items() if _fits(name, pattern))(content)
            left = _without_paths(content)
        except (ValueError, TypeError, RecursionError) as error:
            raise BrainstemError(
                "A file of the study is damaged, so nobody can say what it would tell others.",
                source,
                "Restore it from a copy, or delete it; then copy again.",
            ) from error
        return json.dumps(left, indent=1, ensure_ascii=False) + "\n"

    def finish(self, copy: Path, reporter: Reporter) -> None:
        """Remove files of a copy in which something is found after all, and say so; add a note on the rest.

        Raises
        ------
        BrainstemError
            If one of the files that make it a study is among them.
        """
        paths = sorted(path for path in copy.rglob("*") if path.is_file())
        taken = [path for path in paths if self.takes(path.relative_to(copy))]
        telling = [path for path in taken if self._is_called_so(path.relative_to(copy)) or self._tells(path)]
        # Letters of a PDF are numbers, and workbooks may split words: they say what the page does.
        pages = {path.with_suffix("") for path in telling if path.suffix in {".html", ".json", ".csv"}}
        telling += [p for p in paths if p.suffix in {".pdf", ".xlsx"} and p.with_suffix("") in pages]
        for path in sorted(set(telling)):
            path.unlink()
            name = path.relative_to(copy).as_posix()
            if name == STUDY_FILE:
                raise BrainstemError(
                    "The study cannot be handed on: its study.json tells a path, a user or a computer.",
                    copy,
                    "Look for the word in it, e.g. in the name of the atlas, and use another atlas there.",
                )
            reporter.warn(f"{name} names a file, a user or a computer, and is left out.", path)
        (copy / NOTE_FILE).write_text(_NOTE, encoding="utf-8")

    def _is_called_so(self, name: Path) -> bool:
        return self.traces.pattern.search(os.fsencode(name.as_posix())) is not None

    def _tells(self, path: Path) -> bool:
        try:
            return self.traces.found_in(path)
        except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return True  # what cannot be unpacked cannot be searched


def _fits(name: Path, pattern: str) -> bool:
    return len(name.parts) == pattern.count("/") + 1 and PurePosixPath(name.as_posix()).match(pattern)


def _words_of(study: Path) -> Iterator[str]:
    """Yield what may not be in the copy: paths, names of files not made of the subject's, user, host."""
    yield from (str(study), str(study.resolve()), str(Path.home()))
    yield from (name for name in (login_name(), socket.gethostname()) if len(name) >= _LEAST_LETTERS)
    yield from _fields(_content(study / STUDY_FILE), "dataset")
    for record in sorted(path for pattern in _REWRITTEN for path in study.glob(pattern)):
        yield from _paths_in(_content(record))
    for manifest in sorted(study.glob(f"{SUBJECTS_FOLDER}/*/{MANIFEST_FILE}")):
        content = _content(manifest)
        sources, labels = list(_fields(content, "source")), _fields(content.get("settings"), "labels")
        yield from sources
        for source in (*sources, *labels):
            file = re.split(r"[\\/]", source)[-1]
            if manifest.parent.name not in file and len(file) >= _LEAST_LETTERS:
                yield from {file, file.partition(".")[0]}


_LEAST_LETTERS = 5


def _content(path: Path) -> dict[str, Any]:
    try:
        return dict(read_json(path))
    except (OSError, ValueError, TypeError):
        return {}


def _fields(content: Any, name: str) -> Iterator[str]:
    value = content.get(name) if isinstance(content, dict) else None
    if isinstance(value, str) and len(value) >= _LEAST_LETTERS:
        yield value
