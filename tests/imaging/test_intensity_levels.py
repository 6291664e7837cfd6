"""What is seen of a scan depends neither on the offset nor on the scale of its intensities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.imaging.intensity_levels import USUAL_TOPS, above_floor, intensity_levels
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.voxel_checks import content_extent_mm

Values = NDArray[np.float64]
AFFINE = np.diag([-4.0, 4.0, 4.0, 1.0])
SHAPE = (60, 60, 60)


def _radius_mm() -> Values:
    grid = np.indices(SHAPE) - (np.array(SHAPE) // 2).reshape(3, 1, 1, 1)
    return np.asarray(4.0 * np.sqrt((grid**2).sum(axis=0)))


def _brain() -> Values:
    """Stripped ball of 70 mm with a smooth range of intensities, on exact zeros."""
    radius = _radius_mm()
    texture = np.random.default_rng(0).uniform(-15, 15, SHAPE)
    return np.where(radius < 70, 12 + 238 * (1 - radius / 70) + texture * (radius < 60), 0.0)


def _head() -> Values:
    """The same in dark bone and bright scalp, in noisy air of which a corner was blanked."""
    radius = _radius_mm()
    head = np.where(radius < 75, _brain(), 10.0) + np.where((radius >= 85) & (radius < 95), 200.0, 0.0)
    noisy = np.abs(head + np.random.default_rng(1).normal(0, 3, SHAPE))
    noisy[:, 40:, :30] = 0
    return np.asarray(np.round(noisy))


def _spiked(data: Values, value: float) -> Values:
    spiked = data.copy()
    spiked[30, 30, 31] = value
    return spiked


AFFINE_VERSIONS: dict[str, Callable[[Values], Values]] = {
    "+100": lambda d: d + 100,
    "+500": lambda d: d + 500,
    "-1000": lambda d: d - 1000,
    "+1e9": lambda d: d + 1e9,
    "x1e-9": lambda d: d * 1e-9,
    "x1e36": lambda d: d * 1e36,
    "x1e300": lambda d: d * 1e300,
    "x1e-41": lambda d: d * 1e-41,
    "x1e-9 + 5": lambda d: d * 1e-9 + 5,
    "standardised": lambda d: (d - d.mean()) / d.std(),
}
SPIKES: dict[str, Callable[[Values], Values]] = {
    "one hot voxel": lambda d: _spiked(d, 1e6),
    "one very hot voxel": lambda d: _spiked(d, 1e30),
    "one cold voxel": lambda d: _spiked(d, -1e6),
}
PAINTED: dict[str, Callable[[Values], Values]] = {
    "background -32768": lambda d: np.where(d == 0, -32768, d),
    "background 32767": lambda d: np.where(d == 0, 32767, d),
    "standardised, background 0": lambda d: np.where(d == 0, 0, (d - 130.5) / 50),
    "+500, background 0": lambda d: np.where(d == 0, 0, d + 500),
    "-500, background 0": lambda d: np.where(d == 0, 0, d - 500),
}


def _seen(data: Values, folder: Path) -> NDArray[np.float32]:
    """What processing sees of a file with these values, as shares of the brightest tissue."""
    image = nibabel.Nifti1Image(data, AFFINE)
    image.set_sform(AFFINE, 1)
    nibabel.save(image, folder / "scan.nii")
    scan = read_scan(folder / "scan.nii")
    levels = intensity_levels(scan.data)
    assert levels is not None
    return _shares(above_floor(scan.data, levels))


def _shares(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    top = np.percentile(seen[seen > 0], 99.5)
    assert USUAL_TOPS[0] < top < USUAL_TOPS[1]
    return np.asarray(seen / top)


@pytest.mark.parametrize("make", [_brain, _head])
@pytest.mark.parametrize("version", AFFINE_VERSIONS)
def test_offset_and_scale_change_nothing_that_is_seen(
    tmp_path: Path, make: Callable[[], Values], version: str
) -> None:
    usual = _seen(make(), tmp_path)
    np.testing.assert_allclose(_seen(AFFINE_VERSIONS[version](make()), tmp_path), usual, atol=1e-3)


@pytest.mark.parametrize("make", [_brain, _head])
@pytest.mark.parametrize("version", SPIKES)
def test_spike_changes_one_voxel(tmp_path: Path, make: Callable[[], Values], version: str) -> None:
    difference = np.abs(_seen(SPIKES[version](make()), tmp_path) - _seen(make(), tmp_path))
    assert np.count_nonzero(difference > 1e-3) == 1


@pytest.mark.parametrize("make", [_brain, _head])
@pytest.mark.parametrize("version", PAINTED)
def test_painted_background_says_nothing_of_the_floor(
    tmp_path: Path, make: Callable[[], Values], version: str
) -> None:
    usual, seen = _seen(make(), tmp_path), _seen(PAINTED[version](make()), tmp_path)
    assert (seen[make() == 0] == 0).all()
    # The floor is guessed: 0 is 0.04 of the intensities' span below the darkest tissue.
    np.testing.assert_allclose(seen, usual, atol=0.1)


def test_usual_scan_is_seen_as_it_is() -> None:
    levels = intensity_levels(_brain())
    assert levels is not None
    assert (levels.floor, levels.painted) == (0.0, None)
    np.testing.assert_array_equal(above_floor(_brain(), levels), _brain().astype(np.float32))


@pytest.mark.parametrize("version", [*AFFINE_VERSIONS, *SPIKES])
def test_head_is_as_large_whatever_its_intensities_are(tmp_path: Path, version: str) -> None:
    image = nibabel.Nifti1Image((AFFINE_VERSIONS | SPIKES)[version](_head()), AFFINE)
    image.set_sform(AFFINE, 1)
    nibabel.save(image, tmp_path / "scan.nii")
    scan = read_scan(tmp_path / "scan.nii")
    assert min(content_extent_mm(scan)) > 180
    assert not [finding for finding in scan.findings if finding.level is Level.ERROR]


def test_scan_that_was_moved_to_be_held_says_so(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(_head() * 1e300, AFFINE), tmp_path / "scan.nii")
    assert "intensities-rescaled" in {finding.code for finding in read_scan(tmp_path / "scan.nii").findings}
    nibabel.save(nibabel.Nifti1Image(_head() + 500, AFFINE), tmp_path / "scan.nii")
    scan = read_scan(tmp_path / "scan.nii")
    assert "intensities-rescaled" not in {finding.code for finding in scan.findings}
    np.testing.assert_array_equal(scan.data, (_head() + 500).astype(np.float32))


def test_file_that_scales_by_a_negative_number_is_read_as_it_says(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.round(_head()).astype(np.int16) * -1, AFFINE)
    image.header.set_slope_inter(-1e36, 5e37)
    nibabel.save(image, tmp_path / "scan.nii")
    levels = intensity_levels(read_scan(tmp_path / "scan.nii").data)
    assert levels is not None
    seen = _shares(above_floor(read_scan(tmp_path / "scan.nii").data, levels))
    np.testing.assert_allclose(seen, _seen(_head(), tmp_path), atol=1e-3)


@pytest.mark.parametrize("data", [np.zeros(SHAPE), np.full(SHAPE, 7.0), _spiked(np.zeros(SHAPE), 1e6)])
def test_picture_of_one_value_has_no_levels(data: Values) -> None:
    assert intensity_levels(data) is None
