"""The slices a network is trained and validated on: those of a study, and of simulated subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from brainstem_app.atlas.library import Atlas
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.slices import box_to_slices
from brainstem_app.study.study import Study
from kerasmodels.data.slices import SliceArrays


def slices_of(study: Study, names: Sequence[str]) -> SliceArrays:
    """Axial slices of prepared subjects, one after the other, each from below upwards.

    Raises
    ------
    InputError
        If a subject's files are missing or damaged.
    """
    boxes = [study.load_box(name) for name in names]
    return SliceArrays(
        images=np.concatenate([box_to_slices(box.image) for box in boxes]),
        labels=np.concatenate([box_to_slices(box.labels) for box in boxes]),
    )


def with_simulated(
    real: SliceArrays, subjects: int, seed: int, atlas: Atlas, reporter: Reporter
) -> SliceArrays:
    """Add the slices of simulated subjects; the same seed gives the same ones.

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
    images, labels = [real.images], [real.labels]
    for number in range(subjects):
        reporter.progress(number, subjects, f"simulating subject {number + 1} of {subjects}")
        generator = np.random.default_rng([seed, number])
        image, label_map = simulate_box(generator, template, atlas.labels)
        images.append(box_to_slices(image))
        labels.append(box_to_slices(label_map))
    return SliceArrays(np.concatenate(images), np.concatenate(labels))
