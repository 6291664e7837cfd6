"""Regions of the brainstem in a report: midbrain, pons, medulla, and the whole of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.regions import IMPORTED_FROM
from brainstem_app.counting import listed
from brainstem_app.evaluation.volume import voxel_volume_mm3
from brainstem_app.imaging.spaces import Affine
from brainstem_app.reports.engine.entry import DECIMALS
from brainstem_app.reports.scan.midsagittal import areas_of
from brainstem_app.reports.scan.model import Report
from brainstem_app.reports.scan.region_model import AreaEntry, RegionEntry

if TYPE_CHECKING:
    from brainstem_app.atlas.midsagittal import Midsagittal
    from brainstem_app.atlas.warped import SoftMeasures

#: Name of all regions together, and what they are together.
BRAINSTEM = "brainstem"
BRAINSTEM_IN_WORDS = "Whole brainstem, down to the cut at z = −72 mm of the template"
REGIONS_CSV = "report_regions.csv"
# Tables that name regions alone say so of their borders.
_NOT_STATED = "not stated"
_EDITED = (
    " The labels were edited: their borders are still those of the warp, and what was added to the brainstem "
    "is counted to the nearest region."
)


@dataclass(frozen=True)
class RegionsOnScan:
    """Regions as they lie in a scan.

    Attributes
    ----------
    table : LabelTable
        What the numbers mean; 0 is outside of the brainstem.
    labels : ndarray of uint8, shape (X, Y, Z)
        Region of each voxel of the scan, above 0 where it has a label.
    soft : mapping of int to SoftMeasures, or None
        Volume of each region under the warp, and of all together as 0; None where voxels are counted.
    midsagittal : Midsagittal or None
        What of them lies on the scan's midsagittal plane; None without a warp, or a midbrain and a pons.
    is_edited : bool
        Whether the labels were edited since, so that the brainstem has other voxels
        (`brainstem_app.atlas.regions.follow_edit`).
    """

    table: LabelTable
    labels: NDArray[np.uint8]
    soft: Mapping[int, SoftMeasures] | None = None
    midsagittal: Midsagittal | None = None
    is_edited: bool = False


def region_entries(
    regions: RegionsOnScan | None, affine: Affine, is_empty: NDArray[np.bool_] | None = None
) -> tuple[RegionEntry, ...]:
    """Rows of a report: the whole brainstem, then the regions from top to bottom; none without regions.

    Parameters
    ----------
    regions : RegionsOnScan or None
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm) of their label map.
    is_empty : ndarray of bool, shape (X, Y, Z), optional
        Where the scan is empty, as outside of a brain mask.
    """
    if regions is None:
        return ()
    empty = empty_shares(regions.labels, is_empty)
    counts = np.bincount(regions.labels.ravel(), minlength=regions.table.n_classes)
    parts = [
        _entry(
            region.name, region.full_name, int(counts[region.index]), region.index, regions, affine
        ).model_copy(update={"empty": empty.get(region.index)})
        for region in regions.table.structures[1:]
    ]
    whole = _entry(BRAINSTEM, BRAINSTEM_IN_WORDS, sum(part.voxels for part in parts), 0, regions, affine)
    # What the parts, as they are written, add up to.
    total = round(sum(part.volume_mm3 for part in parts), DECIMALS)
    emptied = sum(part.voxels * (part.empty or 0.0) for part in parts)
    of_all = round(emptied / whole.voxels, 4) if empty and whole.voxels else None
    return (whole.model_copy(update={"volume_mm3": total, "empty": of_all}), *parts)


def where_empty(data: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell where a scan has its lowest value, as outside of a brain mask."""
    return np.asarray(data <= data.min())


def empty_shares(labels: NDArray[np.uint8], is_empty: NDArray[np.bool_] | None) -> dict[int, float]:
    """Part of each label's voxels where the scan is empty, 0…1; nothing without the scan."""
    if is_empty is None:
        return {}
    some = labels > 0
    voxels, empty = (np.bincount(labels[m], minlength=256) for m in (some, some & is_empty))
    return {int(index): round(float(empty[index] / voxels[index]), 4) for index in voxels.nonzero()[0]}


def common_regions(reports: Sequence[Report]) -> list[RegionEntry]:
    """Regions that every report has, as in the first."""
    names = [{region.name for region in report.regions} for report in reports]
    return [region for region in reports[0].regions if all(region.name in own for own in names)]


