"""The reference that a subject had before a label map was added: kept in its folder, and put back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brainstem_app.imaging.atomic import atomic_path
from brainstem_app.jobs.studies.drawn_labels import REGISTERED_FILE
from brainstem_app.study.study import SubjectRecord
from brainstem_app.written_files import (
    LABELS_BOX_FILE,
    MANIFEST_FILE,
    QC_PICTURE,
    REPEAT_BOX_FILE,
    UNCERTAINTY_FILE,
)

KEPT_FOLDER = "reference_before"
_FILES = (LABELS_BOX_FILE, REGISTERED_FILE, REPEAT_BOX_FILE, UNCERTAINTY_FILE, QC_PICTURE, MANIFEST_FILE)


@contextmanager
def keeping_reference(folder: Path) -> Iterator[None]:
    """Keep the reference of a subject as it is now, unless one is kept already; not if what follows fails."""
    kept = folder / KEPT_FOLDER
    is_first = not (kept / MANIFEST_FILE).exists()
    if is_first:
        shutil.rmtree(kept, ignore_errors=True)  # half a copy
        kept.mkdir()
        for name in _FILES:  # the manifest last: with it the copy is whole
            if (folder / name).exists():
                shutil.copyfile(folder / name, kept / name)
    try:
        yield
    except BaseException:
        if is_first:
            shutil.rmtree(kept, ignore_errors=True)
        raise


def put_back(folder: Path) -> SubjectRecord | None:
    """Put the kept reference of a subject back; returns its record, None if none is kept.

    The manifest comes last: if it was interrupted, it is done again.
    """
    kept = folder / KEPT_FOLDER
    if not (kept / MANIFEST_FILE).exists():
        return None
    for name in _FILES:
        if (kept / name).exists():
            with atomic_path(folder / name) as temporary:
                shutil.copyfile(kept / name, temporary)
        else:
            (folder / name).unlink(missing_ok=True)
    shutil.rmtree(kept)
    return SubjectRecord.load(folder / MANIFEST_FILE)


def forget_reference(folder: Path) -> None:
    """Forget the kept reference of a subject: that of an atlas before, or half of one that was put back."""
    shutil.rmtree(folder / KEPT_FOLDER, ignore_errors=True)
