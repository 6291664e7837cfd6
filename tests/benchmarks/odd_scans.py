"""Odd but usable versions of a good scan: other contrasts, grids, noise, artefacts, cuts and brain masks.

All know how their world leads to that of the good scan, so that labels can be laid on the good one's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter, zoom

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.transforms import cropped_affine

FloatArray = NDArray[np.float32]
#: Voxel sizes along x, y, z, mm.
RESOLUTIONS = ((0.7, 0.7, 0.7), (2, 2, 2), (3, 3, 3), (1, 1, 3), (1, 1, 4), (1, 3, 1), (3, 1, 1), (1, 1, 5))
# Where a hole is in a brain mask: front of the pons, side of the midbrain, mm in mni.
_HOLES = ((0.0, -13.0, -32.0), (-14.0, -25.0, -12.0))
_HOLE_MM = 5.0


@dataclass(frozen=True)
class CleanScan:
    """A good scan, its brain mask, and its placement ``mni`` → ``native`` (mm)."""

    data: FloatArray
    affine: Affine
    brain: NDArray[np.bool_]
    mni_to_native: Affine

    @property
    def voxel_mm(self) -> NDArray[np.float64]:
        """Length of a voxel's edges."""
        return np.asarray(np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0)))

    @property
    def white(self) -> float:
        """Intensity of white matter."""
        return float(np.percentile(self.data[self.brain], 90))

    def voxels_of(self, mni_mm: tuple[float, float, float]) -> NDArray[np.float64]:
        """Where a point of the template lies, voxels."""
        return np.asarray((np.linalg.inv(self.affine) @ self.mni_to_native @ [*mni_mm, 1.0])[:3])


@dataclass(frozen=True)
class OddScan:
    """A version of a clean scan.

    Attributes
    ----------
    name : str
        What is odd about it, in words.
    data, affine : ndarray
        As a file would hold them.
    to_clean : ndarray, shape (4, 4)
        World of this version → world of the clean scan, mm.
    """

    name: str
    data: FloatArray
    affine: Affine
    to_clean: Affine = field(default_factory=lambda: np.eye(4))


def odd_scans(clean: CleanScan, seed: int = 0) -> Iterator[OddScan]:
    """Make the versions but those of the brain mask, one after the other."""
    rng = np.random.default_rng(seed)
    for name, data in _changed_voxels(clean, rng):
        yield OddScan(name, data.astype(np.float32), clean.affine)
    for sizes in RESOLUTIONS:
        yield OddScan(f"voxels of {'×'.join(f'{s:g}' for s in sizes)} mm", *_resampled(clean, sizes))
    yield OddScan("cut below z = −60 mm", *_cut(clean, -60, None))
    yield OddScan("slab from z = −75 to +15 mm", *_cut(clean, -75, 15))


def stripped_scans(clean: CleanScan, *, whole_head: bool) -> Iterator[OddScan]:
    """Make versions with a brain mask that is wrong at its edge; one that is too wide needs a whole head."""
    sides = {"eroded by 1.5 mm": _eroded(clean, 1.5), "eroded by 3 mm": _eroded(clean, 3.0)}
    sides["with two holes of 10 mm at the brainstem"] = clean.brain & ~_holes(clean)
    if whole_head:
        sides["as the program finds it"] = clean.brain
        sides["dilated by 4 mm"] = binary_dilation(clean.brain, iterations=_steps(clean, 4.0))
    for name, mask in sides.items():
        yield OddScan(f"stripped, mask {name}", np.where(mask, clean.data, np.float32(0)), clean.affine)


