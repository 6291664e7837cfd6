import nibabel as nib
import numpy as np
import pytest
from nibabel.affines import apply_affine
from numpy.typing import NDArray

from brainstem_app.imaging.orientation import (
    affine_from_letters,
    all_orientations,
    axis_letters,
    from_canonical,
    obliquity_degrees,
    to_axes_of,
    to_canonical,
    to_letters,
)

SHAPE = (7, 9, 11)


def _tilt(degrees: float) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return tilt


def _marked(affine: NDArray[np.float64]) -> tuple[NDArray[np.uint8], tuple[int, ...]]:
    """Volume with one mark at the voxel that lies furthest to the patient's left and front."""
    grid = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1)
    world = apply_affine(affine, grid)
    voxel = np.unravel_index(np.argmin(world[..., 0] - 0.1 * world[..., 1]), SHAPE)
    data = np.zeros(SHAPE, np.uint8)
    data[voxel] = 1
    return data, tuple(int(v) for v in voxel)


def test_there_are_48_different_orientations() -> None:
    assert len(set(all_orientations())) == 48


@pytest.mark.parametrize("tilt", [0.0, 20.0])
@pytest.mark.parametrize("letters", all_orientations())
def test_mark_on_the_left_stays_on_the_left_through_canonical_and_back(letters: str, tilt: float) -> None:
    affine = _tilt(tilt) @ affine_from_letters(letters, SHAPE, (1.0, 1.2, 0.8))
    data, voxel = _marked(affine)
    moved, moved_affine = to_canonical(data, affine)
    place = np.argwhere(moved)[0]
    assert axis_letters(moved_affine) == ("R", "A", "S")
    assert place[0] == 0
    np.testing.assert_allclose(apply_affine(moved_affine, place), apply_affine(affine, voxel))
    back = from_canonical(moved, affine)
    np.testing.assert_array_equal(back, data)


@pytest.mark.parametrize("letters", all_orientations())
def test_letters_agree_with_nibabel(letters: str) -> None:
    affine = affine_from_letters(letters, SHAPE, (1.0, 1.2, 0.8))
    assert "".join(nib.aff2axcodes(affine)) == letters == "".join(axis_letters(affine))


def test_assumed_volume_is_centred_on_the_origin() -> None:
    affine = affine_from_letters("PIR", SHAPE, (1.0, 2.0, 3.0))
    np.testing.assert_allclose(apply_affine(affine, (np.array(SHAPE) - 1) / 2), 0, atol=1e-12)


@pytest.mark.parametrize("letters", ["RAR", "RA", "XYZ", "ras"])
def test_letters_that_are_no_orientation_are_refused(letters: str) -> None:
    with pytest.raises(ValueError, match="orientation"):
        affine_from_letters(letters, SHAPE, (1.0, 1.0, 1.0))


def test_channels_behind_the_three_axes_are_kept() -> None:
    affine = affine_from_letters("SLP", SHAPE, (1.0, 1.0, 1.0))
    data = np.random.default_rng(0).random((*SHAPE, 3))
    moved, _ = to_canonical(data, affine)
    np.testing.assert_array_equal(from_canonical(moved, affine), data)


def test_obliquity_is_the_angle_of_the_tilt() -> None:
    assert obliquity_degrees(_tilt(12.0) @ np.diag([-1.0, 2.0, 3.0, 1.0])) == pytest.approx(12.0)


def test_singular_affine_has_no_direction() -> None:
    with pytest.raises(ValueError, match="singular"):
        axis_letters(np.diag([1.0, 0.0, 1.0, 1.0]))


@pytest.mark.parametrize("degrees", [44.99, 45.0, 45.01, 135.0, 225.0])
def test_order_of_axes_around_45_degrees_hangs_neither_on_last_digits_nor_on_the_file(degrees: float) -> None:
    affine = _tilt(degrees)
    random = np.random.default_rng(0)
    data = np.zeros(SHAPE, np.uint8)
    expected = to_canonical(data, affine)[1]
    for letters in all_orientations():
        other, other_affine = to_letters(data, affine, letters)
        noise = np.pad(random.normal(0, 1e-6, (3, 3)), (0, 1))
        found, found_affine = to_canonical(other, other_affine + noise)
        assert found.shape == to_canonical(data, affine)[0].shape
        np.testing.assert_allclose(found_affine, expected, atol=1e-4)


@pytest.mark.parametrize("degrees", [0.0, 30.0, 44.95, 45.0, 45.1, 90.0])
def test_grid_in_another_order_gets_the_axes_of_the_first(degrees: float) -> None:
    random = np.random.default_rng(0)
    data = random.integers(0, 9, SHAPE)
    affine = _tilt(degrees) @ np.diag([1.0, 1.1, 1.2, 1.0])
    for letters in all_orientations():
        other, other_affine = to_letters(data, affine, letters)
        back, back_affine = to_axes_of(other, other_affine + random.normal(0, 1e-7, (4, 4)), affine)
        np.testing.assert_array_equal(back, data)
        np.testing.assert_allclose(back_affine, affine, atol=1e-5)


@pytest.mark.parametrize("letters", ["RAS", "LPS", "PIR", "SLA"])
def test_volume_is_reordered_to_letters(letters: str) -> None:
    data, mark = _marked(np.eye(4))
    moved, affine = to_letters(data, np.eye(4), letters)
    assert "".join(axis_letters(affine)) == letters
    place = np.argwhere(moved)[0]
    np.testing.assert_allclose(apply_affine(affine, place), mark)
