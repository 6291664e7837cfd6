"""Areas on the midsagittal plane in a report: numbers, words and picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.scan.region_model import AreaEntry, MidsagittalEntry, Point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from brainstem_app.atlas.midsagittal import Midsagittal
    from brainstem_app.reports.scan.model import Report

MIDSAGITTAL_CSV, MIDSAGITTAL_PICTURE = "report_midsagittal.csv", "midsagittal.png"
#: Only where areas were measured on a midsagittal plane.
MIDSAGITTAL_FILES = (MIDSAGITTAL_CSV, MIDSAGITTAL_PICTURE)
_DECIMALS = 4
# Names in the tables end with the unit, so that no table can mistake an area for a volume.
_AREAS = {
    "midbrain": ("midbrain_mm2", "Midbrain, midsagittal area in mm²"),
    "midbrain_tegmentum": ("tegmentum_mm2", "Midbrain before the aqueduct, midsagittal area in mm²"),
    "pons": ("pons_mm2", "Pons, midsagittal area in mm²"),
}
_RATIO = ("mp_ratio_percent", "Midbrain before the aqueduct by pons, midsagittal areas in %")
_MM2, _PERCENT = "mm²", "%"
_WORDS = {
    "midbrain_mm2": "Midbrain area",
    "tegmentum_mm2": "Tegmentum area",
    "pons_mm2": "Pons area",
    "mp_ratio_percent": "Midbrain/pons ratio",
}

METHOD = (
    "Areas of midbrain and pons were measured on the midsagittal plane of the scan, about which its "
    "intensities around the brainstem are most symmetric, as the regions lie there under the warp, in places "
    "0.25 mm apart; the ratio is that of the midbrain before the aqueduct to the pons."
)


def midsagittal_entry(found: Midsagittal | None) -> MidsagittalEntry | None:
    """Areas on a plane, their ratio, and where the plane lies; None without them."""
    if found is None:
        return None
    areas = [
        AreaEntry(
            name=name,
            full_name=full_name,
            value=round(found.areas[part].area_mm2, _DECIMALS),
            unit=_MM2,
            covered=round(found.areas[part].covered, _DECIMALS),
            empty=rounded(found.areas[part].empty, _DECIMALS),
        )
        for part, (name, full_name) in _AREAS.items()
    ]
    _, tegmentum, pons = areas
    ratio = AreaEntry(
        name=_RATIO[0],
        full_name=_RATIO[1],
        value=round(100 * tegmentum.value / pons.value, _DECIMALS) if pons.value else 0.0,
        unit=_PERCENT,
        covered=min(tegmentum.covered, pons.covered),
        empty=max((e for e in (tegmentum.empty, pons.empty) if e is not None), default=None),
    )
    plane = found.plane
    return MidsagittalEntry(
        areas=(*areas, ratio),
        point_mm=_point(plane.point_mm, 2),
        normal=_point(plane.right, 5),
        symmetry=round(plane.symmetry, _DECIMALS),
        is_refined=plane.is_refined,
        shifted_mm=round(plane.shifted_mm, 2),
        turned_degrees=round(plane.turned_degrees, 2),
    )


def unit_of(name: str) -> str:
    """Tell the unit of a measure by its name in a report: that of an area or ratio, else of a volume."""
    if name == _RATIO[0]:
        return _PERCENT
    return _MM2 if name in {area for area, _ in _AREAS.values()} else "mm³"


def measure_words(name: str, *, with_unit: bool = False) -> str:
    """Name of a measure as a page has it: that of an area or ratio in words; others are their own names.

    Examples
    --------
    >>> measure_words("pons_mm2", with_unit=True), measure_words("SN_L", with_unit=True)
    ('Pons area, mm²', 'SN_L')
    """
    words = _WORDS.get(name, name)
    return f"{words}, {unit_of(name)}" if with_unit and name in _WORDS else words


def areas_of(report: Report) -> tuple[AreaEntry, ...]:
    """Areas on the midsagittal plane of a report, and their ratio; none where there is no plane."""
    return () if report.midsagittal is None else report.midsagittal.areas


def midsagittal_note(entry: MidsagittalEntry | None) -> str:
    """Say what plane it is, and what its areas are; empty without one."""
    if entry is None:
        return ""
    if entry.is_refined:
        where = (
            "The plane is the one about which the scan around the brainstem is most symmetric (correlation "
            f"of both sides {entry.symmetry:.2f}), {abs(entry.shifted_mm):.1f} mm and "
            f"{entry.turned_degrees:.1f}° from the template's; it is no slice of the scan's grid."
        )
    else:
        where = (
            "The scan is too asymmetric around the brainstem to say where its midsagittal plane lies: it is "
            "the template's, where the registration put it. Look at the picture."
        )
    return (
        f"{where} The midbrain reaches up to the diencephalon, as the atlas's brainstem does, and with its "
        "tectum: its area is larger than those drawn by hand between landmarks, and so is the ratio, so that "
        "published limits do not apply. The ratio is that of the midbrain before the aqueduct to the pons."
    )


def _point(vector: NDArray[np.float64], decimals: int) -> Point:
    x, y, z = (round(float(value), decimals) for value in vector)
    return x, y, z