def _changed_voxels(clean: CleanScan, rng: np.random.Generator) -> Iterator[tuple[str, FloatArray]]:
    white, data = clean.white, clean.data
    head = data > 0
    for gamma in (0.5, 2.0):
        name = "weaker" if gamma < 1 else "stronger"
        yield f"{name} contrast (gamma {gamma:g})", white * (data / white).clip(0) ** np.float32(gamma)
    for percent in (5, 15):
        real, imaginary = rng.normal(0, percent / 100 * white, (2, *data.shape)).astype(np.float32)
        yield f"noise of {percent} % of white matter", np.where(head, np.hypot(data + real, imaginary), 0)
    yield "bias field, ±50 % across the head", data * _bias(data.shape, rng)
    for width in (2.0, 3.5):
        sigma = width / 2.355 / clean.voxel_mm
        yield f"blurred, {width:g} mm FWHM", np.where(head, gaussian_filter(data, sigma), 0)
    yield "ringing (half of the lines of k-space)", np.where(head, _truncated(data, 0.5), 0)


def _bias(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Smooth factors of 0.5 to 1.5."""
    coarse = zoom(rng.normal(size=(3, 3, 3)), [n / 3 for n in shape], order=3, mode="nearest")
    coarse = gaussian_filter(coarse[: shape[0], : shape[1], : shape[2]], 10)
    return np.asarray(0.5 + (coarse - coarse.min()) / np.ptp(coarse), dtype=np.float32)


def _truncated(data: FloatArray, kept: float) -> FloatArray:
    """Leave out the outer part of k-space along the second axis."""
    lines = np.fft.fft(data, axis=1)
    frequency = np.abs(np.fft.fftfreq(data.shape[1]))
    lines[:, frequency > kept / 2] = 0
    return np.abs(np.fft.ifft(lines, axis=1)).astype(np.float32)


def _resampled(clean: CleanScan, sizes: tuple[float, ...]) -> tuple[FloatArray, Affine]:
    """Average over larger voxels along the world's axes (box profile by a Gaussian), or interpolate."""
    order = np.abs(clean.affine[:3, :3]).argmax(axis=1)
    wanted = np.empty(3)
    wanted[order] = sizes
    ratio = wanted / clean.voxel_mm
    # A box of width w has the spread of a Gaussian with sigma w / √12.
    sigma = np.sqrt(np.maximum(ratio**2 - 1, 0) / 12)
    x, y, z = (int(n) for n in np.ceil(np.array(clean.data.shape) / ratio))
    affine = clean.affine.copy()
    affine[:3, :3] *= ratio
    affine[:3, 3] += clean.affine[:3, :3] @ ((ratio - 1) / 2)
    return resample(gaussian_filter(clean.data, sigma), clean.affine, (x, y, z), affine), affine


def _cut(clean: CleanScan, low_mm: float, high_mm: float | None) -> tuple[FloatArray, Affine]:
    """Keep what lies between two heights, given in ``mni`` at the brainstem."""
    axis = int(np.abs(clean.affine[2, :3]).argmax())
    ends = [0.0, float(clean.data.shape[axis])]
    up = clean.affine[2, axis] > 0
    ends[0 if up else 1] = clean.voxels_of((0.0, -35.0, low_mm))[axis]
    if high_mm is not None:
        ends[1 if up else 0] = clean.voxels_of((0.0, -35.0, high_mm))[axis]
    part = [slice(0, n) for n in clean.data.shape]
    part[axis] = slice(max(round(ends[0]), 0), min(round(ends[1]), clean.data.shape[axis]))
    region = tuple(part)
    return np.ascontiguousarray(clean.data[region]), cropped_affine(clean.affine, region)


def _steps(clean: CleanScan, distance_mm: float) -> int:
    return max(round(distance_mm / float(clean.voxel_mm.mean())), 1)


def _eroded(clean: CleanScan, distance_mm: float) -> NDArray[np.bool_]:
    return np.asarray(binary_erosion(clean.brain, iterations=_steps(clean, distance_mm)))


def _holes(clean: CleanScan) -> NDArray[np.bool_]:
    grid = np.indices(clean.data.shape, dtype=np.float32)
    found = np.zeros(clean.data.shape, dtype=bool)
    for hole in _HOLES:
        away = (grid - clean.voxels_of(hole)[:, None, None, None]) * clean.voxel_mm[:, None, None, None]
        found |= (away**2).sum(axis=0) < _HOLE_MM**2
    return found
