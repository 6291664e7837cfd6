"""Affine registration by SimpleITK, in RAS millimetres, with one thread so that it repeats to the bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import Affine


@dataclass(frozen=True)
class LinearSettings:
    """How one affine registration runs.

    Attributes
    ----------
    metric : str
        ``"mutual-information"`` (Mattes, 32 bins) or ``"correlation"`` (global, inside the mask).
    shrink : tuple of int
        Factor by which the fixed grid is thinned, coarse to fine.
    iterations : int
        At most so many optimiser steps a level.
    rigid : bool
        Six degrees of freedom instead of twelve.
    """

    metric: str
    shrink: tuple[int, ...]
    iterations: int = 60
    rigid: bool = False


def as_itk(volume: NDArray[np.float32] | NDArray[np.uint8], affine: Affine) -> sitk.Image:
    """ITK image of an axis-aligned RAS volume; its physical space is RAS mm as it stands here."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.T))
    image.SetOrigin([float(value) for value in affine[:3, 3]])
    image.SetSpacing([float(value) for value in np.diag(affine)[:3]])
    return image


def register_linear(
    fixed: sitk.Image,
    moving: sitk.Image,
    mask: sitk.Image | None,
    start: Affine,
    centre_mm: tuple[float, float, float],
    settings: LinearSettings,
) -> Affine:
    """Find the affine that carries fixed points (mm) to moving points (mm).

    Parameters
    ----------
    fixed, moving : SimpleITK.Image
        float32, from `as_itk`.
    mask : SimpleITK.Image or None
        Where on the fixed image the metric looks.
    start : ndarray, shape (4, 4)
        Where to begin: fixed mm → moving mm.
    centre_mm : tuple of float
        Fixed point about which rotation and scale act.
    settings : LinearSettings
        Metric, levels, degrees of freedom.

    Returns
    -------
    ndarray of float64, shape (4, 4)
        Fixed mm → moving mm. The start, unchanged, where the images do not overlap.
    """
    transform: Any = sitk.Euler3DTransform() if settings.rigid else sitk.AffineTransform(3)
    transform.SetCenter([float(value) for value in centre_mm])
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    if settings.metric == "correlation":
        method.SetMetricAsCorrelation()
    else:
        method.SetMetricAsMattesMutualInformation(32)
    if mask is not None:
        method.SetMetricFixedMask(mask)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetMovingInitialTransform(_as_transform(start))
    method.SetInitialTransform(transform, inPlace=True)
    method.SetOptimizerAsGradientDescentLineSearch(
        learningRate=1.0,
        numberOfIterations=settings.iterations,
        convergenceMinimumValue=1e-5,
        convergenceWindowSize=5,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(list(settings.shrink))
    method.SetSmoothingSigmasPerLevel([f / 2.0 if f > 1 else 0.0 for f in settings.shrink])
    # ITK warns on the terminal for every step without overlap; the caller judges the result instead.
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        method.Execute(fixed, moving)
    except RuntimeError:  # ITK: no overlap, or a metric that is not a number
        return start
    return start @ _matrix(transform)


def _as_transform(matrix: Affine) -> sitk.AffineTransform:
    affine = sitk.AffineTransform(3)
    affine.SetMatrix([float(value) for value in matrix[:3, :3].ravel()])
    affine.SetTranslation([float(value) for value in matrix[:3, 3]])
    return affine


def _matrix(transform: sitk.Transform) -> Affine:
    origin = np.asarray(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    for axis in range(3):
        point = [0.0, 0.0, 0.0]
        point[axis] = 1.0
        matrix[:3, axis] = np.asarray(transform.TransformPoint(point)) - origin
    matrix[:3, 3] = origin
    return matrix
