"""Several runs as one model: the mean of their probabilities, one card, one version.

Cross-validation leaves a network a fold. None of them alone is the one that was measured, and all of them
together have seen everybody: so the card has the scores of the networks, each on those whom it had not seen,
and says so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainstem_app.atlas.library import AnyAtlas
from brainstem_app.counting import counted
from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import Counts, iou_per_class, macro_miou
from brainstem_app.jobs.job import ExportEnsembleJob, TrainJob
from brainstem_app.jobs.networks.export import (
    finish,
    licence_of,
    limits_of,
    origin_words,
    reference_of,
    run_of,
    write_networks,
    write_warp,
)
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.jobs.networks.training_warp import method_and_warp
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import require_same_atlas, study_atlas
from brainstem_app.models.card import ModelCard, ModelResults
from brainstem_app.models.method import PredictionMethod
from brainstem_app.models.onnx_predictor import OnnxPredictor
from brainstem_app.models.prediction import BATCH_SIZE
from brainstem_app.study.cell_record import PREDICTIONS_FILE, Predictions
from brainstem_app.study.segmented_by import agreement_notes
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study
from brainstem_app.written_files import BEST_NETWORK
from kerasmodels.ensemble import average_networks
from kerasmodels.export.keras_file import load_keras

_UNCALIBRATED = (
    "The confidence of an ensemble is not calibrated: nobody in the study is new to all of its networks."
)
_FIX_CALIBRATION = "Take its confidence as an order, not as a probability, or calibrate it on other people."
_SLICES = 73


@dataclass(frozen=True)
class _Member:
    """One run of the ensemble."""

    run: Path
    settings: TrainJob
    splits: Splits


def export_ensemble(job: ExportEnsembleJob, reporter: Reporter) -> Summary:
    """Write ``model.keras``, ``model.onnx``, ``model.json`` and ``atlas/`` of several runs as one model.

    Raises
    ------
    InputError
        If a folder is no run, the runs are of different studies, inputs or labels, or one of them is given
        twice.
    kerasmodels.errors.ModelError
        If the networks do not fit together.
    """
    runs = [run.resolve() for run in job.runs]
    study, members = _members(runs)
    atlas = study_atlas(study)
    for run in runs:
        require_same_atlas(study, run.name, atlas)
    folder = job.out or study.folder / "ensembles" / job.name
    folder.mkdir(parents=True, exist_ok=True)
    total = len(runs) + 3
    networks = []
    for number, run in enumerate(runs):
        reporter.progress(number, total, f"reading the network of {run.name}")
        networks.append(load_keras(run / BEST_NETWORK))
    reporter.progress(len(runs), total, "joining them")
    write_networks(average_networks(networks), folder)
    reporter.progress(len(runs) + 1, total, "timing it")
    seconds = _seconds(folder / "model.onnx", members[0].settings)
    method, warp = method_and_warp(study, atlas, _everybody(members), reporter, refine=job.refine)
    card = _card(job.name, study, members, atlas, method, write_warp(warp, folder))
    reporter.warn(_UNCALIBRATED, folder, _FIX_CALIBRATION)
    finish(card, atlas, folder, reporter, job)
    passes = 2 if method.mirror else 1
    return {
        "model": job.name,
        "networks": len(members),
        "cpu_seconds_a_scan": round(passes * seconds, 1),
        "cpu_seconds_a_scan_of_one": round(passes * seconds / len(members), 1),
        "folder": str(folder),
    }


def _members(runs: Sequence[Path]) -> tuple[Study, list[_Member]]:
    fix = "Give runs of one study, each once: STUDY/runs/NAME."
    if len(set(runs)) < len(runs):
        raise InputError("A run is given twice.", runs[0], fix)
    studies = {run.parent.parent for run in runs}
    if len(studies) > 1:
        raise InputError("The runs are of different studies.", sorted(studies)[1], fix)
    members = []
    for run in runs:
        study, settings = run_of(run)
        members.append(_Member(run, settings, run_splits(study, settings)))
    if len({one.settings.input.model_dump_json() for one in members}) > 1:
        raise InputError(
            "The runs see slices of other sizes, or other neighbours of them.",
            runs[0],
            "Give runs with the same --size, --context and --position.",
        )
    return study, members


def _everybody(members: Sequence[_Member]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in members for name in one.splits.train))


def _card(
    name: str,
    study: Study,
    members: Sequence[_Member],
    atlas: AnyAtlas,
    method: PredictionMethod,
    hashes: dict[str, str],
) -> ModelCard:
    trained = _everybody(members)
    reference = reference_of(study, trained)
    results = _results(members, atlas)
    of_folds = {one.settings.folds for one in members} != {None}
    words = "cross-validation, " if of_folds else ""
    tested = (
        "; the scores are those of the single networks, each on the people that it had not seen, not of "
        "their mean"
        if results.subjects
        else "; their mean was not tested"
    )
    decoders, encoders = (
        ", ".join(dict.fromkeys(getattr(one.settings, part) for one in members))
        for part in ("decoder", "encoder")
    )
    return ModelCard(
        name=name,
        atlas=atlas.name,
        atlas_version=atlas.version,
        decoder=decoders,
        encoder=encoders,
        members=len(members),
        reference=reference,
        classes=atlas.table.n_classes,
        space=study.settings.space,
        slice_input=members[0].settings.input,
        method=method,
        training_data=(
            f"{counted(len(trained), 'scan')} of {Path(study.settings.dataset).name}, shared by "
            f"{counted(len(members), 'network')} ({words}{', '.join(one.run.name for one in members)})"
            f"{origin_words(study, trained)}{tested}"
        ),
        licence=licence_of(atlas),
        results=results,
        limits=limits_of(reference, _agreement(study, members) if results.subjects else ()),
        sha256=hashes,
    )


def _agreement(study: Study, members: Sequence[_Member]) -> tuple[str, ...]:
    tested = {name for one in members for name in one.splits.test}
    models = [r.segmented_by for r in study.finished_subjects() if r.name in tested and r.segmented_by]
    return agreement_notes(models, len(tested), "test")


def _results(members: Sequence[_Member], atlas: AnyAtlas) -> ModelResults:
    """Scores on everybody, each by the one network that has not seen them; empty without such a network."""
    counts: dict[str, Counts] = {}
    for one in members:
        tested = _counts(one)
        if not tested or counts.keys() & tested.keys():
            # Not tested, or the same people by several: which of their scores would be the model's?
            return ModelResults()
        counts |= tested
    total = np.sum(list(counts.values()), axis=0)
    nuclei = [structure.index for structure in atlas.table.nuclei]
    iou = zip(atlas.table.names, iou_per_class(total).tolist(), strict=True)
    return ModelResults(
        subjects=len(counts),
        macro_miou=macro_miou(total),
        macro_miou_nuclei=macro_miou(total, nuclei),
        iou_per_structure={name: round(value, 6) for name, value in iou if np.isfinite(value)},
    )


def _counts(one: _Member) -> Mapping[str, Counts]:
    try:
        found = Predictions.load(one.run / PREDICTIONS_FILE, labels=False).counts
    except InputError:
        return {}
    return {name: found[name] for name in one.splits.test} if set(one.splits.test) <= found.keys() else {}


def _seconds(path: Path, settings: TrainJob) -> float:
    """Processor seconds that the slices of one scan take, measured on one batch."""
    predictor = OnnxPredictor(path)
    batch = np.zeros((BATCH_SIZE, *settings.input.shape), dtype=np.float32)
    predictor.run(batch)
    start = time.process_time()
    predictor.run(batch)
    return (time.process_time() - start) * _SLICES / BATCH_SIZE
