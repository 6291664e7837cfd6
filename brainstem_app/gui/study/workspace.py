"""Workspace: where the work was left, one small file in the study's folder, or the user's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import clear_leftovers_of
from brainstem_app.study.record import Record
from brainstem_app.written_files import STUDY_FILE, WINDOW_FILE


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


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study, or one that an older version has begun in the window."""
    return (folder / STUDY_FILE).is_file() or (folder / WINDOW_FILE).is_file()
