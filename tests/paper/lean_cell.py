"""One cell trained and tested in memory, for a device on which files take longer than training.

What is left is what a comparison leaves (`cell.json`, `history.csv`, counts of the test subjects), so that a
study takes the cell as done; there is no network unless asked for, and no report of the run.
"""

from __future__ import annotations

import gc
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from packed_cells import SETTINGS_FILE, WEIGHTS_FILE, save_counts
from small_weights import save_small
from variants import varied

from brainstem_app.atlas.library import AnyAtlas
from brainstem_app.evaluation.confusion import Counts, confusion_counts
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.imaging.spaces import BOX_MIDPLANE, BOX_SHAPE
from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.networks.training_volumes import volumes_of
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.models.method import PredictionContext, PredictionMethod
from brainstem_app.models.slices import area_matrix, box_to_slices, enlarge
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.evaluation.build import build_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, MethodResult
from brainstem_app.study.cell_record import CELL_FILE, PREDICTIONS_FILE, CellRecord, Measured
from brainstem_app.study.study import Study
from kerasmodels.data.augmentation import AUGMENTATIONS, Augmentation
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.training.events import EpochDone
from kerasmodels.training.settings import TrainingSettings

if TYPE_CHECKING:
    import keras

ATLAS_ALONE = "atlas placed by the normalisation"
_GIB = 2**30


@dataclass(frozen=True)
class Subjects:
    """All subjects of a study, read once.

    Attributes
    ----------
    train, validation : Volumes
        What is learned from and what chooses the epoch.
    tested : dict of str to (ndarray of float32, ndarray of uint8)
        Slices (73, 50, 50) and reference labels (50, 50, 73) of the test subjects.
    """

    study: Study
    atlas: AnyAtlas
    train: Volumes
    validation: Volumes
    tested: dict[str, tuple[NDArray[np.float32], NDArray[np.uint8]]]

    @classmethod
    def read(cls, study: Study) -> Subjects:
        """Read a study."""
        atlas, splits = study_atlas(study), study.splits()
        boxes = {name: study.load_box(name) for name in splits.test}
        return cls(
            study=study,
            atlas=atlas,
            train=volumes_of(study, splits.train, atlas.table, weighted=True),
            validation=volumes_of(study, splits.validation, atlas.table),
            tested={name: (box_to_slices(box.image), box.labels) for name, box in boxes.items()},
        )


