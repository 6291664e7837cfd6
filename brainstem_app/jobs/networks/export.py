"""Export a run's best network as a model: weights for both engines, and the model card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from brainstem_app.atlas.library import AnyAtlas, Atlas, copy_atlas
from brainstem_app.counting import counted
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.jobs.job import ExportModelJob, TrainJob, read_job
from brainstem_app.jobs.networks.evaluate_run import ATLAS_ALONE, NO_BEND, NO_BEND_FIX
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.jobs.networks.training_warp import training_warp
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import require_same_atlas, study_atlas
from brainstem_app.locations import resource
from brainstem_app.models.card import ModelCard, ModelResults
from brainstem_app.models.library import ATLAS_FOLDER, MEAN_WARP_FILE, hash_file, user_models_folder
from brainstem_app.models.method import PredictionMethod, refined
from brainstem_app.reports.evaluation.model import EvaluationReport, MethodSummary
from brainstem_app.small_files import read_small
from brainstem_app.study.study import Study
from kerasmodels.export.keras_file import load_keras, save_keras
from kerasmodels.export.onnx_file import to_onnx

FILES = ("model.keras", "model.onnx", "model.json")
_UNCALIBRATED = "The model's confidence is not calibrated: the run has not been evaluated by this method."
_EVALUATE = (
    "Run `brainstem-app evaluate --study STUDY --run NAME` first, with --refine if the model is to have it."
)
DRAWN_LIMITS = (
    "Learned from labels that people drew on scans. Other scanners, contrasts, children, lesions and "
    "deformed "
    "brainstems were not tested."
)
LIMITS = (
    "Learned from labels that registration placed, not from an expert's. Adults' T1-weighted scans of about "
    "1 mm; children, lesions, deformed brainstems and other contrasts were not tested."
)


def export_model(job: ExportModelJob, reporter: Reporter) -> Summary:
    """Write ``model.keras``, ``model.onnx``, ``model.json`` and ``atlas/``, whose labels it gives, of a run.

    With `refine` the mean warp of the training subjects, too.

    Raises
    ------
    InputError
        If the folder is no run, it has no network yet, it learned the labels of another atlas than the study
        has now, or the name is taken by a model of the program.
    """
    run = job.run.resolve()
    study, settings = run_of(run)
    atlas = study_atlas(study)
    require_same_atlas(study, run.name, atlas)
    name = job.name or run.name
    folder = job.out or run / "export"
    folder.mkdir(parents=True, exist_ok=True)
    reporter.progress(0, 3, "reading the network")
    network = load_keras(run / "best.keras")
    save_keras(network, folder / "model.keras", half=True)
    reporter.progress(1, 3, "converting it to ONNX")
    # The same half-precision weights go into both files, so that both engines give the same labels.
    to_onnx(load_keras(folder / "model.keras"), folder / "model.onnx")
    reporter.progress(2, 3, "writing the model card")
    method = refined(atlas) if job.refine else PredictionMethod()
    if job.refine and not method.fit_atlas:
        reporter.warn(NO_BEND.format(atlas.name), study.labels_folder, NO_BEND_FIX)
    splits = run_splits(study, settings)
    warp = training_warp(study, splits.train) if method.fit_atlas else None
    if warp is not None:
        warp.save(folder / MEAN_WARP_FILE)
    else:
        (folder / MEAN_WARP_FILE).unlink(missing_ok=True)
    card = _card(name, run, study, settings, folder, atlas, method)
    card.save(folder)
    if card.method.temperature == 1.0:
        reporter.warn(_UNCALIBRATED, run, _EVALUATE)
    if atlas.folder is not None:
        copy_atlas(atlas.folder, folder / ATLAS_FOLDER)
    if job.install:
        install(folder, name, reporter)
    for file in FILES:
        reporter.artifact(Path(file).suffix.lstrip("."), folder / file)
    if warp is not None:
        reporter.artifact("mean_warp", folder / MEAN_WARP_FILE)
    return {"model": name, "folder": str(folder)}


def run_of(run: Path) -> tuple[Study, TrainJob]:
    """Study and settings of a run that has a network; InputError if it is none."""
    fix = "Give the folder of a trained run: STUDY/runs/NAME."
    if not (run / "best.keras").is_file() or run.parent.name != "runs":
        raise InputError("This folder is no run, or it has no network yet.", run, fix)
    settings = read_job(run / "config.json")
    if not isinstance(settings, TrainJob):
        raise InputError("The run's config.json is not that of a training.", run, fix)
    return Study.open(run.parent.parent), settings


def _card(
    name: str,
    run: Path,
    study: Study,
    settings: TrainJob,
    folder: Path,
    atlas: AnyAtlas,
    method: PredictionMethod,
) -> ModelCard:
    splits = run_splits(study, settings)
    reference = reference_of(study, splits.train)
    drawn = _drawn_words(study, splits.train)
    simulated = f" and {counted(settings.simulated, 'simulated subject')}" if settings.simulated else ""
    begun = _begun_from(settings)
    report = _report(run / "metrics.json", refine=method.mirror)
    return ModelCard(
        name=name,
        atlas=atlas.name,
        atlas_version=atlas.version,
        decoder=settings.decoder,
        encoder=settings.encoder,
        classes=atlas.table.n_classes,
        space=study.settings.space,
        slice_input=settings.input,
        reference=reference,
        method=_calibrated(method, report),
        training_data=(
            f"{counted(len(splits.train), 'scan')} of {Path(study.settings.dataset).name}{simulated}{begun}; "
            f"{counted(len(splits.validation), 'other scan')} chose the epoch{drawn}"
        ),
        licence=licence_of(atlas),
        results=results_of(report),
        limits=LIMITS if reference == "registered" else DRAWN_LIMITS,
        sha256={
            file: hash_file(folder / file)
            for file in ("model.keras", "model.onnx", MEAN_WARP_FILE)
            if (folder / file).is_file()
        },
    )


def reference_of(study: Study, names: Sequence[str]) -> Literal["registered", "drawn", "mixed"]:
    """Say where the references of training subjects come from."""
    drawn = [record.is_drawn for record in study.finished_subjects() if record.name in names]
    return "drawn" if drawn and all(drawn) else "mixed" if any(drawn) else "registered"


def _drawn_words(study: Study, names: Sequence[str]) -> str:
    drawn = [record.name for record in study.finished_subjects() if record.name in names and record.is_drawn]
    return f"; the references of {counted(len(drawn), 'scan')} were drawn by people" if drawn else ""


def licence_of(atlas: AnyAtlas) -> str:
    """Licence of a model, which is that of the labels it learned from."""
    if isinstance(atlas, Atlas):
        return "GPL-3.0-or-later, as the labels it learned from"
    return "that of the labels it learned from, which are the lab's own"


def _begun_from(settings: TrainJob) -> str:
    """Say which weights the training began from, unless random ones."""
    if settings.start_from:
        return f", begun from the weights of {settings.start_from.parent.name}/{settings.start_from.name}"
    if settings.encoder_weights:
        return f", the encoder begun from the weights {Path(settings.encoder_weights).name}"
    return ""


def _report(path: Path, *, refine: bool) -> EvaluationReport | None:
    """Return what the run's evaluation by this method found; None if there was none."""
    try:
        report = EvaluationReport.model_validate_json(read_small(path))
    except (OSError, ValidationError):
        return None
    return report if bool(report.settings.get("refine", False)) == refine else None


