"""Bend the atlas until it lies where a scan has its structures: one smooth displacement, the warp.

Two things say where that is. A network's probabilities: under the right displacement the atlas explains them
best. And the scan's own intensities: under it the template resembles the scan. What neither says, smoothness
and the usual displacement of other people (`brainstem_app.models.mean_warp`) do.

With `P(x, k)` the network's probability of class `k` at voxel `x`, `A(x, k)` the atlas as shares of each
class (trilinear between its voxels), `C(u)` the mean local correlation of scan and template
(`brainstem_app.models.local_correlation`), and `u` the usual displacement plus one from cubic B-splines with
coefficients `c`, this is the minimum of

    − wₙ · meanₓ log(Σₖ P(x, k) A(x + u(x), k) + ε)  −  wᵢ · C(u)  +  λ · mean |c − neighbouring c|²

found by L-BFGS from almost `c = 0`. Where the displacement would fold, it is looked for again with more
smoothness. Smoothness holds a part of every small change back: a round that counts roughness from what the
rounds before found (`FitRound.beside_found`) asks for that part once more, as Tukey's twicing does
(Exploratory Data Analysis, 1977) and the iteration of Osher et al. (Multiscale Model. Simul. 4, 2005).
Of what such a round adds, only as much counts as leaves no fold.

A probabilistic atlas that is deformed to fit class likelihoods is the idea of Ashburner and Friston, Unified
segmentation, NeuroImage 26 (2005), and of Van Leemput, IEEE TMI 28 (2009); here a trained network gives the
likelihoods.

Models of before give a voxel the class with the largest `P(x, k) · (A(x + u(x), k) + ε)ᵞ`
(`AtlasFit.voted`); today's leave the word to the warp (`brainstem_app.atlas.warped`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from brainstem_app.imaging.trilinear import corners, interpolated_with_slope
from brainstem_app.models.local_correlation import LocalCorrelation
from brainstem_app.models.method import FitRound, FitSettings
from brainstem_app.preprocessing.intensity import LIMIT

FloatArray = NDArray[np.float32]

#: Distance of the splines' control points, voxels (mm).
SPACING = 5.0
#: Added to the agreement and to the shares, ε: nothing costs more than this lets it.
EPSILON = 0.02
#: How much more the bent atlas counts than the network where a voxel gets its label by vote, γ.
ATLAS_POWER = 12.0
#: Smallest probability whose logarithm is taken.
SMALLEST_PROBABILITY = 1e-6
#: Where the search begins, voxels: on the grid itself, trilinear sampling has kinks that stop it.
START = 0.3
#: The same where what was found before is off the grid already.
NUDGE = 0.01
#: Smallest determinant of the warp's Jacobian that is no fold.
LEAST_JACOBIAN = 0.1

_MARGIN = 5
_CUT_DEPTH = 2
_CUT_REACH = 5
_MOST_TRIES = 10


@dataclass(frozen=True)
class AtlasFit:
    """The atlas, bent.

    Attributes
    ----------
    displacement : ndarray of float32, shape (3, X, Y, Z)
        The label at x is that of the atlas at x + d(x), voxels.
    problem : AtlasProblem
        What it solves.
    """

    displacement: FloatArray
    problem: AtlasProblem

    @property
    def longest(self) -> float:
        """Longest displacement near the brainstem, voxels."""
        return float(np.linalg.norm(self.displacement[:, self.problem.region], axis=0).max(initial=0.0))

    def voted(self) -> NDArray[np.uint8]:
        """Labels (X, Y, Z) by atlas and network together, as models of before have them.

        0 outside the atlas's brainstem and a margin of 5 voxels.
        """
        labels = np.zeros(self.problem.region.shape, dtype=np.uint8)
        labels[self.problem.region] = self.problem.voted(self.displacement)
        return labels


def fit_atlas(
    probabilities: FloatArray,
    atlas: NDArray[np.uint8],
    usual: FloatArray | None = None,
    settings: FitSettings | None = None,
    images: tuple[FloatArray, FloatArray] | None = None,
) -> AtlasFit:
    """Bend an atlas to a network's probabilities and a scan's intensities.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (X, Y, Z, K)
        Of each class, summing to 1 over the classes.
    atlas : ndarray of uint8, shape (X, Y, Z)
        Label map on the same grid, 0 outside the brainstem.
    usual : ndarray of float32, shape (3, X, Y, Z), optional
        Displacement that people usually need, voxels: where the bend begins and what it is smooth beside.
    settings : FitSettings, optional
        What counts how much.
    images : two ndarrays of float32, shape (X, Y, Z), optional
        The scan and the template, standardised; needed if intensities count.
    """
    settings = settings or FitSettings()
    around = neighbourhood(atlas)
    asked = around
    if settings.from_warp and images is not None:
        asked = around & ~_near_cuts(images[0], atlas)
    # Its matrices are small: a second thread would only wait, at the price of a whole core.
    with threadpool_limits(limits=1, user_api="blas"):
        problem = AtlasProblem(probabilities, atlas, asked, usual, images)
        return AtlasFit(problem.displacement(_bent(problem, settings, around)), problem)


def fit_images(
    images: tuple[FloatArray, FloatArray], region: NDArray[np.bool_], settings: FitSettings
) -> FloatArray:
    """Lay one image on another by their intensities alone; it never folds.

    Parameters
    ----------
    images : two ndarrays of float32, shape (X, Y, Z)
        Standardised; the second at x + d(x) resembles the first at x.
    region : ndarray of bool, shape (X, Y, Z)
        Where they are compared.

    Returns
    -------
    ndarray of float32, shape (3, X, Y, Z)
        d, voxels.
    """
    nothing = np.zeros((*region.shape, 1), dtype=np.float32)
    with threadpool_limits(limits=1, user_api="blas"):
        problem = AtlasProblem(nothing, np.zeros(region.shape, dtype=np.uint8), region, None, images)
        return problem.displacement(_bent(problem, settings, region))


def _bent(problem: AtlasProblem, settings: FitSettings, around: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Coefficients after all rounds; smoother where the displacement would fold in a region."""
    found = np.full(problem.size, START)
    for each in settings.rounds:
        if each.beside_found:
            problem.go_on_beside(found)
            found = problem.solved(each, np.full(problem.size, NUDGE))
            if settings.from_warp:
                found = _shortened(problem, found, around)
            continue
        begun, smoother = found, each
        for _ in range(_MOST_TRIES):
            found = problem.solved(smoother, begun)
            if not settings.from_warp:
                break
            if smallest_jacobian(problem.displacement(found), around) >= LEAST_JACOBIAN:
                break
            smoother = smoother.model_copy(update={"smoothness": 4 * smoother.smoothness})
    return found


