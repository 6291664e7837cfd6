"""Bias field correction: a known field is removed, and the field is the one that ITK's N4 finds."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from brainstem_app.preprocessing.n4 import correct_bias


def _head(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A head under a field, where it has bright tissue, and its mask."""
    rng = np.random.default_rng(0)
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    mask = x**2 + y**2 + z**2 < 0.8
    tissue = np.where(np.sin(6 * x) * np.cos(5 * y) > 0, 100.0, 60.0)
    clean = (tissue * mask + rng.normal(0, 1, shape) * mask).clip(0).astype(np.float32)
    return (clean * np.exp(0.35 * x + 0.2 * z)).astype(np.float32), mask & (tissue == 100.0), mask


def test_a_smooth_bias_field_is_mostly_removed() -> None:
    biased, bright, mask = _head((48, 48, 48))
    corrected = correct_bias(biased, mask, (2.0, 2.0, 2.0))

    def unevenness(volume: np.ndarray) -> float:
        return float(volume[bright].std() / volume[bright].mean())

    assert unevenness(corrected) < 0.5 * unevenness(biased)
    assert corrected.dtype == np.float32
    assert np.isfinite(corrected).all()


@pytest.mark.parametrize("voxel_mm", [(2.0, 2.0, 2.0), (1.0, 3.0, 6.0)])
def test_the_field_is_that_of_itk(voxel_mm: tuple[float, float, float]) -> None:
    biased, _, mask = _head((51, 45, 43))
    biased[20:23, 20:23, 20:23] = 0  # as in the ventricles of stripped scans
    factors = [round(6 / size) for size in voxel_mm]
    image, region = (
        sitk.GetImageFromArray(np.ascontiguousarray(volume.T)) for volume in (biased, mask.astype(np.uint8))
    )
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([50, 50, 30])
    n4.SetConvergenceThreshold(1e-4)
    n4.Execute(sitk.Shrink(image, factors), sitk.Shrink(region, factors))
    theirs = biased / np.exp(sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image)).T)
    ours = correct_bias(biased, mask, voxel_mm)
    seen = mask & (biased > 0)
    assert np.log(ours[seen] / theirs[seen]) == pytest.approx(0, abs=1e-3)


def test_a_mask_of_one_intensity_is_left_as_it_is() -> None:
    data = np.full((12, 12, 12), 7.0, dtype=np.float32)
    assert np.array_equal(correct_bias(data, np.ones(data.shape, dtype=bool), (2.0, 2.0, 2.0)), data)
