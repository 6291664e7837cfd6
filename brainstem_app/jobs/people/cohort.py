"""Volumes of many people: groups compared, each person set against the reference group."""

from __future__ import annotations

import shlex
from typing import Any

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import CohortJob, SaveReferenceJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.as_in_study import read_as_in_study
from brainstem_app.jobs.results.chosen import Chosen, chosen_of_changes, chosen_of_folders, chosen_of_study
from brainstem_app.reports.change.as_results import change_results
from brainstem_app.reports.cohort.build import ChosenBefore, build_cohort_report
from brainstem_app.reports.cohort.files import FILES, OPTIONAL_FILES, write_cohort_report
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.scan.results import find_results
from brainstem_app.written_files import REPORT_FILE


def compare_cohort(job: CohortJob, reporter: Reporter) -> Summary:
    """Compare the volumes of the subjects whose reports lie in the folders of a job.

    Raises
    ------
    InputError
        As `build_cohort_report`.
    """
    require_files(job.out, FILES, ())
    reporter.progress(0, 2, "reading the reports and comparing")
    chosen = chosen_results(job)
    try:
        report = build_cohort_report(
            job,
            shlex.join(job.command_line(shown_instead(job))),
            chosen.results,
            ChosenBefore(chosen.notes, chosen.left_out),
        )
    except InputError:
        # Who was left out is often why too few remain.
        for note in chosen.notes:
            reporter.warn(note)
        raise
    reporter.progress(1, 2, "writing the page and the tables")
    write_cohort_report(job.out, report)
    for name in (*FILES, *(name for name in OPTIONAL_FILES if (job.out / name).is_file())):
        reporter.artifact(name.replace(".", "_"), job.out / name)
    for note in report.notes:
        reporter.warn(note)
    return _summary(report)


def chosen_results(job: CohortJob | SaveReferenceJob) -> Chosen:
    """Results that a job is about, of a study or in folders. Raises InputError as those that read them."""
    if job.study is not None:
        return chosen_of_study(job.study, job.model, job.edited, job.subjects)
    changes = tuple(result for folder in job.results for result in change_results(folder))
    if not changes:
        return chosen_of_folders(find_results(job.results, read_as_in_study), job.edited)
    volumes = next((f for f in job.results if next(f.rglob(REPORT_FILE), None) is not None), None)
    if volumes is not None:
        raise InputError(
            "Changes over time and volumes are compared together.",
            volumes,
            "Give folders that `brainstem-app change` wrote, or folders that `segment` wrote.",
        )
    return chosen_of_changes(changes)


def shown_instead(job: CohortJob | SaveReferenceJob) -> dict[str, Any]:
    """Return what a command line that others may see has in place of folders."""
    shown: dict[str, Any] = {
        "results": tuple(shareable(folder) for folder in job.results),
        "study": job.study and shareable(job.study),
        "participants": job.participants and shareable(job.participants),
        "out": "OUT",
    }
    if isinstance(job, CohortJob):
        shown["against"] = job.against and shareable(job.against)
    return shown


def _summary(report: CohortReport) -> Summary:
    summary: Summary = {"subjects": len(report.subjects)}
    if len(report.modelled) < len(report.subjects):
        summary["in the models"] = len(report.modelled)
    if report.without_row is not None and report.without_result is not None:
        summary["results without a row in the table"] = len(report.without_row)
        summary["rows without a result"] = len(report.without_result)
    tests = [effect for c in report.comparisons for effect in c.effects]
    if tests:
        summary["false discovery rate below .05"] = sum(e.p_fdr is not None and e.p_fdr < 0.05 for e in tests)
        summary["differences after Holm"] = sum(e.p_holm is not None and e.p_holm < 0.05 for e in tests)
    return summary
