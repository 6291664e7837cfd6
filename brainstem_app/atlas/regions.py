"""Regions of the brainstem (midbrain, pons, medulla): the second level of an atlas, above its nuclei."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.building.region_recipe import RecipePlane, RecipeRegion
from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure, read_label_table
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine

REGIONS_FILE_NAME = "regions.nii.gz"
REGION_TABLE_FILE_NAME = "regions.csv"
#: How the source of a region begins that was not drawn by planes.
IMPORTED_FROM = "imported from "
# The nearest region of a voxel is looked for so far around all that were added, before anywhere.
_NEAR_VOXELS = 10

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Regions:
    """Regions of the brainstem.

    Attributes
    ----------
    table : LabelTable
        The regions from top to bottom, 1…R, each with its border as its source; 0 is what lies outside of the
        brainstem.
    labels : ndarray of uint8, shape (197, 233, 189)
        Region of each voxel on the ``mni`` grid; above 0 exactly where the atlas's labels are; read-only.
    """

    table: LabelTable
    labels: Labels

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each region, from top to bottom."""
        return self.table.names[1:]


def draw_regions(
    planes: tuple[RecipePlane, ...], regions: tuple[RecipeRegion, ...], brainstem: NDArray[np.bool_]
) -> Regions:
    """Divide the brainstem by planes.

    Parameters
    ----------
    planes : tuple of RecipePlane
        From top to bottom.
    regions : tuple of RecipeRegion
        From top to bottom; a voxel belongs to the last one below whose upper border its middle lies. A middle
        on a plane belongs to the region above.
    brainstem : ndarray of bool, shape (197, 233, 189)
        What is divided, on the ``mni`` grid.
    """
    _, y, z = np.meshgrid(*(np.arange(n) for n in MNI_SHAPE), indexing="ij", sparse=True)
    y_mm, z_mm = (axis + origin for axis, origin in zip((y, z), mni_affine()[1:3, 3], strict=True))
    slopes: dict[str, float] = {}
    below: dict[str, NDArray[np.bool_]] = {"": np.ones((1, 1, 1), dtype=bool)}
    for plane in planes:
        (y0, z0), *others = plane.through_mm
        slope = (others[0][1] - z0) / (others[0][0] - y0) if others else slopes[plane.parallel_to]
        slopes[plane.name] = slope
        below[plane.name] = z_mm - z0 < slope * (y_mm - y0)
    labels = np.zeros(brainstem.shape, dtype=np.uint8)
    for index, region in enumerate(regions, start=1):
        labels[brainstem & below[region.below]] = index
    return Regions(_table(planes, regions), labels)


def region_of_nuclei(labels: Labels, table: LabelTable, regions: Regions) -> dict[str, str]:
    """Name of the region that holds most of each nucleus of a label map on the same grid."""
    n = len(regions.names) + 1
    pairs = labels.astype(np.intp) * n + regions.labels
    counts = np.bincount(pairs.ravel(), minlength=table.n_classes * n).reshape(-1, n)
    return {s.name: regions.names[int(counts[s.index, 1:].argmax())] for s in table.nuclei}


def describe_regions(planes: tuple[RecipePlane, ...], drawn: Regions | None) -> dict[str, Any]:
    """Planes and volumes (mm³) of regions, for ``atlas.json``; nothing without regions."""
    if drawn is None:
        return {}
    return {
        "planes": [plane.model_dump(mode="json") for plane in planes],
        "regions": [
            {"index": s.index, "name": s.name, "volume_mm3": int(np.count_nonzero(drawn.labels == s.index))}
            for s in drawn.table.structures[1:]
        ],
    }


def nearest_region(regions: Labels) -> Labels:
    """Region map (X, Y, Z) carried on beyond the brainstem: of each voxel the nearest region."""
    from scipy.ndimage import distance_transform_edt

    x, y, z = distance_transform_edt(regions == 0, return_distances=False, return_indices=True)
    return np.asarray(regions[x, y, z], dtype=np.uint8)


