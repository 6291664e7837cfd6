"""Report beside a label map: volumes and grades of its structures, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.small_files import read_json
from brainstem_app.written_files import LABELS_FILE, REPORT_FILE

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.imaging.edited_version import EditedVersion
    from brainstem_app.imaging.scan import Finding
    from brainstem_app.reports.scan.model import Report


def report_beside(labels: Path) -> tuple[Report | None, tuple[Finding, ...]]:
    """Read the report of the segmentation that has written a label map; without one that can be read, why."""
    from brainstem_app.reports.scan.reading import read_report

    path = labels.with_name(REPORT_FILE)
    if not path.is_file():
        return None, ()
    try:
        return read_report(path), ()
    except InputError as error:
        return None, (not_read(path, error.what, "The volumes here are those of the voxels."),)


def not_read(path: Path, why: str, so: str, fix: str = "Segment the scan again.") -> Finding:
    """Say that a file beside labels that are open could not be read, why, and what follows."""
    from brainstem_app.imaging.scan import Finding, Level

    return Finding(Level.WARNING, "not-read", f"{path.name} cannot be read: {why} {so}", fix)


def reported_mm3(report: Report | None) -> tuple[Mapping[int, float], Mapping[str, float]]:
    """Volumes (mm³) of labels and of regions that a report gives; none without one.

    None of labels if the report has counted voxels too: they are then counted anew.
    """
    if report is None:
        return {}, {}
    regions = {region.name: region.volume_mm3 for region in report.regions}
    if report.volume_method == "voxels":
        return {}, regions
    return {s.index: s.volume_mm3 for s in report.structures}, regions


def graded(table: LabelTable, report: Report | None) -> LabelTable:
    """Table with the grades of a report: those measured with its model, where the atlas has its own."""
    grades = {} if report is None else {s.name: s.reliability for s in report.structures}
    structures = tuple(
        s.model_copy(update={"reliability": grades.get(s.name, s.reliability)}) for s in table.structures
    )
    return table.model_copy(update={"structures": structures})


def finding_of_edit(edited: EditedVersion) -> Finding:
    """Say that labels were corrected, and that no report is of them yet."""
    from brainstem_app.imaging.scan import Finding, Level

    problem = (
        f"The labels were corrected by hand ({edited.saved:%Y-%m-%d %H:%M}); the volumes here are theirs."
    )
    return Finding(
        Level.WARNING, "edited", problem, f"The report beside them is of the original, {LABELS_FILE}."
    )


def findings_of_report(report: Path) -> tuple[Finding, ...]:
    """Return what the report warns of and notes: findings of the scan and of its segmentation."""
    from brainstem_app.imaging.scan import Finding, Level

    try:
        content = read_json(report)
        entries = (*content["warnings"], *content.get("notes", ()))
        return tuple(Finding(Level(e["level"]), e["code"], e["problem"], e.get("fix", "")) for e in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()
