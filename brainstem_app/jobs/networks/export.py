"""Export a run's best network as a model: weights for both engines, and the model card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from brainstem_app.atlas.change_table import CHANGE_FILE
from brainstem_app.atlas.library import NOT_STATED, AnyAtlas, Atlas, copy_atlas, licence_of_atlas
from brainstem_app.counting import counted
from brainstem_app.errors import BrainstemError, InputError, UnconfirmedError
from brainstem_app.jobs.job import ExportEnsembleJob, ExportModelJob, TrainJob
from brainstem_app.jobs.networks.evaluate_run import ATLAS_ALONE
from brainstem_app.jobs.networks.run_metrics import measured_now
from brainstem_app.jobs.networks.run_splits import run_splits, training_of
from brainstem_app.jobs.networks.training_warp import method_and_warp
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import require_same_atlas, study_atlas
from brainstem_app.locations import resource
from brainstem_app.models.card import CARD_FILE_NAME, ModelCard, ModelResults, read_card
from brainstem_app.models.library import ATLAS_FOLDER, MEAN_WARP_FILE, hash_file, user_models_folder
from brainstem_app.models.method import PredictionMethod
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.reports.evaluation.model import EvaluationReport, MethodSummary
from brainstem_app.study.segmented_by import taken_over
from brainstem_app.study.study import Study
from brainstem_app.written_files import BEST_NETWORK, EXPORT_FOLDER, RUNS_FOLDER
from kerasmodels.export.keras_file import load_keras, save_keras
from kerasmodels.export.onnx_file import to_onnx

if TYPE_CHECKING:
    import keras

FILES = ("model.keras", "model.onnx", "model.json")
_UNCALIBRATED = "The model's confidence is not calibrated: the run has not been evaluated by this method."
_EVALUATE = (
    "Run `brainstem-app evaluate --study STUDY --run NAME` first, with --refine if the model is to have it."
)
DRAWN_LIMITS = (
    "Learned from labels that people drew or accepted on scans. Other scanners, contrasts, children, lesions "
    "and deformed brainstems were not tested."
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
    UnconfirmedError
        If it is that of another model of the user's, which is not to be replaced; it is exported though.
    """
    run = job.run.resolve()
    study, settings = run_of(run)
    atlas = study_atlas(study)
    require_same_atlas(study, run.name, atlas)
    name = job.name or run.name
    folder = job.out or run / EXPORT_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    reporter.progress(0, 3, "reading the network")
    network = load_keras(run / BEST_NETWORK)
    reporter.progress(1, 3, "converting it to ONNX")
    write_networks(network, folder)
    reporter.progress(2, 3, "writing the model card")
    splits = run_splits(study, settings)
    method, warp = method_and_warp(study, atlas, splits.train, reporter, refine=job.refine)
    hashes = write_warp(warp, folder)
    card = _card(name, run, study, settings, atlas, method, hashes)
    if card.method.temperature == 1.0:
        reporter.warn(_UNCALIBRATED, run, _EVALUATE)
    finish(card, atlas, folder, reporter, job)
    return {"model": name, "folder": str(folder)}


def write_networks(network: keras.Model, folder: Path) -> None:
    """Write a network for both engines, of the same half-precision weights: both give the same labels."""
    save_keras(network, folder / FILES[0], half=True)
    to_onnx(load_keras(folder / FILES[0]), folder / FILES[1])


def write_warp(warp: Displacement | None, folder: Path) -> dict[str, str]:
    """Write the mean warp beside the networks, none of an earlier export; return the files' checksums."""
    (folder / MEAN_WARP_FILE).unlink(missing_ok=True)
    if warp is not None:
        warp.save(folder / MEAN_WARP_FILE)
    files = (*FILES[:2], MEAN_WARP_FILE)
    return {file: hash_file(folder / file) for file in files if (folder / file).is_file()}


def finish(
    card: ModelCard,
    atlas: AnyAtlas,
    folder: Path,
    reporter: Reporter,
    job: ExportModelJob | ExportEnsembleJob,
) -> None:
    """Write the card and the labels' own files, and copy the model among the user's where that is asked."""
    card.save(folder)
    if atlas.folder is not None:
        copy_atlas(atlas.folder, folder / ATLAS_FOLDER)
    if job.install:
        _install(folder, card, reporter, replace=job.replace)
    for role, file in (
        *((Path(name).suffix.lstrip("."), name) for name in FILES),
        ("mean_warp", MEAN_WARP_FILE),
    ):
        if (folder / file).is_file():
            reporter.artifact(role, folder / file)


def run_of(run: Path) -> tuple[Study, TrainJob]:
    """Study and settings of a run that has a network; InputError if it is none."""
    if run.parent.name != RUNS_FOLDER:
        raise InputError("This folder is no run.", run, "Give that of a trained run: STUDY/runs/NAME.")
    study = Study.open(run.parent.parent)
    return study, training_of(study, run.name)


