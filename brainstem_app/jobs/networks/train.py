"""Train a network on a study; stopped at any batch, it goes on after the last whole epoch.

A run's folder::

    config.json   the job            history.csv   one row an epoch
    events.jsonl  what it said       metrics.json  validation subjects, then test subjects once evaluated
    last.keras    to go on from      best.keras    the epoch best on the nuclei of the validation slices
    manifest.json software, machine, data
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import AnyAtlas
from brainstem_app.counting import counted
from brainstem_app.errors import InputError, JobCancelled
from brainstem_app.imaging.spaces import BOX_MIDPLANE
from brainstem_app.jobs.events import IOU_OF, Event, Progress
from brainstem_app.jobs.job import TrainJob, read_job, write_job
from brainstem_app.jobs.networks.evaluate_run import evaluate_part
from brainstem_app.jobs.networks.run_data import data_of, require_same_data
from brainstem_app.jobs.networks.run_metrics import measured_now
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.jobs.networks.training_volumes import absent_in, volumes_of, warn_of_absent, with_simulated
from brainstem_app.jobs.provenance import software_versions, usable_cores
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import labels_hash, study_atlas
from brainstem_app.study.run_manifest import RunManifest, read_manifest
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study
from brainstem_app.written_files import (
    BEST_NETWORK,
    CONFIG_FILE,
    EVENTS_FILE,
    HISTORY_FILE,
    MANIFEST_FILE,
    METRICS_FILE,
    UNCERTAINTY_FILE,
)
from kerasmodels import build_model
from kerasmodels.data.augmentation import AUGMENTATIONS, Augmentation
from kerasmodels.data.volumes import IGNORED
from kerasmodels.export.keras_file import load_keras
from kerasmodels.training.device import gpu_count, gpus_to_use, prepare_device
from kerasmodels.training.device_strategy import DeviceStrategy
from kerasmodels.training.events import BatchDone, EpochDone, TrainingEvent
from kerasmodels.training.fit import TrainingResult, fit
from kerasmodels.training.memory import largest_batch, training_bytes
from kerasmodels.training.settings import TrainingSettings

if TYPE_CHECKING:
    import keras

# Share of an epoch's time that is training; the rest is validation.
_TRAINING_SHARE = 0.85
# How many epochs' worth of progress the measurement after the last one is.
_MEASURING = 1
_MAY_CHANGE = {"epochs", "patience", "study", "gpus"}
_THEN = ", then "
_IN_32_BITS = (
    "Training in 32 bits: this processor is not known to have instructions for 16-bit numbers (bfloat16). "
    "Without them mixed precision takes up to twice as long."
)


def train(job: TrainJob, reporter: Reporter) -> Summary:
    """Train the network of a job, or go on with it.

    Raises
    ------
    InputError
        If the study has no training or validation subjects, or the run was begun with other settings.
    kerasmodels.errors.ModelError
        If a name is unknown, or the loss is not finite any more.
    JobCancelled
        If the user cancels; whole epochs are kept.
    """
    if job.folds is not None and job.fold is None:
        from brainstem_app.jobs.networks.train_folds import train_folds

        return train_folds(job, reporter)
    start = time.monotonic()
    study = Study.open(job.study)
    folder = study.run_folder(job.run)
    _require_same_run(folder / CONFIG_FILE, job)
    atlas = study_atlas(study)
    splits = _usable_splits(study, job)
    data = data_of(study, splits)
    require_same_data(folder, data)
    reporter = _also_into(folder / EVENTS_FILE, reporter)
    steps = job.epochs + _MEASURING
    reporter.progress(0, steps, "reading the prepared subjects")
    validation = volumes_of(study, splits.validation, atlas.table)
    training = volumes_of(study, splits.train, atlas.table, weighted=True)
    if ignored := int((training.labels == IGNORED).sum()):
        share = 100 * ignored / training.labels.size
        reporter.progress(0, steps, f"{share:.1f} % of the voxels are not drawn, and left out")
    if training.weights is not None:
        reporter.progress(0, steps, f"voxels count less where {UNCERTAINTY_FILE} says so")
    training = with_simulated(training, job.simulated, job.seed, atlas, reporter.stage(0, 0, steps))
    absent = absent_in(training, validation, atlas.table)
    warn_of_absent(absent, reporter, study.folder)
    reporter.progress(0, steps, "building the network")
    precision = prepare_device(job.precision, deterministic=job.deterministic)
    if precision != job.precision:
        reporter.warn(_IN_32_BITS)
    strategy = DeviceStrategy(gpus_to_use(job.gpus))
    with strategy.scope():
        model = _network(job, atlas)
    _require_memory(model, job)
    write_job(job, folder / CONFIG_FILE)
    manifest = RunManifest(
        job=job.model_dump(mode="json", exclude={"study"}),
        atlas=f"{atlas.name} {atlas.version}",
        atlas_sha256=labels_hash(atlas),
        splits=splits,
        absent=absent,
        data=data,
        software=software_versions(),
        device=_devices(folder, f"Keras on {_device(job)}" + ", 32 bits" * (precision != job.precision)),
        finished=False,
    )
    manifest.save(folder / MANIFEST_FILE)
    result = fit(
        model,
        training,
        validation,
        _settings(job, atlas),
        folder,
        on_event=lambda event: _pass_on(event, reporter, atlas.table),
        is_cancelled=reporter.is_cancelled,
        strategy=strategy,
    )
    if not result.finished:
        raise JobCancelled
    seconds = round(time.monotonic() - start, 1)
    manifest.model_copy(update={"seconds": seconds, "finished": True}).save(folder / MANIFEST_FILE)
    return _finish(study, folder, result, reporter.stage(job.epochs, steps, steps))


def _require_memory(model: keras.Model, job: TrainJob) -> None:
    """Refuse a training for which the memory does not suffice, and say which batch size would fit.

    A GPU has its own memory, which grows as it is needed, and fails at once where it does not suffice.
    """
    import psutil

    available = psutil.virtual_memory().available
    needed = training_bytes(model, job.batch_size)
    if needed <= available or gpu_count():
        return
    fitting = largest_batch(model, available)
    raise InputError(
        f"Training with batches of {job.batch_size} needs about {needed / 1e9:.1f} GB of memory; "
        f"{available / 1e9:.1f} GB are free.",
        None,
        f"Use batches of {fitting} or less (--batch-size {fitting}), or a smaller --size."
        if fitting
        else "Close other programs, or use a smaller --size.",
    )


def _network(job: TrainJob, atlas: AnyAtlas) -> keras.Model:
    """Build the network, with published weights in its encoder or those of another run if asked.

    Raises
    ------
    InputError
        If the file to start from holds another network.
    kerasmodels.errors.ModelError
        If the encoder's weights cannot be had or do not fit.
    """
    classes = atlas.table.n_classes
    # The weights of a run to start from replace those of the encoder anyway.
    weights = job.encoder_weights if job.start_from is None else None
    model = build_model(
        job.decoder, job.encoder, classes, job.input.shape, weights, library=job.library, seed=job.seed
    )
    if job.start_from is None:
        return model
    begun = load_keras(job.start_from)
    # The name tells topologies apart whose weights have the same shapes, as those of N- and U-DecoNet.
    same_shapes = [w.shape for w in begun.weights] == [w.shape for w in model.weights]
    if begun.name != model.name or not same_shapes:
        raise InputError(
            "The network to start from is another than the one to train.",
            job.start_from,
            "Give a file with the same encoder, decoder and number of classes.",
        )
    model.set_weights(begun.get_weights())
    return model


def _finish(study: Study, folder: Path, result: TrainingResult, reporter: Reporter) -> Summary:
    """Measure the best epoch on the validation subjects, unless it has been evaluated already."""
    if measured_now(folder) is None:
        evaluate_part(study, folder.name, "validation", reporter)
    for role in (BEST_NETWORK, HISTORY_FILE, METRICS_FILE):
        reporter.artifact(Path(role).stem, folder / role)
    best = next(row for row in result.history if row.epoch == result.best_epoch)
    return {
        "epochs": len(result.history),
        "best_epoch": best.epoch,
        "val_macro_miou": round(best.val_macro_miou, 4),
        "val_nuclei_miou": round(best.val_nuclei_miou, 4),
        "folder": str(folder),
    }


def _settings(job: TrainJob, atlas: AnyAtlas) -> TrainingSettings:
    return TrainingSettings(
        **job.learning().model_dump(),
        slice_input=job.input,
        nuclei=tuple(structure.index for structure in atlas.table.nuclei),
        augmentation=_augmentation(job, atlas),
    )


def _augmentation(job: TrainJob, atlas: AnyAtlas) -> Augmentation | None:
    chosen = AUGMENTATIONS[job.augment]
    if chosen is None:
        return None
    mirror = {"mirrored_indices": atlas.table.mirrored_indices(), "mirror_plane": float(BOX_MIDPLANE)}
    return chosen.model_copy(update=mirror)


def _usable_splits(study: Study, job: TrainJob) -> Splits:
    splits = run_splits(study, job)
    if not splits.train or not splits.validation:
        raise InputError(
            "The study has no subject to train on, or none to validate on.",
            study.folder,
            "Prepare at least three subjects.",
        )
    return splits


def _require_same_run(config: Path, job: TrainJob) -> None:
    """Refuse to go on with a run under other settings; more epochs may be asked for."""
    if not config.exists():
        return
    before, now = (found.model_dump(exclude=_MAY_CHANGE) for found in (read_job(config), job))
    changed = sorted(name for name in now if before.get(name) != now[name])
    if changed:
        raise InputError(
            f"The run “{job.run}” was begun with other settings: {', '.join(changed)}.",
            config,
            "Give the same settings to go on, or another --run name to begin anew.",
        )


def _also_into(path: Path, reporter: Reporter) -> Reporter:
    """Return a reporter whose events are also appended to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def emit(event: Event) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(event.model_dump_json() + "\n")
        reporter.emit(event)

    return Reporter(emit, reporter.is_cancelled)


