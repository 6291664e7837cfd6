"""Regions of the brainstem that a lab's own atlas brings: a label map or probability maps of them."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.importing.source_maps import SourceMap, check_names, read_maps
from brainstem_app.atlas.importing.voxel_shares import resample_shares
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.regions import (
    IMPORTED_FROM,
    Regions,
    nearest_region,
    region_of_nuclei,
    region_structure,
    table_of_regions,
)
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import AROUND_BOX, MNI_SHAPE, Affine

#: The name of all regions together in reports.
_WHOLE = "brainstem"
# A voxel of which the regions hold less together has none of its own, and is given the nearest.
_LEAST_SHARE = 0.1
# Of the brainstem at least so much has to lie in a region.
_LEAST_COVERED = 0.5
_TOLD_FROM = 0.01
_MOST = 254


@dataclass(frozen=True)
class ImportedRegions:
    """Regions on the ``mni`` grid, and what the user should know of them."""

    regions: Regions
    warnings: tuple[str, ...]


def import_regions(
    source: Path,
    table: Path | None,
    template_to_source: Affine,
    brainstem: NDArray[np.bool_],
    licence: str,
) -> ImportedRegions:
    """Divide the template's brainstem as a lab's own regions do.

    Each voxel belongs to the region with the largest share in it; one that none reaches, to the nearest, so
    that the regions add up to the brainstem.

    Parameters
    ----------
    source : Path
        Folder of masks or probability maps, label map, or image of volumes, as for nuclei.
    table : Path or None
        What the numbers of a label map or the volumes mean.
    template_to_source : ndarray, shape (4, 4)
        Where a point of the ``mni`` world (mm) lies in the source's world (mm).
    brainstem : ndarray of bool, shape (197, 233, 189)
    licence : str
        Of the source.

    Raises
    ------
    InputError
        If the source cannot be read, a name occurs twice or is that of the whole, or the regions miss more
        than half of the brainstem.
    """
    found = read_maps(source, table)
    inside = AROUND_BOX.crop(brainstem)
    maps: list[SourceMap] = []
    shares: list[NDArray[np.float32]] = []
    outside: list[str] = []
    for region in found.maps:
        share = _share_of(region, template_to_source) * inside
        if share.sum() < _LEAST_SHARE:
            outside.append(region.table_name)
        else:
            maps.append(region)
            shares.append(share)
    names = [region.table_name for region in maps]
    _check(names, maps, source)
    covered = float((np.sum(shares, axis=0) >= _LEAST_SHARE)[inside].mean())
    if covered < _LEAST_COVERED:
        raise InputError(
            f"The regions hold {100 * covered:.0f} % of the brainstem only.",
            source,
            "Give regions that divide all of it, in the space of the atlas (--space or --template).",
        )
    # From top to bottom, as they are listed.
    heights = [float(np.average(np.arange(s.shape[2]), weights=s.sum(axis=(0, 1)))) for s in shares]
    order = np.argsort(heights)[::-1]
    labels = _labels([shares[k] for k in order], inside)
    rows = [
        region_structure(index, maps[k].table_name, maps[k].full_name, colour, _origin(source), licence)
        for (index, k), colour in zip(enumerate(order, start=1), _colours(len(order)), strict=True)
    ]
    warnings = list(found.notes)
    if outside:
        warnings.append(f"Regions that lie outside the brainstem are left out: {', '.join(outside)}.")
    if 1 - covered > _TOLD_FROM:
        warnings.append(
            f"{100 * (1 - covered):.0f} % of the brainstem lies in none of the regions and is counted to the "
            "nearest, so that they add up to it."
        )
    return ImportedRegions(Regions(table_of_regions(rows), labels), tuple(warnings))


def with_regions(
    table: LabelTable, labels: NDArray[np.uint8], regions: Regions, told: Mapping[str, str], file: Path
) -> LabelTable:
    """Table with the region of each nucleus: that of its own table, `told` by name, or that of its voxels.

    Raises
    ------
    InputError
        If the table of nuclei tells of a region that there is no map of, or one has a nucleus's name.
    """
    known = {name.lower(): name for name in regions.names}
    for nucleus, region in told.items():
        if region.lower() not in known:
            raise InputError(
                f"{nucleus} lies in the region “{region}” by its table, but the regions are "
                f"{', '.join(regions.names)}.",
                file,
                "Give the regions the same names in both, or leave that column out.",
            )
    if same := sorted(set(known) & {structure.name.lower() for structure in table.structures}):
        raise InputError(
            f"A region and a nucleus have the same name: {', '.join(same)}.", file, "Rename one of them."
        )
    measured = region_of_nuclei(labels, table, regions)
    chosen = measured | {nucleus: known[region.lower()] for nucleus, region in told.items()}
    return LabelTable(
        structures=tuple(
            s.model_copy(update={"region": chosen.get(s.name, "")}) if s.name in chosen else s
            for s in table.structures
        )
    )


def _share_of(region: SourceMap, template_to_source: Affine) -> NDArray[np.float32]:
    reached = np.argwhere(region.probability > 0)
    if not len(reached):
        return np.zeros(AROUND_BOX.shape, dtype=np.float32)
    to_mni = np.linalg.inv(template_to_source) @ region.affine
    return resample_shares(region.probability, reached, to_mni, AROUND_BOX)


def _check(names: list[str], maps: list[SourceMap], source: Path) -> None:
    if not names:
        raise InputError("No region lies in the brainstem.", source, "Check the space (--space, --template).")
    if len(names) > _MOST:
        raise InputError(f"There are {len(names)} regions; {_MOST} at most.", source, "Leave some out.")
    check_names([(region.table_name, region.file) for region in maps])
    if _WHOLE in [name.lower() for name in names]:
        raise InputError(
            f"A region has the name “{_WHOLE}”, which is that of all of them together.", source, "Rename it."
        )


def _labels(shares: list[NDArray[np.float32]], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Region of each voxel of the brainstem on the ``mni`` grid, 1…R."""
    stacked = np.stack(shares)
    own = np.where(stacked.sum(axis=0) >= _LEAST_SHARE, stacked.argmax(axis=0) + 1, 0).astype(np.uint8)
    labels = np.zeros(MNI_SHAPE, dtype=np.uint8)
    labels[AROUND_BOX.slices] = np.where(inside, nearest_region(own), 0)
    return labels


def _origin(source: Path) -> str:
    return f"{IMPORTED_FROM}{source.name}"


def _colours(n: int) -> list[str]:
    rgb = [colorsys.hsv_to_rgb(0.08 + 0.9 * k / n, 0.65, 0.8) for k in range(n)]
    return ["#" + "".join(f"{round(255 * part):02x}" for part in colour) for colour in rgb]
