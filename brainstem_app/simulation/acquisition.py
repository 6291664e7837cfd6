"""What a scanner does to a head: field of view, resolution, coil shading, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.orientation import affine_from_letters
from brainstem_app.imaging.spaces import Affine


@dataclass(frozen=True)
class ScannerGrid:
    """Voxels of a scan: how many, and where they are (voxel to world, mm, RAS+)."""

    shape: tuple[int, int, int]
    affine: Affine


def make_grid(
    letters: str,
    voxel_size_mm: tuple[float, float, float],
    field_of_view_mm: tuple[float, float, float],
    rotation_degrees: tuple[float, float, float],
    centre_mm: tuple[float, float, float],
) -> ScannerGrid:
    """Lay a grid of voxels over a field of view.

    Parameters
    ----------
    letters : str
        Direction each voxel axis runs towards, e.g. ``"LAS"``.
    voxel_size_mm : tuple of float
        Edges of a voxel along its own axes.
    field_of_view_mm : tuple of float
        Extent left–right, posterior–anterior, inferior–superior.
    rotation_degrees : tuple of float
        Turn of the oblique grid around the x, y and z axis of the world.
    centre_mm : tuple of float
        World position of the grid's centre.
    """
    extent_of = {
        letter: extent
        for pair, extent in zip(("LR", "PA", "IS"), field_of_view_mm, strict=True)
        for letter in pair
    }
    x, y, z = (max(1, round(extent_of[a] / v)) for a, v in zip(letters, voxel_size_mm, strict=True))
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", rotation_degrees, degrees=True).as_matrix()
    affine = turn @ affine_from_letters(letters, (x, y, z), voxel_size_mm)
    affine[:3, 3] += centre_mm
    return ScannerGrid((x, y, z), affine)


def shading(
    generator: np.random.Generator, shape: tuple[int, int, int], strength: float
) -> NDArray[np.float32]:
    """Multiplicative field of a receive coil: a random sum of slow cosines, exponentiated.

    Parameters
    ----------
    generator : Generator
        Source of randomness.
    shape : tuple of int
        Voxels.
    strength : float
        Standard deviation of the field's logarithm; 0.2 means about ±20 %.
    """
    waves = 3
    weights = generator.standard_normal((waves, waves, waves))
    for axis in range(3):
        weights = weights * (1.0 / (1 + np.arange(waves))).reshape([-1 if a == axis else 1 for a in range(3)])
    weights[0, 0, 0] = 0
    bases = [
        np.cos(np.pi * np.arange(waves)[:, None] * (np.arange(n) + 0.5) / n).astype(np.float32) for n in shape
    ]
    field = np.einsum("abc,ax,by,cz->xyz", weights.astype(np.float32), *bases, optimize=True)
    return np.asarray(np.exp(field * np.float32(strength / max(float(field.std()), 1e-6))))


def add_rician_noise(
    generator: np.random.Generator, image: NDArray[np.float32], deviation: float
) -> NDArray[np.float32]:
    """Magnitude of the image with Gaussian noise of that deviation in both channels (Gudbjartsson 1995)."""
    real = image + deviation * generator.standard_normal(image.shape, dtype=np.float32)
    imaginary = deviation * generator.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(np.hypot(real, imaginary))


def blur(
    image: NDArray[np.float32], deviation_mm: float, voxel_size_mm: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Gaussian point spread of that standard deviation (mm)."""
    return np.asarray(gaussian_filter(image, [deviation_mm / size for size in voxel_size_mm], truncate=3))
