"""Volumes of many people: groups compared, each person set against the reference group."""

from __future__ import annotations

import shlex

from brainstem_app.jobs.job import CohortJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.chosen import chosen_of_study, notes_on_folders
from brainstem_app.reports.cohort.build import build_cohort_report
from brainstem_app.reports.cohort.files import FILES, write_cohort_report
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.scan.results import find_results


def compare_cohort(job: CohortJob, reporter: Reporter) -> Summary:
    """Compare the volumes of the subjects whose reports lie in the folders of a job.

    Raises
    ------
    InputError
        As `build_cohort_report`.
    """
    require_files(job.out, FILES, ())
    reporter.progress(0, 2, "reading the reports and comparing")
    chosen = None if job.study is None else chosen_of_study(job.study, job.model, job.edited)
    results = find_results(job.results) if chosen is None else list(chosen.results)
    said = notes_on_folders(results) if chosen is None else chosen.notes
    shown = {
        "results": tuple(shareable(folder) for folder in job.results),
        "study": job.study and shareable(job.study),
        "participants": job.participants and shareable(job.participants),
        "out": "OUT",
    }
    report = build_cohort_report(job, shlex.join(job.command_line(shown)), results, said)
    reporter.progress(1, 2, "writing the page and the tables")
    write_cohort_report(job.out, report)
    for name in FILES:
        reporter.artifact(name.replace(".", "_"), job.out / name)
    for note in report.notes:
        reporter.warn(note)
    return _summary(report)


def _summary(report: CohortReport) -> Summary:
    summary: Summary = {"subjects": len(report.subjects)}
    if len(report.modelled) < len(report.subjects):
        summary["in the models"] = len(report.modelled)
    if report.without_row is not None and report.without_result is not None:
        summary["results without a row in the table"] = len(report.without_row)
        summary["rows without a result"] = len(report.without_result)
    tests = [effect for c in report.comparisons for effect in c.effects]
    if tests:
        summary["differences after Holm"] = sum(e.p_holm is not None and e.p_holm < 0.05 for e in tests)
    return summary
