"""Surface distances against cases worked by hand, on anisotropic, oblique and sheared grids."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from brainstem_app.evaluation.surface import SurfaceAgreement, compare_surfaces, surface_points_mm


def _box(start: tuple[int, int, int], size: tuple[int, int, int]) -> np.ndarray:
    mask = np.zeros((14, 14, 14), dtype=bool)
    mask[tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))] = True
    return mask


def _agreement(first: np.ndarray, second: np.ndarray, affine: np.ndarray) -> SurfaceAgreement:
    agreement = compare_surfaces(surface_points_mm(first, affine), surface_points_mm(second, affine))
    assert agreement is not None
    return agreement


def _turned(sizes: tuple[float, float, float], degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine[:3, :3] = affine[:3, :3] @ np.diag(sizes)
    affine[:3, 3] = (-40, 12, 7)
    return affine


def test_surface_of_a_cube_is_its_shell() -> None:
    assert len(surface_points_mm(_box((4, 4, 4), (4, 4, 4)), np.eye(4))) == 4**3 - 2**3


def test_voxels_at_the_edge_of_the_grid_are_surface() -> None:
    assert len(surface_points_mm(np.ones((3, 3, 3), dtype=bool), np.eye(4))) == 26


def test_crop_with_its_offset_lies_where_the_whole_lies() -> None:
    mask, affine = _box((4, 5, 6), (3, 3, 3)), _turned((1, 2, 3), 20)
    whole = surface_points_mm(mask, affine)
    assert surface_points_mm(mask[4:7, 5:8, 6:9], affine, (4, 5, 6)) == pytest.approx(whole)


@pytest.mark.parametrize("degrees", [0, 25])
def test_two_voxels_apart_are_their_distance_in_mm(degrees: float) -> None:
    affine = _turned((0.5, 1.0, 3.0), degrees)
    found = _agreement(_box((3, 3, 3), (1, 1, 1)), _box((4, 3, 4), (1, 1, 1)), affine)
    apart = np.hypot(0.5, 3.0)
    assert found == SurfaceAgreement(nsd_1mm=0.0, hd95_mm=pytest.approx(apart), assd_mm=pytest.approx(apart))


def test_flat_slab_moved_along_thick_slices_is_one_slice_off() -> None:
    affine = np.diag([1.0, 1.0, 2.5, 1.0])
    found = _agreement(_box((2, 2, 3), (6, 6, 1)), _box((2, 2, 4), (6, 6, 1)), affine)
    assert (found.hd95_mm, found.assd_mm, found.nsd_1mm) == (2.5, 2.5, 0.0)


def test_one_voxel_of_one_mm_is_within_one_mm() -> None:
    found = _agreement(_box((2, 2, 3), (6, 6, 1)), _box((2, 2, 4), (6, 6, 1)), _turned((1, 1, 1), 33))
    assert found.nsd_1mm == 1.0


def test_same_mask_agrees_fully() -> None:
    mask = _box((3, 3, 3), (4, 5, 2))
    assert _agreement(mask, mask, np.diag([0.7, 0.8, 1.1, 1.0])) == SurfaceAgreement(1.0, 0.0, 0.0)


def test_directed_distances_are_both_counted() -> None:
    """A far voxel of one mask only: it is far from the other; the other is not far from it all."""
    one = _box((3, 3, 3), (1, 1, 1))
    two = one | _box((9, 3, 3), (1, 1, 1))
    found = _agreement(one, two, np.eye(4))
    assert found.assd_mm == pytest.approx((0 + 0 + 6) / 3)
    assert found.hd95_mm == pytest.approx(0.95 * 6)  # 95th percentile of {0, 6}, interpolated
    assert found.nsd_1mm == pytest.approx(2 / 3)


def test_sheared_grid_is_measured_in_the_world() -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.5  # one voxel along y is (0.5, 1, 0) mm
    found = _agreement(_box((3, 3, 3), (1, 1, 1)), _box((3, 5, 3), (1, 1, 1)), affine)
    assert found.hd95_mm == pytest.approx(np.hypot(1.0, 2.0))


@pytest.mark.parametrize("sizes", [(1.0, 1.0, 1.0), (0.7, 1.33, 2.0)])
def test_distances_are_those_of_a_distance_transform(sizes: tuple[float, float, float]) -> None:
    """Another way to the same numbers: the Euclidean distance transform of the other surface."""
    rng = np.random.default_rng(1)
    first, second = (gaussian_filter(rng.normal(size=(16, 16, 16)), 2) > 0.02 for _ in range(2))
    shells = [mask & ~binary_erosion(mask) for mask in (first, second)]
    there = distance_transform_edt(~shells[1], sampling=sizes)[shells[0]]
    back = distance_transform_edt(~shells[0], sampling=sizes)[shells[1]]
    found = _agreement(first, second, np.diag([*sizes, 1.0]))
    assert found.assd_mm == pytest.approx((there.sum() + back.sum()) / (there.size + back.size))
    assert found.hd95_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    assert found.nsd_1mm == pytest.approx((np.concatenate([there, back]) < 1 + 1e-9).mean())


def test_empty_mask_has_no_agreement() -> None:
    assert compare_surfaces(np.zeros((0, 3)), np.ones((4, 3))) is None
