"""Volumes of many people: groups compared, each person set against the reference group."""

from __future__ import annotations

import shlex
from dataclasses import fields

from brainstem_app.jobs.job import CohortJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.result_folders import require_files
from brainstem_app.reports.volumes import build_volumes_report
from brainstem_app.reports.volumes_files import FILES, write_volumes_report
from brainstem_app.reports.volumes_model import VolumesReport
from brainstem_app.reports.volumes_request import VolumesRequest


def compare_cohort(job: CohortJob, reporter: Reporter) -> Summary:
    """Compare the volumes of the subjects whose reports lie in the folders of a job.

    Raises
    ------
    InputError
        As `build_volumes_report`.
    """
    require_files(job.out, FILES, ())
    reporter.progress(0, 2, "reading the reports and comparing")
    request = VolumesRequest(**{field.name: getattr(job, field.name) for field in fields(VolumesRequest)})
    report = build_volumes_report(request, _command(job))
    reporter.progress(1, 2, "writing the page and the tables")
    write_volumes_report(job.out, report)
    for name in FILES:
        reporter.artifact(name.replace(".", "_"), job.out / name)
    for note in report.notes:
        reporter.warn(note)
    return _summary(report)


def _summary(report: VolumesReport) -> Summary:
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


def _command(job: CohortJob) -> str:
    """Command line that does the same, without the names of folders."""
    given = {
        "--participants": job.participants.name if job.participants else "",
        "--group": job.group,
        "--reference": job.reference,
        "--covariates": ",".join(job.covariates),
        "--session": job.session,
    }
    repeated = {"--missing": job.missing, "--categorical": job.categorical, "--numeric": job.numeric}
    flags = {
        "--no-head-size": not job.head_size,
        "--mixed": job.mixed,
        "--separate-folders": job.separate_folders,
    }
    words = ["brainstem-app", "cohort", *(folder.name for folder in job.results)]
    words += [word for name, value in given.items() if value for word in (name, value)]
    words += [f"{name}={value}" for name, values in repeated.items() for value in values]
    words += [name for name, is_set in flags.items() if is_set]
    return shlex.join([*words, "--out", "OUT"])
