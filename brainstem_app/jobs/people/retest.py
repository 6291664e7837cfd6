"""Volumes of the same people twice: how well they repeat themselves."""

from __future__ import annotations

import shlex
from statistics import median

from brainstem_app.jobs.job import RetestJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.scans.result_folders import require_files
from brainstem_app.reports.retest.build import build_retest_report
from brainstem_app.reports.retest.files import FILES, write_retest_report
from brainstem_app.reports.retest.pairs import find_pairs


def measure_repeatability(job: RetestJob, reporter: Reporter) -> Summary:
    """Set both results of each person against each other.

    Raises
    ------
    InputError
        As `find_pairs`.
    """
    require_files(job.out, FILES, ())
    reporter.progress(0, 2, "reading the reports and comparing")
    shown = {
        "results": shareable(job.results),
        "second": job.second and shareable(job.second),
        "out": "OUT",
    }
    pairs = find_pairs(job.results, job.second, mixed=job.mixed, same_people=job.same_people)
    report = build_retest_report(pairs, shlex.join(job.command_line(shown)))
    reporter.progress(1, 2, "writing the page and the tables")
    write_retest_report(job.out, report)
    for name in FILES:
        reporter.artifact(name.replace(".", "_"), job.out / name)
    for note in report.notes:
        reporter.warn(note)
    summary: Summary = {"subjects": len(report.subjects)}
    if left_out := sum(map(len, pairs.left_out.values())):
        summary["subjects without a second result"] = left_out
    known = [nucleus.within_cv for nucleus in report.nuclei if nucleus.within_cv is not None]
    if known:
        summary["median within-subject variation"] = f"{100 * median(known):.1f} %"
    return summary
