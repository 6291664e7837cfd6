"""Bend the atlas until its structures lie where a network sees them.

A network labels every pixel for itself: a small nucleus may come out in pieces, or not at all. Here the atlas
is the model of what a brainstem looks like, and the network's probabilities are the data: the smooth
displacement is looked for under which the atlas explains them best. Each nucleus is then whole and in its
place among the others.

With `P(x, k)` the network's probability of class `k` at voxel `x`, `A(x, k)` the atlas as slightly blurred
shares, and `u` a displacement from cubic B-splines with coefficients `c`, this is the minimum of

    − Σₓ w(x) log(Σₖ P(x, k) A(x + u(x), k) + ε) / Σₓ w(x)  +  λ · mean |c − neighbouring c|²

found by L-BFGS from almost `u = 0`. Voxels where the network sees a nucleus weigh more (`w`). A probabilistic
atlas that is deformed to fit class likelihoods is the idea of Ashburner and Friston, Unified segmentation,
NeuroImage 26 (2005), and of Van Leemput, IEEE TMI 28 (2009); here a trained network gives the likelihoods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter
from scipy.optimize import minimize

FloatArray = NDArray[np.float32]

#: Distance of the splines' control points, voxels (mm).
SPACING = 7.0
#: Weight of the smoothness.
SMOOTHNESS = 0.05
#: Standard deviation of the atlas's blur, voxels.
BLUR = 0.6
#: Times that a voxel of a nucleus counts, beside one of no nucleus.
NUCLEUS_WEIGHT = 5.0
#: Added to the agreement: a voxel that nothing explains costs no more than this lets it.
EPSILON = 0.02
ITERATIONS = 15
#: Where the search begins, voxels: on the grid itself, trilinear sampling has kinks that stop it.
START = 0.3

#: Classes a voxel that are looked at one by one; those after the fourth most probable hold next to nothing.
_CLASSES_A_VOXEL = 4
_MARGIN = 5
#: Background, white and grey matter come before the nuclei in every label table.
_FIRST_NUCLEUS = 3


@dataclass(frozen=True)
class AtlasFit:
    """The atlas, bent.

    Attributes
    ----------
    labels : ndarray of uint8, shape as the atlas's
        Its label at each voxel.
    displacement : float
        Longest displacement at a voxel of the brainstem, voxels.
    """

    labels: NDArray[np.uint8]
    displacement: float


def fit_atlas(probabilities: FloatArray, atlas: NDArray[np.uint8]) -> AtlasFit:
    """Bend an atlas to a network's probabilities.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (X, Y, Z, K)
        Of each class, summing to 1 over the classes.
    atlas : ndarray of uint8, shape (X, Y, Z)
        Label map on the same grid, 0 outside the brainstem.

    Returns
    -------
    AtlasFit
        Labels outside the atlas's brainstem and a margin of 5 voxels are 0.
    """
    region = binary_dilation(atlas > 0, iterations=_MARGIN)
    problem = _Problem(probabilities, atlas, region)
    start = np.full(problem.size, START)
    options = {"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS, "gtol": 1e-9, "ftol": 1e-6}
    found = minimize(problem.cost, start, jac=True, method="L-BFGS-B", options=options)
    moved = problem.points + problem.displacement(found.x)
    nearest = np.clip(np.rint(moved).astype(int), 0, np.array(atlas.shape)[:, None] - 1)
    labels = np.zeros_like(atlas)
    labels[region] = atlas[tuple(nearest)]
    lengths = np.linalg.norm(moved - problem.points, axis=0)[labels[region] > 0]
    return AtlasFit(labels, float(lengths.max(initial=0.0)))


class _Problem:
    """Cost of a displacement, and its gradient, as functions of the splines' coefficients."""

    def __init__(
        self, probabilities: FloatArray, atlas: NDArray[np.uint8], region: NDArray[np.bool_]
    ) -> None:
        self.shape, self.region = atlas.shape, region
        self.points = np.array(np.nonzero(region), dtype=np.float32)
        self.shares = _shares(atlas, probabilities.shape[-1])
        inside = probabilities[region]
        kept = min(_CLASSES_A_VOXEL, inside.shape[1])
        chosen = np.argpartition(inside, -kept, axis=1)[:, -kept:]
        self.classes = chosen.astype(np.int32)
        likely = np.take_along_axis(inside, chosen, axis=1)
        others = max(1, inside.shape[1] - kept)
        #: What each of the other classes has on average; the shares of all classes sum to 1.
        self.rest = (1 - likely.sum(axis=1)) / others
        self.probabilities = likely - self.rest[:, None]
        weights = 1 + (NUCLEUS_WEIGHT - 1) * inside[:, _FIRST_NUCLEUS:].sum(axis=1)
        self.weights = (weights / weights.sum()).astype(np.float32)
        self.splines = [_splines(size) for size in atlas.shape]
        self.grid = (3, *(matrix.shape[1] for matrix in self.splines))
        self.size = int(np.prod(self.grid))

    def displacement(self, coefficients: NDArray[np.float64]) -> FloatArray:
        """Displacement (3, N) of the region's voxels."""
        fields = [_along_axes(part, self.splines) for part in coefficients.reshape(self.grid)]
        return np.stack([field[self.region] for field in fields]).astype(np.float32)

    def cost(self, coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Cost and its gradient."""
        agreement, slope = self._agreement(self.points + self.displacement(coefficients))
        cost = -float(self.weights @ np.log(agreement + EPSILON))
        pull = -self.weights / (agreement + EPSILON) * slope
        transposed = [matrix.T for matrix in self.splines]
        gradient = np.empty(self.grid)
        for axis in range(3):
            field = np.zeros(self.shape, dtype=np.float32)
            field[self.region] = pull[axis]
            gradient[axis] = _along_axes(field, transposed)
        roughness, rough_gradient = _roughness(coefficients.reshape(self.grid))
        return cost + SMOOTHNESS * roughness, (gradient + SMOOTHNESS * rough_gradient).ravel()

    def _agreement(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Σₖ P A at points (3, N) of the atlas, trilinear, and its slope along each axis (3, N)."""
        limits = np.array(self.shape, dtype=np.float32)[:, None] - 1.001
        points = np.clip(points, 0, limits)
        floor = points.astype(np.int32)
        upper = points - floor
        agreement = self.rest.astype(np.float32)
        slope = np.zeros(points.shape, dtype=np.float32)
        _, height, depth = self.shape
        for corner in np.ndindex(2, 2, 2):
            i, j, k = floor + np.array(corner, dtype=np.int32)[:, None]
            voxel = (i * height + j) * depth + k
            value = (self.shares[voxel[:, None], self.classes] * self.probabilities).sum(axis=1)
            share = [upper[axis] if corner[axis] else 1 - upper[axis] for axis in range(3)]
            sign = [1.0 if one else -1.0 for one in corner]
            agreement += share[0] * share[1] * share[2] * value
            slope[0] += sign[0] * share[1] * share[2] * value
            slope[1] += sign[1] * share[0] * share[2] * value
            slope[2] += sign[2] * share[0] * share[1] * value
        return agreement, slope


def _shares(atlas: NDArray[np.uint8], classes: int) -> FloatArray:
    """Share (voxels, K) of each class at each voxel of a slightly blurred atlas."""
    shares = np.zeros((atlas.size, classes), dtype=np.float32)
    for label in np.unique(atlas):
        shares[:, label] = gaussian_filter((atlas == label).astype(np.float32), BLUR).ravel()
    return shares


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
