"""Make the original labels of results the current version again."""

from __future__ import annotations

import os
from pathlib import Path

from brainstem_app.imaging.edited_version import EDITED_MARK
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import RestoreFolderJob, RestoreResultsJob
from brainstem_app.jobs.provenance import login_name
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.judge import chosen_results
from brainstem_app.jobs.results.quality_file import follow_in_table
from brainstem_app.study.result_state import Entry
from brainstem_app.study.segmentations import LabelledScan, StudyResult, read_labelled_scan, read_study_result
from brainstem_app.study.study import Study
from brainstem_app.written_files import ASIDE_FOLDER, EDITED_FOLDER, LABELS_FILE

_NOT_CORRECTED = "{0}: its labels were not corrected; they are the original."


def restore_results(job: RestoreResultsJob, reporter: Reporter) -> Summary:
    """Put the corrections of results aside, so that the original labels count; nothing is deleted.

    Raises
    ------
    InputError
        If there are no results of these people, or the folder cannot be written.
    """
    Study.open(job.study)
    chosen = chosen_results(job)
    now, n_restored = [], 0
    for number, result in enumerate(chosen):
        reporter.progress(number, len(chosen), "putting corrections aside", result.name)
        # Also where nothing is to be done any more: a killed process has left its locks, and an old table.
        with claimed((claim_of(result.folder, "The result"),), job.kind):
            if result.edit is None:
                reporter.warn(_NOT_CORRECTED.format(result.name), result.folder)
            else:
                result.write_down(Entry(deed="restored", why=job.why, who=job.who or login_name()))
                put_corrections_aside(result)
                n_restored += 1
                reporter.artifact("labels_native", result.folder / LABELS_FILE, result.name)
            now.append(read_study_result(job.study, result.folder))
    follow_in_table(job.study, now)
    return {"restored": n_restored}


def restore_folder(job: RestoreFolderJob, reporter: Reporter) -> Summary:
    """Do the same with a result by its folder, in a study or not; errors as `restore_results`."""
    result = read_labelled_scan(job.result)
    if isinstance(result, StudyResult):
        named = RestoreResultsJob(study=result.study, subjects=(result.name,))
        return restore_results(named, reporter)
    with claimed((claim_of(result.folder, "The result"),), job.kind):
        if result.edit is None:
            reporter.warn(_NOT_CORRECTED.format(result.name), result.folder)
            return {"restored": 0}
        put_corrections_aside(result)
    reporter.artifact("labels_native", result.folder / LABELS_FILE, result.name)
    return {"restored": 1}


def put_corrections_aside(result: LabelledScan) -> None:
    """Move corrected copies and their report into a folder of their own, with a number each time.

    The last copy goes first, and the first one last: each that is left leads to the original, so that a
    result whose restoring was killed is still corrected, and restored by who does it again.
    """
    number = 1
    while (result.folder / ASIDE_FOLDER / str(number)).exists():
        number += 1
    aside = result.folder / ASIDE_FOLDER / str(number)
    aside.mkdir(parents=True)
    stem = LABELS_FILE.removesuffix(".nii.gz")
    copies = list(result.folder.glob(f"{stem}{EDITED_MARK}*"))
    if (result.folder / EDITED_FOLDER).is_dir():
        _move(result.folder / EDITED_FOLDER, aside)
    for path in sorted(copies, key=_number_of, reverse=True):
        _move(path, aside)


def _number_of(copy: Path) -> tuple[int, str, str]:
    """Key that sorts copies as they were made: NAME, NAME-2, …, NAME-10; the labels after their record."""
    stem = copy.name.partition(".")[0]
    return len(stem), stem, copy.name


def _move(path: Path, folder: Path) -> None:
    os.replace(path, folder / path.name)  # noqa: PTH105 - a rename on one disk, as in atomic_path
