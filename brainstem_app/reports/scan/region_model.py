"""Data model of the regions of the brainstem: volumes, and areas on the midsagittal plane."""

from __future__ import annotations

from typing import ClassVar

from brainstem_app.reports.engine.entry import Entry

#: Of a structure less than this in the scan: its volume says where the scan ends.
WHOLE = 0.98
#: Of a structure more than this where the scan is empty, as outside of a brain mask: its volume follows what
#: is around it.
EMPTY = 0.10

Point = tuple[float, float, float]


def is_cut(covered: float | None, empty: float | None) -> bool:
    """Whether the scan, or a mask of the brain, leaves out so much of a structure that it is not whole."""
    return (covered is not None and covered < WHOLE) or (empty is not None and empty > EMPTY)


class _Measured(Entry):
    """A measure of a region that is compared between scans as that of a nucleus is."""

    name: str
    full_name: str

    #: Regions have no grade, and what can be detected was measured of nuclei.
    reliability: ClassVar[str] = ""
    smallest_change_percent: ClassVar[float | None] = None
    change_seen: ClassVar[bool | None] = None


class RegionEntry(_Measured):
    """Volume of a region of the brainstem, or of the whole of it, which the regions add up to.

    `voxels` are those of ``labels_regions_native.nii.gz``. `volume_mm3` is measured as that of the nuclei
    (`volume_method` of the report); `covered` is the part of the region that the scan covers, 0…1, where the
    warp says it, and `empty` the part that lies where the scan is empty, as outside of a brain mask, null
    without the scan and in files of older versions.
    """

    voxels: int
    volume_mm3: float
    covered: float | None = None
    empty: float | None = None

    unit: ClassVar[str] = "mm³"

    @property
    def is_cut(self) -> bool:
        """Whether the scan, or a mask of the brain, ends within the region or before it."""
        return is_cut(self.covered, self.empty)

    @property
    def compared(self) -> float | None:
        """Volume (mm³) to compare with other scans; None if the region is not whole in this."""
        return None if self.is_cut or self.volume_mm3 <= 0 else self.volume_mm3


class AreaEntry(_Measured):
    """Area of a part of the brainstem on the midsagittal plane, or the ratio of two.

    `value` is in `unit`, which the name ends with: mm² or %. `covered` is the part of it that the scan
    covers, 0…1; of a ratio, of the part that is covered less. `empty` is the part that lies where the scan
    is empty, as outside of a brain mask, of a ratio that of the emptier part; null in files of older
    versions.
    """

    value: float
    unit: str
    covered: float
    empty: float | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the scan, or a mask of the brain, ends within it or before it."""
        return is_cut(self.covered, self.empty)

    @property
    def compared(self) -> float | None:
        """Value to compare with other scans; None if it is not whole in this."""
        return None if self.is_cut or self.value <= 0 else self.value


class MidsagittalEntry(Entry):
    """Areas on the midsagittal plane, and where it lies (mm of the scan's world, RAS+).

    `point_mm` is on the plane, `normal` its unit normal, to the patient's right. `symmetry` is the
    correlation of the intensities of one side with the mirrored other; `is_refined` says whether the plane
    was found by it. If not, it is the template's plane where the affine has it. `shifted_mm` and
    `turned_degrees` say how far the two lie apart.
    """

    areas: tuple[AreaEntry, ...]
    point_mm: Point
    normal: Point
    symmetry: float
    is_refined: bool
    shifted_mm: float
    turned_degrees: float
