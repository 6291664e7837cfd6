"""What a T1-weighted head would look like in other contrasts: its tissue given other brightness.

A real scan of another contrast is not at hand; what these show is whether brightness alone is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter

from brainstem_app.imaging.spaces import Affine

Values = NDArray[np.float32]
#: Brightness of T1-weighted bone and air, fluid, grey and white matter, and fat, as shares of white matter's.
T1 = (0.0, 0.2, 0.65, 1.0, 1.6)
#: The same tissues in other contrasts, as shares of the brightest.
CURVES = {
    "T2-weighted": (0.02, 1.0, 0.5, 0.32, 0.6),
    "T2-weighted, fat suppressed": (0.02, 1.0, 0.5, 0.32, 0.1),
    "proton density weighted": (0.03, 0.85, 0.95, 0.75, 0.9),
    "FLAIR": (0.02, 0.1, 0.8, 0.62, 0.75),
    "FLAIR, fat suppressed": (0.02, 0.1, 0.8, 0.62, 0.15),
}


@dataclass(frozen=True)
class ContrastScan:
    """A head in another contrast, and what it is, in words."""

    name: str
    data: Values
    affine: Affine


@dataclass(frozen=True)
class T1Head:
    """A T1-weighted head.

    Attributes
    ----------
    level : ndarray of float32, shape (X, Y, Z)
        Bias-corrected intensities, 1 for white matter.
    brain : ndarray of bool, shape (X, Y, Z)
    affine : ndarray, shape (4, 4)
    """

    level: Values
    brain: NDArray[np.bool_]
    affine: Affine

    @property
    def voxel_mm(self) -> NDArray[np.float64]:
        """Length of a voxel's edges."""
        return np.asarray(np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0)))


def contrasts(head: T1Head, seed: int = 0) -> Iterator[ContrastScan]:
    """Make one scan of each contrast after the other, the stripped versions of some last."""
    rng = np.random.default_rng(seed)
    for name, curve in CURVES.items():
        yield _scan(name, head, _remapped(head, curve), rng, 0.02)
    yield _scan(
        "inverted T1-weighted", head, np.where(head.level > 0.1, 1.2 - head.level, 0).clip(0), rng, 0.02
    )
    yield _epi(head, rng)
    yield ContrastScan("CT", _ct(head, rng), head.affine)
    yield ContrastScan("susceptibility map (QSM)", _qsm(head, rng), head.affine)
    yield ContrastScan("fractional anisotropy (FA)", _anisotropy(head, rng), head.affine)
    for name in ("T2-weighted", "FLAIR", "proton density weighted"):
        whole = _remapped(head, CURVES[name])
        yield _scan(f"{name}, stripped", head, np.where(head.brain, whole, 0), rng, 0.0)


def _scan(
    name: str, head: T1Head, level: NDArray[np.floating], rng: np.random.Generator, noise: float
) -> ContrastScan:
    real, imaginary = rng.normal(0, noise, (2, *level.shape)).astype(np.float32)
    return ContrastScan(name, (1000 * np.hypot(level + real, imaginary)).astype(np.float32), head.affine)


def _remapped(head: T1Head, curve: tuple[float, ...]) -> Values:
    """Give each tissue another brightness; dark within 4 mm of the brain is fluid, elsewhere bone or air."""
    bone, fluid, grey, white, fat = curve
    steps = max(round(4.0 / float(head.voxel_mm.mean())), 1)
    near = binary_dilation(head.brain, iterations=steps)
    of_brain = np.interp(head.level, T1[1:4], (fluid, grey, white))
    outside = np.interp(head.level, (0.1, *T1[1:]), (bone, 0.3 * grey, grey, grey, fat))
    dark = head.level < 0.45
    level = np.where(head.brain | (near & dark), of_brain, outside)
    # Partial volume: real scans have no borders of a voxel's width.
    return np.asarray(gaussian_filter(level.astype(np.float32), 0.4 / head.voxel_mm), dtype=np.float32)