def _shortened(
    problem: AtlasProblem, found: NDArray[np.float64], region: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """As much of what a round adds, in tenths, as leaves no fold: none leaves what was found before."""
    for tenths in range(10, 0, -1):
        added = found * (tenths / 10)
        if smallest_jacobian(problem.displacement(added), region) >= LEAST_JACOBIAN:
            return added
    return np.zeros_like(found)


def neighbourhood(atlas: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where an atlas has its brainstem, and 5 voxels (mm) around it."""
    return np.asarray(binary_dilation(atlas > 0, iterations=_MARGIN))


def smallest_jacobian(displacement: FloatArray, region: NDArray[np.bool_]) -> float:
    """Smallest determinant, in a region, of the Jacobian of x + d(x); zero or less where it folds."""
    slopes = np.stack([np.stack(np.gradient(part), axis=-1) for part in displacement], axis=-2)
    return float(np.linalg.det(slopes[region] + np.eye(3)).min(initial=1.0))


def _near_cuts(image: FloatArray, atlas: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a scan has nothing, deep inside the atlas's brainstem, and a window's width around it."""
    deep = binary_erosion(atlas > 0, iterations=_CUT_DEPTH, border_value=1)
    cut = deep & (image <= -LIMIT)
    return np.asarray(distance_transform_edt(~cut) <= _CUT_REACH) if cut.any() else cut


class AtlasProblem:
    """Cost of a displacement, and its gradient, as functions of the splines' coefficients.

    Parameters
    ----------
    region : ndarray of bool, shape (X, Y, Z)
        Where network and intensities are asked; the rest as for `fit_atlas`.
    """

    def __init__(
        self,
        probabilities: FloatArray,
        atlas: NDArray[np.uint8],
        region: NDArray[np.bool_],
        usual: FloatArray | None = None,
        images: tuple[FloatArray, FloatArray] | None = None,
    ) -> None:
        self.region = region
        self._atlas = atlas
        self._points = np.array(np.nonzero(region), dtype=np.float32)
        self._usual = np.zeros((3, *atlas.shape), dtype=np.float32) if usual is None else usual
        self._probabilities = np.ascontiguousarray(probabilities[region])
        self._rows = np.arange(len(self._probabilities))
        self._flat = self._probabilities.reshape(-1)
        self._begins = self._rows * self._probabilities.shape[1]
        self._images = images
        self._correlations: dict[tuple[float, float], LocalCorrelation] = {}
        self._splines = [_splines(size) for size in atlas.shape]
        self._grid = (3, *(matrix.shape[1] for matrix in self._splines))
        self.size = int(np.prod(self._grid))
        self._beside = ThreadPoolExecutor(1)

    def solved(self, settings: FitRound, start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coefficients of the least cost found from a start."""
        steps = settings.iterations
        options = {"maxiter": steps, "maxfun": 2 * steps, "gtol": 1e-9, "ftol": 1e-6}
        found = minimize(self.cost, start, args=settings, jac=True, method="L-BFGS-B", options=options)
        return np.asarray(found.x)

    def go_on_beside(self, coefficients: NDArray[np.float64]) -> None:
        """Take what was found for the usual displacement; coefficients begin anew from 0."""
        self._usual = self.displacement(coefficients)

    def displacement(self, coefficients: NDArray[np.float64]) -> FloatArray:
        """Displacement (3, X, Y, Z) of the splines' coefficients and the usual one together, voxels."""
        parts = coefficients.reshape(self._grid).astype(np.float32)
        return self._usual + np.stack([_along_axes(part, self._splines) for part in parts])

    def cost(
        self, coefficients: NDArray[np.float64], settings: FitRound
    ) -> tuple[float, NDArray[np.float64]]:
        """Cost and its gradient."""
        displacement = self.displacement(coefficients)
        roughness, slope = _roughness(coefficients.reshape(self._grid))
        cost = settings.smoothness * roughness
        pull = np.zeros_like(displacement)
        intensities = self._images if settings.intensity_weight else None
        # On two cores, and added up in one order, so that their number changes no digit.
        network = self._beside.submit(self._disagreement, displacement) if settings.network_weight else None
        alike = None
        if intensities is not None:
            alike = self._correlation(settings, intensities).cost(displacement)
        if network is not None:
            disagreement, wanted = network.result()
            cost += settings.network_weight * disagreement
            pull[:, self.region] = settings.network_weight * wanted
        if alike is not None:
            cost += settings.intensity_weight * alike[0]
            pull += settings.intensity_weight * alike[1]
        transposed = [matrix.T for matrix in self._splines]
        gradient = np.stack([_along_axes(part, transposed) for part in pull])
        return cost, (gradient + settings.smoothness * slope).ravel().astype(np.float64)

    def _correlation(self, settings: FitRound, images: tuple[FloatArray, FloatArray]) -> LocalCorrelation:
        key = (settings.window, settings.variance_floor)
        if key not in self._correlations:
            self._correlations[key] = LocalCorrelation(*images, self.region, *key)
        return self._correlations[key]

    def voted(self, displacement: FloatArray) -> NDArray[np.uint8]:
        """Label (N,) of each of the region's voxels, by the bent atlas and the network."""
        shares = np.zeros(self._probabilities.shape, dtype=np.float32)
        for corner in corners(self._atlas, self._points + displacement[:, self.region]):
            shares[self._rows, corner.values] += corner.weight
        network = np.log(np.maximum(self._probabilities, SMALLEST_PROBABILITY))
        found: NDArray[np.intp] = (network + ATLAS_POWER * np.log(shares + EPSILON)).argmax(axis=1)
        return found.astype(np.uint8)

    def _disagreement(self, displacement: FloatArray) -> tuple[float, FloatArray]:
        """− mean log(Σₖ P A + ε) over the region, and its slope (3, N)."""
        points = self._points + displacement[:, self.region]
        agreement, slope = interpolated_with_slope(self._atlas, points, self._probability)
        agreement += EPSILON
        return -float(np.log(agreement).mean()), -slope / (agreement * np.float32(len(agreement)))

    def _probability(self, labels: NDArray[np.uint8], part: slice) -> FloatArray:
        """Network's probability (n,) that some of the region's voxels have these labels."""
        return np.asarray(self._flat.take(self._begins[part] + labels), dtype=np.float32)


def _splines(size: int) -> FloatArray:
    """Cubic B-spline weights (size, control points) of a line; each row sums to 1."""
    count = int(np.ceil(size / SPACING)) + 3
    places = (np.arange(size)[:, None] - (size - 1) / 2) / SPACING
    distance = np.abs(places - (np.arange(count) - (count - 1) / 2))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.asarray(np.where(distance < 1, near, far), dtype=np.float32)


def _along_axes(volume: FloatArray, matrices: list[FloatArray]) -> FloatArray:
    """Multiply each axis of a volume by a matrix (new size, old size)."""
    for matrix in matrices:
        # The first axis is multiplied and becomes the last, so after three turns all are in their places.
        # Plane by plane the products are small enough for one thread of BLAS: more spin after each product.
        volume = np.matmul(volume.transpose(1, 2, 0), matrix.T)
    return volume


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
