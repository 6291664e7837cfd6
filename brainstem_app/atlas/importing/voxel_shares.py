"""Share that a structure of another grid has in each voxel of the ``mni`` grid."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine, Region, ras_affine

# So many points a voxel and axis at most: finer sources than 0.25 mm are averaged over these.
_MOST_POINTS = 4


def resample_shares(
    source: NDArray[np.float32], reached: NDArray[np.intp], source_to_mni: Affine, region: Region
) -> NDArray[np.float32]:
    """Resample a map by linear interpolation; of a finer grid, the mean over each voxel.

    Parameters
    ----------
    source : ndarray of float32, shape (X, Y, Z)
        0…1, on the source's grid.
    reached : ndarray of int, shape (n, 3)
        Voxels that the structure is made of; beyond two voxels from them nothing is looked up.
    source_to_mni : ndarray, shape (4, 4)
        Voxel of the source to the ``mni`` world (mm).
    region : Region
        Where on the ``mni`` grid.

    Returns
    -------
    ndarray of float32, shape `region.shape`
    """
    shares = np.zeros(region.shape, dtype=np.float32)
    block = _block_around(reached, source_to_mni, region)
    if block is None:
        return shares
    edge = np.linalg.norm(source_to_mni[:3, :3], axis=0).min()
    points = int(np.clip(np.rint(1.0 / edge), 1, _MOST_POINTS))
    low, shape = block
    total = np.zeros(shape, dtype=np.float32)
    for offset in _offsets(points):
        target = ras_affine(1.0, region.affine[:3, 3] + low + offset)
        total += resample(source, source_to_mni, shape, target)
    inner = tuple(slice(a, a + n) for a, n in zip(low, shape, strict=True))
    shares[inner] = total / np.float32(points**3)
    return shares


def _offsets(points: int) -> Iterator[NDArray[np.float64]]:
    """Places within a voxel, from its centre (mm): so many along each axis, evenly."""
    along = (np.arange(points) + 0.5) / points - 0.5
    for x, y, z in itertools.product(along, repeat=3):
        yield np.array([x, y, z])


def _block_around(
    reached: NDArray[np.intp], source_to_mni: Affine, region: Region
) -> tuple[NDArray[np.intp], tuple[int, int, int]] | None:
    """First voxel and shape of the block of a region around a structure; None if it lies elsewhere."""
    low, high = reached.min(axis=0) - 2, reached.max(axis=0) + 2
    corners = np.array([[*corner, 1] for corner in itertools.product(*zip(low, high, strict=True))])
    places = (corners @ source_to_mni.T)[:, :3] - region.affine[:3, 3]
    first = np.clip(np.floor(places.min(axis=0)), 0, region.shape).astype(np.intp)
    last = np.clip(np.ceil(places.max(axis=0)) + 1, 0, region.shape).astype(np.intp)
    x, y, z = (int(n) for n in last - first)
    return None if min(x, y, z) < 1 else (first, (x, y, z))
