"""Results of `segment` that belong to a study: which scans, and where each result goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.derivatives import dataset_of_all
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.jobs.studies.begin import first_settings
from brainstem_app.study.beginning import begin_study
from brainstem_app.study.identity import identity_of, place_in_study
from brainstem_app.study.result_state import record_origin
from brainstem_app.study.segmentations import model_folder
from brainstem_app.study.study import Study


def scans_of(job: SegmentJob) -> tuple[Path, ...]:
    """Paths that a job is to segment: those given, or else the dataset of its study.

    Raises
    ------
    InputError
        If the study, or its dataset, is not there.
    """
    if job.scans or job.study is None:
        return job.scans
    dataset = Study.open(job.study).settings.dataset_folder
    if dataset is None:
        raise InputError(
            "The study has no dataset yet.", job.study, "Give one, or scans: SCAN… --study STUDY."
        )
    if not dataset.is_dir():
        raise InputError(
            "The dataset of the study is not where it was.",
            dataset,
            "Connect its drive, or give the scans: SCAN… --study STUDY.",
        )
    return (dataset,)


def placed_in_study(
    job: SegmentJob, scans: Sequence[ScanInput], model: LoadedModel, reporter: Reporter, refused: list[str]
) -> list[ScanInput]:
    """Give each scan the folder of its person, session and model in the study; nothing without a study.

    Parameters
    ----------
    refused : list of str
        Takes the names of scans that have no place in the study.

    Raises
    ------
    InputError
        If the folder is neither a study nor empty, or no scan has a place in the study.
    """
    if job.study is None:
        return list(scans)
    study = _open_or_make(job, scans, model)
    placed = []
    for scan in scans:
        with reporter.refusing(scan.name, refused, only=len(scans) == 1):
            _, folder = place_in_study(study, identity_of(scan.path, scan.name), scan.path)
            place = folder / model_folder(model.card.name, model.card.version)
            placed.append(replace(scan, place=place.relative_to(job.out).as_posix()))
    return placed


def keep_in_study(job: SegmentJob, scan: ScanInput, folder: Path) -> None:
    """Write beside a new result of a study whose it is; nothing without a study."""
    if job.study is None:
        return
    whose, _ = place_in_study(Study.open(job.study), identity_of(scan.path, scan.name), scan.path)
    record_origin(job.study, folder, whose.record(folder.name, scan.path.absolute()))


def _open_or_make(job: SegmentJob, scans: Sequence[ScanInput], model: LoadedModel) -> Study:
    """Open the study of a job, or begin it with the BIDS dataset that the scans lie in, if they all do."""
    folder = Path(job.study or "")
    dataset = dataset_of_all(scan.path for scan in scans)
    settings = first_settings(dataset, model.atlas, model.card.space)
    study = begin_study(folder, settings)
    if study.is_empty:  # the atlas is that of the first result
        known = study.settings.dataset or settings.dataset
        return Study.create(folder, settings.model_copy(update={"dataset": known}))
    return study if dataset is None else study.with_dataset(dataset)
