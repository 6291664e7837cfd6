"""Unusual people and acquisitions, made from a good scan: tilted heads, a child's, contrast agent, and "
"others.

Where the head itself is moved or scaled, the version knows how its world leads back to that of the good scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from changed_heads import Bell, shrunk
from numpy.typing import NDArray
from odd_scans import CleanScan, FloatArray, OddScan
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine

Points = NDArray[np.float64]
#: Turns about the axes to the right, to the front and upwards, degrees.
TILTS = ((20.0, 0.0, 0.0), (45.0, 0.0, 0.0), (-45.0, 0.0, 0.0), (0.0, 30.0, 0.0), (25.0, 25.0, 25.0))
CHILD_SCALE, CHILD_GAMMA = 0.9, 0.6
# Horns, bodies and trigones of the lateral ventricles, mm in mni; narrow, so that the brainstem stays still.
_VENTRICLES = ((14.0, 16.0, 8.0), (13.0, -8.0, 22.0), (22.0, -36.0, 12.0))
_VENTRICLE_SPREAD_MM, _VENTRICLE_GROWTH = 11.0, -0.6
# Vessels that a contrast agent lights up: first and last point, and radius, mm in mni.
_VESSELS = (
    ((0.0, -11.0, -22.0), (0.0, -14.0, -48.0), 1.8),
    ((-13.0, 2.0, -22.0), (-14.0, -8.0, -30.0), 4.0),
    ((13.0, 2.0, -22.0), (14.0, -8.0, -30.0), 4.0),
    ((0.0, 3.0, -30.0), (0.0, 5.0, -32.0), 4.0),
    ((0.0, 40.0, 62.0), (0.0, -60.0, 66.0), 4.0),
    ((0.0, -60.0, 66.0), (0.0, -104.0, 4.0), 4.0),
)


def odd_people(clean: CleanScan) -> Iterator[OddScan]:
    """Make versions with another head or another place of it."""
    for turns in TILTS:
        yield _tilted(clean, turns)
    yield _child(clean)
    bells = [
        Bell(np.array([side * x, y, z]), _VENTRICLE_SPREAD_MM, _VENTRICLE_GROWTH)
        for x, y, z in _VENTRICLES
        for side in (-1, 1)
    ]
    wide = shrunk(Scan(clean.data, clean.affine, Path("head")), bells, clean.mni_to_native).data
    yield OddScan("large ventricles (2.5 times as wide)", wide, clean.affine)


def odd_acquisitions(clean: CleanScan, seed: int = 0) -> Iterator[OddScan]:
    """Make versions that need a whole head."""
    rng = np.random.default_rng(seed)
    for name, data in (
        ("after contrast agent", _with_agent(clean, rng)),
        ("noise in air and bone, as in MP2RAGE", _with_noisy_air(clean, rng)),
        ("defaced up to the brain", _without_face(clean)),
    ):
        yield OddScan(name, data.astype(np.float32), clean.affine)


def _tilted(clean: CleanScan, turns: tuple[float, float, float]) -> OddScan:
    """Turn the head in the scanner about the middle of its brain."""
    middle = (clean.mni_to_native @ [0.0, -20.0, 0.0, 1.0])[:3]
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", turns, degrees=True).as_matrix()
    turn[:3, 3] = middle - turn[:3, :3] @ middle
    back = np.linalg.inv(turn).astype(np.float64)
    shape, affine = _wider(clean, turn)
    data = resample(clean.data, clean.affine, shape, affine, order=1, world_to_world=back)
    told = ", ".join(
        f"{abs(angle):.0f}° {way}"
        for angle, way in zip(
            turns, ("nodded" if turns[0] < 0 else "chin up", "to the side", "turned"), strict=True
        )
        if angle
    )
    return OddScan(f"tilted: {told}", data, affine, back)


def _wider(clean: CleanScan, turn: Affine) -> tuple[tuple[int, int, int], Affine]:
    """Grid of the same voxels, shifted and widened until it holds the turned brain and 30 mm around it."""
    voxels = np.argwhere(clean.brain)
    ends = zip(voxels.min(axis=0), voxels.max(axis=0), strict=True)
    corners = np.array(np.meshgrid(*ends)).reshape(3, -1)
    pull = np.linalg.inv(clean.affine) @ turn @ clean.affine
    moved = pull[:3, :3] @ corners + pull[:3, 3:]
    margin = 30.0 / clean.voxel_mm
    low = np.floor(np.minimum(moved.min(axis=1) - margin, 0)).astype(int)
    high = np.ceil(np.maximum(moved.max(axis=1) + margin, np.array(clean.data.shape) - 1)).astype(int)
    x, y, z = (high - low + 1).tolist()
    affine = clean.affine.copy()
    affine[:3, 3] += clean.affine[:3, :3] @ low
    return (x, y, z), affine


def _child(clean: CleanScan) -> OddScan:
    """Scale the head, and lessen the contrast of its tissues."""
    scale = np.diag([CHILD_SCALE] * 3 + [1.0])
    weaker = clean.white * (clean.data / clean.white).clip(0) ** np.float32(CHILD_GAMMA)
    name = f"a child's: {CHILD_SCALE:g} times as long, weaker contrast"
    return OddScan(name, weaker.astype(np.float32), scale @ clean.affine, np.linalg.inv(scale))


def _mni_points(clean: CleanScan) -> FloatArray:
    """Where each voxel lies in ``mni``, shape (3, X, Y, Z), mm."""
    pull = np.linalg.inv(clean.mni_to_native) @ clean.affine
    grid = np.indices(clean.data.shape, dtype=np.float32)
    turned = np.tensordot(pull[:3, :3].astype(np.float32), grid, axes=1)
    return np.asarray(turned + pull[:3, 3].astype(np.float32)[:, None, None, None])


def _with_agent(clean: CleanScan, rng: np.random.Generator) -> FloatArray:
    """Brighten vessels near the brainstem, sinuses, and patches of what covers the brain."""
    points = _mni_points(clean)
    bright = np.zeros(clean.data.shape, dtype=bool)
    for first, last, radius in _VESSELS:
        start, along = np.array(first), np.subtract(last, first)
        away = points - start.astype(np.float32)[:, None, None, None]
        share = np.tensordot(along / (along @ along), away, axes=1).clip(0, 1)
        bright |= ((away - share * along[:, None, None, None]) ** 2).sum(axis=0) < radius**2
    cover = distance_transform_edt(~clean.brain, sampling=clean.voxel_mm)
    patches = gaussian_filter(rng.normal(size=clean.data.shape), 4.0 / clean.voxel_mm)
    bright |= (cover > 0) & (cover < 2.5) & (patches > patches.std())
    soft = gaussian_filter(bright.astype(np.float32), 0.6 / clean.voxel_mm)
    return np.asarray(clean.data * (1 - soft) + 1.5 * clean.white * soft, dtype=np.float32)


def _with_noisy_air(clean: CleanScan, rng: np.random.Generator) -> FloatArray:
    """Put noise as bright as tissue where there is no signal."""
    still = gaussian_filter(clean.data, 1.0 / clean.voxel_mm) < 0.15 * clean.white
    noise = rng.uniform(0, 1.1 * clean.white, clean.data.shape)
    return np.where(still & ~clean.brain, noise, clean.data)


def _without_face(clean: CleanScan) -> FloatArray:
    """Blank all that is in front of, below and beside the brain, up to 5 mm from it."""
    _, y, z = _mni_points(clean)
    away = distance_transform_edt(~clean.brain, sampling=clean.voxel_mm)
    face = (z < 0.5 * y - 20) | (z < -40)
    return np.where(face & (away > 5), 0, clean.data)
