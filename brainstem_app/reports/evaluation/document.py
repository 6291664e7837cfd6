"""Blocks of the report of an evaluation, and its methods in words."""

from __future__ import annotations

from brainstem_app import __version__
from brainstem_app.counting import counted
from brainstem_app.evaluation.bootstrap import N_RESAMPLES
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import (
    Block,
    Document,
    Heading,
    Paragraph,
    Tiles,
    cautions,
    facts_of,
    grades,
    methods,
    repeat,
)
from brainstem_app.reports.engine.columns import distance, ratio3
from brainstem_app.reports.evaluation.confidence import confidence_blocks
from brainstem_app.reports.evaluation.model import EvaluationInputs, EvaluationReport
from brainstem_app.reports.evaluation.tables import (
    means_table,
    structure_table,
    subject_table,
    surface_table,
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
    measured = any(s.of_subjects for s in report.structures)
    summary = report.summary
    blocks: list[Block] = [
        _tiles(report),
        *cautions(report.notes, report.limits),
        *_means(report),
        Heading("Structures", "structures"),
        structure_table(report, swatches),
    ]
    if measured:
        registered = disagreement_words(inputs.atlas_name, inputs.atlas_version)
        blocks.append(Paragraph(DRAWN_DISTANCE if inputs.drawn else registered, "small"))
    if any(s.reliability for s in report.structures):
        blocks.append(grades(RELIABILITY_TEXT))
    if measured:
        blocks += [
            Heading("Surfaces, centres and volumes", "surfaces"),
            surface_table(report, swatches),
            Paragraph(_SURFACES_NOTE, "small"),
        ]
    if report.calibration:
        blocks += confidence_blocks(report.calibration, report.part, drawn=inputs.drawn)
    blocks += [Heading("Subjects", "subjects"), subject_table(report)]
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
    note = (
        "Macro mean IoU is the VOC definition: counts summed over all voxels of all subjects, IoU per "
        "class, mean over the classes in the reference; a missed class counts as 0. The background is "
        "one of all classes. Distance: mean over subjects of the mean distance of surfaces (ASSD, mm) of "
        f"the nuclei that are in both label maps. Intervals: percentile bootstrap, {N_RESAMPLES} draws "
        f"of subjects, seed {report.bootstrap_seed}."
    )
    return [
        Heading("Means, with 95 % intervals over subjects", "means"),
        means_table(report),
        Paragraph(note, "small"),
    ]


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
            "The confidence was calibrated by temperature scaling (T = "
            f"{report.calibration.temperature:.2f}, fitted on "
            f"{counted(report.calibration.validation_subjects, 'validation subject')}) and judged by the "
            f"expected calibration error with {report.calibration.bins} bins of equal width."
        )
    return " ".join(sentences)


def _network(report: EvaluationReport) -> str:
    decoder, encoder = (report.settings.get(name) for name in ("decoder", "encoder"))
    made = f" ({decoder} with {encoder} as encoder)" if decoder and encoder else ""
    return f"“{report.summary.name}”{made}"
