"""Add to the training set: a label map, as Review saves it, as the reference of its subject in a study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from brainstem_app.atlas.drawn_labels import DrawnTable
from brainstem_app.atlas.library import AnyAtlas, Atlas
from brainstem_app.errors import BrainstemError, InputError, UnconfirmedError
from brainstem_app.imaging.bids.subject_ids import subject_name
from brainstem_app.imaging.label_map import IGNORED_LABEL, load_label_map, load_label_numbers
from brainstem_app.imaging.reading import read_scan
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import AddReferenceJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.drawn_labels import (
    DRAWN_FINDINGS,
    DRAWN_LABEL_SMALL,
    DrawnFile,
    draw_into,
    report_counts,
    warn_of_earlier_runs,
)
from brainstem_app.jobs.studies.kept_reference import keeping_reference
from brainstem_app.jobs.studies.labels_of_model import unconfirmed_model
from brainstem_app.jobs.studies.relabel import draw_reference, with_other_labels
from brainstem_app.jobs.studies.remove_reference import NEW_SUBJECT
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.jobs.studies.subject_task import LeftToOther, SubjectTask, prepare_one
from brainstem_app.models.label_meaning import labels_in, meaning_of_labels
from brainstem_app.models.tables_beside import tables_beside
from brainstem_app.models.two_label_maps import numbers_by_name
from brainstem_app.preprocessing.reference import LABEL_SHRUNK
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.small_files import read_json
from brainstem_app.study.record import changing
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, SubjectRecord
from brainstem_app.written_files import MANIFEST_FILE, REPORT_FILE, SPLITS_FILE

_WHOSE = "Give --subject NAME, as the study calls it, and, if it is not prepared there yet, --scan FILE."
_SAME_LABELS = "Add maps with the labels of the study; make another study for other labels: prepare --labels."


@dataclass(frozen=True)
class _Found:
    """Whose labels they are: the study's record, if it has one, and whether they surely lie on its scan."""

    name: str
    record: SubjectRecord | None
    same_scan: bool


def add_reference(job: AddReferenceJob, reporter: Reporter) -> Summary:
    """Make a label map the reference of its subject; a scan that the study does not have is prepared for it.

    The reference before is kept beside it, and `remove_reference` puts it back. A new subject joins those
    that are trained on, or the part that the person's other scans are in.

    Raises
    ------
    InputError
        If the map cannot be read, has other labels than the study's, lies on another grid than the scan, or
        nothing says whose it is.
    UnconfirmedError
        If a model gave it, and nobody has changed it, accepted it or said that it is to be taken as it is.
    BrainstemError
        If the scan cannot be prepared.
    """
    study = Study.open(job.study)
    atlas = study_atlas(study)
    reporter.progress(0, 2, "reading the labels")
    drawn = DrawnFile(job.labels.resolve(), _table(job, atlas, reporter), not isinstance(atlas, Atlas))
    found = _whose(job, study)
    if not job.unchanged and (model := unconfirmed_model(job.labels, study.folder)):
        raise UnconfirmedError(
            f"These labels are what {model.title} gave, and nobody has changed or accepted them: networks "
            "would learn what it said, and be scored against it.",
            job.labels,
            "Correct them in Review; or, if somebody has looked at them and finds them right, accept the "
            "result (study accept) or give --unchanged.",
        )
    reporter.progress(1, 2, f"bringing the labels of {found.name} onto the template")
    if found.record is not None and found.record.state == "finished":
        record = _redrawn(study, found, drawn)
    else:
        record = _prepared(job, study, found, drawn, reporter)
    for finding in record.findings:
        if finding["code"] == DRAWN_LABEL_SMALL:
            reporter.warn(f"{record.name}: {finding['problem']}", job.labels, str(finding["fix"]))
    with changing(study.folder, job.kind):
        part = _join_split(study, record)
    reporter.artifact("subject", study.subject_folder(record.name), record.name)
    warn_of_earlier_runs(study, reporter)
    counts = report_counts(study, atlas.table, reporter)
    origin: Summary = {"given by": record.segmented_by.in_words} if record.segmented_by else {}
    return {"subject": record.name, "part": part, **origin, "drawn": counts.get("drawn", 0)}


