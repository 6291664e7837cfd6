"""The report as PDF, A4, with the same content as the HTML file."""

from __future__ import annotations

import io

from fpdf.fonts import FontFace
from PIL import Image

from brainstem_app.imaging.scan import Level
from brainstem_app.reports import digits
from brainstem_app.reports.page import Page
from brainstem_app.reports.pdf_page import MARGIN_MM, SOFT, ReportPdf
from brainstem_app.reports.pdf_regions import pdf_midsagittal, pdf_regions
from brainstem_app.reports.pdf_table import SWATCH, TableColumn, column_table, grade_style
from brainstem_app.reports.report_model import FindingEntry, StructureEntry, reliability_text

_LEVEL_COLOURS = {"error": (179, 38, 30), "warning": (200, 140, 0), "info": (11, 107, 138)}
_AROUND_PICTURE_MM = 24.0
_SMALLEST_PICTURE = 0.75


def report_pdf(page: Page, picture_png: bytes) -> bytes:
    """Bytes of the PDF file."""
    pdf = ReportPdf(f"{page.report.scan.file} – brainstem report", page.footer)
    pdf.opening(page.kind, page.report.scan.file, page.about)
    pdf.tiles([(tile.value, tile.label) for tile in page.tiles])
    pdf.heading("Warnings")
    _findings(pdf, page.report.warnings)
    if page.report.notes:
        pdf.heading("Notes")
        _findings(pdf, page.report.notes)
    pdf.heading("What these labels are, and are not")
    pdf.words(page.report.limits)
    _picture(pdf, page, picture_png)
    _structures(pdf, page)
    pdf.methods(page.report.methods)
    if page.citations:
        pdf.heading("Works to cite")
        for work in page.citations:
            pdf.words(work, 7.5)
    _repeat(pdf, page)
    return bytes(pdf.output())


def _findings(pdf: ReportPdf, findings: tuple[FindingEntry, ...]) -> None:
    """Each with a bar in the colour of its level."""
    if not findings:
        pdf.words("None.")
    for finding in findings:
        if pdf.will_page_break(14):
            pdf.add_page()
        start, first_page = pdf.get_y(), pdf.page_no()
        pdf.set_left_margin(MARGIN_MM + 3.5)
        pdf.set_x(MARGIN_MM + 3.5)
        level = "" if finding.level is Level.INFO else f"{finding.level.capitalize()}. "
        pdf.words(level + finding.problem)
        if finding.fix:
            pdf.words(finding.fix, 8, SOFT)
        pdf.set_left_margin(MARGIN_MM)
        pdf.set_x(MARGIN_MM)
        if pdf.page_no() == first_page:
            pdf.set_fill_color(*_LEVEL_COLOURS[finding.level])
            pdf.rect(MARGIN_MM, start, 1.2, pdf.get_y() - start - 1, style="F")
        pdf.ln(1)


def _picture(pdf: ReportPdf, page: Page, picture_png: bytes) -> None:
    image = io.BytesIO(picture_png)
    with Image.open(image) as opened:
        shape = opened.height / opened.width
    full = pdf.epw * shape
    left_over = pdf.page_break_trigger - pdf.get_y() - _AROUND_PICTURE_MM
    height = min(full, left_over) if left_over > _SMALLEST_PICTURE * full else full
    pdf.heading("Picture", room_mm=height + _AROUND_PICTURE_MM)
    pdf.image(image, x=MARGIN_MM + (pdf.epw - height / shape) / 2, h=height)
    pdf.ln(1.5)
    pdf.words(page.caption, 7.5, SOFT)


def _columns(page: Page) -> list[TableColumn[StructureEntry]]:
    columns = [
        TableColumn[StructureEntry](
            "", 7, lambda _: SWATCH, "CENTER", lambda s: FontFace(color=page.colours[s.index])
        ),
        TableColumn("Structure", 25, lambda s: s.name, "LEFT"),
        TableColumn("Grade", 12, lambda s: s.reliability, "CENTER", lambda s: grade_style(s.reliability)),
        TableColumn("Volume mm³", 16, lambda s: digits.volume(s.volume_mm3)),
    ]
    if page.scored:
        columns += [
            TableColumn("Ref. mm³", 16, lambda s: digits.volume(s.reference_volume_mm3)),
            TableColumn("Diff. mm³", 18, lambda s: digits.signed(s.volume_difference_mm3, 1)),
            TableColumn("IoU", 12, lambda s: digits.share(s.iou)),
            TableColumn("Dis- tance mm", 13, lambda s: digits.distance(s.assd_mm)),
            *_disagreement(page),
            TableColumn("Dice", 12, lambda s: digits.share(s.dice)),
            TableColumn("NSD 1 mm", 12, lambda s: digits.share(s.nsd_1mm)),
            TableColumn("HD95 mm", 13, lambda s: digits.length(s.hd95_mm)),
            TableColumn("Centre off mm", 15, lambda s: digits.length(s.centroid_error_mm)),
            TableColumn("Status", 16, lambda s: s.status.value, "CENTER"),
        ]
    else:
        columns.insert(2, TableColumn("Name", 58, lambda s: s.full_name, "LEFT"))
        columns += [
            TableColumn("Voxels", 14, lambda s: str(s.voxels)),
            TableColumn("Centre x, y, z mm", 33, lambda s: digits.point(s.centroid_mm)),
        ]
    columns.append(TableColumn("Asym- metry", 13, lambda s: digits.signed(s.asymmetry_index)))
    if page.with_confidence:
        columns.append(TableColumn("Confi- dence", 14, _confidence))
    if page.with_change:
        columns.append(TableColumn("Smallest change %", 17, _change))
    if page.with_test:
        columns.append(TableColumn("IoU in testing", 14, lambda s: digits.share(s.model_test_iou)))
    return columns


def _disagreement(page: Page) -> list[TableColumn[StructureEntry]]:
    if not page.with_disagreement:
        return []
    return [
        TableColumn("Refs. disagree mm", 18, lambda s: digits.distance(s.references_disagree_mm)),
    ]


def _confidence(entry: StructureEntry) -> str:
    return digits.share(entry.confidence) + (" *" if entry.low_confidence else "")


def _change(entry: StructureEntry) -> str:
    return "†" if entry.change_seen is False else digits.percent(entry.smallest_change_percent)


def _structures(pdf: ReportPdf, page: Page) -> None:
    pdf.add_page()
    pdf_regions(pdf, page)
    pdf_midsagittal(pdf, page)
    pdf.heading("Structures")
    entries = [entry for _, entries in page.groups for entry in entries]
    column_table(pdf, _columns(page), entries, 7, 0.9)
    pdf.words(page.table_note, 7.5, SOFT)
    pdf.grades(reliability_text(page.with_change))


def _repeat(pdf: ReportPdf, page: Page) -> None:
    pdf.heading("How to repeat this")
    for number, step in enumerate(page.steps, start=1):
        pdf.words(f"{number}. {step}")
    if page.command:
        pdf.command(page.command)
    for name, value in page.facts:
        pdf.words(f"{name}: {value}", 7, SOFT)
