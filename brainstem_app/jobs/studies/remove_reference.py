"""Take a label map out of the training set again: the subject gets the reference that it had before."""

from __future__ import annotations

import shutil
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import RemoveReferenceJob
from brainstem_app.jobs.provenance import file_hashes
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.drawn_labels import (
    COUNTS_FILE,
    DRAWN_KEYS,
    DRAWN_LABEL_SMALL,
    REGISTERED_FILE,
    report_counts,
)
from brainstem_app.jobs.studies.kept_reference import put_back
from brainstem_app.jobs.studies.relabel import draw_reference
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.preprocessing.reference import LABELS_FILE
from brainstem_app.study.record import changing
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, SubjectRecord

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
    record = study.subject(job.subject)
    if record is None or not (record.settings.get("added") and record.is_drawn):
        raise InputError(
            f"No label map was added to the training set of {job.subject}.",
            job.study,
            "Give a subject of the study whose labels were added, as the step Prepare marks them.",
        )
    folder = study.subject_folder(record.name)
    reporter.progress(0, 1, f"putting the reference of {record.name} back")
    with claimed((claim_of(folder, "The subject"),), job.kind):
        if record.settings.get("added") == NEW_SUBJECT:
            shutil.rmtree(folder)
            now = "none: it came with its labels"
        else:
            before = put_back(folder) or _registered(study, record)
            now = "drawn" if before.is_drawn else "registered"
    with changing(study.folder, job.kind):
        if not folder.exists():
            _leave_split(study, record.name)
    if runs := study.run_names():
        reporter.warn(
            f"{', '.join(runs)} learned from the references before.",
            study.folder,
            "Train again under another name to learn from this one.",
        )
    counts = report_counts(study, atlas.table, reporter)
    if not counts:
        (study.folder / COUNTS_FILE).unlink(missing_ok=True)
    return {"subject": record.name, "reference": now, "drawn": counts.get("drawn", 0)}


def _registered(study: Study, record: SubjectRecord) -> SubjectRecord:
    """Put back the registered reference, which is all that earlier versions kept."""
    folder = study.subject_folder(record.name)
    if not (folder / REGISTERED_FILE).exists():
        raise InputError(
            f"Nothing is kept of the reference that {record.name} had before.",
            folder,
            "Delete the subject's folder and prepare the study again.",
        )
    (folder / REGISTERED_FILE).replace(folder / LABELS_FILE)
    draw_reference(folder, study_atlas(study).table)
    settings = {name: value for name, value in record.settings.items() if name not in (*DRAWN_KEYS, "added")}
    kept = tuple(finding for finding in record.findings if finding["code"] != DRAWN_LABEL_SMALL)
    changed = {"settings": settings, "findings": kept, "files": file_hashes(folder)}
    record = record.model_copy(update=changed)
    record.save(folder / "manifest.json")
    return record


def _leave_split(study: Study, name: str) -> None:
    path: Path = study.folder / "splits.json"
    if path.exists():
        study.save_splits(Splits.load(path).without(frozenset({name})))
