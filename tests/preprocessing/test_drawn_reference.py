"""Labels that were drawn on a scan, brought into the box in one step by the share of each voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.preprocessing.drawn_reference import drawn_in_box, require_grid_of_scan
from brainstem_app.preprocessing.transforms import Transforms, carried, grid_points


def _turned(degrees: float, scale: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[:3, :3] *= scale
    turn[:3, 3] = (3.2, -1.7, 4.4)
    return turn


def _ball(affine: np.ndarray, shape: tuple[int, int, int], centre: np.ndarray, radius: float) -> np.ndarray:
    points = grid_points(shape, affine)
    return (np.linalg.norm(points - centre, axis=1) < radius).reshape(shape).astype(np.uint8)


@pytest.mark.parametrize(("size", "least"), [(0.5, 0.97), (1.0, 0.94), (1.5, 0.9)])
def test_ball_keeps_place_and_size_through_an_oblique_affine(size: float, least: float) -> None:
    transforms = Transforms(_turned(17, 1.1))
    centre = np.array([2.0, -30.0, -35.0])
    native = np.diag([size, size, size, 1.0])
    native[:3, 3] = (-60, -80, -80)
    shape = (int(120 / size),) * 3
    in_scan = carried(centre[None], transforms.mni_to_native)[0]
    drawn = _ball(native, shape, in_scan, 8.8)
    found = drawn_in_box(drawn * 3, native, transforms)
    expected = _ball(box_affine(), BOX_SHAPE, centre, 8.0)
    both = ((found == 3) & (expected == 1)).sum()
    assert 2 * both / ((found == 3).sum() + expected.sum()) > least
    assert (found == 3).sum() == pytest.approx(expected.sum(), rel=0.04)


def test_voxel_gets_the_label_of_its_largest_share_not_of_its_middle() -> None:
    # Slabs of 0.25 mm: the middle of each voxel of the box lies in label 2, three quarters of it in label 1.
    affine = box_affine()
    fine = np.diag([0.25, 1.0, 1.0, 1.0])
    fine[:3, 3] = affine[:3, 3] - (0.375, 0, 0)
    labels = np.tile(np.array([1, 1, 2, 1], np.uint8)[:, None, None], (BOX_SHAPE[0], *BOX_SHAPE[1:]))
    assert (drawn_in_box(labels, fine, Transforms(np.eye(4))) == 1).all()


def test_same_grid_is_copied_voxel_by_voxel_and_beyond_it_is_background() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, BOX_SHAPE).astype(np.uint8)
    labels[3, 4, 5] = 255
    np.testing.assert_array_equal(drawn_in_box(labels, box_affine(), Transforms(np.eye(4))), labels)
    half = drawn_in_box(labels[:25], box_affine(), Transforms(np.eye(4)))
    np.testing.assert_array_equal(half[:25], labels[:25])
    assert not half[25:].any()


def test_map_stored_in_another_order_of_axes_lies_on_its_scans_grid() -> None:
    affine = np.array([[0, 0, 1.2, 5], [-1.0, 0, 0, 40], [0, 0.9, 0, -3], [0, 0, 0, 1]])
    turned = np.array([[-1.2, 0, 0, 5 + 1.2 * 19], [0, -1.0, 0, 40], [0, 0, 0.9, -3], [0, 0, 0, 1.0]])
    require_grid_of_scan((20, 30, 10), turned, (30, 10, 20), affine, Path("map.nii.gz"))


@pytest.mark.parametrize(
    ("shape", "shift", "words"), [((10, 10, 11), 0.0, "another grid"), ((10, 10, 10), 3.0, "3.0 mm beside")]
)
def test_map_on_another_grid_is_refused_with_how_far_it_is_off(
    shape: tuple[int, int, int], shift: float, words: str
) -> None:
    moved = np.eye(4)
    moved[0, 3] = shift
    with pytest.raises(InputError, match=words) as caught:
        require_grid_of_scan(shape, moved, (10, 10, 10), np.eye(4), Path("map.nii.gz"))
    assert caught.value.fix
