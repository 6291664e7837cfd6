"""Volumes of many people: groups compared, each person set against the reference group."""

from __future__ import annotations

import shlex

from brainstem_app.jobs.job import CohortJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.result_folders import require_files
from brainstem_app.reports.volumes import VolumesRequest, build_volumes_report
from brainstem_app.reports.volumes_files import FILES, write_volumes_report


def compare_cohort(job: CohortJob, reporter: Reporter) -> Summary:
    """Compare the volumes of the subjects whose reports lie in the folders of a job.

    Raises
    ------
    InputError
        As `build_volumes_report`.
    """
    require_files(job.out, FILES, ())
    reporter.progress(0, 2, "reading the reports and comparing")
    request = VolumesRequest(
        job.results, job.participants, job.group, job.reference, job.covariates, job.head_size
    )
    report = build_volumes_report(request, _command(job))
    reporter.progress(1, 2, "writing the page and the tables")
    write_volumes_report(job.out, report)
    for name in FILES:
        reporter.artifact(name.replace(".", "_"), job.out / name)
    summary: Summary = {"subjects": len(report.subjects)}
    tests = [nucleus for comparison in report.comparisons for nucleus in comparison.nuclei]
    if tests:
        summary["differences after Holm"] = sum(n.p_holm is not None and n.p_holm < 0.05 for n in tests)
    return summary


def _command(job: CohortJob) -> str:
    """Command line that does the same, without the names of folders."""
    given = {
        "--participants": job.participants.name if job.participants else "",
        "--group": job.group,
        "--reference": job.reference,
        "--covariates": ",".join(job.covariates),
    }
    words = ["brainstem-app", "cohort", *(folder.name for folder in job.results)]
    words += [word for name, value in given.items() if value for word in (name, value)]
    return shlex.join([*words, *([] if job.head_size else ["--no-head-size"]), "--out", "OUT"])