def common_areas(reports: Sequence[Report]) -> list[AreaEntry]:
    """Areas on the midsagittal plane, and their ratio, if every report has them; as in the first.

    Reports that a correction of the outline took them from do not count: in those they are missing.
    """
    measured = [report for report in reports if not _lost_areas(report)]
    names = [{area.name for area in areas_of(report)} for report in measured]
    first = areas_of(measured[0]) if measured else ()
    return [area for area in first if all(area.name in own for own in names)]


def _lost_areas(report: Report) -> bool:
    """Whether areas are gone because the outline of the brainstem was corrected in this one."""
    return report.midsagittal is None and report.volume_method == "corrected"


def uneven_notes(reports: Mapping[str, Sequence[Report]]) -> list[str]:
    """Say which regions or areas only some results have, by person, for they are compared in nobody."""
    notes = []
    lost = [who for who, own in reports.items() if any(map(_lost_areas, own))]
    if lost and any(areas_of(report) for own in reports.values() for report in own):
        notes.append(
            f"Midsagittal areas of {listed(lost)} are counted as missing: the outline of the brainstem was "
            "corrected there, and they are measured under the warp alone."
        )
    for what, names_in in (
        ("regions", lambda report: {region.name for region in report.regions}),
        ("midsagittal areas", lambda report: {area.name for area in areas_of(report)}),
    ):
        having = {
            who: set.intersection(*map(names_in, own))
            for who, own in reports.items()
            if what == "regions" or who not in lost
        }
        every = set[str]().union(*having.values())
        lacking = [who for who, names in having.items() if every - names]
        if lacking:
            notes.append(
                f"Some {what} are missing from the results of {listed(lacking)} (another atlas or model, or "
                "an older version of the program), and so are compared in nobody."
            )
    return notes


def compared_by_name(report: Report) -> dict[str, float | None]:
    """Volumes of regions (mm³), then areas (mm²) and their ratio (%), to compare; None of what is cut."""
    return {each.name: each.compared for each in _measured(report)}


def compared_values(report: Report, names: Sequence[str]) -> list[float]:
    """Volumes of regions or areas by name, as `compared_by_name`; NaN of what is cut or missing."""
    known = compared_by_name(report)
    return [np.nan if (value := known.get(name)) is None else value for name in names]


def cut_parts(report: Report) -> list[str]:
    """Names of the regions and areas that the scan cuts."""
    return [each.name for each in _measured(report) if each.is_cut]


def _measured(report: Report) -> tuple[RegionEntry | AreaEntry, ...]:
    return (*report.regions, *areas_of(report))


def regions_note(regions: RegionsOnScan) -> str:
    """Say what the regions are: their borders, and the cut."""
    borders = "; ".join(f"{region.name}: {region.source}" for region in regions.table.structures[1:])
    if have_planes(regions.table):
        said = f"Borders, drawn on the template and carried to the scan: {borders}."
    elif are_imported(regions.table):
        said = f"Borders, the atlas's own and carried to the scan: {borders}."
    else:
        said = "Borders: those of the atlas, carried to the scan."
    return (
        f"{said} The lowest region, and with it "
        "the brainstem, ends at the cut at z = −72 mm of the template. The regions add up to the brainstem."
        + _EDITED
        * regions.is_edited
    )


def no_regions_note(atlas: str, *, own_labels: bool = False) -> str:
    """Say that an atlas, or a lab's own labels, bring no regions, and what follows."""
    if own_labels:
        return (
            f"The labels {atlas} have no atlas that would divide the brainstem, so no regions are measured."
        )
    return (
        f"The atlas {atlas} does not divide the brainstem into regions, so that none are measured: those of "
        "another atlas would not be its own."
    )


def have_planes(table: LabelTable) -> bool:
    """Whether the table says by which planes the regions are divided."""
    return not are_imported(table) and all(r.source != _NOT_STATED for r in table.structures[1:])


def are_imported(table: LabelTable) -> bool:
    """Whether regions are those of an imported atlas, not drawn by planes."""
    return any(region.source.startswith(IMPORTED_FROM) for region in table.structures)


def region_colours(regions: RegionsOnScan) -> dict[str, str]:
    """Colour ``#rrggbb`` of each region by its name."""
    return {region.name: region.colour for region in regions.table.structures[1:]}


def _entry(
    name: str, full_name: str, voxels: int, index: int, regions: RegionsOnScan, affine: Affine
) -> RegionEntry:
    soft = None if regions.soft is None else regions.soft[index]
    volume = voxels * voxel_volume_mm3(affine) if soft is None else soft.volume_mm3
    return RegionEntry(
        name=name,
        full_name=full_name,
        voxels=voxels,
        volume_mm3=round(volume, DECIMALS),
        covered=None if soft is None else round(soft.covered, DECIMALS),
    )
