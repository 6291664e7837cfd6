"""Bring results that lie in other folders into a study: copied, each to its subject, session and model."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.counting import counted, listed
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.atomic import TEMPORARY_NAME, atomic_path
from brainstem_app.imaging.bids.dataset import find_t1w_scans
from brainstem_app.imaging.edited_version import EDITED_MARK, digest_of, latest_edit
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import ImportResultsJob
from brainstem_app.jobs.provenance import login_name
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.quality_file import follow_in_table
from brainstem_app.jobs.studies.begin import first_settings
from brainstem_app.locks.lock_file import LOCK_ENDING
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.reports.scan.results import Result, find_results
from brainstem_app.study.beginning import begin_study
from brainstem_app.study.identity import Identity, identity_of, place_in_study
from brainstem_app.study.result_state import Entry, read_record
from brainstem_app.study.segmentations import (
    model_folder,
    read_study_result,
    record_in_study,
    result_in_study,
)
from brainstem_app.study.study import Study
from brainstem_app.written_files import LABELS_FILE, REPORT_FILE, SEGMENTATIONS_FOLDER, STATE_FILE

#: Copying a result takes a moment: another import of it is waited for, and finds it there.
_PATIENCE_S = 20.0
#: What became of a result, as it is counted.
_COPIED, _CORRECTED, _THERE = "copied", "corrections copied", "there already"


@dataclass(frozen=True)
class _Copy:
    """A result to copy, whose it is and where it goes."""

    result: Result
    whose: Identity
    folder: Path
    scan: Path | None


def import_results(job: ImportResultsJob, reporter: Reporter) -> Summary:
    """Copy results into a study, begun in a new or empty folder if there is none.

    Of those that are there already, a correction that was made since is brought in where the study has none;
    nothing is moved or replaced.

    Raises
    ------
    InputError
        If a folder holds no result, or that of the study something else.
    BrainstemError
        If one could not be brought in: the others are.
    """
    found = find_results(job.results)
    study = begin_study(job.study, first_settings(None))
    done = Counter[str]()
    refused: list[str] = []
    for number, result in enumerate(found):
        name = _name(result)
        reporter.progress(number, len(found), "copying", name)
        try:
            copy = _copy_of(study, result)
            with claimed((claim_of(copy.folder, "The result"),), job.kind, _PATIENCE_S):
                done[_bring_in(study, copy, job.who or login_name(), reporter)] += 1
        except BrainstemError as error:
            reporter.warn_of(error, name)
            refused.append(name)
            continue
        reporter.artifact("folder", copy.folder, copy.whose.name)
    if refused:
        raise BrainstemError(
            f"{len(refused)} of {counted(len(found), 'result')} could not be brought in: {listed(refused)}.",
            study.folder / SEGMENTATIONS_FOLDER,
            "The warnings above say why; the others are in the study.",
        )
    return {_COPIED: done[_COPIED], **{what: done[what] for what in (_CORRECTED, _THERE) if done[what]}}


def _copy_of(study: Study, result: Result) -> _Copy:
    """Say whose a result is, by its report and what its study said of it, and where it belongs."""
    home = result.path.parent
    if record := record_in_study(home) or read_record(home):
        result = replace(result, subject=record.subject, occasion=record.session)
    report = result.report
    if not (home / LABELS_FILE).is_file():
        raise InputError(
            "There is a report, but no label map of a segmentation beside it.",
            home,
            "Give the folders that segment wrote.",
        )
    scan = _scan_in_dataset(study, result)
    scanned = report.scan
    whose = Identity(scanned.dataset or "", scanned.dataset_id or "", result.subject, result.occasion)
    if scan is not None:
        whose = identity_of(scan, result.subject)
    elif not whose.dataset_id and (own := study.settings.dataset_folder) and (own / result.subject).is_dir():
        raise InputError(
            f"The report names {result.subject} as a person of the study's dataset is named, but not the "
            "dataset, and no scan of that person is the one that was segmented.",
            result.path,
            "Segment that scan again: segment --study.",
        )
    whose, folder = place_in_study(study, whose)
    model = report.model
    name = model_folder(model.name, model.version) if model else "no-model"
    return _Copy(result, whose, folder / name, scan)


def _name(result: Result) -> str:
    """Name of a result for messages: its place in the folder that was given, where people have their own."""
    home = result.path.parent
    below = home.relative_to(result.given).as_posix() if home.is_relative_to(result.given) else "."
    return home.name if below == "." else below


def _scan_in_dataset(study: Study, result: Result) -> Path | None:
    """Find the scan of the study's dataset that a result is of, by name and hash; None if there is none."""
    dataset, report = study.settings.dataset_folder, result.report
    if dataset is None or not result.subject.startswith("sub-") or not report.scan.sha256:
        return None
    person = dataset / result.subject
    if not person.is_dir():
        return None
    try:
        scans = find_t1w_scans(person)
    except InputError:
        return None
    alike = (scan.path for scan in scans if scan.path.name == report.scan.file)
    return next((path for path in alike if sha256_of(path) == report.scan.sha256), None)


