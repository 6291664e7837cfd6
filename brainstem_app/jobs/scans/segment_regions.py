"""Regions of the brainstem on a segmented scan: their label map, their volumes, and what names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.midsagittal import Midsagittal, measure_midsagittal
from brainstem_app.atlas.regions import Regions, nearest_region
from brainstem_app.atlas.warped import Grid, SoftMeasures, WarpedAtlas
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.spaces import Affine, crop_to_box
from brainstem_app.preprocessing.midsagittal_plane import MidsagittalPlane
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.exports.label_files import LABEL_FILES, write_label_files
from brainstem_app.reports.scan.regions import RegionsOnScan
from brainstem_app.written_files import REGION_LABELS_FILE

#: What the names of the label table's files begin with for the regions.
_BEGINNING = "labels_regions"
REGION_FILES = (REGION_LABELS_FILE, *(name.replace("labels", _BEGINNING, 1) for name in LABEL_FILES))


def warped_regions(
    regions: Regions, warped: WarpedAtlas, grid: Grid, labels: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Region map under the warp of the atlas; see `WarpedAtlas.regions_on`."""
    return warped.regions_on(grid, labels, nearest_region(crop_to_box(regions.labels)))


def measured_regions(
    regions: Regions,
    warped: WarpedAtlas,
    grid: Grid,
    plane: Callable[[], MidsagittalPlane],
    is_empty: NDArray[np.bool_],
) -> tuple[dict[int, SoftMeasures], Midsagittal | None]:
    """Regions measured under the warp of the atlas, and their areas on the midsagittal plane.

    Parameters
    ----------
    plane : callable
        Returns the midsagittal plane of the scan.
    is_empty : ndarray of bool
        Where the scan is empty, on its grid.
    """
    areas = measure_midsagittal(warped.map, regions, plane(), grid, is_empty)
    return warped.measure_regions(grid, crop_to_box(regions.labels)), areas


def placed_regions(
    regions: Regions | None, transforms: Transforms, grid: Grid, labels: NDArray[np.uint8]
) -> RegionsOnScan | None:
    """Regions without a warp, for models that vote: divided by the template's planes, counted in voxels."""
    if regions is None:
        return None
    native = transforms.labels_to_native(nearest_region(crop_to_box(regions.labels)), *grid)
    return RegionsOnScan(regions.table, np.where(labels > 0, native, 0).astype(np.uint8))


def write_regions(folder: Path, regions: RegionsOnScan | None, affine: Affine) -> None:
    """Write the `REGION_FILES` into a folder; without regions, remove those of an earlier run."""
    if regions is None:
        for name in REGION_FILES:
            (folder / name).unlink(missing_ok=True)
        return
    save_label_map(folder / REGION_LABELS_FILE, regions.labels, affine, space="native")
    write_label_files(folder, regions.table, _BEGINNING)
