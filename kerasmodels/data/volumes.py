"""Volumes in memory, and the order in which their slices are shown to a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasmodels.errors import ModelError


@dataclass(frozen=True)
class Volumes:
    """Volumes on one grid, and their labels.

    Parameters
    ----------
    images : ndarray of float32, (volumes, slices, height, width)
        Intensities, scaled as the network expects them. Slices that belong to no volume are volumes of one
        slice each.
    labels : ndarray of uint8, (volumes, slices, height, width)
        A class for every pixel.

    Raises
    ------
    ModelError
        If shapes or types differ from this, there is no slice, or an intensity is not finite.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
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

    @property
    def slices(self) -> int:
        """Number of slices in all volumes."""
        return int(self.images.shape[0] * self.images.shape[1])


def slice_order(slices: int, seed: int | None, epoch: int) -> NDArray[np.int64]:
    """Order of the slices in an epoch: as they are without a seed, else shuffled by seed and epoch alone."""
    if seed is None:
        return np.arange(slices, dtype=np.int64)
    return np.random.default_rng([seed, epoch]).permutation(slices).astype(np.int64)
