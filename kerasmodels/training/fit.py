"""A training run in a folder: it can be stopped at any batch and goes on after the last whole epoch."""

from __future__ import annotations

import csv
import math
import os
import shutil
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from kerasmodels.arguments import require, require_network, require_path, require_whole
from kerasmodels.data.augmented import AugmentedEpochs
from kerasmodels.data.batches import SliceBatches, slice_batches
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import IGNORED, Volumes, slice_order
from kerasmodels.errors import DivergedError, ModelError
from kerasmodels.export.keras_file import save_keras
from kerasmodels.export.replaced_file import WRITING
from kerasmodels.losses import make_loss
from kerasmodels.metrics.confusion import ConfusionMatrix
from kerasmodels.metrics.overlap import class_iou, macro_iou
from kerasmodels.names import COMPOUND_LOSSES
from kerasmodels.training.batch_watcher import BatchWatcher
from kerasmodels.training.checkpoint import RunState, read_state, restore, write_checkpoint
from kerasmodels.training.device_strategy import DeviceStrategy
from kerasmodels.training.events import EpochDone, TrainingEvent
from kerasmodels.training.learning_rate import WarmCosine
from kerasmodels.training.settings import TrainingSettings

#: Settings that may change when a run goes on. More epochs may be asked for, unless a schedule spans them.
_FREE_SETTINGS = {"epochs", "patience"}


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended.

    Parameters
    ----------
    finished : bool
        False if it was cancelled; starting it again goes on. True also if it stopped early.
    history : tuple of EpochDone
        One row an epoch done, those of earlier calls included.
    best_epoch : int or None
        Number, from 1, of the epoch in `best.keras`.
    """

    finished: bool
    history: tuple[EpochDone, ...]
    best_epoch: int | None


def fit(
    model: keras.Model,
    train: Volumes,
    validation: Volumes,
    settings: TrainingSettings,
    folder: str | Path,
    *,
    on_event: Callable[[TrainingEvent], None] = lambda event: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    strategy: DeviceStrategy | None = None,
    lean: bool = False,
    resumable: bool = True,
) -> TrainingResult:
    """Train a network; if the folder holds the run already, go on where it stopped.

    After every epoch the folder holds, each file replaced in one step: `best.keras` (the network with
    the best nuclei mean so far on the validation slices), `last.keras` (the network, the optimizer and
    the history) and `history.csv`. A run that was stopped and goes on sees the same batches, and on one
    machine's CPU ends with the same weights, as one that was not.

    Parameters
    ----------
    model : keras.Model
        From `build_model`; trained in place.
    train, validation : Volumes
        Images and labels; subjects of one must not be in the other. Weights of the training volumes count in
        the loss; validation is without weights. Pixels whose label is `IGNORED` count in neither.
    settings : TrainingSettings
        Epochs, batch size, loss and so on.
    folder : str or Path
        Folder of the run; made if it is not there.
    on_event : callable
        Told of every batch and epoch.
    is_cancelled : callable
        Asked after every batch; the run stops when it returns True.
    strategy : DeviceStrategy, optional
        Devices that share the work; the network must have been built in its `scope()`. One by default.
    lean : bool
        For short runs on a fast device, where compiling takes longer than training.
        Every batch is whole, so that steps are compiled once: the last slices of an epoch's order that do
        not fill a batch are left out (others every epoch), and validation takes batches that divide its
        slices. The network is left as after its best epoch.
    resumable : bool
        Whether the networks are written. Without, where that takes longer than training too, of the files
        there is `history.csv` alone, a stopped run begins anew, and the network is left as after its best
        epoch.

    Returns
    -------
    TrainingResult
        The network is left as after the last batch, unless `lean` or not `resumable`; `best.keras` is the
        one to keep.

    Raises
    ------
    DivergedError
        If the loss is not finite any more; the files of the last whole epoch are kept.
    ModelError
        If an argument is of the wrong type, the folder is a file or holds a run with other settings or
        another network, the network has no layer `logits` or takes other images than the settings make, a
        label is not a class, or the batches cannot be divided among the devices.
    """
    require_network("model", model)
    for name, volumes in {"train": train, "validation": validation}.items():
        require(isinstance(volumes, Volumes), name, volumes, "Volumes(images, labels)")
    require(isinstance(settings, TrainingSettings), "settings", settings, "TrainingSettings(…)")
    folder = require_path("folder", folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ModelError(f"{folder} leads through a file.", "Give a folder, there already or not.") from error
    for half_written in folder.glob(f"{WRITING}*"):
        shutil.rmtree(half_written, ignore_errors=True)
    run = _Run(model, train, validation, settings, folder, strategy or DeviceStrategy(), lean, resumable)
    run.resume()
    watcher = BatchWatcher(on_event, is_cancelled, settings.epochs, time.monotonic())
    with AugmentedEpochs(train, settings.augmentation, settings.seed, settings.epochs) as epochs:
        while not run.finished and not is_cancelled():
            done = run.epoch(epochs.volumes(run.state.epochs_done), watcher)
            if done is None:
                break
            on_event(done)
    run.take_best()
    best = run.state.best
    return TrainingResult(
        finished=run.finished,
        history=tuple(run.state.history),
        best_epoch=best.epoch if best else None,
    )


class _Run:
    """A run's network, twice: as it is trained and as it is validated, on the same weights."""

    def __init__(
        self,
        model: keras.Model,
        train: Volumes,
        validation: Volumes,
        settings: TrainingSettings,
        folder: Path,
        strategy: DeviceStrategy,
        lean: bool,
        resumable: bool,
    ) -> None:
        self.model, self.settings, self.folder = model, settings, folder
        self.lean, self.resumable = lean, resumable
        self.best_weights: list[NDArray[np.float32]] | None = None
        self.validation, self.strategy = replace(validation, weights=None), strategy
        self.classes = int(model.output_shape[-1])
        _check_network(model, settings.slice_input)
        for nucleus in settings.nuclei_of(self.classes):
            require_whole("a class of nuclei", nucleus, 0, self.classes - 1)
        _check_divisible(settings.batch_size, strategy)
        for volumes in (train, validation):
            _check_labels(volumes, self.classes)
        free = _FREE_SETTINGS - ({"epochs"} if settings.schedule != "constant" else set())
        kept = settings.model_dump(mode="json", exclude=free)
        self.state = RunState(
            {
                **kept,
                "network": model.name,
                "classes": self.classes,
                "slices": train.slices,
                # Not there without weights, or with all slices: runs of before go on.
                **({} if train.weights is None else {"weighted": True}),
                **({"lean": True} if lean else {}),
            }
        )
        # The loss sees the logits: exact where a softmax has rounded to 0 or 1.
        own = {"alpha": settings.alpha} if settings.loss in COMPOUND_LOSSES else {}
        partly = train.has_ignored or validation.has_ignored
        self.loss = make_loss(
            settings.loss, from_logits=True, ignore_label=IGNORED if partly else None, **own
        )
        with strategy.scope():
            self.trained = keras.Model(model.inputs, model.get_layer("logits").output)
            optimizer = strategy.adam(self._rate(train), settings.gradient_clip)
            self.trained.compile(optimizer=optimizer, loss=self.loss)
            # With 16-bit numbers Keras has put its scaling of the loss around it, whose state is kept too.
            self.optimizer = self.trained.optimizer
            self.optimizer.build(self.trained.trainable_variables)
        with strategy.validating():
            self.confusion = ConfusionMatrix(self.classes)
            self.validated = keras.Model(self.trained.inputs, self.trained.outputs)
            self.validated.compile(loss=self.loss, metrics=[self.confusion])

    def _rate(self, train: Volumes) -> float | WarmCosine:
        if self.settings.schedule == "constant":
            return self.settings.learning_rate
        steps = len(self._batches(train, epoch=0))
        return WarmCosine(self.settings.learning_rate, self.settings.epochs * steps)

    def _batches(self, volumes: Volumes, epoch: int | None = None) -> SliceBatches:
        """Batches of an epoch, shuffled, or of all slices in their order."""
        settings = self.settings
        order = slice_order(volumes.slices, None if epoch is None else settings.seed, epoch or 0)
        size = settings.batch_size
        if self.lean and epoch is None:
            size = _even_size(len(order), size)
        elif self.lean:
            order = order[: max(len(order) // size * size, min(size, len(order)))]
        if epoch is not None and self.strategy.needs_even_batches:
            order = order[: len(order) - len(order) % settings.batch_size % self.strategy.num_replicas]
        return slice_batches(volumes, order, size, settings.slice_input)

    @property
    def last(self) -> Path:
        """File of the network, optimizer and history."""
        return self.folder / "last.keras"

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the last ones were no better than an earlier one."""
        done, patience = self.state.epochs_done, self.settings.patience
        early = (
            patience is not None and self.state.best is not None and done - self.state.best.epoch >= patience
        )
        return early or done >= self.settings.epochs

    def resume(self) -> None:
        """Take over what the folder holds, if anything."""
        if not self.last.exists():
            return
        state = read_state(self.last)
        before, now = state.settings, self.state.settings
        changed = [k for k in dict.fromkeys((*now, "weighted", "lean")) if before.get(k) != now.get(k)]
        if changed:
            raise ModelError(
                f"The run in {self.folder} was begun with other settings ({', '.join(changed)}).",
                "Give the same settings to go on, or another folder to begin anew.",
            )
        with self.strategy.scope():
            restore(self.last, self.model, self.optimizer)
        self.state = state
        # A process that was killed just after it had written the network has not written this.
        _write_history(self.folder / "history.csv", state.history)

    def epoch(self, train: Volumes, watcher: BatchWatcher) -> EpochDone | None:
        """Train on an epoch's volumes and validate, and write the files; None if cancelled before that."""
        began, epoch = time.monotonic(), self.state.epochs_done
        batches = self._batches(train, epoch)
        watcher.begin(epoch + 1, len(batches))
        with warnings.catch_warnings(), self.strategy.training(self.trained, self.loss):
            # Of stages that a decoder keeps but does not use (see IdleStages): known, not to be told.
            warnings.filterwarnings("ignore", "Gradients do not exist for variables", UserWarning)
            fitted = self.trained.fit(batches, callbacks=[watcher], shuffle=False, verbose=0)
        if watcher.cancelled:
            return None
        loss = float(fitted.history["loss"][-1])
        self._require_finite(loss, epoch + 1)
        row = self._validate(watcher, epoch + 1, loss, began)
        if row is not None:
            self._write(row)
        return row

    def _validate(self, watcher: BatchWatcher, epoch: int, loss: float, began: float) -> EpochDone | None:
        batches = self._batches(self.validation)
        watcher.begin(epoch, len(batches))
        with self.strategy.validating():
            values = self.validated.evaluate(batches, callbacks=[watcher], verbose=0, return_dict=True)
        if watcher.cancelled:
            return None
        counts = self.confusion.counts()
        nuclei = macro_iou(counts, self.settings.nuclei_of(self.classes))
        best = self.state.best
        return EpochDone(
            epoch=epoch,
            loss=loss,
            val_loss=float(values["loss"]),
            val_macro_miou=macro_iou(counts),
            val_nuclei_miou=nuclei,
            seconds=time.monotonic() - began,
            best=best is None or nuclei > best.val_nuclei_miou or math.isnan(best.val_nuclei_miou),
            val_iou=tuple(class_iou(counts).tolist()),
        )

    def _write(self, row: EpochDone) -> None:
        self.state.history.append(row)
        if row.best and not self.resumable:
            self.best_weights = self.model.get_weights()
        elif row.best:
            save_keras(self.model, self.folder / "best.keras", half=False)
        if self.resumable:
            write_checkpoint(self.last, self.model, self.optimizer, self.state)
        _write_history(self.folder / "history.csv", self.state.history)

    def take_best(self) -> None:
        """Give the network of a lean run, or of one that wrote none, the weights of its best epoch."""
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
        elif self.lean and self.resumable and self.state.best is not None:
            self.model.load_weights(self.folder / "best.keras")

    def _require_finite(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"The training loss is not a number any more (epoch {epoch}).",
                "Lower the learning rate, or look for slices with extreme intensities.",
            )


def _check_network(model: keras.Model, slice_input: SliceInput) -> None:
    named = {layer.name for layer in model.layers}
    require("logits" in named, "model", model, "a network from build_model: its layer logits is trained")
    if tuple(model.input_shape[1:]) != slice_input.shape:
        raise ModelError(
            f"The network takes images of {model.input_shape[1:]}, the settings make {slice_input.shape}.",
            "Build it with input_shape=settings.slice_input.shape.",
        )


def _check_divisible(batch_size: int, strategy: DeviceStrategy) -> None:
    devices = strategy.num_replicas
    if batch_size % devices:
        raise ModelError(
            f"Batches of {batch_size} slices cannot be divided evenly among {devices} devices.",
            f"Take batches of {-(-batch_size // devices) * devices}, or other devices.",
        )


def _even_size(slices: int, size: int) -> int:
    """Largest number of slices up to five times a batch that divides all of them."""
    return max(number for number in range(1, 5 * size + 1) if slices % number == 0)


def _check_labels(volumes: Volumes, classes: int) -> None:
    largest = volumes.largest_label
    if largest >= classes:
        raise ModelError(
            f"There is a label {largest}, but the network has {classes} classes (0 to {classes - 1}).",
            f"Build the network with classes={largest + 1}, or correct the labels.",
        )


def _write_history(path: Path, history: list[EpochDone]) -> None:
    part = path.with_name(f"{WRITING}{path.name}")
    with part.open("w", newline="", encoding="utf-8") as file:
        names = [column.name for column in fields(EpochDone) if column.name != "val_iou"]
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(asdict(row) for row in history)
    os.replace(part, path)  # noqa: PTH105 - the point is the one system call
