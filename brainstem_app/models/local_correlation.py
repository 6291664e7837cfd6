"""Local correlation of a scan with the template under a displacement, and its slope.

In a Gaussian window around each voxel the correlation of both images is computed; it is blind to gain, offset
and slow shading. The mean over a region, with the minus sign of a cost, and its exact derivative with respect
to the displacement are what a gradient descent needs. The measure is that of Avants et al., Symmetric
diffeomorphic image registration with cross-correlation, Medical Image Analysis 12 (2008), with a Gaussian
instead of a cubic window (Cachier & Pennec, 2000).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from brainstem_app.imaging.trilinear import interpolated_with_slope

FloatArray = NDArray[np.float32]

_REACH = 2.5


class LocalCorrelation:
    """The cost of a displacement of the template.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        The scan on the template's grid, standardised.
    template : ndarray of float32, shape (X, Y, Z)
        The template, standardised.
    region : ndarray of bool, shape (X, Y, Z)
        Where the correlation counts.
    window : float
        Standard deviation of the window, voxels (mm).
    floor : float
        Added to both variances, of intensities with a spread of 1: where nothing but noise is, nothing is
        gained.
    """

    def __init__(
        self,
        image: FloatArray,
        template: FloatArray,
        region: NDArray[np.bool_],
        window: float = 1.5,
        floor: float = 0.02,
    ) -> None:
        self._sigma, self._floor = window, np.float32(floor)
        self._image, self._template = image.astype(np.float32, copy=False), template
        self._grid = np.indices(image.shape, dtype=np.float32).reshape(3, -1)
        # What of each window lies inside.
        self._inside = _blurred(np.ones(image.shape, dtype=np.float32), window)
        self._weight = region.astype(np.float32) / np.float32(max(int(region.sum()), 1))
        self._mean = self._window(self._image)
        self._variance = self._spread(self._window(self._image * self._image), self._mean)
        self._beside = ThreadPoolExecutor(1)

    def cost(self, displacement: FloatArray) -> tuple[float, FloatArray]:
        """Minus the mean local correlation, −1…1, and its slope.

        Parameters
        ----------
        displacement : ndarray of float32, shape (3, X, Y, Z)
            The template at x + d(x) is compared with the image at x, voxels.

        Returns
        -------
        float, ndarray of float32 (3, X, Y, Z)
            Cost, and its derivative with respect to each voxel's displacement.
        """
        points = self._grid + displacement.reshape(3, -1)
        values, slope = interpolated_with_slope(self._template, points)
        moved = values.reshape(self._image.shape)
        # Windows are computed two at a time.
        ahead = self._beside.submit
        squares, products = ahead(self._window, moved * moved), ahead(self._window, self._image * moved)
        mean = self._window(moved)
        variance = self._spread(squares.result(), mean)
        covariance = products.result() - self._mean * mean
        scale = 1 / np.sqrt(self._variance * variance)
        correlation = covariance * scale
        by_covariance = -self._weight * scale
        by_variance = self._weight * correlation / variance / 2
        wanted = self._wanted
        first, second = ahead(wanted, by_covariance), ahead(wanted, by_covariance * self._mean)
        by_itself = wanted(by_variance) * moved - wanted(by_variance * mean)
        by_value = first.result() * self._image - second.result()
        by_value += 2 * by_itself
        pull = (by_value.reshape(-1) * slope).reshape(displacement.shape)
        return -float((self._weight * correlation).sum()), pull

    def _window(self, volume: FloatArray) -> FloatArray:
        """Mean over each window."""
        return _blurred(volume, self._sigma) / self._inside

    def _wanted(self, volume: FloatArray) -> FloatArray:
        """Transpose of `_window`: the sum, at each voxel, of what all windows want of it."""
        return _blurred(volume / self._inside, self._sigma)

    def _spread(self, squares: FloatArray, mean: FloatArray) -> FloatArray:
        """Variance over each window, from the means of squares and values, and the floor."""
        return np.maximum(squares - mean * mean, 0) + self._floor


def _blurred(volume: FloatArray, sigma: float) -> FloatArray:
    # Zeros beyond the border make the filter its own transpose.
    return np.asarray(gaussian_filter(volume, sigma, mode="constant", truncate=_REACH), dtype=np.float32)