def _bring_in(study: Study, copy: _Copy, who: str, reporter: Reporter) -> str:
    """Copy one result, its report last, or its correction; say which, or that it is there already.

    Raises
    ------
    InputError
        If there is another result in its place.
    """
    source = copy.result.path.parent
    if (copy.folder / REPORT_FILE).exists():
        if digest_of(copy.folder / LABELS_FILE) == digest_of(source / LABELS_FILE):
            return _bring_correction(study, copy, who, reporter)
        there = copy.folder.relative_to(study.folder / SEGMENTATIONS_FOLDER).as_posix()
        raise InputError(
            f"The study holds another result of this person, session and model ({there}).",
            copy.folder,
            "Keep one of both: remove that in the study, or leave this one out.",
        )
    with _told_if_it_fails(copy.folder):
        *others, report = _files(source)
        for path in others:
            _copy_file(path, copy.folder / path.relative_to(source))
        # Before the report: a folder that has one is whole, also if this process is killed meanwhile.
        _write_whose(study, copy, who)
        _copy_file(report, copy.folder / REPORT_FILE)
    return _COPIED


def _bring_correction(study: Study, copy: _Copy, who: str, reporter: Reporter) -> str:
    """Copy what a result was corrected to since it was brought in, unless the study has corrected it, too."""
    source = copy.result.path.parent
    kept, there = read_study_result(study.folder, copy.folder), result_in_study(source)
    if there is not None and there.state == "rejected" != kept.state:
        reporter.warn(
            f"{kept.name} was rejected in the study that it comes from, and is {kept.state} in this one.",
            source,
            "If it is to count in neither: brainstem-app study reject.",
        )
    if (edit := latest_edit(source / LABELS_FILE)) is None:
        return _THERE
    known = {digest_of(path) for path in copy.folder.rglob(f"*{EDITED_MARK}*.nii.gz")}
    if digest_of(edit.path) in known:
        return _THERE
    files = [path for path in _files(source) if not (copy.folder / path.relative_to(source)).exists()]
    if kept.edit is not None or edit.path not in files:
        reporter.warn(
            f"{kept.name} was corrected here and otherwise in the study, whose labels count on.",
            edit.path,
            "If these are to count: brainstem-app correct, with --labels.",
        )
        return _THERE
    with _told_if_it_fails(copy.folder):
        for path in files:
            _copy_file(path, copy.folder / path.relative_to(source))
    now = read_study_result(study.folder, copy.folder).write_down(_imported(copy, who))
    follow_in_table(study.folder, [now])
    return _CORRECTED


@contextmanager
def _told_if_it_fails(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BrainstemError(
            f"The result could not be copied: {error.strerror or error}.",
            error.filename or folder,
            "Make room, or look whether the folders can be read and written.",
        ) from error


def _copy_file(source: Path, target: Path) -> None:
    with atomic_path(target) as temporary:
        shutil.copy2(source, temporary)


def _files(source: Path) -> list[Path]:
    """Files of a result, the report last: a folder with it is whole."""
    files = [
        path
        for path in source.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.name != STATE_FILE
        and not path.name.endswith(LOCK_ENDING)
        and not TEMPORARY_NAME.fullmatch(path.name)
    ]
    return sorted(files, key=lambda path: (path == source / REPORT_FILE, path))


def _write_whose(study: Study, copy: _Copy, who: str) -> None:
    before = read_record(copy.result.path.parent)
    whose = copy.whose.record(copy.folder.name, copy.scan or "")
    # What was said of these very labels in the study that they come from holds here, too.
    whose = whose.model_copy(update={"history": before.history if before else ()})
    whose.save(copy.folder / STATE_FILE)
    read_study_result(study.folder, copy.folder).write_down(_imported(copy, who))


def _imported(copy: _Copy, who: str) -> Entry:
    return Entry(deed="imported", who=who, why=f"copied from {copy.result.path.parent.name}")
