"""Volumes of the same people twice: how well they repeat themselves."""

from __future__ import annotations

import shlex
from dataclasses import replace
from statistics import median

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import RetestJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.as_in_study import read_as_in_study
from brainstem_app.jobs.results.chosen import chosen_of_study, counted_pairs
from brainstem_app.reports.retest.build import build_retest_report
from brainstem_app.reports.retest.files import FILES, write_retest_report
from brainstem_app.reports.retest.pairs import Pairs, find_pairs, pairs_of_sessions


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
        "results": job.results and shareable(job.results),
        "study": job.study and shareable(job.study),
        "second": job.second and shareable(job.second),
        "out": "OUT",
    }
    pairs = _pairs(job, reporter)
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


def _pairs(job: RetestJob, reporter: Reporter) -> Pairs:
    """Pairs of the study's results that count, or of those in folders, with what to say of them."""
    if job.study is not None:
        chosen = chosen_of_study(job.study, job.model, job.edited)
        try:
            pairs = pairs_of_sessions(chosen.results, job.study, mixed=job.mixed)
        except InputError:
            # Who was left out is often why too few remain.
            for note in chosen.notes:
                reporter.warn(note)
            raise
        return replace(pairs, notes=(*chosen.notes, *pairs.notes))
    if job.results is None:
        raise InputError("It is not said which results to take.", None, "Give their folder, or --study.")
    found = find_pairs(
        job.results, job.second, mixed=job.mixed, same_people=job.same_people, read=read_as_in_study
    )
    return counted_pairs(found, job.edited)
