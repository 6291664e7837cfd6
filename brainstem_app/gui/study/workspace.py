"""Workspace: where the work was left, one small file in the study's folder, or the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import clear_leftovers_of
from brainstem_app.study.record import Record
from brainstem_app.written_files import STUDY_FILE, WINDOW_FILE

T = TypeVar("T")


class Workspace(Record):
    """``window.json``: what the window shows of a study; nothing in it changes a result.

    Attributes
    ----------
    sources : tuple of str
        What was opened in Scans: files, DICOM folders, BIDS datasets.
    removed : tuple of str
        Scans in these that the user has taken off the list.
    step : str
        The step that was on the screen.
    choices : dict of str to str
        What was chosen in the steps, e.g. the run whose curves are shown.
    forms : dict
        Settings typed into the forms, by step; as the job's fields.
    """

    schema_name: Literal["brainstem-window/1"] = Field("brainstem-window/1", alias="schema")
    sources: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    step: str = "scans"
    choices: dict[str, str] = Field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = Field(default_factory=dict)


def read_workspace(file: Path) -> tuple[Workspace, InputError | None]:
    """Read where the work was left.

    Returns
    -------
    workspace : Workspace
        An empty one if there is no file, or it cannot be read.
    problem : InputError or None
        Why it cannot be read. The file is put aside then, so that nothing is written over it.
    """
    clear_leftovers_of(file)  # of a window that was killed as it wrote it
    if not file.exists():
        return Workspace(), None
    try:
        return Workspace.load(file), None
    except InputError as error:
        kept = file.with_name(f"{file.stem} {datetime.now():%Y-%m-%d %H-%M-%S}{file.suffix}")
        try:
            file.replace(kept)
        except OSError:
            kept = file
        what = f"Where the work was left cannot be read, so it begins anew. {error.what}"
        return Workspace(), InputError(what, file, f"The file is kept as {kept.name}.")


def with_changes(file: Path, before: Workspace, now: Workspace) -> Workspace:
    """Return what a file is to say: what another window has written since, with what this one has changed."""
    try:
        theirs = Workspace.load(file) if file.exists() else before
    except InputError:
        return now
    if theirs == before:
        return now
    return Workspace(
        sources=_listed(theirs.sources, before.sources, now.sources),
        removed=_listed(theirs.removed, before.removed, now.removed),
        step=theirs.step if now.step == before.step else now.step,
        choices=_named(theirs.choices, before.choices, now.choices),
        forms=_named(theirs.forms, before.forms, now.forms),
    )


def _listed(theirs: tuple[str, ...], before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    gone = set(before) - set(now)
    added = (one for one in now if one not in before)
    return tuple(dict.fromkeys((*(one for one in theirs if one not in gone), *added)))


def _named(theirs: Mapping[str, T], before: Mapping[str, T], now: Mapping[str, T]) -> dict[str, T]:
    gone = before.keys() - now.keys()
    changed = {name: value for name, value in now.items() if before.get(name) != value}
    return {**{name: value for name, value in theirs.items() if name not in gone}, **changed}


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study, or one that an older version has begun in the window."""
    return (folder / STUDY_FILE).is_file() or (folder / WINDOW_FILE).is_file()
