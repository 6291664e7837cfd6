"""Which contrast a scan shows: whether white or grey matter or fluid is brightest.

Where the scan does not fit the template, and so its placement says nothing, the brain is laid on the template
by the shape of its mask alone, which no contrast changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, map_coordinates

from brainstem_app.imaging.intensity_levels import IntensityLevels
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, MNI_SHAPE, Affine, ras_affine
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear
from brainstem_app.preprocessing.template import load_template

_GRID_MM = 2.0
_SHAPE = ((MNI_SHAPE[0] + 1) // 2, (MNI_SHAPE[1] + 1) // 2, (MNI_SHAPE[2] + 1) // 2)
_CENTRE_MM = (0.0, -20.0, 10.0)
_LEVELS = (PyramidLevel(8.0, 4, rigid=True), PyramidLevel(6.0, 4))
_MARGIN_MM = 20.0
# Where the lateral ventricles lie, mm: x, y and z from … to.
_VENTRICLES_MM = ((-24.0, 24.0), (-46.0, 30.0), (2.0, 28.0))
# Hounsfield units of air, and of brain tissue.
_AIR_HU, _BRAIN_HU = -500.0, (0.0, 80.0)
# Of T1-weighted scans the ratio of white to grey matter is 1.5 to 1.7, that of fluid to grey 0.3 to 0.7.
_ANISOTROPY_RATIO, _ANISOTROPY_MOST = 2.0, 1.05
_BRIGHTER = 1.05
# Every so many points and voxels are looked at.
_EVERY = 7


@dataclass(frozen=True)
class TissueLevels:
    """Median brightness of tissues above the scan's floor, as shares of its brightest tissue.

    Attributes
    ----------
    white, grey, fluid : float
        White matter, grey matter, and the lateral ventricles; NaN where the scan shows none.
    """

    white: float
    grey: float
    fluid: float


@dataclass(frozen=True)
class _Kind:
    name: str
    why: str


_CT = _Kind("a CT", "its values are Hounsfield units")
_SIGNED = _Kind(
    "a map of susceptibility or phase", "its values lie around 0, and white matter is not the brightest"
)
_ANISOTROPY = _Kind(
    "a map of fractional anisotropy", "no value is above 1, and grey matter is nearly as dark as fluid"
)
_T2 = _Kind(
    "a T2-weighted or echo-planar scan",
    "fluid is brighter than grey matter, and that is brighter than white",
)
_FLAIR = _Kind("a FLAIR scan", "grey matter is brighter than white, and fluid is dark")
_DENSITY = _Kind("a proton density weighted scan", "grey matter and fluid are brighter than white")
_REVERSED = _Kind("one of another contrast, or an inverted one", "grey matter is brighter than white")


def judge_contrast(
    data: NDArray[np.float32],
    mask: NDArray[np.bool_],
    affine: Affine,
    placed: Affine,
    levels: IntensityLevels,
) -> Finding | None:
    """Judge whether a scan is of another contrast than T1; an error that names it if it is.

    Parameters
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Scan above its floor (`above_floor`).
    mask : ndarray of bool, shape (X, Y, Z)
        Its brain.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm).
    placed : ndarray, shape (4, 4)
        ``mni`` mm → ``native`` mm: the scan's placement, or `placed_by_shape`.
    levels : IntensityLevels
        Of the scan as stored.

    Returns
    -------
    Finding or None
        None of a scan that may be T1-weighted, or whose contrast cannot be told.
    """
    tissue = tissue_levels(data, mask, affine, placed)
    kind = _kind(tissue, data[mask], levels)
    if kind is None:
        return None
    said = ", ".join(
        f"{name} {100 * level:.0f} %"
        for name, level in (("white matter", tissue.white), ("grey", tissue.grey), ("fluid", tissue.fluid))
    )
    return Finding(
        Level.ERROR,
        "not-t1",
        f"The scan is not T1-weighted; it looks like {kind.name}: {kind.why} ({said} of the brightest "
        "tissue).",
        "Give the T1-weighted scan of this person; on other contrasts labels would be nonsense.",
    )


def tissue_levels(
    data: NDArray[np.float32], mask: NDArray[np.bool_], affine: Affine, placed: Affine
) -> TissueLevels:
    """Measure how bright the tissues of a scan are; see `judge_contrast`."""
    top = float(np.percentile(data[mask][::_EVERY], 99.5))
    back = np.linalg.inv(affine) @ placed
    medians = []
    for points in _tissue_points():
        voxels = (points @ back[:3, :3].T + back[:3, 3]).T
        shown = map_coordinates(mask, voxels, order=0, mode="constant")
        values = map_coordinates(data, voxels[:, shown], order=1)
        medians.append(float(np.median(values)) / top if values.size else np.nan)
    return TissueLevels(*medians)


def placed_by_shape(mask: NDArray[np.bool_], affine: Affine) -> Affine:
    """Lay a brain on the template's by the shape of its mask: ``mni`` mm → ``native`` mm."""
    grid, brain = ras_affine(_GRID_MM, MNI_ORIGIN_MM), load_template().brain[::2, ::2, ::2]
    voxels = np.argwhere(mask)
    ends = zip(voxels.min(axis=0), voxels.max(axis=0), strict=True)
    world = affine[:3, :3] @ np.array(np.meshgrid(*ends)).reshape(3, -1) + affine[:3, 3:]
    low = world.min(axis=1) - _MARGIN_MM
    x, y, z = (np.ceil((world.max(axis=1) + _MARGIN_MM - low) / _GRID_MM).astype(int) + 1).tolist()
    around = ras_affine(_GRID_MM, low)
    moving = SampledVolume(resample(mask.astype(np.float32), affine, (x, y, z), around), around)
    start = np.eye(4)
    start[:3, 3] = affine[:3, :3] @ voxels.mean(axis=0) + affine[:3, 3]
    start[:3, 3] -= np.argwhere(brain).mean(axis=0) * _GRID_MM + np.array(MNI_ORIGIN_MM)
    fixed, everywhere = SampledVolume(brain.astype(np.float32), grid), np.ones(_SHAPE, dtype=bool)
    return register_linear(fixed, moving, everywhere, start, _CENTRE_MM, _LEVELS)


