"""The volumes a network is trained and validated on: those of a study, and of simulated subjects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import AnyAtlas, Atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.imaging.spaces import BOX_SHAPE
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.slices import box_to_slices
from brainstem_app.study.run_manifest import Absent
from brainstem_app.study.study import Study
from brainstem_app.written_files import LABELS_BOX_FILE
from kerasmodels.data.volumes import Volumes

#: Where the reference may be off by this, a voxel counts half in training, mm.
HALF_WEIGHT_MM = 1.0
_LEAST_WEIGHT = 0.1
_MOST_NAMED = 12
_LOOK = "Prepare more subjects, or look at the reference labels of those that are there."


def weights_of(uncertainty_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much voxels count in training whose reference may be off by u mm: 1 / (1 + u²), at least 0.1."""
    return np.maximum(1 / (1 + (uncertainty_mm / HALF_WEIGHT_MM) ** 2), _LEAST_WEIGHT).astype(np.float32)


def volumes_of(
    study: Study, names: Sequence[str], table: LabelTable | None = None, *, weighted: bool = False
) -> Volumes:
    """Stack prepared subjects, the slices of each from below upwards.

    With `weighted`, and if the study says of any of them how far its reference may be off, voxels get weights
    (`weights_of`); those of subjects of which it is not known count fully.

    Raises
    ------
    InputError
        If a subject's files are missing or damaged, hold what is no number, or a label that `table` has not.
    """
    boxes = [study.load_box(name) for name in names]
    for box in boxes:
        largest = int(box.labels.max(initial=0, where=box.labels != IGNORED_LABEL))
        if table is not None and largest >= table.n_classes:
            raise InputError(
                f"The labels of {box.name} hold {largest}, which the atlas of the study does not have: its "
                f"labels go from 0 to {table.n_classes - 1}.",
                study.subject_folder(box.name) / LABELS_BOX_FILE,
                "Delete the subject's folder and run `brainstem-app prepare` again.",
            )
    return Volumes(
        images=np.stack([box_to_slices(box.image) for box in boxes]),
        labels=np.stack([box_to_slices(box.labels) for box in boxes]),
        weights=_weights(study, names) if weighted else None,
    )


def _weights(study: Study, names: Sequence[str]) -> NDArray[np.float32] | None:
    known = [study.load_uncertainty(name) for name in names]
    if all(one is None for one in known):
        return None
    certain = np.zeros(BOX_SHAPE, dtype=np.float32)
    return np.stack([box_to_slices(weights_of(certain if one is None else one)) for one in known])


def absent_in(training: Volumes, validation: Volumes, table: LabelTable) -> Absent:
    """Structures of a table that no voxel of the volumes that are trained, or validated, on has."""
    names = [
        tuple(structure.name for structure in table.structures if not counts[structure.index])
        for counts in (
            np.bincount(part.labels.ravel(), minlength=table.n_classes) for part in (training, validation)
        )
    ]
    return Absent(training=names[0], validation=names[1])


def warn_of_absent(absent: Absent, reporter: Reporter, study: Path) -> None:
    """Say which structures nobody has, and what that means."""
    if absent.training:
        reporter.warn(
            f"No training subject has {_listed(absent.training)}: the network will not find what it has "
            "never seen.",
            study,
            _LOOK,
        )
    if absent.validation:
        reporter.warn(
            f"No validation subject has {_listed(absent.validation)}: how well the network finds it has no "
            "say in which epoch is the best.",
            study,
            _LOOK,
        )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more (all are in manifest.json)"
    return ", ".join(names[:_MOST_NAMED]) + (more if len(names) > _MOST_NAMED else "")


def with_simulated(real: Volumes, subjects: int, seed: int, atlas: AnyAtlas, reporter: Reporter) -> Volumes:
    """Add simulated subjects; the same seed gives the same ones.

    Raises
    ------
    InputError
        If the labels have no map that simulated heads could be made from.
    JobCancelled
        If the user cancels.
    """
    if not subjects:
        return real
    if not isinstance(atlas, Atlas):
        raise InputError(
            f"Simulated subjects cannot have the labels {atlas.name}: there is no map of them on the "
            "template.",
            atlas.folder,
            "Leave --simulated out; --augmentation makes more of the subjects that are there.",
        )
    from brainstem_app.preprocessing.template import load_template
    from brainstem_app.simulation.box import simulate_box

    template = load_template()
    images, labels = [*real.images], [*real.labels]
    for number in range(subjects):
        reporter.progress(number, subjects, f"simulating subject {number + 1} of {subjects}")
        generator = np.random.default_rng([seed, number])
        image, label_map = simulate_box(generator, template, atlas.labels)
        images.append(box_to_slices(image))
        labels.append(box_to_slices(label_map))
    weights = real.weights
    if weights is not None:  # what is simulated is known
        weights = np.concatenate([weights, np.ones((subjects, *weights.shape[1:]), np.float32)])
    return Volumes(np.stack(images), np.stack(labels), weights)