def _card(
    name: str,
    run: Path,
    study: Study,
    settings: TrainJob,
    atlas: AnyAtlas,
    method: PredictionMethod,
    hashes: dict[str, str],
) -> ModelCard:
    splits = run_splits(study, settings)
    reference = reference_of(study, splits.train)
    origins = origin_words(study, splits.train)
    simulated = f" and {counted(settings.simulated, 'simulated subject')}" if settings.simulated else ""
    begun = _begun_from(settings)
    report = _report(run, refine=method.mirror)
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
            f"{counted(len(splits.validation), 'other scan')} chose the epoch{origins}"
        ),
        licence=licence_of(atlas),
        results=results_of(report),
        usual_confidence=report.calibration.usual_confidence if report and report.calibration else None,
        limits=limits_of(reference, report.agreement if report and report.part == "test" else ()),
        sha256=hashes,
    )


def reference_of(study: Study, names: Sequence[str]) -> Literal["registered", "drawn", "segmented", "mixed"]:
    """Say where the references of training subjects come from."""
    origins = {record.origin for record in study.finished_subjects() if record.name in names}
    return origins.pop() if len(origins) == 1 else "mixed" if origins else "registered"


def origin_words(study: Study, names: Sequence[str]) -> str:
    """Say how many references of training subjects people drew, and how many a model gave."""
    drawn = [record for record in study.finished_subjects() if record.name in names and record.is_drawn]
    models = [record.segmented_by for record in drawn if record.segmented_by]
    by_hand = len(drawn) - len(models)
    told = [(by_hand, "were drawn by people")] if by_hand else []
    told += [(len(group), f"are {words}") for group, words in taken_over(models)]
    return "".join(
        f"; {'those' if number else 'the references'} of {counted(n, 'scan')} {words}"
        for number, (n, words) in enumerate(told)
    )


def limits_of(reference: str, agreement: Sequence[str]) -> str:
    """Say what a model was not tested on, and which of its scores are against labels that a model gave."""
    return " ".join((LIMITS if reference == "registered" else DRAWN_LIMITS, *agreement))


def licence_of(atlas: AnyAtlas) -> str:
    """Licence of a model, which is that of the labels it learned from."""
    if not isinstance(atlas, Atlas):
        return "that of the labels it learned from, which are the lab's own"
    licence = licence_of_atlas(atlas)
    also = "nor is that of" if licence == NOT_STATED else "as"
    return f"{licence}, {also} the labels it learned from"


def _begun_from(settings: TrainJob) -> str:
    """Say which weights the training began from, unless random ones."""
    if settings.start_from:
        return f", begun from the weights of {settings.start_from.parent.name}/{settings.start_from.name}"
    if settings.encoder_weights:
        return f", the encoder begun from the weights {Path(settings.encoder_weights).name}"
    return ""


def _report(run: Path, *, refine: bool) -> EvaluationReport | None:
    """Return what the evaluation of a run's network by this method found; None if there was none."""
    report = measured_now(run)
    return report if report and bool(report.settings.get("refine", False)) == refine else None


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


def _install(folder: Path, card: ModelCard, reporter: Reporter, *, replace: bool) -> None:
    """Copy a model among the user's; the card, which makes it a model, comes last."""
    if card.name in _shipped_names():
        raise InputError(
            f"“{card.name}” is the name of a model of the program.", folder, "Give another one with --name."
        )
    target = user_models_folder() / card.name
    there = _card_at(target, card)
    if there is not None and not there.labels_as(card):
        version = _next(there.version)
        if not replace:
            raise UnconfirmedError(
                f"There is a model “{card.name}” already, which labels otherwise ({there.training_data}).",
                target,
                f"Give another --name, or --replace to put this one in its place, as version {version}.",
            )
        card.model_copy(update={"version": version}).save(folder)
        (target / CHANGE_FILE).unlink(missing_ok=True)  # was measured with the other one
    elif there is not None:
        card.model_copy(update={"version": there.version}).save(folder)
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.json").unlink(missing_ok=True)
    if (folder / ATLAS_FOLDER).is_dir():
        copy_atlas(folder / ATLAS_FOLDER, target / ATLAS_FOLDER)
    (target / MEAN_WARP_FILE).unlink(missing_ok=True)
    for file in (MEAN_WARP_FILE, *FILES):
        if (folder / file).is_file():
            shutil.copy2(folder / file, target / file)
    reporter.artifact("installed", target)


def _card_at(target: Path, card: ModelCard) -> ModelCard | None:
    """Card of a model that is among the user's under a name; None if there is none."""
    if not (target / CARD_FILE_NAME).exists():
        return None
    try:
        return read_card(target)
    except InputError:  # damaged, or of another version of the program
        return card.model_copy(update={"sha256": {}, "training_data": "its card cannot be read"})


def _next(version: str) -> str:
    """Return the version after another, so that reports and results of both are told apart."""
    stem = version.rstrip("0123456789")
    number = version.removeprefix(stem)
    return f"{stem}{int(number) + 1 if number else '-2'}"


def _shipped_names() -> set[str]:
    try:
        return {path.name for path in resource("models").iterdir()}
    except BrainstemError:
        return set()
