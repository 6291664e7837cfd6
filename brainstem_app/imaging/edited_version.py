"""Current version of a result's label map: the copy that was corrected last, or the original."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brainstem_app import __version__
from brainstem_app.imaging.atomic import write_json
from brainstem_app.small_files import read_json

EDITED_MARK = "_edited"
_NUMBERED = re.compile(rf"{EDITED_MARK}(-\d+)?$")
_ENDING = ".nii.gz"
_LONGEST_CHAIN = 1000


@dataclass(frozen=True)
class EditedVersion:
    """A corrected copy of a label map.

    Attributes
    ----------
    path : Path
    saved : datetime
        When it was saved, with its time zone.
    """

    path: Path
    saved: datetime


def without_mark(stem: str) -> str:
    """Name of the original of an edited copy: ``labels_edited-2`` gives ``labels``."""
    return _NUMBERED.sub("", stem)


def original_of(labels: Path) -> Path:
    """Label map that a file is a corrected copy of, as its name says; the file itself if it is none."""
    stem = labels.name.removesuffix(_ENDING)
    return labels if without_mark(stem) == stem else labels.with_name(without_mark(stem) + _ENDING)


def latest_edit(original: Path) -> EditedVersion | None:
    """Find the copy of a label map that was corrected last; None if there is none.

    Copies of an earlier label map, which a new segmentation has replaced since, are none of this one.
    """
    stem = original.name.removesuffix(_ENDING)
    copies = [
        EditedVersion(path, _saved(path))
        for path in original.parent.glob(f"*{EDITED_MARK}*{_ENDING}")
        if path != original and without_mark(path.name.removesuffix(_ENDING)) == stem
    ]
    copies.sort(key=lambda copy: (copy.saved, len(copy.path.name), copy.path.name), reverse=True)
    return next((copy for copy in copies if _comes_from(copy.path, original)), None)


def write_edit_record(
    copy: Path,
    original: Path,
    before: Sequence[int],
    after: Sequence[int],
    names: Mapping[int, str],
    sha256: str = "",
) -> None:
    """Say beside a corrected copy what it was made from, and how many voxels of each structure it has.

    Parameters
    ----------
    copy, original : Path
        The label maps; both are there.
    before, after : sequence of int, length 256
        Voxels of each label in the original and in the copy.
    names : mapping of int to str
        What the labels are called.
    sha256 : str
        Hash of the original when it was opened; of the file as it is now if not given.
    """
    record = {
        "schema": "brainstem-edit/1",
        "original": {"file": original.name, "sha256": sha256 or digest_of(original)},
        "edited": {"file": copy.name, "sha256": digest_of(copy)},
        "saved": datetime.now().astimezone().isoformat(timespec="seconds"),
        "brainstem_app": __version__,
        "changed": [
            {
                "index": index,
                "name": names.get(index, ""),
                "voxels_before": int(old),
                "voxels_after": int(new),
            }
            for index, (old, new) in enumerate(zip(before, after, strict=True))
            if index and old != new
        ],
    }
    write_json(record_of_edit(copy), record)


def record_of_edit(copy: Path) -> Path:
    """File beside a corrected copy that says what it was made from."""
    return copy.with_name(copy.name.removesuffix(_ENDING) + ".json")


def digest_of(path: Path) -> str:
    """SHA-256 of a file; empty if it is gone."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _comes_from(copy: Path, original: Path) -> bool:
    """Whether the records beside the copies lead from a copy to the original as it is now."""
    for _ in range(_LONGEST_CHAIN):
        if copy == original:
            return True
        try:
            record = _record(copy)["original"]
            source, expected = copy.with_name(str(record["file"])), str(record["sha256"])
        except (OSError, ValueError, KeyError, TypeError):  # no record: the younger file is the later one
            return _time(copy) >= _time(original)
        if not source.is_file() or digest_of(source) != expected:
            return False
        copy = source
    return False


def _saved(copy: Path) -> datetime:
    try:
        return datetime.fromisoformat(_record(copy)["saved"]).astimezone()
    except (OSError, ValueError, KeyError, TypeError):
        return datetime.fromtimestamp(_time(copy), UTC).astimezone()


def _record(copy: Path) -> dict[str, Any]:
    return dict(read_json(record_of_edit(copy)))


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
