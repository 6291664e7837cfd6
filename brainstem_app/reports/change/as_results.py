"""Changes of people as results that groups are compared of: per cent a year in the place of volumes."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from brainstem_app.atlas.label_table import Group, Side
from brainstem_app.evaluation.structures import Status
from brainstem_app.reports.change.files import REPORT, read_change_report
from brainstem_app.reports.change.model import A_YEAR, ChangeEntry, ChangeReport
from brainstem_app.reports.engine.entry import Entry
from brainstem_app.reports.scan.model import Report, StructureEntry, Summary
from brainstem_app.reports.scan.region_model import RegionEntry
from brainstem_app.reports.scan.results import Result
from brainstem_app.reports.scan.scan_entry import ScanEntry

#: What a report on groups says of them.
OF_CHANGES = (
    "Compared are changes over time, in per cent of the mean volume a year, each person's measured between "
    "that person's own scans; they are not volumes, whatever the names of files and columns say. People with "
    "more time between their scans are known better, but count no more than others."
)


class _Rate(Entry):
    """Change: `volume_mm3` holds it, in per cent a year; `covered` is 0 where it is unknown."""

    unit: ClassVar[str] = A_YEAR
    volume_mm3: float
    covered: float | None

    @property
    def compared(self) -> float | None:
        """Change to compare, which may be 0 or less; None if it was not measured."""
        return self.volume_mm3 if self.covered else None


class RateOfNucleus(_Rate, StructureEntry):
    """Change of a nucleus."""


class RateOfRegion(_Rate, RegionEntry):
    """Change of a region."""


def change_results(folder: Path) -> list[Result]:
    """Read every report on change below a folder as a result of its person.

    Raises
    ------
    InputError
        If a report cannot be read.
    """
    return [change_result(path, folder) for path in sorted(folder.rglob(REPORT))]


def change_result(path: Path, given: Path) -> Result:
    """Read one report on change as a result of its person. Raises InputError if it cannot be read."""
    report = read_change_report(path)
    return Result(
        path=path,
        given=given,
        report=_as_report(report),
        subject=report.subject,
        occasion="",
        version=f"{report.program}, {report.method}",
    )


def _as_report(report: ChangeReport) -> Report:
    nuclei = tuple(_nucleus(entry, number) for number, entry in enumerate(report.nuclei, start=1))
    return Report(
        created=report.created,
        scan=ScanEntry(
            file=" → ".join(scan.file for scan in (report.scans[0], report.scans[-1])),
            sha256=None,
            dataset=report.dataset,
            dataset_id=report.dataset_id,
        ),
        model=report.model,
        atlas=report.atlas,
        structures=nuclei,
        regions=tuple(_region(entry) for entry in report.regions),
        volume_method="warp",
        summary=Summary(
            macro_miou=None,
            macro_miou_nuclei=None,
            n_scored=0,
            n_missed=0,
            n_absent=0,
            n_unscored=len(nuclei),
            n_found=len(nuclei),
            volume_nuclei_mm3=0.0,
        ),
        warnings=report.warnings,
        notes=(),
        limits=report.limits,
        methods=report.methods,
    )


def _region(entry: ChangeEntry) -> RateOfRegion:
    return RateOfRegion(
        name=entry.name,
        full_name=entry.full_name,
        voxels=0,
        volume_mm3=entry.percent_a_year or 0.0,
        covered=float(entry.percent_a_year is not None),
    )


def _nucleus(entry: ChangeEntry, number: int) -> RateOfNucleus:
    return RateOfNucleus(
        index=number,
        name=entry.name,
        full_name=entry.full_name,
        side=Side.MIDLINE,
        group=Group.NUCLEUS,
        reliability=entry.reliability,
        status=Status.UNSCORED,
        voxels=0,
        volume_mm3=entry.percent_a_year or 0.0,
        centroid_mm=None,
        confidence=None,
        iou=None,
        dice=None,
        nsd_1mm=None,
        hd95_mm=None,
        assd_mm=None,
        centroid_error_mm=None,
        reference_voxels=None,
        reference_volume_mm3=None,
        false_positive_mm3=None,
        model_test_iou=None,
        covered=float(entry.percent_a_year is not None),
        change_seen=entry.change_seen,
    )
