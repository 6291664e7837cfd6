"""Tables of the report of an evaluation: means, structures, their surfaces, subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from brainstem_app.atlas.label_table import Group
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import Table, rows_of
from brainstem_app.reports.engine.columns import (
    Cell,
    Column,
    IntervalPlot,
    count,
    distance,
    estimated,
    grade,
    ratio3,
    signed1,
)
from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.evaluation.model import (
    EvaluatedStructure,
    EvaluationReport,
    MethodSummary,
    SubjectSummary,
)


def means_table(report: EvaluationReport) -> Table:
    """Means of the run and of the other methods beside it."""
    macro, subjects = "macro mean IoU", "mean of subjects' means"
    columns: list[Column[MethodSummary]] = [
        Column("Method", lambda m: Cell(m.name, mark="strong" if m is report.summary else "")),
        Column("Nuclei", lambda m: estimated(m.macro_miou_nuclei, ratio3), macro),
        Column("All classes", lambda m: estimated(m.macro_miou, ratio3), macro),
        Column("Nuclei", lambda m: estimated(m.mean_subject_miou_nuclei, ratio3), subjects),
        Column("All classes", lambda m: estimated(m.mean_subject_miou, ratio3), subjects),
    ]
    if report.summary.distance_nuclei_mm is not None:
        columns.insert(
            2, Column("Nuclei", lambda m: estimated(m.distance_nuclei_mm, distance), "distance, mm")
        )
    return Table(tuple(columns), rows_of((report.summary, *report.baselines)))


def structure_table(report: EvaluationReport, swatches: Mapping[int, str] | None = None) -> Table:
    """Overlap of each structure, nuclei first; `swatches` has the colour ``#rrggbb`` of each label."""
    shades = swatches or {}
    names = [y.name for y in report.baselines]
    ticks = dict(zip(names, colours()[1:], strict=False))
    columns: list[Column[EvaluatedStructure]] = [
        Column("Structure", lambda s: Cell(s.name, below=s.full_name, swatch=shades.get(s.index, ""))),
        Column("Name", lambda s: s.full_name, align="words", where="paper"),
        Column("Reliability", lambda s: s.reliability, format=grade, align="centre"),
        Column("IoU", lambda s: estimated(s.iou, formatting.ratio), "95 % interval"),
        Column("0 to 1", lambda s: Cell(plot=_plot(s, ticks)), align="words", where="screen"),
    ]
    if any(s.of_subjects for s in report.structures):
        columns.append(Column("Distance", _median_distance, "mm, median", distance))
        if any(s.references_disagree_mm is not None for s in report.structures):
            columns.append(Column("References", lambda s: s.references_disagree_mm, "disagree, mm", distance))
    columns += [
        Column("Dice", lambda s: s.dice, format=formatting.ratio),
        *(
            Column("IoU", partial(_of_baseline, name), name, formatting.ratio, swatch=ticks.get(name, ""))
            for name in names
        ),
        Column("Reference", lambda s: s.reference_voxels, "voxels", formatting.volume),
        Column("Missed in", lambda s: s.missed_subjects, "subjects", count),
    ]
    structures = sorted(report.structures, key=lambda s: s.group is not Group.NUCLEUS)
    return Table(tuple(columns), rows_of(structures))


def _plot(structure: EvaluatedStructure, ticks: Mapping[str, str]) -> IntervalPlot:
    iou, others = structure.iou, structure.baselines
    interval = None if iou.low is None or iou.high is None else (iou.low, iou.high)
    known = [(value, colour) for name, colour in ticks.items() if (value := others[name]) is not None]
    return IntervalPlot(iou.value, interval, ticks=tuple(known))


def _of_baseline(name: str, structure: EvaluatedStructure) -> float | None:
    return structure.baselines[name]


def _median_distance(structure: EvaluatedStructure) -> float | None:
    return structure.of_subjects.assd_mm.value if structure.of_subjects else None


def surface_table(report: EvaluationReport, swatches: Mapping[int, str] | None = None) -> Table:
    """Surfaces, centres and volumes of the structures that were measured in any subject, nuclei first."""
    shades = swatches or {}

    def of(measure: str, write: Callable[[float | None], str]) -> Callable[[EvaluatedStructure], Cell]:
        return lambda s: estimated(getattr(s.of_subjects, measure), write)

    ratio, length = formatting.ratio, formatting.length
    columns: tuple[Column[EvaluatedStructure], ...] = (
        Column("Structure", lambda s: Cell(s.name, swatch=shades.get(s.index, ""))),
        Column("Dice", of("dice", ratio), "mean"),
        Column("NSD", of("nsd_1mm", ratio), "1 mm, mean"),
        Column("HD95", of("hd95_mm", length), "mm, median"),
        Column("Distance", of("assd_mm", distance), "ASSD, mm, median"),
        Column("Centre off", of("centroid_error_mm", length), "mm, median"),
        Column("Volume difference", of("volume_difference_mm3", signed1), "mm³, mean"),
        Column("Missed in", _missed_of, "of subjects"),
    )
    structures = sorted(report.structures, key=lambda s: s.group is not Group.NUCLEUS)
    return Table(columns, rows_of(s for s in structures if s.of_subjects))


def _missed_of(structure: EvaluatedStructure) -> Cell:
    n = structure.of_subjects.n if structure.of_subjects else 0
    return count(structure.missed_subjects, f"{structure.missed_subjects} of {n}")


def subject_table(report: EvaluationReport) -> Table:
    """Mean overlap of each subject."""
    columns: tuple[Column[SubjectSummary], ...] = (
        Column("Subject", lambda s: s.subject),
        Column("Nuclei", lambda s: s.macro_miou_nuclei, "mean IoU", ratio3),
        Column("All classes", lambda s: s.macro_miou, "mean IoU", ratio3),
    )
    return Table(columns, rows_of(report.subjects))
