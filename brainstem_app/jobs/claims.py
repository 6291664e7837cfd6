"""Claims of jobs: what no other process may write to while a job does, and how it is locked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.imaging.atomic import clear_leftovers
from brainstem_app.jobs.job import (
    ActivationsJob,
    BuildAtlasJob,
    CompareCellJob,
    CompareJob,
    CopyStudyJob,
    EvaluateRunJob,
    ExportEnsembleJob,
    ExportModelJob,
    ImportAtlasJob,
    Job,
    MeasureSpeedJob,
    SegmentJob,
    TrainJob,
)
from brainstem_app.jobs.registry import folder_of
from brainstem_app.locks.lock_file import INNER_LOCK, LOCK_ENDING, locked
from brainstem_app.plain_name import MOST_BYTES, name_key
from brainstem_app.written_files import RUNS_FOLDER


@dataclass(frozen=True)
class Claim:
    """Something that one process at a time may write to.

    Attributes
    ----------
    what : str
        As an error names it.
    folder : Path
        Its folder, which need not exist.
    lock : Path
        Its lock file.
    """

    what: str
    folder: Path
    lock: Path


def claim_of(folder: Path, what: str) -> Claim:
    """Claim a folder in one of the program's own: subjects, runs, results of scans; the lock lies beside it.

    Names that some systems do not tell apart share a lock.
    """
    folder = folder.resolve()
    name = name_key(folder.name)
    if len(name.encode("utf-8", "surrogateescape")) > MOST_BYTES:
        name = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return Claim(f"{what} “{folder.name}”", folder, folder.with_name(f".{name}{LOCK_ENDING}"))


def claim_within(folder: Path, what: str = "The folder for the results") -> Claim:
    """Claim a folder that the user chose; the lock lies inside."""
    return Claim(what, folder.resolve(), folder.resolve() / INNER_LOCK)


@contextmanager
def claimed(claims: Iterable[Claim], doing: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold claims, and clear what killed processes have left half-written in their folders.

    Raises
    ------
    InUseError
        If another process holds one of them.
    InputError
        If a folder cannot be written to.
    """
    with ExitStack() as stack:
        # Always in the same order, so that two who want the same do not each get a part.
        for claim in sorted(claims, key=lambda claim: str(claim.lock)):
            stack.enter_context(locked(claim.lock, claim.what, claim.folder, doing, wait_s))
            clear_leftovers(claim.folder)
        yield


def claims_of(job: Job) -> tuple[Claim, ...]:
    """Claims that are known before a job begins; subjects and scans are claimed by who does them."""
    match job:
        case (
            TrainJob(study=study, run=name)
            | EvaluateRunJob(study=study, run=name)
            | CompareCellJob(train=TrainJob(study=study, run=name))
        ):
            return (claim_of(study / RUNS_FOLDER / name, "The run"),)
        case CompareJob():
            return (claim_of(job.study / "comparisons" / job.grid.name, "The comparison"),)
        case BuildAtlasJob() | ImportAtlasJob():
            return (_atlas_claim(job),)
        case MeasureSpeedJob():
            return (_speed_claim(),)
        case ExportModelJob() | ExportEnsembleJob():
            return _export_claims(job)
        case ActivationsJob():
            return (_claim_within_or(job.out, job.study / RUNS_FOLDER / job.run / "activations", "The page"),)
        case CopyStudyJob():
            return (claim_within(job.out, "The folder for the copy"),)
        case SegmentJob():
            return ()
        case _:
            out: Path | None = getattr(job, "out", None)
            return (claim_within(out),) if out else ()


def _claim_within_or(out: Path | None, own: Path, what: str) -> Claim:
    """Claim the folder that the user chose, or else the program's own."""
    return claim_within(out) if out else claim_of(own, what)


def _atlas_claim(job: BuildAtlasJob | ImportAtlasJob) -> Claim:
    # Imported only here: they load what makes atlases.
    from brainstem_app.jobs.atlases.build_atlas import folder_of_build
    from brainstem_app.jobs.atlases.import_atlas import folder_of_import

    folder = folder_of_build(job) if isinstance(job, BuildAtlasJob) else folder_of_import(job)
    return _claim_within_or(job.out, folder, "The atlas")


def _speed_claim() -> Claim:
    """Claim the measurement: two at once would each measure half of the machine."""
    from brainstem_app.jobs.networks.machine_speed import speed_file

    return claim_of(speed_file(), "The measurement")


def _export_claims(job: ExportModelJob | ExportEnsembleJob) -> tuple[Claim, ...]:
    from brainstem_app.models.library import user_models_folder

    written = _claim_within_or(job.out, folder_of(job), "The exported model")
    if not job.install:
        return (written,)
    name = job.run.resolve().name if isinstance(job, ExportModelJob) and not job.name else job.name
    return written, claim_of(user_models_folder() / name, "The model")
