"""Whether a label map is what a model gave: by the result it lies in or was written from, voxel by voxel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from pydantic import ValidationError

from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.atomic import write_json
from brainstem_app.imaging.edited_version import digest_of, original_of, record_of_edit
from brainstem_app.imaging.label_map import load_label_numbers
from brainstem_app.small_files import read_json
from brainstem_app.study.segmentations import result_folders, result_in_study
from brainstem_app.study.segmented_by import SegmentedBy
from brainstem_app.written_files import LABELS_FILE, REPORT_FILE

#: How far up from its label maps the folder of BIDS derivatives may be: sub-01/ses-1/anat.
_LEVELS = 4


def model_of_labels(labels: Path, study: Path | None = None) -> SegmentedBy | None:
    """Return the model that gave a label map, and how much of it was changed; None if nothing says so.

    It is compared with the label map of the result in whose folder it lies (where another map than a
    corrected copy counts only if it is the same), that it was written from as BIDS derivative, or that it is
    a copy of, if that result is in the study (where one is given). A copy that `study export` wrote says
    itself what it is.
    """
    found = _found(labels, study)
    return None if found is None else found[0]


def unconfirmed_model(labels: Path, study: Path) -> SegmentedBy | None:
    """Return the model that gave a label map which nobody has changed, or accepted in a study; else None.

    Raises
    ------
    InputError
        If what people said of a study's result is damaged.
    """
    found = _found(labels, study)
    if found is None or found[0].changed_voxels:
        return None
    model, original = found
    result = result_in_study(original.parent)
    is_accepted = (
        result is not None
        and result.state == "accepted"
        and digest_of(result.current_labels) == digest_of(labels)
    )
    return None if is_accepted else model


def write_model_beside(copy: Path, model: SegmentedBy) -> None:
    """Say beside a copy of a label map which model gave it; holds as long as the copy is not changed."""
    write_json(record_of_edit(copy), {"SegmentedBy": model.model_dump(), "SHA256": digest_of(copy)})


def _found(labels: Path, study: Path | None) -> tuple[SegmentedBy, Path] | None:
    """Model of a label map, and the result's own label map, or the copy itself that says its model."""
    said = _content(record_of_edit(labels))
    if said.get("SegmentedBy") and said.get("SHA256") == digest_of(labels):
        with suppress(ValidationError):
            return SegmentedBy.model_validate(said["SegmentedBy"]), labels
    for original, is_copy in _originals(labels, study):
        model = _model_in_report(original.with_name(REPORT_FILE))
        counts = _counts(original, labels) if model else None
        if model and counts and (is_copy or not counts[0]):
            name, version, sha256 = (str(model.get(key) or "") for key in ("name", "version", "sha256"))
            changed, voxels = counts
            given = SegmentedBy(
                model=name, version=version, sha256=sha256, changed_voxels=changed, voxels=voxels
            )
            return given, original
    return None


def _originals(labels: Path, study: Path | None) -> Iterator[tuple[Path, bool]]:
    """Label maps of results that this one may come from, and whether it surely does."""
    beside = labels.with_name(LABELS_FILE)
    yield beside, original_of(labels) == beside
    report = PurePosixPath(str(_content(record_of_edit(labels)).get("Report", "")))
    if len(report.parts) > 1 and ".." not in report.parts and not report.is_absolute():
        places = labels.absolute().parents[:_LEVELS]
        yield from (((place / report).with_name(LABELS_FILE), True) for place in places)
    if study is None:
        return
    size, digest = labels.stat().st_size, digest_of(labels)
    for folder in result_folders(study):
        maps = [path for path in folder.glob("*.nii.gz") if original_of(path).name == LABELS_FILE]
        if any(path.stat().st_size == size and digest_of(path) == digest for path in maps):
            yield folder / LABELS_FILE, True


def _model_in_report(report: Path) -> dict[str, Any]:
    model = _content(report).get("model")
    return model if isinstance(model, dict) and model.get("name") else {}


def _counts(original: Path, labels: Path) -> tuple[int, int] | None:
    """Voxels that differ, and that have a label in either map; None where they cannot be compared."""
    try:
        before, after = load_label_numbers(original)[0], load_label_numbers(labels)[0]
    except (BrainstemError, OSError):
        return None
    if before.shape != after.shape:
        return None
    return int(np.count_nonzero(before != after)), int(np.count_nonzero((before > 0) | (after > 0)))


def _content(path: Path) -> dict[str, Any]:
    try:
        return dict(read_json(path))
    except (OSError, ValueError, TypeError):
        return {}
