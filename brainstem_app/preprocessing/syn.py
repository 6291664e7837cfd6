"""Diffeomorphic registration (SyN with local correlation, Avants et al. 2008), as dipy implements it.

`fine_warp` follows the brainstem's own anatomy and makes reference labels. `coarse_warp` is smooth over
centimetres: the optional nonlinear normalisation, never the reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from brainstem_app.imaging.spaces import AROUND_BOX, MNI_ORIGIN_MM, Affine, ras_affine
from brainstem_app.preprocessing.template import Template
from brainstem_app.preprocessing.transforms import Displacement

_COARSE_STEP = 4
_COARSE_SMOOTHING_VOXELS = 1.5


@dataclass(frozen=True)
class SynSettings:
    """Settings of one registration.

    Attributes
    ----------
    radius : int
        Radius (voxels) of the window of the local correlation.
    iterations : tuple of int
        Iterations a level, coarse to fine.
    """

    radius: int = 4
    iterations: tuple[int, ...] = (60, 40, 20)


FINE = SynSettings()
# The same registration made differently: how far two of them agree is what the reference itself is worth.
FINE_REPEAT = SynSettings(radius=3, iterations=(50, 30, 10))
_COARSE = SynSettings(radius=3, iterations=(30, 15))


def fine_warp(aligned: NDArray[np.float32], template: Template, settings: SynSettings = FINE) -> Displacement:
    """Displacement that carries points of the aligned image to the template, around the brainstem.

    Parameters
    ----------
    aligned : ndarray of float32, shape (197, 233, 189)
        Normalised image on ``mni``.
    template : Template
        The template the atlas was drawn on.
    settings : SynSettings
        `FINE`, or `FINE_REPEAT` for the repeatability of the reference.

    Returns
    -------
    Displacement
        ``atlas(x + d(x))`` is the label at x of the aligned image (mm).
    """
    near = AROUND_BOX
    return _register(near.crop(aligned), near.crop(template.t1), near.affine, settings)


def coarse_warp(aligned: NDArray[np.float32], template: Template) -> Displacement:
    """Smooth displacement that carries points of the template to the aligned image, over the whole brain.

    Found on a grid of 4 mm and smoothed, so that it changes over centimetres only, as SPM's does.
    """
    affine = ras_affine(_COARSE_STEP, MNI_ORIGIN_MM)
    thin = (slice(None, None, _COARSE_STEP),) * 3
    still = gaussian_filter(template.t1, _COARSE_STEP / 2)[thin]
    moving = gaussian_filter(aligned, _COARSE_STEP / 2)[thin]
    found = _register(still, moving, affine, _COARSE)
    smooth = np.stack(
        [gaussian_filter(found.field[..., axis], _COARSE_SMOOTHING_VOXELS) for axis in range(3)], axis=-1
    )
    return Displacement(smooth, affine)


def _register(
    static: NDArray[np.float32], moving: NDArray[np.float32], affine: Affine, settings: SynSettings
) -> Displacement:
    # Imported here: half a second, and a prediction in the affine space registers nothing by dipy.
    from dipy.align.imwarp import SymmetricDiffeomorphicRegistration
    from dipy.align.metrics import CCMetric

    registration = SymmetricDiffeomorphicRegistration(
        metric=CCMetric(3, radius=settings.radius), level_iters=list(settings.iterations)
    )
    registration.verbosity = 0
    mapping = registration.optimize(
        static.astype(np.float64),
        moving.astype(np.float64),
        static_grid2world=affine,
        moving_grid2world=affine,
    )
    return Displacement(np.asarray(mapping.get_forward_field(), dtype=np.float32), affine)
