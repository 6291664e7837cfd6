"""The floor and the top of a scan's intensities, so that nothing depends on their offset or scale.

Magnitude images are 0 where there is no signal, and N4 takes their logarithm; files hold them with any offset
and any scale, standardised, or with another value painted around the head. What a scan's intensities would be
above its own floor is worked out here, once, for all that looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Tops, above the floor, of usual scans, which keep their units, and what any other becomes. In exact numbers
#: nothing would depend on the unit; but registrations stop at other steps for other last digits.
USUAL_TOPS, TOP = (50.0, 50_000.0), 1000.0
#: Times the top that anything may be: a voxel brighter than this is a spike.
_HIGHEST = 4.0
_SAMPLE = 400_000
#: Share of voxels with one value from which on that value is taken for painted.
_PAINTED_SHARE = 0.05
#: Share from which on a painted value is the whole background, and therefore the floor.
_BACKGROUND_SHARE = 0.25
#: How far the floor may lie below and above the darkest of the rest, in spans of the intensities. In scans of
#: shared/data it lies 0.01 below in noisy air, 0.02 to 0.20 (most often 0.04) where all air is painted.
_FAR_BELOW, _ABOVE = 0.25, 0.05
_BELOW_TISSUE, _BELOW_AIR = 0.04, 0.013
#: Levels that float32 holds with all their digits, and how many spans they may lie away from 0.
_LARGEST, _FARTHEST = 1e30, 1e3


@dataclass(frozen=True)
class IntensityLevels:
    """Levels of a scan, in its own units.

    Attributes
    ----------
    floor : float
        Where there is no signal.
    top : float
        Level that 99.5 % of what is not painted lies below.
    painted : float or None
        Value painted where there is nothing to see, if it is not the floor.
    """

    floor: float
    top: float
    painted: float | None = None

    @property
    def unit(self) -> float:
        """What `above_floor` multiplies intensities above the floor by."""
        top = self.top - self.floor
        return 1.0 if USUAL_TOPS[0] <= top <= USUAL_TOPS[1] else TOP / top

    @property
    def fit_float32(self) -> bool:
        """Whether float32 holds what lies between the levels."""
        largest = max(-self.floor, self.top)
        return largest < _LARGEST and self.top - self.floor > max(1 / _LARGEST, largest / _FARTHEST)


def intensity_levels(data: NDArray[Any]) -> IntensityLevels | None:
    """Find the levels of a scan's finite intensities; None where all but spikes are equal.

    The floor is the value around the head if the tissue lies right above it. A value painted far below or
    above the tissue, or in the middle of it, as around a standardised brain, says nothing of the floor: that
    is then a little below the darkest of the tissue, as in most scans.

    Parameters
    ----------
    data : ndarray of any real numbers, shape (X, Y, Z)
    """
    sample = _sample(data)
    common, share = _commonest_on_faces(data, sample)
    rest = sample[sample != common] if share >= _PAINTED_SHARE else sample
    if rest.size == 0:
        return None
    lowest, low, high, top = (float(level) for level in np.percentile(rest, (0.1, 1.0, 99.0, 99.5)))
    span = high - low
    if not 0 < span < np.inf:
        return None
    if share < _PAINTED_SHARE:
        return IntensityLevels(lowest, top)
    if not lowest - _FAR_BELOW * span <= common <= lowest + _ABOVE * span:
        below = _BELOW_TISSUE if share >= _BACKGROUND_SHARE else _BELOW_AIR
        return IntensityLevels(lowest - below * span, top, painted=common)
    return IntensityLevels(common if share >= _BACKGROUND_SHARE else min(common, lowest), top)


def above_floor(data: NDArray[Any], levels: IntensityLevels) -> NDArray[np.float32]:
    """Intensities above the floor, of a usual order of magnitude; spikes are cut, painted voxels are 0."""
    top, scale = levels.top - levels.floor, levels.unit
    result = np.empty(data.shape, np.float32, order="F")
    # Plane by plane: in double precision the whole scan would take twice its memory.
    for plane in range(data.shape[2]):
        values = data[:, :, plane].astype(np.float64)
        above = np.clip((values - levels.floor) * scale, 0.0, _HIGHEST * top * scale)
        result[:, :, plane] = (
            above if levels.painted is None else np.where(values == levels.painted, 0.0, above)
        )
    return result


def faces(data: NDArray[Any]) -> NDArray[Any]:
    """Values of the six faces of a volume (X, Y, Z), one after the other."""
    turned = [np.moveaxis(data, axis, 0) for axis in range(3)]
    return np.concatenate([volume[end].ravel() for volume in turned for end in (0, -1)])


def _sample(data: NDArray[Any]) -> NDArray[np.float64]:
    """Evenly taken finite values."""
    flat = data.ravel(order="K")
    # An odd step that divides no usual side: a sample of whole planes would miss the others.
    step = max(1, flat.size // _SAMPLE)
    taken = flat[:: step | 1].astype(np.float64)
    return np.asarray(taken[np.isfinite(taken)])


def _commonest_on_faces(data: NDArray[Any], sample: NDArray[np.float64]) -> tuple[float, float]:
    """Commonest value of the volume's six faces, and its share of all voxels."""
    outside = faces(data)
    values, counts = np.unique(outside[np.isfinite(outside)], return_counts=True)
    if not values.size or not sample.size:
        return 0.0, 0.0
    common = float(values[counts.argmax()])
    return common, float(np.mean(sample == common))
