"""Areas on the midsagittal plane: those of the atlas under the map, whatever the scan's voxels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.atlas.midsagittal import MIDBRAIN, PONS, TEGMENTUM, measure_midsagittal
from brainstem_app.atlas.regions import Regions
from brainstem_app.imaging.spaces import WARP_REGION, Affine, crop_to_box, mni_affine
from brainstem_app.preprocessing.midsagittal_plane import carried_plane
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas
from brainstem_app.preprocessing.transforms import Displacement

GRID = ((100, 100, 100), mni_affine() @ np.array([[1, 0, 0, 50], [0, 1, 0, 60], [0, 0, 1, 0], [0, 0, 0, 1]]))


@pytest.fixture(scope="module")
def regions() -> Regions:
    found = load_atlas().regions
    assert found is not None
    return found


def _map(mni_to_native: Affine) -> ScanToAtlas:
    still = np.zeros((*WARP_REGION.shape, 3), dtype=np.float32)
    return ScanToAtlas(mni_to_native, Displacement(still, WARP_REGION.affine))


def test_areas_of_the_template_are_its_own_voxels_in_the_middle(regions: Regions) -> None:
    found = measure_midsagittal(_map(np.eye(4)), regions, carried_plane(np.eye(4)), GRID)
    assert found is not None
    middle = crop_to_box(regions.labels)[25]
    for name in (MIDBRAIN, PONS):
        voxels = np.count_nonzero(middle == regions.names.index(name) + 1)
        assert found.areas[name].area_mm2 == pytest.approx(voxels, rel=0.01)
    # All of the tegmentum, nothing of the tectum behind the aqueduct (50 of 276 voxels).
    assert found.areas[TEGMENTUM].area_mm2 == pytest.approx(226, abs=5)
    assert all(area.covered == pytest.approx(1) for area in found.areas.values())
    drawn = [np.count_nonzero(found.regions == k + 1) / 16 for k in range(2)]
    assert drawn == pytest.approx([found.areas[MIDBRAIN].area_mm2, found.areas[PONS].area_mm2], rel=0.03)


def test_areas_grow_with_the_square_of_a_head_and_not_with_its_tilt(regions: Regions) -> None:
    turned = np.eye(4)
    c, s = np.cos(0.6), np.sin(0.6)
    turned[:3, :3] = 1.1 * np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, 3] = -150
    grid = ((300, 300, 300), affine)
    small = measure_midsagittal(_map(np.eye(4)), regions, carried_plane(np.eye(4)), GRID)
    large = measure_midsagittal(_map(turned), regions, carried_plane(turned), grid)
    assert small is not None
    assert large is not None
    for name, area in small.areas.items():
        assert large.areas[name].area_mm2 == pytest.approx(1.21 * area.area_mm2, rel=0.005)


def test_what_the_scan_does_not_cover_is_not_counted_and_said(regions: Regions) -> None:
    shape, affine = GRID
    ends = affine.copy()
    ends[2, 3] = -35.0
    found = measure_midsagittal(_map(np.eye(4)), regions, carried_plane(np.eye(4)), (shape, ends))
    assert found is not None
    assert found.areas[MIDBRAIN].covered == pytest.approx(1)
    assert found.areas[PONS].covered == pytest.approx(0.5, abs=0.15)


def test_what_lies_where_a_brain_mask_left_the_scan_empty_is_told(regions: Regions) -> None:
    shape, affine = GRID
    height = affine[2, 2] * np.arange(shape[2]) + affine[2, 3]
    is_empty = np.broadcast_to(height < -35.0, shape)
    plane = carried_plane(np.eye(4))
    found = measure_midsagittal(_map(np.eye(4)), regions, plane, GRID, is_empty)
    assert found is not None
    assert found.areas[MIDBRAIN].empty == 0.0
    assert found.areas[PONS].empty == pytest.approx(0.5, abs=0.15)
    # What the mask took is still labelled, unlike what no voxel shows.
    assert found.areas[PONS].covered == pytest.approx(1)
    without = measure_midsagittal(_map(np.eye(4)), regions, plane, GRID)
    assert without is not None
    assert without.areas[PONS].empty is None
    assert without.areas[PONS].area_mm2 == found.areas[PONS].area_mm2


def test_an_atlas_without_midbrain_and_pons_has_no_areas(regions: Regions) -> None:
    for names, areas in (({"midbrain": "upper"}, False), ({"midbrain": "Midbrain", "pons": "PONS"}, True)):
        renamed = tuple(
            s.model_copy(update={"name": names.get(s.name, s.name)}) for s in regions.table.structures
        )
        other = replace(regions, table=regions.table.model_copy(update={"structures": renamed}))
        found = measure_midsagittal(_map(np.eye(4)), other, carried_plane(np.eye(4)), GRID)
        assert (found is not None) is areas
