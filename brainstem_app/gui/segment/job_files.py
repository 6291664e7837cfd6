"""Jobs that the window makes of scans: where the work goes, and what is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.imaging.file_names import file_stem
from brainstem_app.jobs.folder_rights import make_folder
from brainstem_app.plain_name import folder_name_of
from brainstem_app.small_files import read_json
from brainstem_app.study.people_reports import places_named
from brainstem_app.written_files import JOB_FILE, SEGMENTATIONS_FOLDER, STATE_FILE

if TYPE_CHECKING:
    from brainstem_app.jobs.job import SegmentJob, SimulateJob


@dataclass(frozen=True)
class SegmentOutputs:
    """What is written beside labels and report.

    Attributes
    ----------
    surfaces : bool
        The surfaces of the nuclei.
    bids : bool
        The folder becomes a dataset of BIDS derivatives.
    dicom_seg : bool
        A DICOM segmentation, which names nobody, of a scan that came as DICOM.
    """

    surfaces: bool = False
    bids: bool = False
    dicom_seg: bool = False


def segment_job(
    scans: Sequence[Path],
    model: str,
    outputs: SegmentOutputs,
    results_folder: Path,
    name: str = "",
    study: Path | None = None,
) -> SegmentJob:
    """Make the job that segments scans into the open study, or into a new folder.

    The folder is named after the only scan if no name is given, and a copy of the job lies in it, so that its
    results are shown over their scans again. BIDS derivatives get a folder of their own in any case.
    """
    from brainstem_app.jobs.job import SegmentJob, write_job

    if study is not None and not outputs.bids:
        return SegmentJob(
            scans=tuple(scan.absolute() for scan in scans),
            study=study,
            name=name_in_study(scans[0], study) if len(scans) == 1 else "",
            model=model,
            surfaces=outputs.surfaces,
            dicom_seg=outputs.dicom_seg,
        )
    if len(scans) == 1:
        name = telling_name(scans[0], results_folder)
    out = new_folder(results_folder, name)
    job = SegmentJob(
        scans=tuple(scan.absolute() for scan in scans),
        out=out,
        name=name if len(scans) == 1 else "",
        model=model,
        surfaces=outputs.surfaces,
        bids=outputs.bids,
        dicom_seg=outputs.dicom_seg,
    )
    write_job(job, out / JOB_FILE)
    return job


def simulate_job(results_folder: Path, seed: int = 0) -> SimulateJob:
    """Make the job that simulates one scan in a new folder."""
    from brainstem_app.jobs.job import SimulateJob

    return SimulateJob(subjects=1, out=new_folder(results_folder, "simulated") / "dataset", seed=seed)


def remove_job_without_result(folder: Path) -> None:
    """Remove the folder of a cancelled job if there is nothing in it but the job."""
    try:
        if folder.is_dir() and {path.name for path in folder.iterdir()} <= {JOB_FILE}:
            (folder / JOB_FILE).unlink(missing_ok=True)
            folder.rmdir()
    except OSError:
        return


def simulated_scan(dataset: Path) -> Path | None:
    """Return the scan of a simulated dataset, if it is there."""
    return next(iter(sorted(dataset.glob("sub-*/anat/*_T1w.nii.gz"))), None)


def scan_name(scan: Path) -> str:
    """Name of a scan without its endings."""
    return file_stem(scan) or "scan"


def telling_name(scan: Path, results_folder: Path) -> str:
    """Name of a scan for its result; with a folder's name where a scan elsewhere has the same one.

    ``P1/T1.nii`` and ``P2/T1.nii`` become ``T1`` and ``P2_T1``, whichever folder it is that tells them apart.
    """
    name = scan_name(scan)
    mine = scan.absolute().parts
    for job in results_folder.glob(f"*/{JOB_FILE}"):
        for other in _scans_of(job):
            theirs = other.parts
            if scan_name(other) == name and theirs != mine:
                pairs = zip(reversed(mine), reversed(theirs), strict=False)
                return _safe(f"{next((a for a, b in pairs if a != b), mine[-2])}_{name}")
    return _safe(name)


def name_in_study(scan: Path, study: Path) -> str:
    """Name of a scan that lies in no dataset, for its results in a study; longer where others have it.

    Of a scan in a dataset it does not matter: its subject and session say where it belongs.
    """
    mine = scan.absolute()
    name = scan_name(scan)
    for parent in mine.parents:
        there = (study / SEGMENTATIONS_FOLDER / _safe(name)).glob(f"*/{STATE_FILE}")
        if all(_scan_of_state(state) in (None, mine) for state in there):
            break
        name = f"{parent.name}_{name}"
    return _safe(name)


def _scan_of_state(state: Path) -> Path | None:
    try:
        return Path(read_json(state)["scan"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def model_name(model: str) -> str:
    """Name of a model, or of its file."""
    return Path(model).name


def _scans_of(job: Path) -> list[Path]:
    try:
        return [Path(scan) for scan in read_json(job)["scans"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _safe(name: str) -> str:
    return folder_name_of(name.lstrip(" ."), "scan")


def new_folder(parent: Path, name: str) -> Path:
    """Make a folder that was not there, named after the scan and the time."""
    for folder in places_named(parent, name):
        try:
            make_folder(folder)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(parent / name)
