"""Trilinear interpolation by its eight corners: for values that cannot be averaged, such as labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
# So far from the end of an axis, the last voxel is still the upper one.
_LAST = np.float32(1.001)


class Corner(NamedTuple):
    """One of the eight voxels around each of N points.

    Attributes
    ----------
    values : ndarray, shape (N,)
        Value of the voxel.
    shares : list of three ndarrays of float32, shape (N,)
        Its share along each axis; their product is its weight.
    signs : tuple of int
        Along each axis 1 if the weight grows with the point's coordinate, else −1.
    """

    values: NDArray[Any]
    shares: list[FloatArray]
    signs: tuple[int, ...]

    @property
    def weight(self) -> FloatArray:
        """Weight (N,) of the voxel; those of the eight sum to 1."""
        x, y, z = self.shares
        return x * y * z

    def add_slope(self, slope: FloatArray, factor: FloatArray) -> None:
        """Add the derivative of `factor` (N,) times the weight along each axis to a slope (3, N)."""
        x, y, z = self.shares
        slope[0] += self.signs[0] * (y * z * factor)
        slope[1] += self.signs[1] * (x * z * factor)
        slope[2] += self.signs[2] * (x * y * factor)


def inside(shape: tuple[int, ...], points: FloatArray) -> NDArray[np.bool_]:
    """Along which axes (3, N) points (3, N) lie inside a volume: outside, its values change no more."""
    return np.asarray((points >= 0) & (points <= np.array(shape, dtype=np.float32)[:, None] - _LAST))


def corners(volume: NDArray[Any], points: FloatArray) -> Iterator[Corner]:
    """Yield the eight voxels around points.

    Parameters
    ----------
    volume : ndarray, shape (X, Y, Z)
        Of any dtype.
    points : ndarray of float32, shape (3, N)
        In voxels; those outside take what lies at the border.
    """
    limits = np.array(volume.shape, dtype=np.float32)[:, None] - _LAST
    points = np.clip(points, 0, limits)
    floor = points.astype(np.int32)
    upper = points - floor
    lower = 1 - upper
    index = (floor[0] * volume.shape[1] + floor[1]) * volume.shape[2] + floor[2]
    steps = (volume.shape[1] * volume.shape[2], volume.shape[2], 1)
    flat = np.ascontiguousarray(volume).reshape(-1)
    for corner in np.ndindex(2, 2, 2):
        offset = sum(step for step, far in zip(steps, corner, strict=True) if far)
        shares = [upper[axis] if far else lower[axis] for axis, far in enumerate(corner)]
        yield Corner(flat[index + offset], shares, tuple(1 if far else -1 for far in corner))
