"""The volumes a network is trained and validated on: those of a study, and of simulated subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import Atlas
from brainstem_app.errors import InputError
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.slices import box_to_slices
from brainstem_app.study.study import Study
from kerasmodels.data.volumes import Volumes


def volumes_of(study: Study, names: Sequence[str], table: LabelTable | None = None) -> Volumes:
    """Stack prepared subjects, the slices of each from below upwards.

    Raises
    ------
    InputError
        If a subject's files are missing or damaged, hold what is no number, or a label that `table` has not.
    """
    boxes = [study.load_box(name) for name in names]
    for box in boxes:
        largest = int(box.labels.max())
        if table is not None and largest >= table.n_classes:
            raise InputError(
                f"The labels of {box.name} hold {largest}, which the atlas of the study does not have: its "
                f"labels go from 0 to {table.n_classes - 1}.",
                study.subject_folder(box.name) / "labels_box.nii.gz",
                "Delete the subject's folder and run `brainstem-app prepare` again.",
            )
    return Volumes(
        images=np.stack([box_to_slices(box.image) for box in boxes]),
        labels=np.stack([box_to_slices(box.labels) for box in boxes]),
    )


def absent_structures(volumes: Volumes, table: LabelTable) -> tuple[str, ...]:
    """Names of the structures of a table that no voxel of the volumes has, in the table's order."""
    counts = np.bincount(volumes.labels.ravel(), minlength=table.n_classes)
    return tuple(structure.name for structure in table.structures if not counts[structure.index])


def with_simulated(real: Volumes, subjects: int, seed: int, atlas: Atlas, reporter: Reporter) -> Volumes:
    """Add simulated subjects; the same seed gives the same ones.

    Raises
    ------
    JobCancelled
        If the user cancels.
    """
    if not subjects:
        return real
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
    return Volumes(np.stack(images), np.stack(labels))
