"""Bend the atlas until its structures lie where a network sees them.

A network labels every pixel for itself: a small nucleus may come out in pieces, or not at all. Here the atlas
is the model of what a brainstem looks like, and the network's probabilities are the data: the smooth
displacement is looked for under which the atlas explains them best. Each nucleus is then whole and in its
place among the others.

With `P(x, k)` the network's probability of class `k` at voxel `x`, `A(x, k)` the atlas as shares of each
class (trilinear between its voxels), and `u` the usual displacement (`brainstem_app.models.mean_warp`) plus
one from cubic B-splines with coefficients `c`, this is the minimum of

    − meanₓ log(Σₖ P(x, k) A(x + u(x), k) + ε)  +  λ · mean |c − neighbouring c|²

found by L-BFGS from almost `c = 0`. A voxel's label is then the class with the largest
`P(x, k) · (A(x + u(x), k) + ε)ᵞ`: where the bent atlas is certain it decides, and where a border runs through
the voxel the network has its say. A probabilistic atlas that is deformed to fit class likelihoods is the idea
of Ashburner and Friston, Unified segmentation, NeuroImage 26 (2005), and of Van Leemput, IEEE TMI 28 (2009);
here a trained network gives the likelihoods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.optimize import minimize

FloatArray = NDArray[np.float32]

#: Distance of the splines' control points, voxels (mm).
SPACING = 5.0
#: Weight of the smoothness, λ.
SMOOTHNESS = 0.2
#: Added to the agreement and to the shares, ε: nothing costs more than this lets it.
EPSILON = 0.02
#: How much more the bent atlas counts than the network where a voxel gets its label, γ.
ATLAS_POWER = 12.0
#: Smallest probability whose logarithm is taken.
SMALLEST_PROBABILITY = 1e-6
ITERATIONS = 20
#: Where the search begins, voxels: on the grid itself, trilinear sampling has kinks that stop it.
START = 0.3

_MARGIN = 5


@dataclass(frozen=True)
class AtlasFit:
    """The atlas, bent.

    Attributes
    ----------
    labels : ndarray of uint8, shape as the atlas's
        The label of each voxel.
    displacement : float
        Longest displacement at a voxel of the brainstem, voxels.
    """

    labels: NDArray[np.uint8]
    displacement: float


def fit_atlas(
    probabilities: FloatArray, atlas: NDArray[np.uint8], usual: FloatArray | None = None
) -> AtlasFit:
    """Bend an atlas to a network's probabilities.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (X, Y, Z, K)
        Of each class, summing to 1 over the classes.
    atlas : ndarray of uint8, shape (X, Y, Z)
        Label map on the same grid, 0 outside the brainstem.
    usual : ndarray of float32, shape (3, X, Y, Z), optional
        Displacement that people usually need, voxels: where the bend begins and what it is smooth beside.

    Returns
    -------
    AtlasFit
        Labels outside the atlas's brainstem and a margin of 5 voxels are 0.
    """
    region = neighbourhood(atlas)
    problem = _Problem(probabilities, atlas, region, usual)
    start = np.full(problem.size, START)
    options = {"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS, "gtol": 1e-9, "ftol": 1e-6}
    found = minimize(problem.cost, start, jac=True, method="L-BFGS-B", options=options)
    moved = problem.places(found.x)
    labels = np.zeros_like(atlas)
    labels[region] = problem.labels(moved)
    lengths = np.linalg.norm(moved - problem.points, axis=0)[labels[region] > 0]
    return AtlasFit(labels, float(lengths.max(initial=0.0)))


def neighbourhood(atlas: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where an atlas has its brainstem, and 5 voxels (mm) around it."""
    return np.asarray(binary_dilation(atlas > 0, iterations=_MARGIN))