def run_lean(
    job: TrainJob,
    subjects: Subjects,
    folder: Path,
    variant: str = "",
    *,
    device: str = "",
    keep: bool = False,
    resumable: bool = False,
) -> CellRecord:
    """Train and test a cell; its files lie in the folder.

    Parameters
    ----------
    job : TrainJob
        Settings; where its study lies does not matter.
    subjects : Subjects
        What it is trained and tested on.
    folder : Path
        Gets the files of the cell, ``cell.json`` last.
    variant : str
        Of `variants`, empty for the published network.
    device : str
        What the record says it was computed on.
    keep : bool
        Whether the weights are kept too, with eight bits each.
    resumable : bool
        Whether networks are written after each epoch, and those in the folder gone on with: for a processor,
        where an epoch takes minutes.
    """
    import keras

    from kerasmodels import build_model
    from kerasmodels.training.device import prepare_device
    from kerasmodels.training.fit import fit

    start = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    if prepare_device(job.precision) != job.precision:
        raise ValueError(f"This machine does not compute in {job.precision} precision.")
    with varied(variant):
        model = build_model(
            job.decoder,
            job.encoder,
            subjects.atlas.table.n_classes,
            job.input.shape,
            job.encoder_weights,
            seed=job.seed,
        )
    settings = _settings(job, subjects.atlas)
    result = fit(model, subjects.train, subjects.validation, settings, folder, lean=True, resumable=resumable)
    counts = _tested(model, job, subjects)
    record = _record(model, result.history, _measured(job, subjects, counts), start, device)
    if keep:
        save_small(model, folder / WEIGHTS_FILE)
    save_counts(folder / PREDICTIONS_FILE, counts)
    said = {**job.model_dump(mode="json", exclude={"study", "run", "kind", "version"}), "variant": variant}
    (folder / SETTINGS_FILE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    for network in folder.glob("*.keras"):
        network.unlink()
    record.save(folder / CELL_FILE)
    del model
    keras.backend.clear_session(free_memory=False)
    gc.collect()
    return record


def _settings(job: TrainJob, atlas: AnyAtlas) -> TrainingSettings:
    augmentation: Augmentation | None = AUGMENTATIONS[job.augment]
    if augmentation is not None:
        mirror = {"mirrored_indices": atlas.table.mirrored_indices(), "mirror_plane": float(BOX_MIDPLANE)}
        augmentation = augmentation.model_copy(update=mirror)
    return TrainingSettings(
        **job.learning().model_dump(),
        slice_input=job.input,
        nuclei=tuple(structure.index for structure in atlas.table.nuclei),
        augmentation=augmentation,
    )


def _tested(model: keras.Model, job: TrainJob, subjects: Subjects) -> dict[str, Counts]:
    """Confusion counts of the test subjects; probabilities are shrunk to the box where they are computed."""
    import keras
    from keras import ops

    shrunk = area_matrix(job.input.size, BOX_SHAPE[0])
    x = ops.einsum("ih,shwk->siwk", shrunk, model.output)
    x = ops.einsum("jw,siwk->sijk", shrunk, x)
    labelling = keras.Model(model.input, ops.argmax(x, axis=-1))
    counts = {}
    for name, (slices, reference) in subjects.tested.items():
        labels = labelling.predict_on_batch(enlarge(job.input.stack(slices), job.input.size))
        box = np.moveaxis(np.asarray(labels), 0, 2).astype(np.uint8)
        counts[name] = confusion_counts(reference, box, subjects.atlas.table.n_classes, IGNORED_LABEL)
    return counts


def atlas_alone(atlas: AnyAtlas, references: Mapping[str, NDArray[np.uint8]]) -> dict[str, Counts]:
    """Confusion counts of the atlas as the normalisation places it, by subject; nothing of a drawn atlas."""
    placed = PredictionContext.of(atlas, SliceInput(), PredictionMethod()).atlas
    if placed is None:
        return {}
    return {
        name: confusion_counts(reference, placed, atlas.table.n_classes, IGNORED_LABEL)
        for name, reference in references.items()
    }


def _measured(
    job: TrainJob, subjects: Subjects, counts: dict[str, Counts]
) -> tuple[Measured, Measured, dict[str, tuple[float | None, float | None]]]:
    """Mean IoU over all structures and over the nuclei as a run's report has them, and of the atlas alone."""
    atlas = subjects.atlas
    alone = atlas_alone(atlas, {name: reference for name, (_, reference) in subjects.tested.items()})
    report = build_evaluation_report(
        EvaluationInputs(
            result=MethodResult("prediction", counts, {}),
            table=atlas.table,
            atlas_name=atlas.name,
            atlas_version=atlas.version,
            baselines=(MethodResult(ATLAS_ALONE, alone, {}),) if alone else (),
        )
    )
    baselines = {y.name: (y.macro_miou.value, y.macro_miou_nuclei.value) for y in report.baselines}
    return _of(report.summary.macro_miou), _of(report.summary.macro_miou_nuclei), baselines


def _of(estimate: Estimate) -> Measured:
    return Measured(value=estimate.value, low=estimate.low, high=estimate.high)


def _record(
    model: keras.Model,
    history: tuple[EpochDone, ...],
    measured: tuple[Measured, Measured, dict[str, tuple[float | None, float | None]]],
    start: float,
    device: str,
) -> CellRecord:
    import resource

    best = max(history, key=lambda row: row.epoch if row.best else 0)
    return CellRecord(
        state="finished",
        parameters=sum(math.prod(weight.shape) for weight in model.trainable_weights),
        epochs=len(history),
        best_epoch=best.epoch,
        val_macro_miou=_finite(best.val_macro_miou),
        val_nuclei_miou=_finite(best.val_nuclei_miou),
        macro_miou=measured[0],
        macro_miou_nuclei=measured[1],
        baselines=measured[2],
        # What was gone on with began before.
        seconds=round(max(time.monotonic() - start, sum(row.seconds for row in history)), 1),
        seconds_per_epoch=round(float(np.median([row.seconds for row in history])), 3),
        memory_gib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _GIB, 2),
        device=device,
    )


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
