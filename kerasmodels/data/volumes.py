"""Volumes in memory, and the order in which their slices are shown to a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasmodels.arguments import require
from kerasmodels.errors import ModelError

#: Label of pixels that nobody labelled: losses of training and all metrics leave them out.
IGNORED = 255


@dataclass(frozen=True)
class Volumes:
    """Volumes on one grid, and their labels.

    Parameters
    ----------
    images : ndarray of float32, (volumes, slices, height, width)
        Intensities, scaled as the network expects them. Slices that belong to no volume are volumes of one
        slice each.
    labels : ndarray of uint8, (volumes, slices, height, width)
        A class for every pixel, or `IGNORED`.
    weights : ndarray of float32, (volumes, slices, height, width), optional
        How much every pixel counts in the loss of training, 0 or more.

    Raises
    ------
    ModelError
        If shapes or types differ from this, there is no slice, an intensity is not finite, or a weight is not
        a number from 0 on.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]
    weights: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        given = {"images": self.images, "labels": self.labels, "weights": self.weights}
        for name, value in given.items():
            fits = isinstance(value, np.ndarray) or (name == "weights" and value is None)
            require(fits, name, value, "an array of NumPy")
        if self.images.ndim != 4 or self.images.shape != self.labels.shape:
            raise ModelError(
                f"Images {self.images.shape} and labels {self.labels.shape} differ in shape.",
                "Give both as (volumes, slices, height, width).",
            )
        if self.images.dtype != np.float32 or self.labels.dtype != np.uint8:
            raise ModelError(
                f"Images are {self.images.dtype}, labels {self.labels.dtype}.", "Give float32 and uint8."
            )
        if not self.images.size:
            raise ModelError("There is no slice.", "Give at least one.")
        if not np.isfinite(self.images).all():
            raise ModelError("Some intensities are not finite.", "Replace NaN and infinity before.")
        if self.weights is not None:
            _check_weights(self.weights, self.images.shape)

    @property
    def has_ignored(self) -> bool:
        """Whether a pixel's label is `IGNORED`."""
        return bool((self.labels == IGNORED).any())

    @property
    def largest_label(self) -> int:
        """Largest label, `IGNORED` not counted; 0 if there is no other."""
        return int(self.labels.max(initial=0, where=self.labels != IGNORED))

    @property
    def slices(self) -> int:
        """Number of slices in all volumes."""
        return int(self.images.shape[0] * self.images.shape[1])


def _check_weights(weights: NDArray[np.float32], shape: tuple[int, ...]) -> None:
    if weights.shape != shape or weights.dtype != np.float32:
        raise ModelError(
            f"Weights are {weights.dtype} of shape {weights.shape}, images of shape {shape}.",
            "Give float32 of the images' shape.",
        )
    if not (np.isfinite(weights).all() and weights.min() >= 0):
        raise ModelError("Some weights are negative or not finite.", "Give numbers from 0 on.")


def slice_order(slices: int, seed: int | None, epoch: int) -> NDArray[np.int64]:
    """Order of the slices in an epoch: as they are without a seed, else shuffled by seed and epoch alone."""
    if seed is None:
        return np.arange(slices, dtype=np.int64)
    return np.random.default_rng([seed, epoch]).permutation(slices).astype(np.int64)