def follow_edit(regions: Labels, labels: Labels) -> Labels:
    """Region map of edited labels: what was taken away leaves its region, what was added joins the nearest.

    Which label a voxel has makes no difference, so that to repaint a nucleus within the brainstem changes no
    region.

    Parameters
    ----------
    regions : ndarray of uint8, shape (X, Y, Z)
        Region map of the labels as they were, above 0 where they are.
    labels : ndarray of uint8, shape (X, Y, Z)
        Labels as they are now.
    """
    from scipy.spatial import cKDTree

    edited = np.where(labels > 0, regions, 0).astype(np.uint8)
    added = np.argwhere((labels > 0) & (regions == 0))
    known = _near(regions, added)
    if len(added) and len(known):
        _, nearest = cKDTree(known).query(added)
        edited[tuple(added.T)] = regions[tuple(known[nearest].T)]
    return edited


def _near(regions: Labels, added: NDArray[np.intp]) -> NDArray[np.intp]:
    """Voxels of regions (N, 3) around some others, or all of them if there are none so near."""
    if len(added):
        first = np.maximum(added.min(axis=0) - _NEAR_VOXELS, 0)
        part = tuple(slice(a, b + 1) for a, b in zip(first, added.max(axis=0) + _NEAR_VOXELS, strict=True))
        if len(near := np.argwhere(regions[part])):
            return np.asarray(near + first)
    return np.argwhere(regions)


def changes_of_edit(regions: Labels, labels: Labels, n: int) -> NDArray[np.int64]:
    """Voxels that an edit has added to each region less those it has taken away, regions 0…n − 1."""
    before, after = (np.bincount(m.ravel(), minlength=n) for m in (regions, follow_edit(regions, labels)))
    return np.asarray(after - before, dtype=np.int64)


def read_regions(folder: Path, labels: Labels) -> Regions | None:
    """Regions in the folder of an atlas with this label map; None if it has none.

    Raises
    ------
    InputError
        If their files are damaged, or do not belong to the label map.
    """
    from brainstem_app.imaging.label_map import load_label_map

    path = folder / REGIONS_FILE_NAME
    if not path.is_file():
        return None
    table = read_label_table(folder / REGION_TABLE_FILE_NAME)
    regions, affine = load_label_map(path)
    fix = "Build the atlas again, or remove its regions.nii.gz."
    if regions.shape != labels.shape or not np.allclose(affine, mni_affine()):
        raise InputError("The regions are not on the program's MNI grid.", path, fix)
    if regions.max() >= table.n_classes:
        raise InputError(f"The regions hold {regions.max()}, which their table does not know.", path, fix)
    if not np.array_equal(regions > 0, labels > 0):
        raise InputError("Regions and labels of the atlas do not cover the same voxels.", path, fix)
    regions.setflags(write=False)
    return Regions(table, regions)


def _table(planes: tuple[RecipePlane, ...], regions: tuple[RecipeRegion, ...]) -> LabelTable:
    """Label table of regions, the background first."""
    titles = {plane.name: f"below the {plane.title}" for plane in planes}
    for upper, lower in pairwise(planes):
        titles[upper.name] += f", above the {lower.title}"
    if planes:
        titles[""] = f"above the {planes[0].title}"
    return table_of_regions(
        [
            region_structure(
                index,
                region.name,
                region.full_name,
                region.colour,
                titles.get(region.below, "the whole brainstem"),
                "none",
            )
            for index, region in enumerate(regions, start=1)
        ]
    )


def region_structure(
    index: int, name: str, full_name: str, colour: str, source: str, licence: str
) -> Structure:
    """Row of a table of regions; `source` says where its border comes from."""
    return Structure(
        index=index,
        name=name,
        full_name=full_name,
        side=Side.MIDLINE,
        group=Group.TISSUE,
        colour=colour,
        source=source,
        licence=licence,
    )


def table_of_regions(rows: Sequence[Structure]) -> LabelTable:
    """Label table of regions, the background first."""
    outside = Structure(
        index=0,
        name="background",
        full_name="Outside of the brainstem",
        side=Side.MIDLINE,
        group=Group.BACKGROUND,
        colour="#000000",
        source="none",
        licence="none",
    )
    return LabelTable(structures=(outside, *rows))
