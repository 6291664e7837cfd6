"""Bias field correction by N4: Tustison et al., N4ITK: improved N3 bias correction, IEEE TMI 29 (2010).

The logarithm of the field is a cubic B-spline over the scan, fitted again and again to what separates the
intensities from sharpened ones: their histogram, deconvolved by a Gaussian (Sled et al., IEEE TMI 17 (1998)).
ITK's filter, whose steps these are, fits point by point; on a grid B-splines are products along its axes, and
the same field, to four digits, takes a twentieth of the processor time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

# The field is a spline of seven control points an axis: voxels of 4 mm cost three times as much for the same.
_WORKING_VOXEL_MM = 6.0
# Each round has twice the spans of the one before, along each axis, beginning with one.
_ITERATIONS = (50, 50, 30)
_CONVERGENCE = 1e-4
_BINS, _PADDED_BINS = 200, 512
_FULL_WIDTH, _NOISE = 0.15, 0.01
_LARGEST_LOG = 2.0

_Array = NDArray[np.float64]


def correct_bias(
    data: NDArray[np.float32], mask: NDArray[np.bool_], voxel_size_mm: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Divide a scan by its smooth bias field, estimated inside the mask on a grid of about 6 mm.

    Parameters
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Scan, zero or positive.
    mask : ndarray of bool, shape (X, Y, Z)
        Voxels of the brain.
    voxel_size_mm : tuple of float
        Edges of a voxel in mm.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        Corrected scan; same units as `data`.
    """
    factors = [max(1, round(_WORKING_VOXEL_MM / size)) for size in voxel_size_mm]
    thin = tuple(_every(size, factor) for size, factor in zip(data.shape, factors, strict=True))
    # The threads of BLAS would change the last bits with their number.
    with threadpool_limits(limits=1, user_api="blas"):
        log_field = _log_field(data[thin].astype(np.float64), mask[thin], data.shape)
    # Far from the mask the spline runs away; no scanner's field is beyond a factor of e² there.
    return np.asarray(data / np.exp(np.clip(log_field, -_LARGEST_LOG, _LARGEST_LOG)), dtype=np.float32)


def _every(size: int, factor: int) -> slice:
    """Every so many voxels of an axis, as many as fit in, around its middle."""
    count = max(1, size // factor)
    first = (size - 1 - factor * (count - 1) + 1) // 2
    return slice(first, first + factor * (count - 1) + 1, factor)


def _log_field(data: _Array, mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Estimate the logarithm of the field on a coarse grid; returns it on a fine one of the same extent."""
    given: _Array = np.log(np.where(data > 0, data, 1.0))
    field: _Array = np.zeros(data.shape)
    fine: NDArray[np.float32] = np.zeros(shape, dtype=np.float32)
    for level, iterations in enumerate(_ITERATIONS):
        spline = _Spline(mask, spans=2**level)
        control = np.zeros(spline.size)
        for _ in range(iterations):
            uncorrected = (given - field)[mask]
            step = spline.fitted(uncorrected - _sharpened(uncorrected))
            control += step
            change = spline.values(step)
            field = field + change
            ratio = np.exp(change[mask])
            if ratio.std(ddof=1) <= _CONVERGENCE * ratio.mean():
                break
        fine += _along_axes(control, [_basis(size, 2**level) for size in shape]).astype(np.float32)
    return fine


def _sharpened(values: _Array) -> _Array:
    """Return what each logarithm of an intensity most likely was before the field blurred their histogram."""
    low, high = values.min(), values.max()
    if high <= low:
        return values
    width = (high - low) / (_BINS - 1)
    place = (values - low) / width
    below = np.minimum(place.astype(int), _BINS - 2)
    share = place - below
    histogram = np.bincount(below, 1 - share, _BINS) + np.bincount(below + 1, share, _BINS)
    padding = (_PADDED_BINS - _BINS) // 2
    blurred = np.fft.fft(np.pad(histogram, padding))
    bins = np.arange(_PADDED_BINS)
    distance = np.minimum(bins, _PADDED_BINS - bins) * width / _FULL_WIDTH
    blur = np.fft.fft(
        2 * np.sqrt(np.log(2) / np.pi) * width / _FULL_WIDTH * np.exp(-4 * np.log(2) * distance**2)
    )
    wiener = (np.conj(blur) / (np.conj(blur) * blur + _NOISE)).real
    sharp = np.maximum(np.fft.ifft(blurred * wiener).real, 0)
    levels = low + (bins - padding) * width
    weighted, total = (np.fft.ifft(np.fft.fft(part) * blur).real for part in (levels * sharp, sharp))
    expected = np.divide(weighted, total, out=np.zeros(_PADDED_BINS), where=total != 0)[padding:][:_BINS]
    return np.asarray(expected[below] + (expected[below + 1] - expected[below]) * share)


class _Spline:
    """Least B-spline through values in a mask, as Lee, Wolberg & Shin (IEEE TVCG 3 (1997)) approximate it."""

    def __init__(self, mask: NDArray[np.bool_], spans: int) -> None:
        self._mask = mask
        self._bases = [_basis(size, spans) for size in mask.shape]
        self.size = tuple(basis.shape[1] for basis in self._bases)
        squares = [basis**2 for basis in self._bases]
        power = [square.sum(axis=1) for square in squares]
        self._power = (power[0][:, None, None] * power[1][:, None] * power[2])[mask]
        self._cubes = [(basis**3).T for basis in self._bases]
        self._weight = _along_axes(mask.astype(np.float64), [square.T for square in squares])

    def fitted(self, values: _Array) -> _Array:
        """Control points for the values (N,) of the mask's voxels."""
        wanted = np.zeros(self._mask.shape)
        wanted[self._mask] = values / self._power
        pulled = _along_axes(wanted, self._cubes)
        return np.divide(pulled, self._weight, out=np.zeros(self.size), where=self._weight > 0)

    def values(self, control: _Array) -> _Array:
        """Values of control points on the whole grid."""
        return _along_axes(control, self._bases)


def _basis(size: int, spans: int) -> _Array:
    """Weights (size, spans + 3) of cubic B-splines along an axis."""
    place = np.linspace(0, spans, size) if size > 1 else np.zeros(1)
    distance = np.abs(place[:, None] + 1 - np.arange(spans + 3))
    near = 2 / 3 - distance**2 + distance**3 / 2
    return np.where(distance < 1, near, np.clip(2 - distance, 0, None) ** 3 / 6)


def _along_axes(volume: _Array, matrices: Sequence[_Array]) -> _Array:
    """Multiply each axis of a volume by a matrix (new size, old size)."""
    for matrix in matrices:
        # The first axis is multiplied and becomes the last, so after three turns all are in their places.
        volume = np.tensordot(volume, matrix, (0, 1))
    return volume
