"""From a normalised box to its labels, whatever runs the network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.warped import labels_under
from brainstem_app.errors import InputError
from brainstem_app.evaluation.calibration import calibrated, confidence_of
from brainstem_app.imaging.spaces import BOX_SHAPE, mirrored_order
from brainstem_app.models.method import PredictionContext
from brainstem_app.models.slices import FloatArray, box_to_slices, enlarge, shrink
from brainstem_app.progress import ProgressCallback

#: Slices that are in work at a time, whatever number of them a network is given at once.
BATCH_SIZE = 8
# Fewer than this cost more time each.
_SMALLEST_BATCH = 2


class Predictor(Protocol):
    """A loaded network.

    Attributes
    ----------
    device : str
        What computes, for the manifest.
    lanes : int
        How many threads may ask it at a time: more than one where each keeps one core busy.
    """

    device: str
    lanes: int

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities (N, size, size, K) of images (N, size, size, channels)."""


class SharedPredictor:
    """A network that several scans ask: all of them together no more at a time than one scan would alone.

    Parameters
    ----------
    network : Predictor
        A graphics card answers one thread only.
    """

    def __init__(self, network: Predictor) -> None:
        self._network = network
        self.lanes = network.lanes
        self._turns = BoundedSemaphore(network.lanes)
        self.device = network.device

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities of images; see `Predictor.run`."""
        with self._turns:
            probabilities = self._network.run(images)
            # A card that fails hands over to the processor.
            self.device = self._network.device
        return probabilities


@dataclass(frozen=True)
class Prediction:
    """Labels of one box.

    Attributes
    ----------
    labels : ndarray of uint8, shape (50, 50, 73)
        The label of each voxel, by the model's method.
    confidence : ndarray of float32, shape (50, 50, 73)
        The network's probability of that label, 0…1; of a nucleus at the method's temperature.
    most_probable : ndarray of uint8, shape (50, 50, 73)
        The network's most probable class: the same as `labels` if the method leaves it at that.
    displacement : ndarray of float32, shape (3, 50, 50, 73), or None
        Where the label at x lies in the atlas, x + d(x), voxels, if labels and volumes come from the warp.
    class_confidence : ndarray of float32, shape (50, 50, 73, K), or None
        Then, the confidence that each voxel would have as each class.
    """

    labels: NDArray[np.uint8]
    confidence: FloatArray
    most_probable: NDArray[np.uint8]
    displacement: FloatArray | None = None
    class_confidence: FloatArray | None = None


def predict_box(
    predictor: Predictor,
    box: FloatArray,
    context: PredictionContext,
    report: ProgressCallback = lambda fraction, text: None,
) -> Prediction:
    """Label a normalised box.

    Parameters
    ----------
    box : ndarray of float32, shape (50, 50, 73)
        Normalised intensities.
    context : PredictionContext
        What the network sees, and what is made of its probabilities.
    report : callable
        Called with the fraction done; may raise to stop.

    Raises
    ------
    InputError
        If the network's output has another number of classes or another shape.
    """
    return predict_with_probabilities(predictor, box, context, report)[0]


def predict_with_probabilities(
    predictor: Predictor,
    box: FloatArray,
    context: PredictionContext,
    report: ProgressCallback = lambda fraction, text: None,
) -> tuple[Prediction, FloatArray]:
    """Label a normalised box as `predict_box`, and keep the probabilities (50, 50, 73, K): 25 MB."""
    if box.shape != BOX_SHAPE:
        raise ValueError(f"a box of shape {BOX_SHAPE} is needed, not {box.shape}")
    # The shares of the time that networks and fit take.
    network = 0.75 if context.method.fit_atlas else 1.0
    probabilities = class_probabilities(
        predictor, box, context, lambda done, text: report(network * done, text)
    )
    if context.method.fit_atlas:
        report(network, "bending the atlas to what the network sees")
    return label_box(probabilities, context, box), probabilities


def label_box(probabilities: FloatArray, context: PredictionContext, box: FloatArray) -> Prediction:
    """Label a box (50, 50, 73) by the probabilities (50, 50, 73, K) of its classes and its intensities."""
    most_probable = probabilities.argmax(axis=-1).astype(np.uint8)
    method = context.method
    if not method.fit_atlas:
        return Prediction(most_probable, _confidence(probabilities, most_probable, context), most_probable)
    from brainstem_app.models.atlas_fit import fit_atlas

    # To the probabilities as they are: the temperature is for the confidence alone.
    images = (box, context.template()) if method.fit.needs_images else None
    if not method.fit.from_warp:
        labels = fit_atlas(probabilities, context.bent_atlas, context.usual, method.fit, images).voted()
        return Prediction(labels, _confidence(probabilities, labels, context), most_probable)
    # The fit keeps one core busy for most of its time.
    with ThreadPoolExecutor(1) as beside:
        sure = beside.submit(calibrated, probabilities, method.temperature, context.nuclei)
        fit = fit_atlas(probabilities, context.bent_atlas, context.usual, method.fit, images)
    labels = labels_under(context.bent_atlas, fit.displacement)
    return Prediction(
        labels, _confidence(probabilities, labels, context), most_probable, fit.displacement, sure.result()
    )


def _confidence(
    probabilities: FloatArray, labels: NDArray[np.uint8], context: PredictionContext
) -> FloatArray:
    return confidence_of(probabilities, labels, context.method.temperature, context.nuclei)


def class_probabilities(
    predictor: Predictor, box: FloatArray, context: PredictionContext, report: ProgressCallback
) -> FloatArray:
    """Probability of every class at every voxel of a box, shape (50, 50, 73, K).

    Slice by slice, in batches that bound the memory; as many of them side by side as the network answers.
    """
    sides = _Sides.of(box, context)
    probabilities = np.zeros((*BOX_SHAPE, context.classes), dtype=np.float32)
    size = max(_SMALLEST_BATCH, BATCH_SIZE // predictor.lanes)
    batches = [slice(start, start + size) for start in range(0, BOX_SHAPE[2], size)]
    report(0.0, "labelling the slices")
    pool = ThreadPoolExecutor(predictor.lanes)
    try:
        found = pool.map(lambda batch: sides.probabilities(predictor, batch), batches)
        for number, (batch, of_slices) in enumerate(zip(batches, found, strict=True), start=1):
            probabilities[:, :, batch] = np.moveaxis(of_slices, 0, 2)
            report(number / len(batches), "labelling the slices")
    finally:
        pool.shutdown(cancel_futures=True)
    return probabilities


@dataclass(frozen=True)
class _Sides:
    """Slices of a box, and of its mirror image if that is asked for too."""

    context: PredictionContext
    straight: FloatArray
    mirrored: FloatArray | None

    @classmethod
    def of(cls, box: FloatArray, context: PredictionContext) -> _Sides:
        box = box.astype(np.float32, copy=False)
        stack = context.slice_input.stack
        turned = mirrored_order(context.method.mirror_plane)
        mirrored = stack(box_to_slices(box[turned])) if context.method.mirror else None
        return cls(context, stack(box_to_slices(box)), mirrored)

    def probabilities(self, predictor: Predictor, batch: slice) -> FloatArray:
        """Probabilities (N, 50, 50, K) of some slices."""
        straight = self._answer(predictor, self.straight[batch])
        if self.mirrored is None:
            return straight
        turned, order = mirrored_order(self.context.method.mirror_plane), list(self.context.mirrored)
        mirrored = self._answer(predictor, self.mirrored[batch])[:, turned][..., order]
        # The square root of the product, divided by its sum: where both agree it is what each says.
        mean: FloatArray = np.sqrt(straight * mirrored)
        mean /= np.maximum(mean.sum(axis=-1, keepdims=True), 1e-12)
        return mean

    def _answer(self, predictor: Predictor, slices: FloatArray) -> FloatArray:
        images = enlarge(slices, self.context.slice_input.size)
        large = predictor.run(images)
        _require_shape(large, (*images.shape[:3], self.context.classes))
        return shrink(large)


def _require_shape(probabilities: FloatArray, expected: tuple[int, ...]) -> None:
    if probabilities.shape != expected:
        raise InputError(
            f"The network gives {probabilities.shape}, where its model card promises {expected}.",
            None,
            "Use a model that was exported by this program, with its own model.json.",
        )
