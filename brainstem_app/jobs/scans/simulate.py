"""Make simulated subjects with known labels."""

from __future__ import annotations

from brainstem_app.jobs.job import SimulateJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.simulation.dataset import write_dataset


def simulate(job: SimulateJob, reporter: Reporter) -> Summary:
    """Write a BIDS dataset of simulated scans, their true labels in ``derivatives/truth``.

    Raises
    ------
    InputError
        If the folder holds another dataset already.
    JobCancelled
        If the user cancels.
    """

    def report(fraction: float, message: str) -> None:
        reporter.progress(fraction * job.subjects, job.subjects, message)

    for scan in write_dataset(job.out, job.subjects, job.seed, report):
        reporter.artifact("scan", scan, scan.name.removesuffix("_T1w.nii.gz"))
    reporter.artifact("dataset", job.out)
    return {"subjects": job.subjects, "folder": str(job.out)}
