"""What a map of few values can hold at all, without any network, into map_capacity.json.

    python tests/paper/map_capacity.py --study STUDY

The reference labels of the validation subjects are fitted slice by slice: free logits on a map of N × N
values, enlarged as DeepLabV3 enlarges its own, go down cross-entropy, then the loss that networks are trained
with. What they hold in the end is a lower bound: a map that holds much does not keep a network from it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from kept_cells import nuclei_classes
from numpy.typing import NDArray
from page_deeplab import CAPACITY_FILE

from brainstem_app.evaluation.confusion import Counts, confusion_counts, macro_miou
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.models.slices import box_to_slices
from brainstem_app.study.study import Study
from kerasmodels.layers.resampling import corner_aligned_weights

#: Sides of maps of stride 8 at 64, 96 and 224 pixels.
SIDES = (8, 12, 28)
_BATCH = 32
#: Steps and rate of each descent: of cross-entropy, then of the loss of Table 1.
_CROSS_ENTROPY, _TABLES_LOSS = (200, 0.5), (300, 0.1)


def main() -> None:
    """Fit maps of every side and write how well each holds the labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    arguments = parser.parse_args()
    study = Study.open(arguments.study)
    classes = study_atlas(study).table.n_classes
    subjects = study.splits().validation
    labels = [box_to_slices(study.load_box(name).labels) for name in subjects]
    found = {}
    for side in SIDES:
        counts = np.sum([fitted(slices, side, classes) for slices in labels], axis=0)
        found[str(side)] = round(macro_miou(counts, nuclei_classes()) or 0.0, 4)
        print(side, found[str(side)], flush=True)
    content = {"what": "mean IoU of the nuclei", "subjects": list(subjects), "sides": found}
    CAPACITY_FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def fitted(labels: NDArray[np.uint8], side: int, classes: int) -> Counts:
    """Confusion of labels (slices, height, width) and of those that a map of this side holds of them."""
    shown = labels[np.isin(labels, nuclei_classes()).any(axis=(1, 2))]
    weights = corner_aligned_weights(side, shown.shape[1])
    held = [fit(shown[n : n + _BATCH], weights, classes) for n in range(0, len(shown), _BATCH)]
    return confusion_counts(shown, np.concatenate(held), classes, IGNORED_LABEL)


def fit(labels: NDArray[np.uint8], weights: NDArray[np.float32], classes: int) -> NDArray[np.uint8]:
    """Labels that logits on a map hold after fitting, of the shape of `labels`."""
    import tensorflow as tf

    from kerasmodels import make_loss

    wanted = tf.constant(np.where(labels == IGNORED_LABEL, 0, labels), tf.int32)
    counted = tf.constant(labels != IGNORED_LABEL, tf.float32)
    around = tf.constant(weights)
    logits = tf.Variable(tf.zeros((len(labels), weights.shape[1], weights.shape[1], classes)))
    tables_loss = make_loss("dicece", from_logits=True)

    def enlarged() -> tf.Tensor:
        return tf.einsum("ih,nhwk,jw->nijk", around, logits, around)

    def cross_entropy() -> tf.Tensor:
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, enlarged())
        return tf.reduce_sum(loss * counted)

    def descend(loss_of: Callable[[], tf.Tensor], steps: int, rate: float) -> None:
        optimiser = tf.keras.optimizers.Adam(rate)
        optimiser.build([logits])

        def step() -> None:
            with tf.GradientTape() as tape:
                loss = loss_of()
            optimiser.apply_gradients([(tape.gradient(loss, logits), logits)])

        compiled = tf.function(step)
        for _ in range(steps):
            compiled()

    descend(cross_entropy, *_CROSS_ENTROPY)
    descend(lambda: tables_loss(wanted, enlarged()), *_TABLES_LOSS)
    return np.asarray(tf.argmax(enlarged(), axis=-1)).astype(np.uint8)


if __name__ == "__main__":
    main()
