"""The report of a run on many subjects as PDF, A4, with the same content as its page."""

from __future__ import annotations

from collections.abc import Callable

from fpdf.fonts import FontFace

from brainstem_app.reports import digits
from brainstem_app.reports.calibration_model import NucleusCalibration, ReliabilityDiagram
from brainstem_app.reports.cohort_model import (
    CohortStructure,
    MethodSummary,
    SubjectMeasures,
    SubjectSummary,
)
from brainstem_app.reports.cohort_page import CohortPage, ConfidencePart
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.pdf_chart import draw_charts
from brainstem_app.reports.pdf_page import GRADE_COLOURS, SOFT, ReportPdf
from brainstem_app.reports.pdf_table import SWATCH, TableColumn, column_table, grade_style

_MARKED = FontFace(emphasis="BOLD", color=GRADE_COLOURS["C"])


def cohort_pdf(page: CohortPage) -> bytes:
    """Bytes of the PDF file."""
    report = page.report
    pdf = ReportPdf(page.title, page.footer)
    pdf.opening(page.kind, report.summary.name, page.about)
    pdf.tiles([(tile.value, tile.label) for tile in page.tiles])
    pdf.cautions(report.notes, report.limits)
    pdf.heading("Means, with 95 % intervals over subjects", room_mm=40)
    _means(pdf, page)
    pdf.heading("Structures", room_mm=40)
    _structures(pdf, page)
    if page.measured:
        pdf.heading("Surfaces, centres and volumes", room_mm=40)
        _surfaces(pdf, page)
    if page.confidence:
        pdf.heading("How far the confidence is what it says", room_mm=60)
        _confidence(pdf, page.confidence)
    pdf.heading("Subjects", room_mm=30)
    columns = [
        TableColumn[SubjectSummary]("Subject", 60, lambda s: s.subject, "LEFT"),
        TableColumn("Nuclei, mean IoU", 30, lambda s: digits.share3(s.macro_miou_nuclei)),
        TableColumn("All classes, mean IoU", 30, lambda s: digits.share3(s.macro_miou)),
    ]
    column_table(pdf, columns, report.subjects, 7)
    pdf.methods(page.paragraph)
    _repeat(pdf, page)
    return bytes(pdf.output())


def _means(pdf: ReportPdf, page: CohortPage) -> None:
    columns = [
        TableColumn[MethodSummary](
            "Method", 46, lambda m: m.name, "LEFT", lambda m: _bold(m is page.report.summary)
        ),
        TableColumn("Nuclei, macro mean IoU", 34, lambda m: _three(m.macro_miou_nuclei)),
        TableColumn("All classes, macro mean IoU", 34, lambda m: _three(m.macro_miou)),
        TableColumn("Nuclei, mean of subjects' means", 34, lambda m: _three(m.mean_subject_miou_nuclei)),
        TableColumn("All classes, mean of subjects' means", 34, lambda m: _three(m.mean_subject_miou)),
    ]
    if page.with_distance:
        columns.insert(2, TableColumn("Nuclei, distance mm", 30, _method_distance))
    column_table(pdf, columns, page.methods, 7)
    pdf.words(page.means_note, 7.5, SOFT)


def _method_distance(method: MethodSummary) -> str:
    found = method.distance_nuclei_mm
    return digits.MISSING if found is None else _between(found, digits.distance)


def _structures(pdf: ReportPdf, page: CohortPage) -> None:
    columns = [
        *_named(page),
        TableColumn[CohortStructure]("Name", 44, lambda s: s.full_name, "LEFT"),
        TableColumn("Grade", 13, lambda s: s.reliability, "CENTER", lambda s: grade_style(s.reliability)),
        TableColumn("IoU [95 %]", 31, lambda s: _between(s.iou, digits.share)),
        *_distances(page),
        TableColumn("Dice", 11, lambda s: digits.share(s.dice)),
        *(_yardstick(method.name) for method in page.report.yardsticks),
        TableColumn("Reference, voxels", 20, lambda s: digits.volume(s.reference_voxels)),
        TableColumn("Missed in subjects", 15, lambda s: str(s.missed_subjects), style=_missed),
    ]
    column_table(pdf, columns, page.structures, 6)
    if page.measured:
        pdf.words(page.distance_note, 7.5, SOFT)
    pdf.grades()


def _distances(page: CohortPage) -> list[TableColumn[CohortStructure]]:
    """Distance from the reference, and how far references disagree where that is known."""
    columns = []
    if page.measured:
        columns.append(TableColumn("Distance mm, median", 16, _median_distance))
        if page.with_disagreement:
            columns.append(
                TableColumn("Refs. disagree mm", 16, lambda s: digits.distance(s.references_disagree_mm))
            )
    return columns


def _median_distance(structure: CohortStructure) -> str:
    found = structure.of_subjects
    return digits.MISSING if found is None else digits.distance(found.assd_mm.value)


