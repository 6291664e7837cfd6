"""What lies around a brain: fluid, skull, scalp, neck and face, in grey levels of a T1-weighted scan.

The packaged template is stripped of its skull, so the rest of a simulated head is made here from the
brain's shape and a few ellipsoids. It is meant to be found and removed by a skull stripper, no more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine, mni_affine, ras_affine
from brainstem_app.simulation.contrast import TissueLevels

HEAD_STEP_MM = 2.0
HEAD_ORIGIN_MM = (-112.0, -150.0, -150.0)
HEAD_SHAPE = (112, 136, 141)

CLOSING_MM = 6.0
ROUNDING_MM = 24.0
CORD_TOP_MM = -70.0
SKIN_MM = 1.5

_Volume = NDArray[np.float32]
_Mask = NDArray[np.bool_]
_Millimetres = tuple[float, float, float]


def head_affine() -> Affine:
    """Voxel-to-world matrix (4×4, mm, MNI) of the coarse grid that whole heads are made on."""
    return ras_affine(HEAD_STEP_MM, HEAD_ORIGIN_MM)


def make_surroundings(
    brain: NDArray[np.bool_], levels: TissueLevels, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Grey levels (white matter is 1, air 0) around a brain, on the grid of `head_affine`.

    Parameters
    ----------
    brain : ndarray of bool, shape (197, 233, 189)
        Brain mask on the ``mni`` grid.
    levels : TissueLevels
        Grey levels of the tissues.
    generator : Generator
        Source of the thicknesses, the texture and the shape of face and neck.

    Returns
    -------
    ndarray of float32, shape `HEAD_SHAPE`
        What belongs to the brain is filled with fluid.
    """
    points = _points()
    cord = _cord(points)
    inside = _closed(resample(brain.astype(np.uint8), mni_affine(), HEAD_SHAPE, head_affine(), order=0) > 0)
    fluid_mm, bone_mm, scalp_mm = (generator.uniform(*r) for r in ((1.0, 2.5), (4.5, 8.0), (4.0, 8.0)))
    thickness = 1 + 0.2 * _texture(generator, 14.0)
    from_brain_mm = _distance_mm(~(inside | cord)) / thickness
    head = _rounded(inside, fluid_mm + bone_mm + scalp_mm)
    head |= _neck(points, generator) | _face(points, generator)
    image = _soft_tissue(_distance_mm(head), levels, generator)
    image[_cavities(points) & (from_brain_mm > fluid_mm + bone_mm)] = 0.02
    nodes = np.cumsum([fluid_mm, 0.6, 0.3 * bone_mm, 0.4 * bone_mm, 0.3 * bone_mm])
    cranial = np.interp(
        from_brain_mm, nodes, [levels.csf, levels.bone, levels.marrow, levels.bone, levels.bone]
    )
    inner = from_brain_mm <= nodes[-1]
    image[inner] = cranial[inner]
    image[cord] = 0.95
    return image


def _points() -> tuple[_Volume, _Volume, _Volume]:
    axes = [
        (start + HEAD_STEP_MM * np.arange(n)).astype(np.float32)
        for start, n in zip(HEAD_ORIGIN_MM, HEAD_SHAPE, strict=True)
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    return x, y, z


def _ellipsoid(points: tuple[_Volume, ...], centre: _Millimetres, radii: _Millimetres) -> _Mask:
    squares = [((p - c) / r) ** 2 for p, c, r in zip(points, centre, radii, strict=True)]
    return np.asarray(squares[0] + squares[1] + squares[2] < 1)


def _cord(points: tuple[_Volume, ...]) -> _Mask:
    """Continue the medulla as spinal cord where the template ends."""
    x, y, z = points
    middle = -45 - 4 * (1 - np.exp(np.minimum(z - CORD_TOP_MM, 0) / 20))
    return np.asarray((x / 6.5) ** 2 + ((y - middle) / 5.0) ** 2 + 0 * z < 1) & (z < CORD_TOP_MM)


def _neck(points: tuple[_Volume, ...], generator: np.random.Generator) -> _Mask:
    x, y, z = points
    wide, deep = generator.uniform(52, 66), generator.uniform(58, 70)
    return np.asarray(((x / wide) ** 2 + ((y + 30) / deep) ** 2 < 1) & (z < -35))


def _face(points: tuple[_Volume, ...], generator: np.random.Generator) -> _Mask:
    radii = (generator.uniform(58, 68), generator.uniform(52, 64), generator.uniform(78, 90))
    face = _ellipsoid(points, (0, 30, -55), radii)
    x, y, z = points
    nose = np.asarray((np.abs(x) < 4 - 0.2 * (z + 45)) & (np.abs(x) < 14) & (y < 70 - 0.6 * (z + 45)))
    return face | (nose & (y > 60) & (z > -85) & (z < -45))


def _cavities(points: tuple[_Volume, ...]) -> _Mask:
    """Air inside: nose, sinuses, mouth and throat, mastoid cells."""
    x, y, z = points
    air = _ellipsoid(points, (0, 50, -62), (13, 34, 20)) | _ellipsoid(points, (0, 68, 5), (16, 6, 10))
    air |= np.asarray((x / 12) ** 2 + ((y - 3) / 8) ** 2 + 0 * z < 1) & (z < -60)
    for side in (-1.0, 1.0):
        air |= _ellipsoid(points, (side * 28, 52, -68), (12, 15, 15))
        air |= _ellipsoid(points, (side * 56, -28, -45), (9, 10, 12))
    return air


def _soft_tissue(depth_mm: _Volume, levels: TissueLevels, generator: np.random.Generator) -> _Volume:
    """Skin, fat below it, muscle with streaks of fat; 0 outside, where the depth is 0."""
    fat_mm = generator.uniform(3.0, 6.0)
    texture = _texture(generator, 4.0)
    inside = levels.muscle * (1 + 0.2 * texture) + (levels.fat - levels.muscle) * np.clip(texture - 0.9, 0, 1)
    nodes = (0.0, 1.0, SKIN_MM + 0.5, SKIN_MM + fat_mm, SKIN_MM + fat_mm + 3)
    fatness = np.interp(depth_mm, nodes, (0, 0, 1, 1, 0))
    image = inside + (levels.fat * (1 + 0.1 * texture) - inside) * fatness
    return np.where(depth_mm > 0, np.maximum(image, 0.05), 0).astype(np.float32)


def _texture(generator: np.random.Generator, smoothness_mm: float) -> _Volume:
    """Smooth noise of mean 0 and deviation 1, cut at ±2.5."""
    noise = generator.standard_normal(HEAD_SHAPE, dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, smoothness_mm / HEAD_STEP_MM, truncate=3)
    return np.asarray(np.clip(smooth / smooth.std(), -2.5, 2.5))


def _closed(mask: _Mask) -> _Mask:
    grown = _distance_mm(~mask) <= CLOSING_MM
    return _distance_mm(grown) > CLOSING_MM


def _rounded(mask: _Mask, margin_mm: float) -> _Mask:
    """Grow the mask by a margin, without the dents that the outside of a head does not have."""
    grown = _distance_mm(~mask) <= margin_mm + ROUNDING_MM
    near = np.asarray(_distance_mm(grown) > ROUNDING_MM, dtype=np.float32)
    return np.asarray(ndimage.gaussian_filter(near, 4.0 / HEAD_STEP_MM) > 0.5)


def _distance_mm(mask: _Mask) -> _Volume:
    """Distance in mm to the nearest voxel outside the mask; 0 there."""
    return np.asarray(ndimage.distance_transform_edt(mask, sampling=HEAD_STEP_MM), dtype=np.float32)