def _pass_on(event: TrainingEvent, reporter: Reporter, table: LabelTable) -> None:
    if isinstance(event, BatchDone):
        share = _TRAINING_SHARE + (1 - _TRAINING_SHARE) * event.fraction if event.validating else 0.0
        done = event.epoch - 1 + (share or _TRAINING_SHARE * event.fraction)
        what = "validating" if event.validating else f"training, loss {event.loss:.3f}"
        message = f"epoch {event.epoch} of {event.epochs}: {what}"
        # Not `reporter.progress`: that raises, and Keras must leave its loop by itself.
        loss = None if event.validating or not math.isfinite(event.loss) else round(event.loss, 4)
        total = event.epochs + _MEASURING
        reporter.emit(Progress(done=done, total=total, message=message, loss=loss))
        return
    _pass_on_epoch(event, reporter, table)


def _pass_on_epoch(row: EpochDone, reporter: Reporter, table: LabelTable) -> None:
    values = {f"{IOU_OF}{nucleus.name}": row.val_iou[nucleus.index] for nucleus in table.nuclei}
    values |= {name: getattr(row, name) for name in ("loss", "val_loss", "val_macro_miou", "val_nuclei_miou")}
    for name, value in values.items():
        if math.isfinite(value):
            reporter.metric(name, value, row.epoch)


def _devices(run: Path, device: str) -> str:
    """Say what a run has been trained on, one after the other: now on this one."""
    earlier = read_manifest(run)
    before = earlier.device.split(_THEN) if earlier is not None else []
    return _THEN.join(before if before[-1:] == [device] else [*before, device])


def _device(job: TrainJob) -> str:
    gpus = len(gpus_to_use(job.gpus))
    return f"{gpus} GPU" if gpus else f"CPU, {counted(usable_cores(), 'core')}"
