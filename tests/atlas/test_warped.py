"""Volumes and labels under a warp: the same on every grid, honest where voxels are thick or missing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_closing, find_objects, gaussian_filter
from scipy.ndimage import label as label_parts
from scipy.spatial.transform import Rotation

from brainstem_app.atlas.regions import nearest_region
from brainstem_app.atlas.warped import WarpedAtlas, _Around
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.preprocessing.transforms import Displacement, Transforms, grid_points

SURE = np.ones((*BOX_SHAPE, 3), dtype=np.float32)
PLACEMENT = np.array([[1.1, 0.02, 0, 3], [0, 0.95, 0.1, -8], [0, -0.1, 1.05, 12], [0, 0, 0, 1]], dtype=float)


def _atlas() -> np.ndarray:
    """A brainstem (1) with a round nucleus (2) of 6 mm."""
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[10:40, 10:40, 10:65] = 1
    away = np.indices(BOX_SHAPE) - np.array([24.3, 25.1, 40.2])[:, None, None, None]
    labels[(away**2).sum(axis=0) < 36] = 2
    return labels


def _displacement(longest: float = 2.0) -> np.ndarray:
    rng = np.random.default_rng(4)
    field = np.stack([gaussian_filter(rng.normal(size=BOX_SHAPE), 6) for _ in range(3)])
    return (field * longest / np.abs(field).max()).astype(np.float32)


def _warped(warp: Displacement | None = None) -> WarpedAtlas:
    return WarpedAtlas(_atlas(), _displacement(), Transforms(PLACEMENT, warp))


def _grid(voxel_mm: tuple[float, float, float], degrees: float, offset: float) -> tuple[tuple, Affine]:
    """A grid around the placed box, turned and moved."""
    turn = Rotation.from_euler("xyz", [degrees, -degrees, degrees / 2], degrees=True).as_matrix()
    shape = tuple(int(140 / size) for size in voxel_mm)
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array(voxel_mm)
    middle = PLACEMENT @ [0, -26, -36, 1]
    affine[:3, 3] = middle[:3] - affine[:3, :3] @ (np.array(shape) / 2) + offset
    return shape, affine


@pytest.mark.parametrize(
    "grid",
    [((1, 1, 1), 0, 0.0), ((1, 1, 1), 20, 0.3), ((0.6, 0.6, 0.6), 5, 0.1), ((1, 1, 3), 8, 0.7)],
    ids=str,
)
def test_volume_does_not_depend_on_the_grid(grid: tuple) -> None:
    shape, affine = _grid(*grid)
    warped = _warped()
    found = warped.measure((shape, affine), SURE)[2]
    labels = warped.labels_on((shape, affine))
    counted = (labels == 2).sum() * abs(np.linalg.det(affine[:3, :3]))
    alike = warped.measure(_grid((1, 1, 1), 3, 0.2), SURE)[2]
    assert found.volume_mm3 == pytest.approx(alike.volume_mm3, rel=1e-6)
    assert counted == pytest.approx(found.volume_mm3, rel=0.05 if max(grid[0]) > 2 else 0.03)
    assert np.linalg.norm(np.subtract(found.centroid_mm, alike.centroid_mm)) < 1e-6
    assert found.covered == pytest.approx(1.0)


@pytest.mark.parametrize("voxel_mm", [(1, 1, 3), (3, 1, 1), (1, 1, 5)], ids=str)
def test_small_nuclei_keep_their_volume_on_thick_slices(voxel_mm: tuple[float, float, float]) -> None:
    small = _atlas()
    small[32:35, 14:19, 30:33] = 3
    small[15:17, 30:36, 20:22] = 4
    warped = WarpedAtlas(small, _displacement(), Transforms(PLACEMENT))
    grid = _grid(voxel_mm, 0, 0.4)
    labels = warped.labels_on(grid)
    found = warped.measure(grid, np.ones((*BOX_SHAPE, 5), dtype=np.float32))
    voxel = np.prod(voxel_mm)
    for label in (1, 2, 3, 4):
        volume = found[label].volume_mm3
        assert abs((labels == label).sum() * voxel - volume) < max(0.02 * volume, 0.6 * voxel)
    assert np.array_equal(labels, warped.labels_on(grid))


def test_fine_label_map_is_smooth() -> None:
    warped, grid = _warped(), _grid((0.6, 0.6, 0.6), 10, 0.2)
    whole = warped.labels_on(grid)
    labels = np.pad(whole[find_objects((whole > 0).astype(np.uint8))[0]], 1)
    assert label_parts(labels == 2)[1] == 1
    assert label_parts(labels == 0)[1] == 1
    filled = binary_closing(labels == 2)
    assert (filled != (labels == 2)).sum() < 0.01 * (labels == 2).sum()


def test_label_map_is_that_of_the_warp() -> None:
    shape, affine = _grid((1, 1, 1), 12, 0.4)
    warped = _warped()
    labels = warped.labels_on((shape, affine)) == 2
    fine_shape, fine_affine = _grid((0.5, 0.5, 0.5), 12, 0.4)
    fine = np.argwhere(warped.labels_on((fine_shape, fine_affine)) == 2)
    back = np.linalg.inv(affine) @ fine_affine
    voxels = np.rint(fine @ back[:3, :3].T + back[:3, 3]).astype(int)
    inside = labels[tuple(voxels.T)].sum() / 8 * 1.0
    union = labels.sum() + len(fine) / 8 - inside
    assert inside / union > 0.85


def test_volume_grows_with_the_person() -> None:
    larger = np.diag([1.2, 1.2, 1.2, 1.0]) @ PLACEMENT
    grid = ((300, 300, 300), np.array([[1, 0, 0, -150], [0, 1, 0, -150], [0, 0, 1, -150], [0, 0, 0, 1.0]]))
    one = _warped().measure(grid, SURE)[2].volume_mm3
    other = WarpedAtlas(_atlas(), _displacement(), Transforms(larger)).measure(grid, SURE)[2].volume_mm3
    assert other == pytest.approx(one * 1.2**3, rel=1e-6)


def test_what_the_scan_does_not_cover_is_not_counted() -> None:
    shape, affine = _grid((0.5, 0.5, 0.5), 0, 0.0)
    warped = _warped()
    whole = warped.measure((shape, affine), SURE)[2]
    z = round((np.linalg.inv(affine) @ [*whole.centroid_mm, 1])[2])
    cut = warped.measure(((shape[0], shape[1], z), affine), SURE)[2]
    assert cut.volume_mm3 == pytest.approx(whole.volume_mm3 / 2, rel=0.1)
    assert cut.covered == pytest.approx(cut.volume_mm3 / whole.volume_mm3)
    nothing = warped.measure(((shape[0], shape[1], 2), affine), SURE)[2]
    assert (nothing.volume_mm3, nothing.centroid_mm, nothing.confidence) == (0, None, None)


def test_coarse_warp_of_the_placement_counts_in_volumes_and_labels() -> None:
    rng = np.random.default_rng(3)
    field = np.stack([gaussian_filter(rng.standard_normal((40, 40, 40)), 5) for _ in range(3)], axis=-1)
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (-80.0, -105.0, -115.0)
    warped = _warped(Displacement((field * 3 / np.abs(field).max()).astype(np.float32), affine))
    grid = _grid((0.8, 0.8, 0.8), 0, 0.0)
    labels = warped.labels_on(grid)
    for label in (1, 2):
        counted = (labels == label).sum() * 0.8**3
        assert counted == pytest.approx(warped.measure(grid, SURE)[label].volume_mm3, rel=0.03)


def _regions() -> np.ndarray:
    """The brainstem above and below a plane that cuts the nucleus."""
    regions = (_atlas() > 0).astype(np.uint8)
    regions[..., :41] *= 2
    return regions


def test_volumes_of_regions_add_up_to_those_of_the_structures() -> None:
    warped, (shape, affine) = _warped(), _grid((1, 1, 1), 12, 0.4)
    middle = np.linalg.inv(affine) @ PLACEMENT @ [0, -26, -36, 1]
    for grid in (
        (shape, affine),
        ((*shape[:2], round(middle[2])), affine),
    ):  # the second ends in the brainstem
        structures = warped.measure(grid, SURE)
        regions = warped.measure_regions(grid, _regions())
        assert set(regions) == {0, 1, 2}
        whole = sum(found.volume_mm3 for found in structures.values())
        assert regions[0].volume_mm3 == pytest.approx(whole, rel=1e-6)
        assert regions[1].volume_mm3 + regions[2].volume_mm3 == pytest.approx(whole, rel=1e-6)
        assert {found.confidence for found in regions.values()} == {None}
    assert regions[1].covered < 0.5 < regions[2].covered


@pytest.mark.parametrize("grid", [((1, 1, 1), 12, 0.4), ((1, 1, 4), 8, 0.7)], ids=str)
def test_every_labelled_voxel_has_a_region_on_its_side_of_the_plane(grid: tuple) -> None:
    shape, affine = _grid(*grid)
    warped = _warped()
    labels = warped.labels_on((shape, affine))
    regions = warped.regions_on((shape, affine), labels, nearest_region(_regions()))
    np.testing.assert_array_equal(regions > 0, labels > 0)
    found = warped.measure_regions((shape, affine), _regions())
    for region in (1, 2):
        counted = (regions == region).sum() * abs(np.linalg.det(affine[:3, :3]))
        assert counted == pytest.approx(found[region].volume_mm3, rel=0.02)


def test_confidence_is_that_of_the_label_where_it_lies() -> None:
    sure = SURE.copy()
    sure[..., 2] = 0.25
    warped, grid = _warped(), _grid((1, 1, 1), 0, 0.0)
    labels = warped.labels_on(grid)
    confidence = warped.confidence_on(grid, labels, sure)
    assert set(np.unique(confidence[labels == 2])) == {np.float32(0.25)}
    # Of the background where the network looked, and nothing outside of the box.
    assert set(np.unique(confidence[labels == 0])) == {np.float32(0), np.float32(1)}
    placed = warped.transforms.to_mni(grid_points(*grid)).reshape(*grid[0], 3)
    outside = ((placed < box_affine()[:3, 3] - 0.6) | (placed > box_affine()[:3, 3] + 73)).any(axis=-1)
    assert not confidence[outside].any()
    assert warped.measure(grid, sure)[2].confidence == pytest.approx(0.25)


def test_points_of_the_box_come_from_where_the_map_says() -> None:
    warped = _warped()
    points = grid_points(BOX_SHAPE, box_affine())[::977]
    there = warped.map.to_atlas(warped.transforms.to_native(points))
    expected = points + warped.displacement.reshape(3, -1).T[::977]
    assert np.abs(there - expected).max() < 0.01


@pytest.mark.parametrize("voxel_mm", [(1.0, 1.0, 1.0), (0.5, 0.5, 3.0)], ids=str)
def test_what_is_not_warped_is_background(
    voxel_mm: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = _grid(voxel_mm, 12, 0.4)
    labels = np.array(_warped().labels_on(grid))
    monkeypatch.setattr(_Around, "hold", lambda self, points_mm: np.ones(len(points_mm), dtype=bool))
    np.testing.assert_array_equal(_warped().labels_on(grid), labels)
    assert (labels > 0).any()