def _calibrated(method: PredictionMethod, report: EvaluationReport | None) -> PredictionMethod:
    """Return a method with the temperature that was fitted on the validation subjects."""
    if report is None or report.calibration is None:
        return method
    fitted = {name: getattr(report.calibration, name) for name in ("temperature", "low_confidence")}
    return method.model_copy(update=fitted)


def results_of(report: EvaluationReport | None) -> ModelResults:
    """Results on the test subjects; empty if the run was not evaluated on them, by this method."""
    if report is None or report.part != "test":
        return ModelResults()
    baseline = next((method for method in report.baselines if method.name == ATLAS_ALONE), None)
    return ModelResults(
        subjects=report.summary.n_subjects,
        macro_miou=report.summary.macro_miou.value,
        macro_miou_nuclei=report.summary.macro_miou_nuclei.value,
        baseline_macro_miou=_value(baseline, "macro_miou"),
        baseline_macro_miou_nuclei=_value(baseline, "macro_miou_nuclei"),
        iou_per_structure=report.iou_per_structure(),
    )


def _value(summary: MethodSummary | None, name: str) -> float | None:
    if summary is None:
        return None
    value: float | None = getattr(summary, name).value
    return value


def install(folder: Path, name: str, reporter: Reporter) -> None:
    """Copy a model among the user's; the card, which makes it a model, comes last."""
    if name in _shipped_names():
        raise InputError(
            f"“{name}” is the name of a model of the program.", folder, "Give another one with --name."
        )
    target = user_models_folder() / name
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.json").unlink(missing_ok=True)
    if (folder / ATLAS_FOLDER).is_dir():
        copy_atlas(folder / ATLAS_FOLDER, target / ATLAS_FOLDER)
    (target / MEAN_WARP_FILE).unlink(missing_ok=True)
    for file in (MEAN_WARP_FILE, *FILES):
        if (folder / file).is_file():
            shutil.copy2(folder / file, target / file)
    reporter.artifact("installed", target)


def _shipped_names() -> set[str]:
    try:
        return {path.name for path in resource("models").iterdir()}
    except BrainstemError:
        return set()
