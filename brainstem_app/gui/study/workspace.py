"""Where the work on a study was left: one small file in the study's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.study.record import Record

WORKSPACE_FILE = "window.json"


class Workspace(Record):
    """``window.json``: what the window shows of a study; nothing in it changes a result.

    Attributes
    ----------
    sources : tuple of str
        What was opened in Scans: files, DICOM folders, BIDS datasets.
    step : str
        The step that was on the screen.
    choices : dict of str to str
        What was chosen in the steps, e.g. the run whose curves are shown.
    forms : dict
        Settings typed into the forms, by step; as the job's fields.
    """

    schema_name: Literal["brainstem-window/1"] = Field("brainstem-window/1", alias="schema")
    sources: tuple[str, ...] = ()
    step: str = "scans"
    choices: dict[str, str] = Field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = Field(default_factory=dict)


def read_workspace(folder: Path) -> Workspace:
    """Read where the work was left; an empty one if that is not known any more."""
    try:
        return Workspace.load(folder / WORKSPACE_FILE)
    except InputError:
        return Workspace()


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study, prepared or only begun in the window."""
    return (folder / "study.json").is_file() or (folder / WORKSPACE_FILE).is_file()
