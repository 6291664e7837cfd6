"""Where the atlas lies in each scan of one person: one bend from all of them, and what each differs from it.

All scans lie in one box, placed half-way between them (`brainstem_app.preprocessing.halfway`). The bend is
that of `brainstem_app.models.atlas_fit`, to the mean of the network's probabilities and the mean image, so
that no scan says more than another where a nucleus lies. Then each scan is compared with the mean of the
*others*: a person resembles nobody as much as himself, so borders that the template only hints at are seen,
and with its own noise left out of what it is compared with, a scan that has not changed is not held in
place by it. The displacements of all scans are made to add up to nothing; each scan is moved once, and once
stood still, so that what interpolation does to borders falls out as well.

With `d_i` the displacement that lays the mean of the n − 1 other scans on scan `i`, its own place is
`e_i = d_i (n − 1)/n` less the mean of these over all scans; the label at x of scan i is that of the atlas at
y + u(y), y = x + e_i(x), with u the bend of all. Templates of one person, without favour: Reuter et al.,
NeuroImage 2012, 61:1402.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, binary_opening, distance_transform_edt

from brainstem_app.atlas.warped import labels_under
from brainstem_app.imaging.trilinear import interpolated
from brainstem_app.models.atlas_fit import fit_atlas, fit_images, neighbourhood
from brainstem_app.models.method import FitRound, FitSettings, PredictionContext
from brainstem_app.preprocessing.intensity import LIMIT

FloatArray = NDArray[np.float32]

#: How a scan is laid on the others of its person: by intensities alone, in wide windows, for one person's
#: borders agree over all of them and noise does not; contrasts of another person's template need narrow ones.
#: Chosen on a moved and shrunken head and a rescan, see docs/results/change.md.
BETWEEN_SESSIONS = FitSettings(
    rounds=(
        FitRound(
            network_weight=0.0,
            intensity_weight=1.0,
            window=4.0,
            variance_floor=0.01,
            smoothness=0.1,
            iterations=30,
        ),
    ),
    from_warp=True,
)
# So far from where a scan is cut off its intensities say nothing, voxels (mm).
_CUT_REACH = 8
_CUT_DEPTH = 2


@dataclass(frozen=True)
class SessionWarps:
    """Displacements of the atlas in the scans of one person.

    Attributes
    ----------
    common : ndarray of float32, shape (3, 50, 50, 73)
        u: the bend of all scans, voxels (mm).
    own : tuple of ndarray of float32, shape (3, 50, 50, 73)
        e_i of each; they add up to nothing.
    compared : ndarray of bool, shape (50, 50, 73)
        Where the scans were compared: in and around the brainstem, but not where one of them is cut off.
    """

    common: FloatArray
    own: tuple[FloatArray, ...]
    compared: NDArray[np.bool_]

    @property
    def whole(self) -> tuple[FloatArray, ...]:
        """Of each scan: where the label at x lies in the atlas, x + d(x), voxels."""
        return tuple(joined(own, self.common) for own in self.own)


def fit_sessions(
    boxes: Sequence[FloatArray],
    inside: Sequence[NDArray[np.bool_]],
    probabilities: FloatArray,
    context: PredictionContext,
    settings: FitSettings = BETWEEN_SESSIONS,
    told: Callable[[float], None] = lambda share: None,
) -> SessionWarps:
    """Bend the atlas to all scans of a person, then find what each differs by.

    Parameters
    ----------
    boxes : sequence of ndarray of float32, shape (50, 50, 73)
        Standardised intensities of each scan, in one place; at least two.
    inside : sequence of ndarray of bool, shape (50, 50, 73)
        What of it is brain.
    probabilities : ndarray of float32, shape (50, 50, 73, K)
        Of each class, the mean over the scans (`mean_probabilities`).
    context : PredictionContext
        Of the model.
    settings : FitSettings
        How a scan is laid on the others.
    told : callable
        Called with the share that is done.
    """
    total = np.sum(boxes, axis=0, dtype=np.float64)
    atlas = context.bent_atlas
    mean = np.where(_cut(inside, atlas), np.float32(-LIMIT), total / len(boxes)).astype(np.float32)
    images = (mean, context.template()) if context.method.fit.needs_images else None
    common = fit_atlas(probabilities, atlas, context.usual, context.method.fit, images).displacement
    here = labels_under(atlas, common)
    cut = _cut(inside, here)
    compared = neighbourhood(here) & (distance_transform_edt(~cut) > _CUT_REACH)
    found = []
    for number, box in enumerate(boxes, start=1):
        told(number / (len(boxes) + 1))
        others = ((total - box) / (len(boxes) - 1)).astype(np.float32)
        found.append(fit_images((box, others), compared, settings))
    parts = np.stack(found).astype(np.float64) * (len(boxes) - 1) / len(boxes)
    parts -= parts.mean(axis=0)
    return SessionWarps(common, tuple(part.astype(np.float32) for part in parts), compared)


def _cut(inside: Sequence[NDArray[np.bool_]], atlas: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a scan ends inside the brainstem, or was stripped of its end, which is no change.

    There some scan has nothing deep inside the atlas, or some have something and others nothing, by more
    than a brain loses at its surface.
    """
    every, some = np.all(inside, axis=0), np.any(inside, axis=0)
    deep = binary_erosion(atlas > 0, iterations=_CUT_DEPTH, border_value=1)
    return np.asarray((deep & ~every) | binary_opening(some & ~every, np.ones((2, 2, 2))))


def mean_probabilities(each: Sequence[FloatArray]) -> FloatArray:
    """Geometric mean of the probabilities (50, 50, 73, K) of several scans, its sum over the classes 1."""
    logs = np.zeros(each[0].shape, dtype=np.float64)
    for probabilities in each:
        logs += np.log(np.maximum(probabilities, 1e-12))
    mean = np.exp(logs / len(each))
    return np.asarray(mean / mean.sum(axis=-1, keepdims=True), dtype=np.float32)


def joined(first: FloatArray, then: FloatArray) -> FloatArray:
    """Displacement (3, X, Y, Z), voxels, of one displacement and another where that leads to."""
    points = np.indices(first.shape[1:], dtype=np.float32) + first
    return first + interpolated(then, points.reshape(3, -1)).reshape(first.shape)
