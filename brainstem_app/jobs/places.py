"""Where a job reads and where it writes, looked at before any work: raw data stay as they are."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import is_bids_dataset
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.dicom.headers import is_dicom_file
from brainstem_app.jobs.job import (
    ChangeJob,
    ImportAtlasJob,
    Job,
    MakeDatasetJob,
    OnSlurmJob,
    PrepareJob,
    SegmentJob,
    SimulateJob,
)
from brainstem_app.small_files import read_json
from brainstem_app.written_files import DESCRIPTION_FILE, STUDY_FILE, SUBJECTS_FOLDER

#: Room that the results of a scan may take, with some to spare.
LEAST_FREE_BYTES = 64 * 2**20
DERIVATIVES = "derivatives"
_ELSEWHERE = "Choose a folder outside of it; for a BIDS dataset also DATASET/derivatives/NAME."


@dataclass(frozen=True)
class Places:
    """Folders that a job only reads from, and the folder of its results, if it has one of its own."""

    inputs: tuple[Path, ...] = ()
    out: Path | None = None


def places_of(job: Job) -> Places:
    """Places of a job whose results do not belong into what it reads."""
    match job:
        case OnSlurmJob(job=inner):
            return places_of(inner)
        case SegmentJob() | ChangeJob():
            return Places(tuple(read_folder(scan) for scan in job.scans), job.out)
        case PrepareJob():
            # A study that is there goes on where it is.
            is_new = not (job.study / STUDY_FILE).exists()
            return Places((job.dataset,) if is_new else (), job.study)
        case ImportAtlasJob():
            return Places((job.source,), job.out)
        case _:  # The copy of a study says itself what it may not lie in.
            return Places((), getattr(job, "out", None))


def read_folder(scan: Path) -> Path:
    """Folder of a DICOM series, even if one file of it is given; of other scans the path itself."""
    folder, _ = split_series(scan)
    return folder.parent if folder.is_file() and is_dicom_file(folder) else folder


def require_sound_places(job: Job) -> None:
    """Refuse a job whose results would lie among what it reads, or in a dataset of raw scans, or nowhere.

    Raises
    ------
    InputError
        With the place that does not do.
    """
    places = places_of(job)
    if places.out is None:
        return
    for folder in places.inputs:
        require_outside(places.out, folder)
    # A dataset of simulated scans may grow; one that is made says itself that there is one already.
    raw = _raw_dataset_of(places.out, or_itself=not isinstance(job, SimulateJob | MakeDatasetJob))
    if raw is not None:
        raise InputError(
            "The folder for the results belongs to a dataset of raw scans.",
            places.out,
            f"{_ELSEWHERE} The dataset is {raw}.",
        )
    if isinstance(job, PrepareJob) and _is_within(job.dataset, job.study / SUBJECTS_FOLDER):
        raise InputError(
            "The dataset lies where the study keeps its own subjects, and would be replaced.",
            job.dataset,
            "Choose another folder for the study.",
        )
    require_writable(places.out)


def require_outside(out: Path, folder: Path) -> None:
    """Refuse a folder of results in a folder that is read from, except among a BIDS dataset's derivatives.

    Raises
    ------
    InputError
        If `out` is `folder` or lies in it.
    """
    if not folder.is_dir() or not _is_within(out, folder):
        return
    below = out.resolve().relative_to(folder.resolve()).parts
    if len(below) > 1 and below[0] == DERIVATIVES and is_bids_dataset(folder):
        return
    raise InputError(
        "The results would lie among the data they are made from, and be taken for data the next time.",
        out,
        f"{_ELSEWHERE} The data are in {folder}.",
    )


def require_writable(folder: Path) -> None:
    """Refuse a folder that can neither be made nor written to, or on a disk without room.

    Raises
    ------
    InputError
        With the place that is in the way.
    """
    place = folder
    try:
        while not place.is_dir():
            if place.exists() or place.is_symlink():
                raise InputError(
                    "There is a file of this name, so the results cannot go into a folder of it.",
                    place,
                    "Choose another folder for the results.",
                )
            place = place.parent
        with tempfile.TemporaryFile(dir=place):
            free = shutil.disk_usage(place).free
    except OSError as error:
        raise InputError(
            f"The results cannot be written here: {error.strerror or error}.",
            place,
            "Choose another folder for the results, or ask for the right to write into this one.",
        ) from error
    if free < LEAST_FREE_BYTES:
        raise InputError(
            f"There is no room for the results: {free / 1e6:.0f} MB are free on this disk.",
            place,
            "Make room, or choose a folder on another disk.",
        )


def require_files(folder: Path, files: Iterable[str], folders: Iterable[str]) -> None:
    """Refuse a folder in which something stands in the way of files and folders to be written.

    Raises
    ------
    InputError
        With what is in the way, or why nothing can be written.
    """
    require_writable(folder)
    for name in files:
        if (folder / name).is_dir():
            raise InputError(
                "There is a folder of the name of a file that is to be written.",
                folder / name,
                "Rename or remove it, or choose another folder for the results.",
            )
    for name in folders:
        if (folder / name).exists():
            require_writable(folder / name)


def _is_within(path: Path, folder: Path) -> bool:
    inner, outer = path.resolve(), folder.resolve()
    return inner == outer or outer in inner.parents


def _raw_dataset_of(folder: Path, *, or_itself: bool) -> Path | None:
    """Dataset of raw scans in one of whose subjects a folder lies, or that it is."""
    whole = folder.resolve()
    subjects = [place for place in (whole, *whole.parents) if place.name.startswith("sub-")]
    candidates = [*([whole] if or_itself else []), *(place.parent for place in subjects)]
    return next((place for place in candidates if _is_raw(place)), None)


def _is_raw(folder: Path) -> bool:
    if not is_bids_dataset(folder):
        return False
    try:
        description = read_json(folder / DESCRIPTION_FILE)
        return bool(description.get("DatasetType", "raw") != "derivative")
    except (OSError, ValueError, AttributeError):
        return True
