"""Prepare one scan of a study: normalise it, make its reference labels, and write down how it went."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas, load_atlas_table
from brainstem_app.errors import ImplausibleResultError, InputError, JobCancelled
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Finding
from brainstem_app.imaging.spaces import Space
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.failure import describe_failure, is_disk_full
from brainstem_app.jobs.provenance import as_json, file_hashes, software_versions
from brainstem_app.jobs.studies.drawn_labels import DRAWN_FINDINGS, DrawnFile, draw_into
from brainstem_app.jobs.studies.relabel import draw_reference, with_other_labels
from brainstem_app.locks.lock_file import InUseError
from brainstem_app.preprocessing.reference import LABEL_SHRUNK
from brainstem_app.progress import ProgressCallback
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.study import Failure, Study, SubjectRecord
from brainstem_app.written_files import FINE_WARP_FILE, MANIFEST_FILE, REPEAT_BOX_FILE, TRANSFORMS_FOLDER


@dataclass(frozen=True)
class SubjectTask:
    """One scan to prepare, as it travels to the process that does it.

    Attributes
    ----------
    drawn : DrawnFile or None
        The label map that is its reference; None where that is the registered atlas.
    failure : Failure or None
        Why it has none, though it should.
    """

    name: str
    person: str
    source: Path
    folder: Path
    space: Space
    atlas: str
    atlas_settings: dict[str, JsonValue]
    repeat: bool
    group: str = ""
    drawn: DrawnFile | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class LeftToOther:
    """A subject that another process prepares, and how it says so."""

    name: str
    error: InUseError


def prepare_one(task: SubjectTask, report: ProgressCallback) -> SubjectRecord | LeftToOther:
    """Prepare one scan; a failure is recorded in the subject's manifest, not raised.

    Raises
    ------
    JobCancelled
        If `report` raises it.
    OSError
        If the disk is full: the next subject would meet the same.
    """
    try:
        with claimed((claim_of(task.folder, "The subject"),), "prepare"):
            return _finished_meanwhile(task) or _prepare_claimed(task, report)
    except InUseError as error:
        return LeftToOther(task.name, error)


def _finished_meanwhile(task: SubjectTask) -> SubjectRecord | None:
    """Record of a subject that another process has prepared since this one looked for what is to do."""
    study = Study.open(task.folder.parent.parent)
    return study.subject(task.name) if is_done(study, task) else None


def _prepare_claimed(task: SubjectTask, report: ProgressCallback) -> SubjectRecord:
    try:
        _require_labels(task)
        record = _drawn_anew(task, report) or _prepare_files(task, report)
    except JobCancelled:
        raise
    except Exception as error:
        if is_disk_full(error):
            # What is half there takes room that the user needs, and would be made anew.
            shutil.rmtree(task.folder, ignore_errors=True)
            raise
        # One subject's failure must not stop the others.
        failed = describe_failure(error)
        record = SubjectRecord(
            name=task.name,
            person=task.person,
            state="failed",
            source=str(task.source),
            group=task.group,
            software=as_json(software_versions()),
            failure=Failure(what=failed.what, where=failed.where, fix=failed.fix),
        )
    record.save(task.folder / MANIFEST_FILE)
    return record


def _require_labels(task: SubjectTask) -> None:
    if task.failure is not None:
        raise InputError(task.failure.what, task.failure.where, task.failure.fix)


def _prepare_files(task: SubjectTask, report: ProgressCallback) -> SubjectRecord:
    from brainstem_app.preprocessing.reference import prepare_subject

    _empty(task.folder)
    report(0.0, "reading the scan")
    scan = read_scan(task.source)
    require_usable(scan)
    atlas = None if task.drawn is not None and task.drawn.own_table else load_atlas(task.atlas)
    prepared = prepare_subject(
        scan,
        None if atlas is None else atlas.labels,
        () if atlas is None else atlas.table.names,
        task.space,
        task.folder,
        lambda fraction, text: report(0.95 * fraction, text),
        repeat=task.repeat,
    )
    errors = [finding for finding in prepared.findings if finding.level == "error"]
    if errors:
        raise ImplausibleResultError(errors[0].problem, task.source, errors[0].fix)
    drawn: dict[str, JsonValue] = {}
    found: tuple[Finding, ...] = ()
    if task.drawn is not None:
        report(0.93, "bringing the labels that were drawn onto the template")
        drawn, found = draw_into(task.folder, task.drawn, scan.shape, scan.affine)
    report(0.95, "drawing the picture to check")
    draw_reference(task.folder, _table_of(task))
    return SubjectRecord(
        name=task.name,
        person=task.person,
        state="finished",
        source=str(task.source),
        sha256=sha256_of(task.source) or "",
        group=task.group,
        settings={"space": task.space, **task.atlas_settings, **drawn},
        fit=as_json(prepared.fit),
        findings=tuple(as_json(finding) for finding in (*scan.findings, *prepared.findings, *found)),
        timings=prepared.timings,
        files=file_hashes(task.folder),
        software=as_json(software_versions()),
    )


def _drawn_anew(task: SubjectTask, report: ProgressCallback) -> SubjectRecord | None:
    """Give a prepared subject the labels that were drawn since; None if it has to be prepared whole."""
    record = Study.open(task.folder.parent.parent).subject(task.name)
    if task.drawn is None or record is None or record.state != "finished":
        return None
    same = record.settings.get("space") == task.space and record.sha256 == sha256_of(task.source)
    # The bend of an atlas needs the fine registration, which labels of a lab's own go without.
    registered = task.drawn.own_table or (task.folder / TRANSFORMS_FOLDER / FINE_WARP_FILE).exists()
    if not (same and registered):
        return None
    report(0.1, "bringing the labels that were drawn onto the template")
    scan = read_scan(task.source)
    drawn, found = draw_into(task.folder, task.drawn, scan.shape, scan.affine)
    draw_reference(task.folder, _table_of(task))
    settings = {**record.settings, **task.atlas_settings, **drawn}
    codes = (*DRAWN_FINDINGS, LABEL_SHRUNK)
    return with_other_labels(record, task.folder, settings, found, instead_of=codes)


def _table_of(task: SubjectTask) -> LabelTable:
    return load_atlas_table(task.atlas).table if task.drawn is None else task.drawn.table.table


def _empty(folder: Path) -> None:
    """Remove what an earlier, unfinished attempt left."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def is_done(study: Study, task: SubjectTask) -> bool:
    """Whether a subject has all that its task asks for."""
    record = study.subject(task.name)
    if record is None or record.state != "finished" or not study.is_current(record):
        return False
    if record.settings.get("added") or (record.is_drawn and task.drawn is None and task.failure is None):
        # What a person put there stays until the labels themselves are other ones.
        return True
    if task.failure is not None:
        return False
    if task.drawn is not None:
        return record.settings.get("labels_sha256") == task.drawn.sha256
    return not task.repeat or (task.folder / REPEAT_BOX_FILE).exists()
