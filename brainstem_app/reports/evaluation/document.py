"""Blocks of the report of an evaluation, and its methods in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from brainstem_app import __version__
from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted
from brainstem_app.evaluation.bootstrap import N_RESAMPLES
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import (
    Block,
    Document,
    Heading,
    Paragraph,
    Table,
    Tiles,
    cautions,
    facts_of,
    grades,
    methods,
    repeat,
    rows_of,
)
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
from brainstem_app.reports.evaluation.confidence import confidence_blocks
from brainstem_app.reports.evaluation.model import (
    EvaluatedStructure,
    EvaluationInputs,
    EvaluationReport,
    MethodSummary,
    SubjectSummary,
)
from brainstem_app.reports.scan.methods import MEASURES, PROGRAM, shareable_command
from brainstem_app.reports.scan.model import RELIABILITY_TEXT
from brainstem_app.reports.scan.reference_words import DRAWN_DISTANCE, disagreement_words

_SURFACES_NOTE = (
    "Over the subjects that have the structure in their reference, with 95 % bootstrap intervals; on the "
    "labels' grid of 1 mm. NSD: share of both surfaces within 1 mm of the other. HD95: the larger of the two "
    "directed 95th percentiles. ASSD: mean of all distances of both surfaces. Volume difference: predicted "
    "minus reference. A missed structure counts with a Dice and NSD of 0 and without all its volume; in the "
    "medians it is farther than any other."
)
_OVER_SUBJECTS = (
    "Over subjects, Dice, NSD and the difference of volumes are means, and distances are medians in which a "
    "missed structure is farther than any other."
)


def evaluation_document(report: EvaluationReport, inputs: EvaluationInputs) -> Document:
    """Choose and word what a reader sees of a report."""
    swatches = {s.index: s.colour for s in inputs.table.structures}
    structures = sorted(report.structures, key=lambda s: s.group is not Group.NUCLEUS)
    measured = [s for s in structures if s.of_subjects]
    summary = report.summary
    blocks: list[Block] = [
        _tiles(report),
        *cautions(report.notes, report.limits),
        *_means(report),
        Heading("Structures", "structures"),
        Table(_structure_columns(report, swatches, bool(measured)), rows_of(structures)),
    ]
    if measured:
        registered = disagreement_words(inputs.atlas_name, inputs.atlas_version)
        blocks.append(Paragraph(DRAWN_DISTANCE if inputs.drawn else registered, "small"))
    if any(s.reliability for s in structures):
        blocks.append(grades(RELIABILITY_TEXT))
    if measured:
        blocks += [
            Heading("Surfaces, centres and volumes", "surfaces"),
            Table(_surface_columns(swatches), rows_of(measured)),
            Paragraph(_SURFACES_NOTE, "small"),
        ]
    if report.calibration:
        blocks += confidence_blocks(report.calibration, report.part, drawn=inputs.drawn)
    subjects: tuple[Column[SubjectSummary], ...] = (
        Column("Subject", lambda s: s.subject),
        Column("Nuclei", lambda s: s.macro_miou_nuclei, "mean IoU", ratio3),
        Column("All classes", lambda s: s.macro_miou, "mean IoU", ratio3),
    )
    blocks += [Heading("Subjects", "subjects"), Table(subjects, rows_of(report.subjects))]
    blocks += methods(evaluation_methods(report))
    made_with = f"Brainstem App {__version__}; the settings below and the run's own config.json."
    command = shareable_command(report.command) if report.command else ""
    blocks += repeat(command, [made_with], facts_of(report.settings))
    n = counted(summary.n_subjects, "subject")
    return Document(
        title=f"{summary.name} – {report.part} subjects",
        kind=f"Evaluation on the {report.part} subjects",
        headline=summary.name,
        about=f"{formatting.moment(report.created)} · {n} · atlas {report.atlas}",
        created=report.created,
        blocks=tuple(blocks),
    )


def _tiles(report: EvaluationReport) -> Tiles:
    summary = report.summary
    tiles = [(ratio3(summary.macro_miou_nuclei.value), "macro mean IoU of the nuclei")]
    if summary.distance_nuclei_mm:
        tiles.append((f"{distance(summary.distance_nuclei_mm.value)} mm", "mean distance of the nuclei"))
    everything = f"macro mean IoU of all {len(report.structures)} classes"
    tiles.append((ratio3(summary.macro_miou.value), everything))
    tiles += [(ratio3(y.macro_miou_nuclei.value), f"nuclei: {y.name}") for y in report.baselines]
    return Tiles(tuple(tiles))


def _means(report: EvaluationReport) -> list[Block]:
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
    note = (
        "Macro mean IoU is the VOC definition: counts summed over all voxels of all subjects, IoU per "
        "class, mean over the classes in the reference; a missed class counts as 0. The background is "
        "one of all classes. Distance: mean over subjects of the mean distance of surfaces (ASSD, mm) of "
        f"the nuclei that are in both label maps. Intervals: percentile bootstrap, {N_RESAMPLES} draws "
        f"of subjects, seed {report.bootstrap_seed}."
    )
    return [
        Heading("Means, with 95 % intervals over subjects", "means"),
        Table(tuple(columns), rows_of((report.summary, *report.baselines))),
        Paragraph(note, "small"),
    ]


def _structure_columns(
    report: EvaluationReport, swatches: Mapping[int, str], with_distance: bool
) -> tuple[Column[EvaluatedStructure], ...]:
    names = [y.name for y in report.baselines]
    ticks = dict(zip(names, colours()[1:], strict=False))
    columns: list[Column[EvaluatedStructure]] = [
        Column("Structure", lambda s: Cell(s.name, below=s.full_name, swatch=swatches[s.index])),
        Column("Name", lambda s: s.full_name, align="words", where="paper"),
        Column("Reliability", lambda s: s.reliability, format=grade, align="centre"),
        Column("IoU", lambda s: estimated(s.iou, formatting.ratio), "95 % interval"),
        Column("0 to 1", lambda s: Cell(plot=_plot(s, ticks)), align="words", where="screen"),
    ]
    if with_distance:
        columns.append(Column("Distance", _median_distance, "mm, median", distance))
        if any(s.references_disagree_mm is not None for s in report.structures):
            columns.append(Column("References", lambda s: s.references_disagree_mm, "disagree, mm", distance))
    return (
        *columns,
        Column("Dice", lambda s: s.dice, format=formatting.ratio),
        *(
            Column("IoU", partial(_of_baseline, name), name, formatting.ratio, swatch=ticks.get(name, ""))
            for name in names
        ),
        Column("Reference", lambda s: s.reference_voxels, "voxels", formatting.volume),
        Column("Missed in", lambda s: s.missed_subjects, "subjects", count),
    )


def _plot(structure: EvaluatedStructure, ticks: Mapping[str, str]) -> IntervalPlot:
    iou, others = structure.iou, structure.baselines
    interval = None if iou.low is None or iou.high is None else (iou.low, iou.high)
    known = [(value, colour) for name, colour in ticks.items() if (value := others[name]) is not None]
    return IntervalPlot(iou.value, interval, ticks=tuple(known))


def _of_baseline(name: str, structure: EvaluatedStructure) -> float | None:
    return structure.baselines[name]


def _median_distance(structure: EvaluatedStructure) -> float | None:
    return structure.of_subjects.assd_mm.value if structure.of_subjects else None


def _surface_columns(swatches: Mapping[int, str]) -> tuple[Column[EvaluatedStructure], ...]:
    def of(measure: str, write: Callable[[float | None], str]) -> Callable[[EvaluatedStructure], Cell]:
        return lambda s: estimated(getattr(s.of_subjects, measure), write)

    ratio, length = formatting.ratio, formatting.length
    return (
        Column("Structure", lambda s: Cell(s.name, swatch=swatches[s.index])),
        Column("Dice", of("dice", ratio), "mean"),
        Column("NSD", of("nsd_1mm", ratio), "1 mm, mean"),
        Column("HD95", of("hd95_mm", length), "mm, median"),
        Column("Distance", of("assd_mm", distance), "ASSD, mm, median"),
        Column("Centre off", of("centroid_error_mm", length), "mm, median"),
        Column("Volume difference", of("volume_difference_mm3", signed1), "mm³, mean"),
        Column("Missed in", _missed_of, "of subjects"),
    )


def _missed_of(structure: EvaluatedStructure) -> Cell:
    n = structure.of_subjects.n if structure.of_subjects else 0
    return count(structure.missed_subjects, f"{structure.missed_subjects} of {n}")


def evaluation_methods(report: EvaluationReport) -> str:
    """Paragraph to paste into a methods section, after the one of the training."""
    n = report.summary.n_subjects
    sentences = [
        f"The network {_network(report)} was measured on {counted(n, f'{report.part} subject')} "
        f"with {PROGRAM}, against reference labels of the atlas {report.atlas}.",
        "Counts of all voxels of all subjects were summed before the intersection over union (IoU) of each "
        "class; the macro mean IoU is the mean over the classes in the reference, the background one of "
        "them, and over the nuclei alone.",
    ]
    if n > 1:
        sentences.append(
            f"Intervals of 95 % are percentiles of {N_RESAMPLES} bootstrap draws of subjects "
            f"(seed {report.bootstrap_seed})."
        )
    if report.baselines:
        beside = "; ".join(method.name for method in report.baselines)
        sentences.append(f"Measured beside it on the same subjects: {beside}.")
    if any(structure.of_subjects for structure in report.structures):
        sentences += [MEASURES, _OVER_SUBJECTS]
    if report.calibration:
        sentences.append(
            "The confidence was calibrated by temperature scaling "
            f"(T = {report.calibration.temperature:.2f}, fitted on "
            f"{counted(report.calibration.validation_subjects, 'validation subject')}) and judged by the "
            "expected calibration error with "
            f"{report.calibration.bins} bins of equal width."
        )
    return " ".join(sentences)


def _network(report: EvaluationReport) -> str:
    decoder, encoder = (report.settings.get(name) for name in ("decoder", "encoder"))
    made = f" ({decoder} with {encoder} as encoder)" if decoder and encoder else ""
    return f"“{report.summary.name}”{made}"
