"""The files of the report of an evaluation."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.sheets import Cell, Sheet, about_sheet
from brainstem_app.reports.evaluation.build import build_evaluation_report
from brainstem_app.reports.evaluation.document import evaluation_document, evaluation_methods
from brainstem_app.reports.evaluation.model import EvaluatedStructure, EvaluationInputs, EvaluationReport
from brainstem_app.written_files import METRICS_FILE

#: What is told of the subjects' own numbers, and how they are taken together; see `SubjectMeasures`.
_OF_SUBJECTS = {
    "dice": "mean",
    "nsd_1mm": "mean",
    "hd95_mm": "median",
    "assd_mm": "median",
    "centroid_error_mm": "median",
    "volume_difference_mm3": "mean",
}
_MEANS = (
    "macro_miou",
    "macro_miou_nuclei",
    "mean_subject_miou",
    "mean_subject_miou_nuclei",
    "distance_nuclei_mm",
)
_ENDS = ("", "_low", "_high")


def write_evaluation_report(folder: Path, inputs: EvaluationInputs) -> EvaluationReport:
    """Write ``metrics.json``, ``.csv`` and ``.xlsx`` (one row a structure), ``.html`` and ``.pdf``.

    Each file is written whole or not at all; ``metrics.json`` comes last. Raises as
    `build_evaluation_report`.
    """
    report = build_evaluation_report(inputs)
    structures = _structures(report)
    subjects = [(s.subject, s.macro_miou, s.macro_miou_nuclei) for s in report.subjects]
    facts = [("part", report.part), ("atlas", report.atlas)]
    sheets = (
        structures,
        Sheet("subjects", ("subject", "macro_miou", "macro_miou_nuclei"), subjects),
        _methods(report),
        about_sheet(report.created, facts, report.notes, evaluation_methods(report), report.limits),
    )
    write_document(
        folder, "metrics", evaluation_document(report, inputs), sheets, {"metrics.csv": structures}
    )
    write_text(folder / METRICS_FILE, report.to_json())
    return report


def _structures(report: EvaluationReport) -> Sheet:
    names = [y.name for y in report.baselines]
    head = ["index", "name", "side", "group", "reliability", "status"]
    head += ["iou", "iou_low", "iou_high", "dice", "reference_voxels"]
    head += ["missed_subjects", *(f"iou {name}" for name in names), "subjects"]
    head += [f"{name}_{kind}{end}" for name, kind in _OF_SUBJECTS.items() for end in _ENDS]
    rows = [
        [
            *(s.index, s.name, s.side.value, s.group.value, s.reliability, s.status.value),
            *(*_numbers(s.iou), s.dice, s.reference_voxels, s.missed_subjects),
            *(s.baselines[name] for name in names),
            *_of_subjects(s),
            s.references_disagree_mm,
        ]
        for s in report.structures
    ]
    return Sheet("structures", [*head, "references_disagree_mm"], rows)


def _of_subjects(structure: EvaluatedStructure) -> list[Cell]:
    """Return the number of subjects, then each number with both ends of its interval."""
    own = structure.of_subjects
    estimates = [getattr(own, name, None) for name in _OF_SUBJECTS]
    return [own.n if own else None, *(number for e in estimates for number in _numbers(e))]


def _methods(report: EvaluationReport) -> Sheet:
    rows = [
        (m.name, m.n_subjects, *(number for mean in _MEANS for number in _numbers(getattr(m, mean))))
        for m in (report.summary, *report.baselines)
    ]
    return Sheet("methods", ("method", "n_subjects", *(f"{m}{end}" for m in _MEANS for end in _ENDS)), rows)


def _numbers(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
