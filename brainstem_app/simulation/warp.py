"""Smooth invertible deformations: exponentials of random stationary velocity fields.

Scaling and squaring: Arsigny et al., A log-Euclidean framework for statistics on diffeomorphisms, 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter, map_coordinates

from brainstem_app.imaging.spaces import Affine

LARGEST_STEP_VOXELS = 0.25


@dataclass(frozen=True)
class Roughness:
    """One scale of a random deformation.

    Attributes
    ----------
    amplitude_mm : float
        Displacement (velocity × unit time) that 5 % of the points exceed.
    smoothness_mm : float
        Standard deviation of the Gaussian that smooths the random velocities.
    """

    amplitude_mm: float
    smoothness_mm: float


@dataclass(frozen=True)
class Warp:
    """A deformation of a world: the point x (mm) goes to x + displacement(x).

    Attributes
    ----------
    displacement_mm : ndarray of float32, shape (3, X, Y, Z)
        In mm along the axes of the world, on a coarse grid.
    affine : ndarray, shape (4, 4)
        Voxel to world of that grid, without rotation.
    """

    displacement_mm: NDArray[np.float32]
    affine: Affine

    def displacement_on(self, shape: tuple[int, int, int], grid_to_world: Affine) -> NDArray[np.float32]:
        """Displacement (3, *shape) in mm at the voxels of another grid; at the border, the border's."""
        pull = np.linalg.inv(self.affine) @ grid_to_world
        moved = [
            affine_transform(field, pull[:3, :3], pull[:3, 3], shape, order=1, mode="nearest")
            for field in self.displacement_mm
        ]
        return np.stack(moved)

    def points_on(self, shape: tuple[int, int, int], grid_to_world: Affine) -> NDArray[np.float32]:
        """Where the voxels of another grid go: points (3, *shape) in mm."""
        points = self.displacement_on(shape, grid_to_world)
        i, j, k = np.indices(shape, dtype=np.float32, sparse=True)
        for axis, (a, b, c, offset) in enumerate(grid_to_world[:3].astype(np.float32)):
            points[axis] += a * i + b * j + c * k + offset
        return points

    def jacobian_determinant(self) -> NDArray[np.float32]:
        """Local change of volume on the coarse grid, shape (X, Y, Z); positive where nothing folds."""
        spacing_mm = np.diag(self.affine)[:3]
        gradient = np.stack(
            [np.stack(np.gradient(field, *spacing_mm), axis=-1) for field in self.displacement_mm], axis=-2
        )
        return np.asarray(np.linalg.det(gradient + np.eye(3)), dtype=np.float32)


def random_warp(
    generator: np.random.Generator,
    shape: tuple[int, int, int],
    affine: Affine,
    scales: tuple[Roughness, ...],
) -> Warp:
    """Draw a smooth deformation that has a smooth inverse.

    Parameters
    ----------
    generator : Generator
        Source of randomness.
    shape : tuple of int
        Voxels of the coarse grid.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm) of the coarse grid, without rotation.
    scales : tuple of Roughness
        Velocities of several scales are added before they are exponentiated.
    """
    spacing_mm = np.abs(np.diag(affine)[:3])
    velocity = np.zeros((3, *shape), dtype=np.float32)
    for scale in scales:
        noise = generator.standard_normal((3, *shape), dtype=np.float32)
        smooth = np.stack([gaussian_filter(part, scale.smoothness_mm / spacing_mm) for part in noise])
        lengths = np.sqrt((smooth**2).sum(axis=0))
        velocity += smooth * np.float32(scale.amplitude_mm / np.quantile(lengths, 0.95))
    voxel_mm = np.diag(affine)[:3].astype(np.float32).reshape(3, 1, 1, 1)
    return Warp(_exponential(velocity / voxel_mm) * voxel_mm, affine)


def _exponential(velocity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Displacement in voxels after unit time along a stationary velocity in voxels."""
    largest = float(np.abs(velocity).max())
    squarings = max(0, int(np.ceil(np.log2(max(largest, 1e-6) / LARGEST_STEP_VOXELS))))
    displacement = velocity / np.float32(2**squarings)
    grid = np.indices(velocity.shape[1:], dtype=np.float32)
    for _ in range(squarings):
        there = grid + displacement
        displacement = displacement + np.stack(
            [map_coordinates(part, there, order=1, mode="nearest") for part in displacement]
        )
    return displacement
