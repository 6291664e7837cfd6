"""``manifest.json`` of a run: what it learns from, by which split, with what; written when it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from brainstem_app.study.record import Record
from brainstem_app.study.splits import Splits
from brainstem_app.written_files import MANIFEST_FILE


class Absent(Record):
    """Names of the atlas' structures that no subject of a part has."""

    training: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()


class RunManifest(Record):
    """``manifest.json`` of a run: enough to repeat it.

    Attributes
    ----------
    job : dict
        All settings.
    splits : Splits
        Whom it learns from, by whom its epoch is chosen, and who was to be tested when it began.
    data : dict of str to str
        SHA-256 of image and labels of every subject of the training and validation parts, and of the
        uncertainty of the labels where the voxels of a training subject were weighted by it.
    absent : Absent
        Structures of the atlas that no training or no validation subject has.
    seconds : float
        Time of the last stretch of training.
    finished : bool
        Whether all epochs that were asked for are done.
    """

    schema_name: Literal["brainstem-run/1"] = Field("brainstem-run/1", alias="schema")
    job: dict[str, JsonValue]
    atlas: str
    atlas_sha256: str = ""
    splits: Splits
    absent: Absent = Absent()
    data: dict[str, dict[str, str]]
    software: dict[str, str]
    device: str
    seconds: float = 0.0
    finished: bool = True


def read_manifest(run: Path) -> RunManifest | None:
    """Manifest of a run's folder; None where there is none. Raises InputError if it is damaged."""
    path = run / MANIFEST_FILE
    return RunManifest.load(path) if path.exists() else None