class _Problem:
    """Cost of a displacement, and its gradient, as functions of the splines' coefficients."""

    def __init__(
        self,
        probabilities: FloatArray,
        atlas: NDArray[np.uint8],
        region: NDArray[np.bool_],
        usual: FloatArray | None,
    ) -> None:
        self.atlas, self.region = atlas, region
        self.points = np.array(np.nonzero(region), dtype=np.float32)
        self.begin = self.points if usual is None else self.points + usual[:, region]
        self.probabilities = probabilities[region]
        self.rows = np.arange(len(self.probabilities))
        self.splines = [_splines(size) for size in atlas.shape]
        self.grid = (3, *(matrix.shape[1] for matrix in self.splines))
        self.size = int(np.prod(self.grid))

    def places(self, coefficients: NDArray[np.float64]) -> FloatArray:
        """Places (3, N) in the atlas of the region's voxels."""
        fields = [_along_axes(part, self.splines) for part in coefficients.reshape(self.grid)]
        return self.begin + np.stack([field[self.region] for field in fields]).astype(np.float32)

    def cost(self, coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Cost and its gradient."""
        agreement, slope = self._agreement(self.places(coefficients))
        cost = -float(np.log(agreement + EPSILON).mean())
        pull = -slope / (agreement + EPSILON) / len(agreement)
        transposed = [matrix.T for matrix in self.splines]
        gradient = np.empty(self.grid)
        for axis in range(3):
            field = np.zeros(self.atlas.shape, dtype=np.float32)
            field[self.region] = pull[axis]
            gradient[axis] = _along_axes(field, transposed)
        roughness, rough_gradient = _roughness(coefficients.reshape(self.grid))
        return cost + SMOOTHNESS * roughness, (gradient + SMOOTHNESS * rough_gradient).ravel()

    def labels(self, points: FloatArray) -> NDArray[np.uint8]:
        """Label of each of the region's voxels, whose places in the atlas are points (3, N)."""
        shares = np.zeros(self.probabilities.shape, dtype=np.float32)
        for label, (x, y, z), _ in self._corners(points):
            shares[self.rows, label] += x * y * z
        network = np.log(np.maximum(self.probabilities, SMALLEST_PROBABILITY))
        found: NDArray[np.intp] = (network + ATLAS_POWER * np.log(shares + EPSILON)).argmax(axis=1)
        return found.astype(np.uint8)

    def _agreement(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Σₖ P A at points (3, N) of the atlas, and its slope along each axis (3, N)."""
        agreement = np.zeros(points.shape[1], dtype=np.float32)
        slope = np.zeros(points.shape, dtype=np.float32)
        for label, (x, y, z), sign in self._corners(points):
            probability = self.probabilities[self.rows, label]
            agreement += x * y * z * probability
            slope[0] += sign[0] * y * z * probability
            slope[1] += sign[1] * x * z * probability
            slope[2] += sign[2] * x * y * probability
        return agreement, slope

    def _corners(
        self, points: FloatArray
    ) -> Iterator[tuple[NDArray[np.uint8], list[FloatArray], tuple[int, ...]]]:
        """Yield the eight voxels around points (3, N): labels (N,), shares along each axis, their slopes."""
        limits = np.array(self.atlas.shape, dtype=np.float32)[:, None] - 1.001
        points = np.clip(points, 0, limits)
        floor = points.astype(np.int32)
        upper = points - floor
        for corner in np.ndindex(2, 2, 2):
            i, j, k = floor + np.array(corner, dtype=np.int32)[:, None]
            shares = [upper[axis] if far else 1 - upper[axis] for axis, far in enumerate(corner)]
            yield self.atlas[i, j, k], shares, tuple(1 if far else -1 for far in corner)


def _splines(size: int) -> NDArray[np.float64]:
    """Cubic B-spline weights (size, control points) of a line; each row sums to 1."""
    count = int(np.ceil(size / SPACING)) + 3
    places = (np.arange(size)[:, None] - (size - 1) / 2) / SPACING
    distance = np.abs(places - (np.arange(count) - (count - 1) / 2))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.asarray(np.where(distance < 1, near, far))


def _along_axes(volume: NDArray[np.floating], matrices: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Multiply each axis of a volume by a matrix (new size, old size)."""
    for matrix in matrices:
        # The first axis is multiplied and becomes the last, so after three turns all are in their places.
        # Plane by plane the products are small enough for one thread of BLAS: more spin after each product.
        volume = np.matmul(volume.transpose(1, 2, 0), matrix.T)
    return np.asarray(volume, dtype=np.float64)


def _roughness(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Mean squared difference of neighbouring coefficients, and its gradient."""
    total = 0.0
    gradient = np.zeros_like(coefficients)
    for axis in (1, 2, 3):
        step = np.diff(coefficients, axis=axis)
        total += float(np.mean(step**2))
        push = 2 * step / step.size
        first = (slice(None),) * axis
        gradient[(*first, slice(1, None))] += push
        gradient[(*first, slice(None, -1))] -= push
    return total, gradient