def _epi(head: T1Head, rng: np.random.Generator) -> ContrastScan:
    """Blurred to 3 mm, pushed along the phase direction and dark above sinuses and ears, fat suppressed."""
    level = gaussian_filter(
        _remapped(head, CURVES["T2-weighted, fat suppressed"]), 3.0 / 2.355 / head.voxel_mm
    )
    shape, step = np.array(level.shape), np.maximum(np.rint(3.0 / head.voxel_mm).astype(int), 1)
    middle = np.argwhere(head.brain).mean(axis=0)
    grid = np.indices(level.shape, dtype=np.float32)
    front = np.zeros(3)
    ahead = int(np.abs(head.affine[1, :3]).argmax())
    below = int(np.abs(head.affine[2, :3]).argmax())
    front[ahead] = np.sign(head.affine[1, ahead]) * 45 / head.voxel_mm[ahead]
    front[below] = -np.sign(head.affine[2, below]) * 20 / head.voxel_mm[below]
    away = sum(((g - c) * s) ** 2 for g, c, s in zip(grid, middle + front, head.voxel_mm, strict=True))
    dropout = 1 - 0.9 * np.exp(-away / 2 / 18.0**2)
    level = level * dropout
    part = tuple(slice(None, None, int(s)) for s in step)
    affine = head.affine.copy()
    affine[:3, :3] *= step
    del shape
    return _scan("echo-planar (EPI)", T1Head(level[part], head.brain[part], affine), level[part], rng, 0.03)


def _ct(head: T1Head, rng: np.random.Generator) -> Values:
    """Hounsfield units: air −1000, fluid 5, white 28, grey 37, fat −90, bone 900."""
    inside = np.interp(head.level, T1[1:4], (5.0, 37.0, 28.0))
    filled = _head(head)
    depth = distance_transform_edt(~head.brain, sampling=head.voxel_mm)
    outside = np.where(head.level > 0.8, -90.0, 40.0)
    outside = np.where((head.level < 0.3) & (depth < 14), 900.0, outside)
    units = np.where(head.brain, inside, np.where(filled, outside, -1000.0))
    noisy = gaussian_filter(units, 0.5 / head.voxel_mm) + rng.normal(0, 5, units.shape)
    return np.asarray(noisy, dtype=np.float32)


def _qsm(head: T1Head, rng: np.random.Generator) -> Values:
    """Parts per million around 0 within the brain: white below, grey above, deep grey far above; 0 "
    "outside."""
    ppm = np.interp(head.level, T1[1:4], (0.0, 0.02, -0.03))
    ppm = gaussian_filter(ppm + rng.normal(0, 0.02, ppm.shape), 0.5 / head.voxel_mm)
    return np.where(head.brain, ppm, 0).astype(np.float32)


def _anisotropy(head: T1Head, rng: np.random.Generator) -> Values:
    """0…1: white matter 0.5 with much texture, grey 0.15, fluid 0.05; 0 outside of the brain."""
    level = np.interp(head.level, T1[1:4], (0.06, 0.15, 0.5))
    texture = gaussian_filter(rng.normal(0, 1, level.shape), 2.0 / head.voxel_mm)
    level = level * (1 + 0.2 * texture / texture.std()) + rng.normal(0, 0.03, level.shape)
    return np.where(head.brain, gaussian_filter(level, 1.0 / head.voxel_mm).clip(0.01, 1), 0).astype(
        np.float32
    )


def _head(head: T1Head) -> NDArray[np.bool_]:
    """Everything inside the skin, roughly."""
    from scipy.ndimage import binary_closing, binary_fill_holes

    steps = max(round(6.0 / float(head.voxel_mm.mean())), 1)
    return np.asarray(binary_fill_holes(binary_closing(head.level > 0.2, iterations=steps)) | head.brain)
