from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine, mni_affine
from brainstem_app.preprocessing.transforms import AFFINE_FILE, Displacement, Transforms, grid_points

_NATIVE_SHAPE = (64, 60, 80)


def _native_affine() -> NDArray[np.float64]:
    """An oblique LAS grid around the brainstem."""
    angle = np.deg2rad(8.0)
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    ) @ np.diag([-0.9, 1.0, 1.1])
    affine = np.eye(4)
    affine[:3, :3] = turn
    affine[:3, 3] = np.array([0.0, -25.0, -35.0]) - turn @ (np.array(_NATIVE_SHAPE) / 2)
    return affine


def _smooth_warp(amplitude_mm: float) -> Displacement:
    rng = np.random.default_rng(3)
    field = np.stack([gaussian_filter(rng.standard_normal((30, 30, 30)), 4) for _ in range(3)], axis=-1)
    field *= amplitude_mm / np.abs(field).max()
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (-60.0, -85.0, -95.0)
    return Displacement(field.astype(np.float32), affine)


def _placement() -> NDArray[np.float64]:
    matrix = np.diag([0.95, 0.9, 0.92, 1.0])
    matrix[:3, 3] = (1.5, -2.0, 3.0)
    return matrix


@pytest.mark.parametrize("warp", [None, _smooth_warp(3.0)], ids=["affine", "nonlinear"])
def test_labels_come_back_to_where_the_image_was_taken_from(warp: Displacement | None) -> None:
    affine = _native_affine()
    transforms = Transforms(_placement(), warp)
    world = grid_points(_NATIVE_SHAPE, affine)
    # An image whose values are its own world coordinates, pulled to the box, says for each box voxel where
    # in the scan it came from; the label put there must be found there again.
    coordinates = [
        transforms.image_to_mni(world[:, axis].reshape(_NATIVE_SHAPE).astype(np.float32), affine)[
            73:123, 83:133, :73
        ]
        for axis in range(3)
    ]
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[20:28, 18:26, 30:38] = 7
    native = transforms.labels_to_native(labels, _NATIVE_SHAPE, affine)
    expected = np.array([volume[labels == 7].mean() for volume in coordinates])
    found = world[native.ravel() == 7].mean(axis=0)
    assert np.abs(found - expected).max() < 0.35
    assert native.dtype == np.uint8
    assert set(np.unique(native)) == {0, 7}


def test_a_label_on_the_left_of_the_box_lies_on_the_left_of_the_scan() -> None:
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[5:15, 20:30, 30:40] = 1
    affine = _native_affine()
    native = Transforms(np.eye(4)).labels_to_native(labels, _NATIVE_SHAPE, affine)
    assert (grid_points(_NATIVE_SHAPE, affine)[native.ravel() == 1, 0] < -5).all()


@pytest.mark.parametrize("warp", [None, _smooth_warp(2.0)], ids=["affine", "nonlinear"])
def test_saved_transforms_give_the_same_labels_when_reapplied(
    tmp_path: Path, warp: Displacement | None
) -> None:
    transforms = Transforms(_placement(), warp)
    transforms.save(tmp_path / "transforms")
    again = Transforms.load(tmp_path / "transforms")
    labels = np.random.default_rng(0).integers(0, 5, BOX_SHAPE).astype(np.uint8)
    first = transforms.labels_to_native(labels, _NATIVE_SHAPE, _native_affine())
    second = again.labels_to_native(labels, _NATIVE_SHAPE, _native_affine())
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("text", ["1 2 3\n", "1 0 0 nan\n0 1 0 0\n0 0 1 inf\n0 0 0 1\n"])
def test_a_damaged_transform_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / AFFINE_FILE).write_text(text)
    with pytest.raises(InputError, match="transform") as caught:
        Transforms.load(tmp_path)
    assert AFFINE_FILE in str(caught.value.where)


def test_displacement_is_interpolated_in_millimetres() -> None:
    field = np.zeros((3, 3, 3, 3), dtype=np.float32)
    field[..., 1] = np.arange(3, dtype=np.float32)[:, None, None]
    displacement = Displacement(field, np.diag([2.0, 2.0, 2.0, 1.0]))
    np.testing.assert_allclose(displacement.at(np.array([[1.0, 2.0, 2.0]])), [[0.0, 0.5, 0.0]])


def test_box_is_the_named_part_of_mni() -> None:
    np.testing.assert_array_equal(box_affine()[:3, 3], [-25.0, -51.0, -72.0])
    np.testing.assert_array_equal(mni_affine()[:3, 3], [-98.0, -134.0, -72.0])
