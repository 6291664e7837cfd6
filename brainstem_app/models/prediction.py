"""From a normalised box to its labels, whatever runs the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import BOX_SHAPE
from brainstem_app.models.slices import FloatArray, box_to_slices, enlarge, shrink, slices_to_box
from kerasmodels.data.slice_input import SliceInput

BATCH_SIZE = 8
Report = Callable[[float, str], None]


class Predictor(Protocol):
    """A loaded network.

    Attributes
    ----------
    device : str
        What computes, for the manifest.
    """

    device: str

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities (N, size, size, K) of images (N, size, size, channels)."""


@dataclass(frozen=True)
class Prediction:
    """Labels of one box.

    Attributes
    ----------
    labels : ndarray of uint8, shape (50, 50, 73)
        The most probable class.
    confidence : ndarray of float32, shape (50, 50, 73)
        Its probability, 0…1.
    """

    labels: NDArray[np.uint8]
    confidence: FloatArray


def predict_box(
    predictor: Predictor,
    box: FloatArray,
    classes: int,
    slice_input: SliceInput,
    report: Report = lambda fraction, text: None,
) -> Prediction:
    """Label a normalised box slice by slice, in batches that bound the memory.

    Parameters
    ----------
    box : ndarray of float32, shape (50, 50, 73)
        Normalised intensities.
    classes : int
        Number of classes the model card promises.
    slice_input : SliceInput
        What the network sees of a slice.
    report : callable
        Called with the fraction done; may raise to stop.

    Raises
    ------
    InputError
        If the network's output has another number of classes or another shape.
    """
    if box.shape != BOX_SHAPE:
        raise ValueError(f"a box of shape {BOX_SHAPE} is needed, not {box.shape}")
    slices = slice_input.stack(box_to_slices(box.astype(np.float32, copy=False)))
    labels = np.zeros(slices.shape[:3], dtype=np.uint8)
    confidence = np.zeros(slices.shape[:3], dtype=np.float32)
    for start in range(0, len(slices), BATCH_SIZE):
        report(start / len(slices), "labelling the slices")
        part = slice(start, start + BATCH_SIZE)
        images = enlarge(slices[part], slice_input.size)
        probabilities = predictor.run(images)
        _require_shape(probabilities, (*images.shape[:3], classes))
        small = shrink(probabilities)
        labels[part] = small.argmax(axis=-1)
        confidence[part] = small.max(axis=-1)
    return Prediction(slices_to_box(labels), slices_to_box(confidence))


def _require_shape(probabilities: FloatArray, expected: tuple[int, ...]) -> None:
    if probabilities.shape != expected:
        raise InputError(
            f"The network gives {probabilities.shape}, where its model card promises {expected}.",
            None,
            "Use a model that was exported by this program, with its own model.json.",
        )
