"""The volumes a network is trained and validated on: those of a study, and of simulated subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from brainstem_app.atlas.library import Atlas
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.slices import box_to_slices
from brainstem_app.study.study import Study
from kerasmodels.data.volumes import Volumes


def volumes_of(study: Study, names: Sequence[str]) -> Volumes:
    """Stack prepared subjects, the slices of each from below upwards.

    Raises
    ------
    InputError
        If a subject's files are missing or damaged.
    """
    boxes = [study.load_box(name) for name in names]
    return Volumes(
        images=np.stack([box_to_slices(box.image) for box in boxes]),
        labels=np.stack([box_to_slices(box.labels) for box in boxes]),
    )


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
