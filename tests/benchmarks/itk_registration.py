"""The affine registrations by SimpleITK, as the program made them before its own: the alternative that
`benchmark_registration.py` measures beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.affine import NEAR_BRAINSTEM, is_plausible_correction, locally_standardised
from brainstem_app.preprocessing.linear_registration import SampledVolume
from brainstem_app.preprocessing.template import Template

Point = tuple[float, float, float]


@dataclass(frozen=True)
class ItkSettings:
    """Metric ``"mutual-information"`` or ``"correlation"``, thinning of each level, six or twelve degrees."""

    metric: str
    shrink: tuple[int, ...]
    rigid: bool = False


_BRAIN = (
    ItkSettings("mutual-information", (4, 2), rigid=True),
    ItkSettings("mutual-information", (4, 2)),
)
_BRAINSTEM_COARSE, _BRAINSTEM_EDGES = ItkSettings("correlation", (4, 2)), ItkSettings("correlation", (2,))
_BRAINSTEM_CENTRE_MM = (0.0, -28.0, -35.0)


def brain_by_itk(fixed: SampledVolume, moving: SampledVolume, start: Affine, centre_mm: Point) -> Affine:
    """Rigid, then affine, over the whole grid."""
    for settings in _BRAIN:
        start = _register(fixed, moving, None, start, centre_mm, settings)
    return start


def brainstem_by_itk(aligned: NDArray[np.float32], template: Template) -> Affine:
    """By intensities, then by edges; what is implausible is not taken."""
    affine = NEAR_BRAINSTEM.affine
    fixed = NEAR_BRAINSTEM.crop(template.t1)
    region = binary_dilation(NEAR_BRAINSTEM.crop(template.brainstem), iterations=6).astype(np.uint8)
    best = np.eye(4)
    for still, moved, settings in (
        (fixed, aligned, _BRAINSTEM_COARSE),
        (locally_standardised(fixed), locally_standardised(aligned), _BRAINSTEM_EDGES),
    ):
        found = _register(
            SampledVolume(still, affine),
            SampledVolume(moved, affine),
            region,
            best,
            _BRAINSTEM_CENTRE_MM,
            settings,
        )
        if is_plausible_correction(found):
            best = found
    return best


def _register(
    fixed: SampledVolume,
    moving: SampledVolume,
    mask: NDArray[np.uint8] | None,
    start: Affine,
    centre_mm: Point,
    settings: ItkSettings,
) -> Affine:
    transform: Any = sitk.Euler3DTransform() if settings.rigid else sitk.AffineTransform(3)
    transform.SetCenter([float(value) for value in centre_mm])
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    if settings.metric == "correlation":
        method.SetMetricAsCorrelation()
    else:
        method.SetMetricAsMattesMutualInformation(32)
    if mask is not None:
        method.SetMetricFixedMask(_itk(mask, fixed.affine))
    method.SetInterpolator(sitk.sitkLinear)
    method.SetMovingInitialTransform(_transform(start))
    method.SetInitialTransform(transform, inPlace=True)
    method.SetOptimizerAsGradientDescentLineSearch(
        learningRate=1.0, numberOfIterations=60, convergenceMinimumValue=1e-5, convergenceWindowSize=5
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(list(settings.shrink))
    method.SetSmoothingSigmasPerLevel([f / 2.0 if f > 1 else 0.0 for f in settings.shrink])
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        method.Execute(_itk(fixed.data, fixed.affine), _itk(moving.data, moving.affine))
    except RuntimeError:  # no overlap
        return start
    return start @ _matrix(transform)


def _itk(volume: NDArray[Any], affine: Affine) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.T))
    image.SetOrigin([float(value) for value in affine[:3, 3]])
    image.SetSpacing([float(value) for value in np.diag(affine)[:3]])
    return image


def _transform(matrix: Affine) -> sitk.AffineTransform:
    affine = sitk.AffineTransform(3)
    affine.SetMatrix([float(value) for value in matrix[:3, :3].ravel()])
    affine.SetTranslation([float(value) for value in matrix[:3, 3]])
    return affine


def _matrix(transform: sitk.Transform) -> Affine:
    origin = np.asarray(transform.TransformPoint((0.0, 0.0, 0.0)))
    columns = [np.asarray(transform.TransformPoint(tuple(point))) - origin for point in np.eye(3).tolist()]
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack(columns, axis=1)
    matrix[:3, 3] = origin
    return matrix
