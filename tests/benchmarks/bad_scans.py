"""Wrongly made versions of a good head scan: what a user may hand in by mistake.

Each keeps track of where its voxels lie in the good scan, so that one can say how far labels would land from
where they belong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine, mni_affine
from brainstem_app.preprocessing.template import Template

CUT_MEDULLA_MM = -50.0
CUT_BRAINSTEM_MM = -25.0
_NOISE = 0.5
_BLUR_MM = 1.5


@dataclass(frozen=True)
class GoodScan:
    """A scan, its brain mask, and its placement ``mni`` → ``native`` (mm)."""

    scan: Scan
    brain: NDArray[np.bool_]
    mni_to_native: Affine


@dataclass(frozen=True)
class BadScan:
    """A version of a good scan.

    Attributes
    ----------
    name : str
        What is wrong, in words.
    data, affine : ndarray
        As a file would hold them.
    to_good_voxels : ndarray, shape (4, 4)
        Voxel of this version → voxel of the good scan.
    """

    name: str
    data: NDArray[np.float32]
    affine: Affine
    to_good_voxels: Affine


def bad_scans(good: GoodScan, template: Template, seed: int = 0) -> Iterator[BadScan]:
    """Make the versions one after the other, the good scan itself first."""
    yield _same("as it is (nothing wrong)", good)
    yield from _changed_voxels(good, template, np.random.default_rng(seed))
    yield from _changed_headers(good)
    yield _cut(f"cut off below z = {CUT_MEDULLA_MM:.0f} mm: medulla incomplete", good, CUT_MEDULLA_MM)
    yield _cut(f"cut off below z = {CUT_BRAINSTEM_MM:.0f} mm: half of the brainstem", good, CUT_BRAINSTEM_MM)


def _changed_voxels(good: GoodScan, template: Template, rng: np.random.Generator) -> Iterator[BadScan]:
    for name, data in (
        ("no brainstem: its place holds fluid", _without_brainstem(good, template)),
        ("head without contrast inside the brain", _flat_brain(good, rng)),
        ("contrast inverted and blurred, like an echo-planar or T2-weighted scan", _reversed(good)),
        (f"noise of {100 * _NOISE:.0f} % of white matter", _noisy(good, rng)),
        ("no head: a bright ball with noise", _ball(good, rng)),
    ):
        yield replace(_same(name, good), data=data.astype(np.float32))


def _changed_headers(good: GoodScan) -> Iterator[BadScan]:
    quarter = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    for name, matrix in (
        ("header upside down (turned by 180° about left–right)", np.diag([1.0, -1, -1])),
        ("header turned by 90° (the nose points up)", quarter),
        ("voxel size in the header × 1.5", np.diag([1.5] * 3)),
        ("header with up and down exchanged", np.diag([1.0, 1, -1])),
        ("header with front and back exchanged", np.diag([1.0, -1, 1])),
        ("header with left and right exchanged", np.diag([-1.0, 1, 1])),
        ("voxel size in the header × 0.67", np.diag([0.67] * 3)),
    ):
        yield _relabelled(name, good, matrix)


def _same(name: str, good: GoodScan) -> BadScan:
    return BadScan(name, good.scan.data, good.scan.affine, np.eye(4))


def _relabelled(name: str, good: GoodScan, matrix: NDArray[np.float64]) -> BadScan:
    """Keep the voxels and turn or stretch the world about its middle."""
    middle = (good.scan.affine @ [*((np.array(good.scan.shape) - 1) / 2), 1.0])[:3]
    move = np.eye(4)
    move[:3, :3] = matrix
    move[:3, 3] = middle - matrix @ middle
    return replace(_same(name, good), affine=move @ good.scan.affine)


def _cut(name: str, good: GoodScan, z_mm: float) -> BadScan:
    """Crop the scan to the voxels above a level, given in ``mni`` at the brainstem."""
    scan = good.scan
    level = good.mni_to_native @ [0.0, -35.0, z_mm, 1.0]
    voxel = np.linalg.inv(scan.affine) @ level
    axis = int(np.argmax(np.abs(scan.affine[2, :3])))
    plane = round(float(voxel[axis]))
    start = np.zeros(3, dtype=int)
    part = [slice(None)] * 3
    if scan.affine[2, axis] > 0:
        start[axis], part[axis] = plane, slice(plane, None)
    else:
        part[axis] = slice(None, plane + 1)
    shift = np.eye(4)
    shift[:3, 3] = start
    return BadScan(name, np.ascontiguousarray(scan.data[tuple(part)]), scan.affine @ shift, shift)


def _white(good: GoodScan) -> float:
    return float(np.percentile(good.scan.data[good.brain], 90))


def _without_brainstem(good: GoodScan, template: Template) -> NDArray[np.float32]:
    scan = good.scan
    wide = binary_dilation(template.brainstem, iterations=2).astype(np.uint8)
    to_mni = np.asarray(np.linalg.inv(good.mni_to_native), dtype=np.float64)
    gone = resample(wide, mni_affine(), scan.shape, scan.affine, order=0, world_to_world=to_mni) > 0
    return np.where(gone, np.float32(0.25 * _white(good)), scan.data)


def _flat_brain(good: GoodScan, rng: np.random.Generator) -> NDArray[np.float32]:
    level = 0.7 * _white(good)
    flat = rng.normal(level, 0.03 * level, good.scan.shape)
    return np.where(good.brain, flat, good.scan.data)


def _noisy(good: GoodScan, rng: np.random.Generator) -> NDArray[np.float32]:
    spread = _NOISE * _white(good)
    real, imaginary = rng.normal(0, spread, (2, *good.scan.shape)).astype(np.float32)
    return np.asarray(np.hypot(good.scan.data + real, imaginary), dtype=np.float32)


def _reversed(good: GoodScan) -> NDArray[np.float32]:
    data = good.scan.data
    inside = data > 0.1 * _white(good)
    turned = np.where(inside, np.float32(1.2 * _white(good)) - data, data).clip(0)
    return np.asarray(gaussian_filter(turned, _BLUR_MM), dtype=np.float32)


def _ball(good: GoodScan, rng: np.random.Generator) -> NDArray[np.float32]:
    sizes = np.array(good.scan.voxel_size_mm)
    grid = np.indices(good.scan.shape, dtype=np.float32)
    middle = (np.array(good.scan.shape) - 1) / 2
    radius_mm = np.sqrt(sum(((g - m) * s) ** 2 for g, m, s in zip(grid, middle, sizes, strict=True)))
    return np.where(radius_mm < 75, 800.0, 0.0) + np.abs(rng.normal(0, 20, good.scan.shape))
