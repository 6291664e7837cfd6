"""The report as PDF, A4, with the same content as the HTML file."""

from __future__ import annotations

import io
from collections.abc import Callable

from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from fpdf.table import Row
from PIL import Image

from brainstem_app.imaging.scan import Level
from brainstem_app.reports import digits
from brainstem_app.reports.page import Page
from brainstem_app.reports.pdf_page import (
    ACCENT,
    GRADE_COLOURS,
    INK,
    LINE,
    MARGIN_MM,
    PANEL,
    SOFT,
    ReportPdf,
)
from brainstem_app.reports.report_model import RELIABILITY_TEXT, FindingEntry, StructureEntry

_LEVEL_COLOURS = {"error": (179, 38, 30), "warning": (200, 140, 0), "info": (11, 107, 138)}
_AROUND_PICTURE_MM = 24.0
_SMALLEST_PICTURE = 0.75

_Cell = Callable[[StructureEntry], str]


def report_pdf(page: Page, picture_png: bytes) -> bytes:
    """Bytes of the PDF file."""
    pdf = ReportPdf(page.footer)
    pdf.set_title(f"{page.report.scan.file} – brainstem report")
    pdf.set_creator("Brainstem App")
    _title(pdf, page)
    pdf.heading("Warnings")
    _findings(pdf, page.report.warnings)
    if page.report.notes:
        pdf.heading("Notes")
        _findings(pdf, page.report.notes)
    pdf.heading("What these labels are, and are not")
    pdf.words(page.report.limits)
    _picture(pdf, page, picture_png)
    _structures(pdf, page)
    pdf.heading("Methods, to paste", room_mm=45)
    pdf.words(page.report.methods)
    if page.citations:
        pdf.heading("Works to cite")
        for work in page.citations:
            pdf.words(work, 7.5)
    _repeat(pdf, page)
    return bytes(pdf.output())


def _title(pdf: ReportPdf, page: Page) -> None:
    pdf.words(page.kind, 9, ACCENT)
    pdf.headline(page.report.scan.file)
    pdf.words(page.about, 8, SOFT)
    pdf.ln(1)
    width = (pdf.epw - 2.5 * (len(page.tiles) - 1)) / len(page.tiles)
    top = pdf.get_y()
    for number, tile in enumerate(page.tiles):
        x = MARGIN_MM + number * (width + 2.5)
        pdf.set_fill_color(*PANEL)
        pdf.set_draw_color(*LINE)
        pdf.rect(x, top, width, 18, style="DF", round_corners=True, corner_radius=1.5)
        pdf.set_xy(x + 1.5, top + 2)
        pdf.set_font("DejaVu", "B", 12)
        pdf.set_text_color(*INK)
        pdf.cell(width - 3, 5.5, tile.value)
        pdf.set_xy(x + 1.5, top + 8.5)
        pdf.set_font("DejaVu", size=6.5)
        pdf.set_text_color(*SOFT)
        pdf.multi_cell(width - 3, 3, tile.label, align="L")
    pdf.set_xy(MARGIN_MM, top + 19)


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


_ALIGNED = {"": "CENTER", "Structure": "LEFT", "Name": "LEFT", "Grade": "CENTER", "Status": "CENTER"}


def _columns(page: Page) -> list[tuple[str, float, _Cell]]:
    """Heading, relative width and content of each column."""
    columns: list[tuple[str, float, _Cell]] = [
        ("", 7, lambda s: "■"),
        ("Structure", 25, lambda s: s.name),
        ("Grade", 12, lambda s: s.reliability),
        ("Volume mm³", 16, lambda s: digits.volume(s.volume_mm3)),
    ]
    if page.scored:
        columns += [
            ("Ref. mm³", 16, lambda s: digits.volume(s.reference_volume_mm3)),
            ("Diff. mm³", 18, lambda s: digits.signed(s.volume_difference_mm3, 1)),
            ("IoU", 12, lambda s: digits.share(s.iou)),
            ("Dice", 12, lambda s: digits.share(s.dice)),
            ("NSD 1 mm", 12, lambda s: digits.share(s.nsd_1mm)),
            ("HD95 mm", 13, lambda s: digits.length(s.hd95_mm)),
            ("ASSD mm", 13, lambda s: digits.length(s.assd_mm)),
            ("Centre off mm", 15, lambda s: digits.length(s.centroid_error_mm)),
            ("Status", 16, lambda s: s.status.value),
        ]
    else:
        columns.insert(2, ("Name", 58, lambda s: s.full_name))
        columns += [
            ("Voxels", 14, lambda s: str(s.voxels)),
            ("Centre x, y, z mm", 33, lambda s: digits.point(s.centroid_mm)),
        ]
    columns.append(("Asym- metry", 13, lambda s: digits.signed(s.asymmetry_index)))
    if page.with_confidence:
        columns.append(("Confi- dence", 14, _confidence))
    if page.with_test:
        columns.append(("IoU in testing", 14, lambda s: digits.share(s.model_test_iou)))
    return columns


def _confidence(entry: StructureEntry) -> str:
    return digits.share(entry.confidence) + (" *" if entry.low_confidence else "")


def _structures(pdf: ReportPdf, page: Page) -> None:
    pdf.add_page()
    pdf.heading("Structures")
    columns = _columns(page)
    pdf.set_font("DejaVu", size=7)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    pdf.set_fill_color(255, 255, 255)
    head = FontFace(emphasis="BOLD", color=SOFT, size_pt=6.5, fill_color=(255, 255, 255))
    with pdf.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=[width for _, width, _ in columns],
        text_align=[_ALIGNED.get(name, "RIGHT") for name, _, _ in columns],
        headings_style=head,
        line_height=3.4,
        padding=0.9,
        width=pdf.epw,
    ) as table:
        row = table.row()
        for name, _, _ in columns:
            row.cell(name)
        for _, entries in page.groups:
            for entry in entries:
                _table_row(table.row(), entry, columns, page.colours[entry.index])
    pdf.ln(2)
    pdf.words(page.table_note, 7.5, SOFT)
    for grade, text in RELIABILITY_TEXT.items():
        pdf.words(f"{grade}: {text}.", 7.5, GRADE_COLOURS[grade])


def _table_row(row: Row, entry: StructureEntry, columns: list[tuple[str, float, _Cell]], colour: str) -> None:
    for name, _, content in columns:
        style = None
        if not name:
            style = FontFace(color=colour)
        elif name == "Grade" and entry.reliability:
            style = FontFace(emphasis="BOLD", color=GRADE_COLOURS[entry.reliability])
        row.cell(content(entry), style=style)


def _repeat(pdf: ReportPdf, page: Page) -> None:
    pdf.heading("How to repeat this")
    for number, step in enumerate(page.steps, start=1):
        pdf.words(f"{number}. {step}")
    if page.command:
        pdf.words(page.command, 7.5, font="Mono")
    for name, value in page.facts:
        pdf.words(f"{name}: {value}", 7, SOFT)
