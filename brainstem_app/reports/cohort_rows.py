"""The table of a cohort's structures, for CSV and for Excel."""

from __future__ import annotations

from brainstem_app.reports.cohort_model import CohortReport

_HEAD = "index name side group reliability status iou iou_low iou_high dice reference_voxels missed_subjects"


def structure_rows(report: CohortReport) -> tuple[list[str], list[list[str | int | float | None]]]:
    """Names of the columns, and one row a structure; None where a number is not defined."""
    names = [y.name for y in report.yardsticks]
    rows: list[list[str | int | float | None]] = []
    for s in report.structures:
        row: list[str | int | float | None] = [
            s.index,
            s.name,
            s.side.value,
            s.group.value,
            s.reliability,
            s.status.value,
        ]
        numbers = [s.iou.value, s.iou.low, s.iou.high, s.dice, s.reference_voxels, s.missed_subjects]
        rows.append([*row, *numbers, *(s.yardsticks[name] for name in names)])
    return [*_HEAD.split(), *(f"iou {name}" for name in names)], rows
