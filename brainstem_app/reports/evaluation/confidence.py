"""Blocks on how far a network's confidence is what it says, with its reliability diagrams."""

from __future__ import annotations

from brainstem_app.counting import counted
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import Block, Heading, Paragraph, Table, rows_of
from brainstem_app.reports.engine.columns import Column, count, estimated, ratio3
from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.engine.line_chart import Line, LineChart, line_charts
from brainstem_app.reports.evaluation.calibration_model import (
    CalibrationReport,
    NucleusCalibration,
    ReliabilityDiagram,
)

_VOXELS = {"neighbourhood": "brainstem and 5 mm around it", "nuclei": "labelled as a nucleus"}


def confidence_blocks(report: CalibrationReport, part: str, *, drawn: bool = False) -> list[Block]:
    """Blocks of a calibration; `part` says which subjects it was measured on, `drawn` by what reference."""
    return [
        Heading("How far the confidence is what it says", "confidence"),
        Paragraph(
            _lead(
                report, part, "drawn or accepted on these scans" if drawn else "registered, not an expert's"
            )
        ),
        line_charts(reliability_charts(report), 2),
        Table(_diagram_columns(report), rows_of(report.diagrams)),
        Paragraph(
            f"ECE: expected calibration error, {report.bins} bins of equal width, with 95 % bootstrap "
            "intervals over subjects.",
            "small",
        ),
        Table(_nucleus_columns(), rows_of(report.nuclei)),
        Paragraph(_nuclei_note(report), "small"),
    ]


def reliability_charts(report: CalibrationReport) -> list[LineChart]:
    """One diagram for each kind of labels and voxels: share of right voxels against confidence."""
    charts = []
    for diagram in report.diagrams:
        lines = tuple(
            Line(
                label,
                colour,
                tuple(
                    (b.confidence, b.right) for b in bins if b.confidence is not None and b.right is not None
                ),
            )
            for label, colour, bins in (
                ("as the network says", colours()[1], diagram.before),
                (f"at temperature {report.temperature:.2f}", colours()[0], diagram.after),
            )
        )
        words = "all voxels of the neighbourhood" if diagram.voxels == "neighbourhood" else "voxels of nuclei"
        title = f"{diagram.labels.capitalize()}, {words}"
        charts.append(LineChart(title, "confidence", "share of right voxels", lines, diagonal=True))
    return charts


def _diagram_columns(report: CalibrationReport) -> tuple[Column[ReliabilityDiagram], ...]:
    return (
        Column("Confidence of", lambda d: d.labels),
        Column("Voxels", lambda d: _VOXELS[d.voxels], align="words"),
        Column("Number", lambda d: d.n_voxels, format=formatting.volume),
        Column("Right", lambda d: d.right, "share", ratio3),
        Column("ECE", lambda d: estimated(d.ece_before, ratio3), "temperature 1"),
        Column("ECE", lambda d: estimated(d.ece_after, ratio3), f"temperature {report.temperature:.2f}"),
    )


def _nucleus_columns() -> tuple[Column[NucleusCalibration], ...]:
    ratio = formatting.ratio
    return (
        Column("Nucleus", lambda n: n.name),
        Column("Subjects", lambda n: n.subjects),
        Column("Confidence", lambda n: n.confidence_before, "temperature 1", ratio),
        Column("Confidence", lambda n: n.confidence, format=ratio),
        Column("Right voxels", lambda n: n.precision, "share", ratio),
        Column("Dice", lambda n: n.dice, format=ratio),
        Column("IoU", lambda n: n.iou, format=ratio),
        Column("Poor", lambda n: n.poor, "subjects", count),
        Column("Marked", lambda n: n.marked, "subjects", count),
    )


def _lead(c: CalibrationReport, part: str, reference: str) -> str:
    return (
        "The confidence of a voxel is the network's probability of its label; of voxels labelled as a "
        f"nucleus at temperature {c.temperature:.3f}. It is calibrated if, of the voxels with a "
        "confidence of 0.8, 80 % are labelled as in the reference. The temperature was fitted on the "
        f"{counted(c.validation_subjects, 'validation subject')} (negative log-likelihood "
        f"{ratio3(c.nll_before)} before, {ratio3(c.nll_after)} after, nats a voxel that "
        f"may be a nucleus); what follows was measured on the {part} subjects. Right means as in "
        f"the reference, which is {reference}."
    )


def _nuclei_note(c: CalibrationReport) -> str:
    return (
        "Means over the subjects in which the nucleus was labelled and is in the reference. A nucleus is "
        f"marked in a report if its mean confidence is below {c.low_confidence:.2f}, below which 5 % of the "
        f"nuclei with a Dice of {c.poor_dice:.1f} or more lie on the validation subjects. Here "
        f"{c.poor_marked} of {c.poor} nuclei with a lower Dice (poor) are marked, and {c.good_marked} of "
        f"{c.good} others. Rank correlation (Spearman) of confidence and Dice over all nuclei of all "
        f"subjects: {formatting.signed(c.rank_correlation)} ({formatting.signed(c.rank_correlation_before)} "
        f"at temperature 1); mean distance of the two: {formatting.ratio(c.distance)} "
        f"({formatting.ratio(c.distance_before)})."
    )
