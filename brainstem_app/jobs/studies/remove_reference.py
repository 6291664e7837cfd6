"""Take a label map out of the training set again: the subject gets the reference that it had before."""

from __future__ import annotations

import shutil
from pathlib import Path

from brainstem_app.atlas.library import AnyAtlas
from brainstem_app.errors import InputError
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import RemoveReferenceJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.drawn_labels import (
    COUNTS_FILE,
    DRAWN_FINDINGS,
    DRAWN_KEYS,
    REGISTERED_FILE,
    report_counts,
    warn_of_earlier_runs,
)
from brainstem_app.jobs.studies.kept_reference import forget_reference, put_back
from brainstem_app.jobs.studies.relabel import draw_reference, with_other_labels
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.study.record import changing
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, SubjectRecord
from brainstem_app.written_files import LABELS_BOX_FILE, MANIFEST_FILE, SPLITS_FILE

#: What the record of a subject says (`added`) that is in the study only because its labels were added.
NEW_SUBJECT = "new"


def remove_reference(job: RemoveReferenceJob, reporter: Reporter) -> Summary:
    """Give a subject the reference that it had before a label map was added; one that came with it goes.

    Raises
    ------
    InputError
        If no label map was added of the subject, or nothing is kept of what was before.
    """
    study = Study.open(job.study)
    atlas = study_atlas(study)
    folder = study.subject_folder(job.subject)
    with claimed((claim_of(folder, "The subject"),), job.kind):
        record = study.subject(job.subject)
        if record is None or not (record.settings.get("added") and record.is_drawn):
            if record is not None and not record.settings.get("added"):
                # A process that was killed as it put the reference back has left it.
                forget_reference(folder)
                _count(study, atlas, reporter)
            raise InputError(
                f"No label map was added to the training set of {job.subject}.",
                job.study,
                "Give a subject of the study whose labels were added, as the step Prepare marks them.",
            )
        reporter.progress(0, 1, f"putting the reference of {record.name} back")
        if record.settings.get("added") == NEW_SUBJECT:
            with changing(study.folder, job.kind):
                _leave_split(study, record.name)
            _remove(folder)
            now = "none: it came with its labels"
        else:
            before = put_back(folder) or _registered(study, record)
            now = "drawn" if before.is_drawn else "registered"
    warn_of_earlier_runs(study, reporter)
    return {"subject": record.name, "reference": now, "drawn": _count(study, atlas, reporter)}


def _count(study: Study, atlas: AnyAtlas, reporter: Reporter) -> int | float | str:
    """Write anew how many voxels are drawn; returns of how many subjects there are drawn labels."""
    counts = report_counts(study, atlas.table, reporter)
    if not counts:
        (study.folder / COUNTS_FILE).unlink(missing_ok=True)
    return counts.get("drawn", 0)


def _remove(folder: Path) -> None:
    """Remove the folder of a subject, its record last: without it nobody would know what is left."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == MANIFEST_FILE):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.rmdir()


def _registered(study: Study, record: SubjectRecord) -> SubjectRecord:
    """Put back the registered reference, which is all that earlier versions kept."""
    folder = study.subject_folder(record.name)
    if not (folder / REGISTERED_FILE).exists():
        raise InputError(
            f"Nothing is kept of the reference that {record.name} had before.",
            folder,
            "Delete the subject's folder and prepare the study again.",
        )
    (folder / REGISTERED_FILE).replace(folder / LABELS_BOX_FILE)
    draw_reference(folder, study_atlas(study).table)
    settings = {name: value for name, value in record.settings.items() if name not in (*DRAWN_KEYS, "added")}
    record = with_other_labels(record, folder, settings, instead_of=DRAWN_FINDINGS)
    record.save(folder / MANIFEST_FILE)
    return record


def _leave_split(study: Study, name: str) -> None:
    path: Path = study.folder / SPLITS_FILE
    if path.exists():
        study.save_splits(Splits.load(path).without(frozenset({name})))
