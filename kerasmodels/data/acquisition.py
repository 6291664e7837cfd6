"""What a scanner does along one axis of a volume, as matrices (size, size) that multiply it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def thick_slice_matrix(size: int, thickness: float, offset: float = 0.0) -> NDArray[np.float32]:
    """See an axis in thick slices: means over their thickness, straight lines between their middles.

    Parameters
    ----------
    size : int
        Voxels along the axis.
    thickness : float
        Voxels a slice, at least 1.
    offset : float
        Where the first slice begins: that share of a slice before the first voxel, 0 to 1.
    """
    edges = np.arange(-offset * thickness, size + thickness, thickness)
    voxels = np.arange(size + 1.0)
    covered = np.minimum(edges[1:, None], voxels[1:]) - np.maximum(edges[:-1, None], voxels[:-1])
    covered = np.maximum(covered, 0.0)
    seen = covered.sum(axis=1) > 0
    means = covered[seen] / covered[seen].sum(axis=1, keepdims=True)
    middles = (edges[1:] + edges[:-1])[seen] / 2 - 0.5
    between = np.stack([np.interp(voxels[:-1], middles, unit) for unit in np.eye(len(middles))], axis=1)
    return np.asarray(between @ means, dtype=np.float32)


def ringing_matrix(size: int, kept: float) -> NDArray[np.float32]:
    """Leave out the highest spatial frequencies of an axis: edges ring (Gibbs).

    Parameters
    ----------
    size : int
        Voxels along the axis.
    kept : float
        Share of the frequencies that stay, from the lowest; 1 leaves all.
    """
    # The axis and its mirror image, so that one end does not ring at the other.
    twice = np.concatenate([np.eye(size), np.eye(size)[::-1]])
    spectrum = np.fft.rfft(twice, axis=0)
    spectrum[1 + int(np.floor(kept * size)) :] = 0
    return np.fft.irfft(spectrum, 2 * size, axis=0)[:size].astype(np.float32)