def _table(job: AddReferenceJob, atlas: AnyAtlas, reporter: Reporter) -> DrawnTable:
    """Read what the map's numbers mean: the study's labels, under their numbers or by name, or nothing."""
    ignored = frozenset((*job.ignore_label, IGNORED_LABEL))
    labels = labels_in(load_label_numbers(job.labels)[0]) - ignored
    if not job.same_table and tables_beside(job.labels):
        numbers, notes = numbers_by_name(job.labels, labels, atlas.table, "the study's labels", _SAME_LABELS)
    else:
        meaning = meaning_of_labels(job.labels, labels, str(atlas.folder) if job.same_table else None)
        numbers, notes = DrawnTable.of_classes(atlas.table), meaning.notes
        odd = [n for n in sorted(labels) if n and numbers.name_of(n) != meaning.numbers.name_of(n)]
        if odd:
            raise InputError(
                f"The label {odd[0]} is {meaning.numbers.name_of(odd[0])} there; the study's labels, "
                f"{atlas.name}, have another one.",
                job.labels,
                _SAME_LABELS,
            )
    for note in notes:
        reporter.warn(note, job.labels, "If that is wrong, correct the table beside the labels.")
    return replace(numbers, ignored=numbers.ignored | ignored)


def _whose(job: AddReferenceJob, study: Study) -> _Found:
    """Find the subject by the scan's hash, by its name, or by what the user says."""
    scan = _scan_in_report(job.labels)
    sha256 = sha256_of(job.scan) if job.scan is not None else scan.get("sha256")
    records = study.subjects()
    same = [record for record in records if sha256 and record.sha256 == sha256]
    if job.subject:
        same = [record for record in same if record.name == job.subject]
    if len(same) == 1:
        return _Found(same[0].name, same[0], same_scan=True)
    name = job.subject or subject_name(str(scan.get("file", "")), job.labels.parent.name)
    named = next((record for record in records if record.name == name), None)
    if named is None and not (job.subject and job.scan):
        raise InputError("Nothing says which subject of the study these labels are of.", job.labels, _WHOSE)
    if named is not None and job.scan is not None and named.state == "finished":
        raise InputError(
            f"{name} was prepared from another scan than this one.",
            job.scan,
            "Give it another name with --subject, or leave --scan out.",
        )
    return _Found(name, named, same_scan=False)


def _scan_in_report(labels: Path) -> dict[str, Any]:
    """Read what the report beside a segmentation says of its scan; empty if there is none."""
    try:
        scan = read_json(labels.with_name(REPORT_FILE))["scan"]
        return dict(scan) if isinstance(scan, dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _redrawn(study: Study, found: _Found, drawn: DrawnFile) -> SubjectRecord:
    record = found.record
    if record is None:
        raise ValueError("no record")
    folder = study.subject_folder(found.name)
    with claimed((claim_of(folder, "The subject"),), "add-reference"):
        if found.same_scan:
            labels, affine = load_label_map(drawn.path)
            shape: tuple[int, ...] = labels.shape
        else:
            scan = read_scan(Path(record.source))
            shape, affine = scan.shape, scan.affine
        with keeping_reference(folder):
            facts, warned = draw_into(folder, drawn, shape, affine)
        draw_reference(folder, drawn.table.table)
        settings = {**record.settings, **facts, "added": record.settings.get("added") or True}
        codes = (*DRAWN_FINDINGS, LABEL_SHRUNK)
        record = with_other_labels(record, folder, settings, warned, instead_of=codes)
        record.save(folder / MANIFEST_FILE)
    return record


def _prepared(
    job: AddReferenceJob, study: Study, found: _Found, drawn: DrawnFile, reporter: Reporter
) -> SubjectRecord:
    source = job.scan or (Path(found.record.source) if found.record else None)
    if source is None:
        raise InputError(f"{found.name} is not prepared in this study.", job.labels, _WHOSE)
    settings = study.settings
    task = SubjectTask(
        name=found.name,
        person=found.record.person if found.record else subject_name(found.name, found.name),
        source=source.resolve(),
        folder=study.subject_folder(found.name),
        space=settings.space,
        atlas=settings.atlas,
        atlas_settings=settings.atlas_settings,
        repeat=False,
        drawn=drawn,
    )
    record = prepare_one(task, reporter.part(1, 2, found.name))
    if isinstance(record, LeftToOther):
        raise record.error
    if record.failure is not None:
        failure = record.failure
        raise BrainstemError(failure.what, failure.where, failure.fix)
    added = True if found.record is not None else NEW_SUBJECT
    record = record.model_copy(update={"settings": {**record.settings, "added": added}})
    record.save(task.folder / MANIFEST_FILE)
    return record


def _join_split(study: Study, record: SubjectRecord) -> str:
    """Put a subject into the part of the person's other scans, else into the training part; returns it."""
    path = study.folder / SPLITS_FILE
    splits = (
        Splits.load(path)
        if path.exists()
        else Splits(seed=study.settings.seed, train=(), validation=(), test=())
    )
    person_of = {one.name: one.person for one in study.subjects()}
    joined, part = splits.joined_by(record.name, person_of)
    if joined != splits:
        study.save_splits(joined)
    return part
