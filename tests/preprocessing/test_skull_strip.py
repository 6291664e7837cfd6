"""Skull stripping: what counts as stripped, and the networks on a real head."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.errors import ImplausibleResultError
from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.orientation import from_canonical, to_canonical
from brainstem_app.preprocessing.skull_strip import _standardised, brain_mask, is_stripped, stripped_mask

SPACING_MM = 4.0
AFFINE = np.diag([-SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
SHAPE = (60, 60, 60)


def _radius_mm() -> np.ndarray:
    grid = np.indices(SHAPE) - (np.array(SHAPE) // 2).reshape(3, 1, 1, 1)
    return SPACING_MM * np.sqrt((grid**2).sum(axis=0))


def _brain() -> np.ndarray:
    """Ball of 70 mm (1.4 litres), brighter inside, on exact zeros."""
    radius = _radius_mm()
    return np.where(radius < 70, np.where(radius < 55, 100.0, 65.0), 0.0).astype(np.float32)


def _head() -> np.ndarray:
    """The same brain in dark bone and bright scalp, air exactly zero."""
    radius = _radius_mm()
    scalp = np.where((radius >= 80) & (radius < 90), 120.0, 0.0)
    return (_brain() + scalp + np.where((radius >= 70) & (radius < 80), 8.0, 0.0)).astype(np.float32)


def test_brain_on_blank_background_is_stripped() -> None:
    assert is_stripped(_brain(), AFFINE)


def test_blank_value_need_not_be_zero() -> None:
    assert is_stripped(_brain() - 1000, AFFINE)


def test_head_with_blanked_air_is_not_stripped() -> None:
    assert not is_stripped(_head(), AFFINE)


def test_small_head_is_told_from_a_brain_by_its_skull() -> None:
    child = AFFINE * np.array([0.75, 0.75, 0.75, 1])  # 1.3 litres altogether
    assert not is_stripped(_head(), child)


def test_head_in_noisy_air_with_the_face_blanked_is_not_stripped() -> None:
    noise = np.random.default_rng(0).uniform(1, 6, SHAPE).astype(np.float32)
    head = _head() + noise
    head[:, 45:, :25] = 0
    assert not is_stripped(head, AFFINE)


def test_large_blank_field_around_a_whole_head_is_not_stripped() -> None:
    padded = np.pad(_head(), 30)
    assert not is_stripped(padded, AFFINE)


def test_constant_volume_is_not_stripped_and_has_no_mask() -> None:
    empty = np.zeros(SHAPE, np.float32)
    with pytest.raises(ImplausibleResultError):
        stripped_mask(empty, AFFINE)


def test_stripped_mask_fills_ventricles_and_drops_specks() -> None:
    brain = _brain()
    brain[28:32, 28:32, 28:32] = 0
    brain[2, 2, 2] = 50
    mask = stripped_mask(brain, AFFINE)
    assert mask.dtype == np.bool_
    assert mask[30, 30, 30]
    assert not mask[2, 2, 2]
    assert mask.sum() == (_brain() > 0).sum()


def test_volume_without_contrast_has_no_brain() -> None:
    with pytest.raises(ImplausibleResultError):
        brain_mask(np.full((20, 20, 20), 7, np.float32), AFFINE)


@pytest.mark.real_data
@pytest.mark.slow
def test_brain_of_a_real_head_is_the_same_in_every_orientation(data_folder: Path) -> None:
    image = nib.load(data_folder / "ds000011/sub-01/anat/sub-01_T1w.nii.gz")
    data = np.asarray(image.dataobj, dtype=np.float32)
    mask = brain_mask(data, image.affine)
    litres = mask.sum() * abs(np.linalg.det(image.affine)) / 1e6
    assert 1.0 < litres < 2.0
    turned, affine = to_canonical(data, image.affine)
    again = from_canonical(brain_mask(np.ascontiguousarray(turned), affine), image.affine)
    assert np.array_equal(mask, again)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "stripped"),
    [
        ("ds000011/sub-03/anat/sub-03_T1w.nii.gz", False),
        ("ds002748/sub-40/anat/sub-40_T1w.nii.gz", True),
        ("ds002748/sub-47/anat/sub-47_T1w.nii.gz", True),
    ],
)
def test_real_scans_are_told_apart(data_folder: Path, file: str, stripped: bool) -> None:
    image = nib.load(data_folder / file)
    data = np.asarray(image.dataobj, dtype=np.float32)
    assert is_stripped(data, image.affine) is stripped


def test_image_of_the_networks_is_standardised_as_deepbet_does() -> None:
    volume = np.random.default_rng(0).gamma(2.0, 50.0, (13, 9, 11)).astype(np.float32)
    side = 32
    indices = [((np.arange(side) + 0.5) * n / side).astype(int) for n in volume.shape]
    large = volume[np.ix_(*indices)]
    low, high = np.quantile(large, [0.005, 0.995])
    clipped = np.clip((large - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    expected = (0.226 * (clipped - clipped.mean()) / clipped.std() + 0.449).astype(np.float32)
    np.testing.assert_array_equal(_standardised(volume, side), expected)


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(("subject", "voxels"), [("02", 707_849), ("05", 885_184)])
def test_brain_of_a_real_head_is_that_of_the_layers_before(
    data_folder: Path, subject: str, voxels: int
) -> None:
    """Counted with the networks as `convert_deepbet.py` left them; another processor rounds otherwise."""
    image = nib.load(data_folder / f"ds000011/sub-{subject}/anat/sub-{subject}_T1w.nii.gz")
    data = np.asarray(image.dataobj, dtype=np.float32)
    scan = above_floor(data, intensity_levels(data))
    assert abs(int(brain_mask(scan, image.affine).sum()) - voxels) <= 20
