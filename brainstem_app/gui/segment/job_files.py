"""Job files that the window writes: where the work goes, and what is to be done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from brainstem_app.gui.scans.opened import JOB_FILE_NAME


def write_segment_job(scan: Path, model: str, results_folder: Path) -> Path:
    """Write the job that segments a scan into a new folder; returns the job file."""
    from brainstem_app.jobs.job import SegmentJob, write_job

    out = new_folder(results_folder, scan_name(scan))
    path = out / JOB_FILE_NAME
    write_job(SegmentJob(scans=(scan.absolute(),), out=out, model=model), path)
    return path


def write_simulate_job(results_folder: Path, seed: int = 0) -> Path:
    """Write the job that simulates one scan into a new folder; returns the job file."""
    from brainstem_app.jobs.job import SimulateJob, write_job

    out = new_folder(results_folder, "simulated")
    path = out / JOB_FILE_NAME
    write_job(SimulateJob(subjects=1, out=out / "dataset", seed=seed), path)
    return path


def remove_job_without_result(job_file: Path) -> None:
    """Remove the folder of a cancelled job if there is nothing in it but the job."""
    folder = job_file.parent
    try:
        if [path.name for path in folder.iterdir()] == [JOB_FILE_NAME]:
            job_file.unlink()
            folder.rmdir()
    except OSError:
        return


def simulated_scan(dataset: Path) -> Path | None:
    """Return the scan of a simulated dataset, if it is there."""
    return next(iter(sorted(dataset.glob("sub-*/anat/*_T1w.nii.gz"))), None)


def scan_name(scan: Path) -> str:
    """Name of a scan without its endings."""
    name = scan.name
    for suffix in (".nii.gz", ".nii", ".mgz", ".mgh"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name or "scan"


def new_folder(parent: Path, name: str) -> Path:
    """Make a folder that was not there, named after the scan and the time."""
    stamp = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    for number in range(1, 1000):
        folder = parent / (f"{name} {stamp}" if number == 1 else f"{name} {stamp} ({number})")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(parent / name)
