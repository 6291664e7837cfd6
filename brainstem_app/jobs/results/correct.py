"""Make a corrected label map the current version of a result, and write its report anew."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from brainstem_app.atlas.drawn_labels import DrawnTable
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.errors import InputError
from brainstem_app.imaging.edited_version import EDITED_MARK, digest_of, write_edit_record
from brainstem_app.imaging.label_map import load_label_map, load_label_numbers, save_label_map
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import CorrectFolderJob, CorrectResultJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.provenance import login_name
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.corrected_version import read_correction, scan_to_show, write_corrected_report
from brainstem_app.jobs.results.quality_file import follow_in_table
from brainstem_app.models.label_meaning import labels_in, meaning_of_labels
from brainstem_app.models.tables_beside import tables_beside
from brainstem_app.models.two_label_maps import numbers_by_name
from brainstem_app.reports.corrected import ELSEWHERE, NOT_FOUND
from brainstem_app.study.result_state import Entry
from brainstem_app.study.segmentations import (
    LabelledScan,
    StudyResult,
    of_model,
    of_person,
    read_labelled_scan,
    study_results,
)
from brainstem_app.study.study import Study
from brainstem_app.written_files import EDITED_FOLDER, LABELS_FILE, REPORT_FILE

_STEM = LABELS_FILE.removesuffix(".nii.gz")
_MOST_COPIES = 10_000


def correct_result(job: CorrectResultJob, reporter: Reporter) -> Summary:
    """Take corrected labels for a result, and write the report on them beside that of the original.

    Raises
    ------
    InputError
        If there is no such result, or more than one; if there are no corrected labels, or they do not fit.
    BrainstemError
        If the scan is not where it was.
    """
    Study.open(job.study)
    shown = {"study": shareable(job.study), "labels": job.labels and shareable(job.labels)}
    entry = Entry(deed="corrected", why=job.why, who=job.who or login_name())
    return _correct(_the_result(job), job, job.command_line(shown), entry, reporter)


def correct_folder(job: CorrectFolderJob, reporter: Reporter) -> Summary:
    """Do the same with a result by its folder, in a study or not; errors as `correct_result`."""
    shown = {name: value and shareable(value) for name, value in job if isinstance(value, Path)}
    entry = Entry(deed="corrected", who=login_name())
    return _correct(read_labelled_scan(job.result), job, job.command_line(shown), entry, reporter, job.scan)


def _correct(
    result: LabelledScan,
    job: CorrectResultJob | CorrectFolderJob,
    command: tuple[str, ...],
    entry: Entry,
    reporter: Reporter,
    scan: Path | None = None,
) -> Summary:
    with claimed((claim_of(result.folder, "The result"),), job.kind):
        reporter.progress(0, 3, "reading the labels")
        if job.labels is not None:
            result = _with_copy(result, job.labels, scan, reporter)
        reporter.progress(1, 3, "writing the report")
        report = write_corrected_report(result, command, scan)
        if isinstance(result, StudyResult):
            result = result.write_down(entry)
    reporter.progress(2, 3, "writing it down")
    edited = result.folder / EDITED_FOLDER
    reporter.artifact("labels_native", result.current_labels, result.name)
    reporter.artifact("report_html", edited / "report.html", result.name)
    reporter.artifact("report_json", edited / REPORT_FILE, result.name)
    for finding in report.warnings:
        if finding.code in (ELSEWHERE, NOT_FOUND):
            reporter.warn(f"{result.name}: {finding.problem}", result.current_labels, finding.fix)
    volume = {"volume of the nuclei": _volume(report.summary)}
    if not isinstance(result, StudyResult):
        return {"result": result.name, **volume}
    follow_in_table(result.study, [result])
    if result.state == "rejected":
        reporter.warn(
            f"{result.name} was rejected, and stays so until somebody accepts the corrected labels.",
            result.folder,
            "If they are right now: brainstem-app study accept.",
        )
    return {"result": result.name, "state": result.state, **volume}


def _volume(summary: object) -> str:
    return f"{getattr(summary, 'volume_nuclei_mm3', 0.0):,.0f} mm³"


def _the_result(job: CorrectResultJob) -> StudyResult:
    found = of_person(study_results(job.study), job.subject, job.session, job.study)
    people = sorted({result.person for result in found})
    if len(people) > 1:
        raise InputError(
            f"{job.subject} has results of several sessions: {', '.join(people)}.",
            job.study,
            "Choose one with --session.",
        )
    (result,) = of_model(found, job.model, job.study)
    return result


def _with_copy(result: LabelledScan, labels: Path, scan: Path | None, reporter: Reporter) -> LabelledScan:
    """Put a corrected label map into the folder of a result, under the next free name."""
    original = result.folder / LABELS_FILE
    if labels.resolve() == original.resolve():
        raise InputError(
            "This is the original label map itself, which is never changed.",
            labels,
            "Correct a copy of it, and give that.",
        )
    if result.edit is not None and digest_of(labels) == result.edit_sha256:
        return result
    # Refused before anything lies in the folder.
    table = meaning_of_labels(original, labels_in(load_label_map(original)[0])).table
    numbers = _own_numbers(labels, table, reporter)
    correction, _ = read_correction(result.folder, labels, datetime.now().astimezone(), numbers)
    scan_to_show(result, scan)
    target = _next_name(result.folder)
    save_label_map(target, correction.after, correction.affine)
    names = {s.index: s.name for s in table.structures}
    old, new = (np.bincount(m.ravel(), minlength=256).tolist() for m in (correction.before, correction.after))
    write_edit_record(target, original, old, new, names)
    return read_labelled_scan(result.folder)


def _own_numbers(labels: Path, table: LabelTable, reporter: Reporter) -> DrawnTable | None:
    """How the numbers of corrected labels become the result's, if a file beside them says what they are."""
    if not tables_beside(labels):
        return None
    there = labels_in(load_label_numbers(labels)[0])
    fix = f"Correct a copy of {LABELS_FILE}, and give it without a table of other labels beside it."
    try:
        numbers, notes = numbers_by_name(labels, there, table, "the result's labels", fix)
    except InputError as error:
        raise InputError(error.what, error.where, fix) from error
    if numbers.ignored & there:
        raise InputError("The corrected labels hold voxels that nobody labelled.", labels, fix)
    for note in notes:
        reporter.warn(note, labels, "If that is wrong, correct the table beside the labels.")
    return numbers


def _next_name(folder: Path) -> Path:
    for number in range(1, _MOST_COPIES):
        name = _STEM + EDITED_MARK + ("" if number == 1 else f"-{number}")
        if not (folder / f"{name}.nii.gz").exists():
            return folder / f"{name}.nii.gz"
    raise FileExistsError(folder)