def _kind(tissue: TissueLevels, brain: NDArray[np.float32], levels: IntensityLevels) -> _Kind | None:
    """Contrast that the order of the tissues speaks for; None for T1, or if nothing does."""
    white, grey, fluid = tissue.white, tissue.grey, tissue.fluid
    stored = levels.floor + float(np.median(brain)) / levels.unit
    if levels.floor < _AIR_HU and _BRAIN_HU[0] < stored < _BRAIN_HU[1]:
        return _CT
    if white > _BRIGHTER * grey:
        is_map = levels.floor >= 0 and levels.top <= _ANISOTROPY_MOST and white > _ANISOTROPY_RATIO * grey
        return _ANISOTROPY if is_map else None
    if not grey > _BRIGHTER * white:
        return None
    negative = float(np.mean(brain < -levels.floor * levels.unit)) if levels.floor < 0 else 0.0
    if 0.2 < negative < 0.8:
        return _SIGNED
    if fluid > _BRIGHTER * grey:
        return _T2
    if fluid < 0.5 * white:
        return _FLAIR
    return _DENSITY if fluid > _BRIGHTER * white and white > 0.6 * grey else _REVERSED


@lru_cache(maxsize=1)
def _tissue_points() -> tuple[NDArray[np.float64], ...]:
    """Points (N, 3), mm, within white matter, grey matter, and the lateral ventricles."""
    template = load_template()
    volumes = (template.white_matter, template.grey_matter, template.brain)
    white, grey, brain = (volume[::2, ::2, ::2] for volume in volumes)
    fluid = brain & ~white & ~grey & _in_ventricles()
    return tuple(
        np.argwhere(binary_erosion(tissue))[::every] * _GRID_MM + np.array(MNI_ORIGIN_MM)
        for tissue, every in ((white, _EVERY), (grey, _EVERY), (fluid, 1))
    )


def _in_ventricles() -> NDArray[np.bool_]:
    axes = [np.arange(n) * _GRID_MM + o for n, o in zip(_SHAPE, MNI_ORIGIN_MM, strict=True)]
    x, y, z = ((a >= low) & (a <= high) for a, (low, high) in zip(axes, _VENTRICLES_MM, strict=True))
    return np.asarray(x[:, None, None] & y[:, None] & z)
