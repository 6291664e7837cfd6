"""The table of a cohort's structures, for CSV and for Excel."""

from __future__ import annotations

from brainstem_app.reports.cohort_model import CohortReport, CohortStructure
from brainstem_app.reports.engine.entry import Estimate

#: What is told of the subjects' own numbers, and how they are taken together; see `SubjectMeasures`.
_OF_SUBJECTS = {
    "dice": "mean",
    "nsd_1mm": "mean",
    "hd95_mm": "median",
    "assd_mm": "median",
    "centroid_error_mm": "median",
    "volume_difference_mm3": "mean",
}
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
        rows.append([*row, *numbers, *(s.yardsticks[name] for name in names), *_of_subjects(s)])
        rows[-1].append(s.references_disagree_mm)
    head = [*_HEAD.split(), *(f"iou {name}" for name in names), *_columns_of_subjects()]
    return [*head, "references_disagree_mm"], rows


def _columns_of_subjects() -> list[str]:
    found = [f"{name}_{kind}{end}" for name, kind in _OF_SUBJECTS.items() for end in ("", "_low", "_high")]
    return ["subjects", *found]


def _of_subjects(structure: CohortStructure) -> list[str | int | float | None]:
    """Return the number of subjects, then each number with both ends of its interval."""
    own = structure.of_subjects
    if own is None:
        return [None] * len(_columns_of_subjects())
    estimates: list[Estimate] = [getattr(own, name) for name in _OF_SUBJECTS]
    return [own.n, *(value for e in estimates for value in (e.value, e.low, e.high))]
