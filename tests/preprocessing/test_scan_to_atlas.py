"""The map between scan and atlas goes both ways, and other programs read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter, map_coordinates

from brainstem_app.imaging.spaces import BOX_SHAPE, WARP_REGION, box_affine
from brainstem_app.preprocessing.scan_to_atlas import (
    TO_ATLAS_WARP,
    TO_MNI_AFFINE,
    TO_MNI_WARP,
    TO_SCAN_AFFINE,
    ScanToAtlas,
    _beyond_the_box,
)
from brainstem_app.preprocessing.transforms import Displacement, Transforms, grid_points

PLACEMENT = np.array([[1.1, 0.02, 0, 3], [0, 0.95, 0.1, -8], [0, -0.1, 1.05, 12], [0, 0, 0, 1]], dtype=float)
LPS = np.array([-1.0, -1.0, 1.0])


def _map(coarse: bool = False) -> ScanToAtlas:
    rng = np.random.default_rng(7)
    field = np.stack([gaussian_filter(rng.normal(size=BOX_SHAPE), 6) for _ in range(3)])
    warp = None
    if coarse:
        wide = np.stack([gaussian_filter(rng.normal(size=(40, 40, 40)), 5) for _ in range(3)], axis=-1)
        affine = np.diag([4.0, 4.0, 4.0, 1.0])
        affine[:3, 3] = (-80.0, -105.0, -115.0)
        warp = Displacement((wide * 3 / np.abs(wide).max()).astype(np.float32), affine)
    return ScanToAtlas.of(Transforms(PLACEMENT, warp), (field * 3 / np.abs(field).max()).astype(np.float32))


@pytest.mark.parametrize("coarse", [False, True], ids=["affine", "nonlinear"])
def test_way_there_and_back_ends_where_it_began(coarse: bool) -> None:
    found = _map(coarse)
    points = grid_points(WARP_REGION.shape, WARP_REGION.affine)[::97]
    assert np.abs(found.to_atlas(found.to_scan(points)) - points).max() < 0.02


@pytest.mark.parametrize("coarse", [False, True], ids=["affine", "nonlinear"])
def test_map_folds_nowhere_and_ends_in_nothing(coarse: bool) -> None:
    warp = _map(coarse).warp
    assert warp.jacobian().min() > 0.1
    edges = [warp.field[0], warp.field[-1], warp.field[:, 0], warp.field[:, :, 0], warp.field[:, :, -1]]
    assert max(float(np.abs(edge).max()) for edge in edges) < 0.01


def _transform(folder: Path, first: str, then: str) -> sitk.CompositeTransform:
    """Both steps of one direction as another program would join them."""
    parts = [
        sitk.ReadTransform(str(folder / name))
        if name.endswith(".mat")
        else sitk.DisplacementFieldTransform(sitk.ReadImage(str(folder / name), sitk.sitkVectorFloat64))
        for name in (first, then)
    ]
    return sitk.CompositeTransform(parts[::-1])  # ITK applies the last one first


@pytest.mark.parametrize("coarse", [False, True], ids=["affine", "nonlinear"])
def test_simpleitk_carries_points_to_the_same_place(tmp_path: Path, coarse: bool) -> None:
    found = _map(coarse)
    found.save(tmp_path)
    there = _transform(tmp_path, TO_MNI_AFFINE, TO_ATLAS_WARP)
    back = _transform(tmp_path, TO_MNI_WARP, TO_SCAN_AFFINE)
    in_atlas = grid_points(BOX_SHAPE, box_affine())[::1009]
    in_scan = found.to_scan(in_atlas)
    for transform, points, expected in ((there, in_scan, found.to_atlas(in_scan)), (back, in_atlas, in_scan)):
        moved = np.array([transform.TransformPoint((p * LPS).tolist()) for p in points]) * LPS
        assert np.linalg.norm(moved - expected, axis=1).max() < 0.1


def test_simpleitk_carries_a_label_map_to_the_same_voxels(tmp_path: Path) -> None:
    found = _map()
    found.save(tmp_path)
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[18:31, 15:30, 30:50] = 3
    image = sitk.GetImageFromArray(labels.transpose(2, 1, 0))
    image.SetOrigin((box_affine()[:3, 3] * LPS).tolist())
    image.SetDirection(np.diag(LPS).ravel().tolist())
    size, affine = (60, 64, 70), np.diag([-1.0, 1.0, 1.2, 1.0])  # left on the first axis
    affine[:3, 3] = (PLACEMENT @ [0, -26, -36, 1])[:3] - affine[:3, :3] @ np.array(size) / 2
    grid = sitk.Image(*size, sitk.sitkUInt8)
    grid.SetSpacing(np.abs(np.diag(affine)[:3]).tolist())
    grid.SetOrigin((affine[:3, 3] * LPS).tolist())
    grid.SetDirection(np.diag(np.sign(np.diag(affine)[:3]) * LPS).ravel().tolist())
    there = _transform(tmp_path, TO_MNI_AFFINE, TO_ATLAS_WARP)
    theirs = sitk.GetArrayFromImage(sitk.Resample(image, grid, there, sitk.sitkNearestNeighbor)).T
    voxels = (found.to_atlas(grid_points(size, affine)) - box_affine()[:3, 3]).T
    ours = map_coordinates(labels, voxels, order=0, mode="grid-constant").reshape(size)
    assert (ours == 3).sum() > 1000
    assert (theirs != ours).mean() < 1e-4


def test_displacement_beyond_the_box_is_that_of_its_border() -> None:
    field = np.random.default_rng(2).normal(size=(3, *BOX_SHAPE)).astype(np.float32)
    low = box_affine()[:3, 3]
    points = grid_points(WARP_REGION.shape, WARP_REGION.affine)
    inside = np.clip(points, low, low + np.array(BOX_SHAPE) - 1)
    expected = Displacement(np.moveaxis(field, 0, -1), box_affine()).at(inside)
    np.testing.assert_array_equal(_beyond_the_box(field), expected)