def _named(page: CohortPage) -> list[TableColumn[CohortStructure]]:
    return [
        TableColumn("", 6, lambda _: SWATCH, "CENTER", lambda s: FontFace(color=page.colours[s.index])),
        TableColumn("Structure", 20, lambda s: s.name, "LEFT"),
    ]


def _yardstick(name: str) -> TableColumn[CohortStructure]:
    return TableColumn(f"IoU {name}", 23, lambda s: digits.share(s.yardsticks[name]))


def _surfaces(pdf: ReportPdf, page: CohortPage) -> None:
    def of(write: Callable[[SubjectMeasures], str]) -> Callable[[CohortStructure], str]:
        return lambda s: write(s.of_subjects) if s.of_subjects else digits.MISSING

    columns = [
        *_named(page),
        TableColumn("Dice, mean", 28, of(lambda m: _between(m.dice, digits.share))),
        TableColumn("NSD 1 mm, mean", 28, of(lambda m: _between(m.nsd_1mm, digits.share))),
        TableColumn("HD95 mm, median", 25, of(lambda m: _between(m.hd95_mm, digits.length))),
        TableColumn("Distance (ASSD) mm, median", 27, of(lambda m: _between(m.assd_mm, digits.distance))),
        TableColumn("Centre off mm, median", 25, of(lambda m: _between(m.centroid_error_mm, digits.length))),
        TableColumn(
            "Volume difference mm³, mean", 41, of(lambda m: _between(m.volume_difference_mm3, _volume))
        ),
        TableColumn(
            "Missed in, of subjects",
            16,
            lambda s: f"{s.missed_subjects} of {s.of_subjects.n if s.of_subjects else 0}",
            style=_missed,
        ),
    ]
    column_table(pdf, columns, page.measured, 6.5)
    pdf.words(page.surfaces_note, 7.5, SOFT)


def _confidence(pdf: ReportPdf, part: ConfidencePart) -> None:
    c = part.report
    pdf.words(part.lead)
    draw_charts(pdf, part.charts, 2)
    diagrams = [
        TableColumn[ReliabilityDiagram]("Confidence of", 34, lambda d: d.labels, "LEFT"),
        TableColumn("Voxels", 48, lambda d: part.voxels[d.voxels], "LEFT"),
        TableColumn("Number", 20, lambda d: digits.volume(d.n_voxels)),
        TableColumn("Right, share", 18, lambda d: digits.share3(d.right)),
        TableColumn("ECE, temperature 1", 32, lambda d: _three(d.ece_before)),
        TableColumn(f"ECE, temperature {c.temperature:.2f}", 32, lambda d: _three(d.ece_after)),
    ]
    column_table(pdf, diagrams, c.diagrams, 6.8)
    pdf.words(part.diagrams_note, 7.5, SOFT)
    nuclei = [
        TableColumn[NucleusCalibration]("Nucleus", 24, lambda n: n.name, "LEFT"),
        TableColumn("Subjects", 18, lambda n: str(n.subjects)),
        TableColumn("Confidence, temperature 1", 26, lambda n: digits.share(n.confidence_before)),
        TableColumn("Confidence", 20, lambda n: digits.share(n.confidence)),
        TableColumn("Right voxels, share", 22, lambda n: digits.share(n.precision)),
        TableColumn("Dice", 14, lambda n: digits.share(n.dice)),
        TableColumn("IoU", 14, lambda n: digits.share(n.iou)),
        TableColumn("Poor, subjects", 18, lambda n: str(n.poor), style=lambda n: _some(n.poor)),
        TableColumn("Marked, subjects", 18, lambda n: str(n.marked), style=lambda n: _some(n.marked)),
    ]
    column_table(pdf, nuclei, c.nuclei, 6.8)
    pdf.words(part.nuclei_note, 7.5, SOFT)


def _repeat(pdf: ReportPdf, page: CohortPage) -> None:
    pdf.heading("How to repeat this")
    pdf.words(page.repeat)
    if page.command:
        pdf.command(page.command)
    if page.report.settings:
        settings = ", ".join(f"{name} = {value}" for name, value in page.report.settings.items())
        pdf.words(f"Settings: {settings}", 7, SOFT)


def _between(estimate: Estimate, write: Callable[[float | None], str]) -> str:
    """Write a number, with its interval where both ends are known."""
    if estimate.low is None or estimate.high is None:
        return write(estimate.value)
    return f"{write(estimate.value)} [{write(estimate.low)}, {write(estimate.high)}]"


def _three(estimate: Estimate) -> str:
    return _between(estimate, digits.share3)


def _volume(value: float | None) -> str:
    return digits.signed(value, 1)


def _bold(wanted: bool) -> FontFace | None:
    return FontFace(emphasis="BOLD") if wanted else None


def _some(count: int) -> FontFace | None:
    return _MARKED if count else None


def _missed(structure: CohortStructure) -> FontFace | None:
    return _some(structure.missed_subjects)
