"""The report on volumes of many people as PDF, A4, with the same content as its page."""

from __future__ import annotations

from collections.abc import Iterable

from fpdf.fonts import FontFace

from brainstem_app.counting import counted
from brainstem_app.reports import digits
from brainstem_app.reports.group_chart import Column, GroupChart
from brainstem_app.reports.pdf_page import (
    GRADE_COLOURS,
    INK,
    LINE,
    MARGIN_MM,
    SOFT,
    ReportPdf,
    fitting,
    rgb,
)
from brainstem_app.reports.pdf_table import TableColumn, column_table, grade_style, table
from brainstem_app.reports.report_model import reliability_text
from brainstem_app.reports.volumes_model import VolumeEffect
from brainstem_app.reports.volumes_page import VolumesPage, comparison_note, is_far, unseen_mark

_MARKED = GRADE_COLOURS["C"]
_ACROSS = 4
_GAP_MM = 3.0
#: Room above a picture for its name and its numbers.
_NAME_MM = 7.0


def volumes_pdf(page: VolumesPage) -> bytes:
    """Bytes of the PDF file."""
    report = page.report
    pdf = ReportPdf(page.title, page.footer)
    pdf.opening(page.kind, page.title, page.about)
    pdf.cautions(report.notes, page.limits)
    for comparison in report.comparisons:
        reference = f"{report.reference} ({comparison.reference_n})"
        pdf.heading(
            f"{comparison.group} ({counted(comparison.n, 'subject')}) against {reference}", room_mm=40
        )
        _effects(pdf, comparison.group, str(report.reference), comparison.effects)
        pdf.words(comparison_note(report, comparison), 7.5, SOFT)
    if report.comparisons:
        pdf.grades(reliability_text(page.with_change))
    if page.charts:
        _charts(pdf, page)
    if page.scored:
        _scores(pdf, page)
    pdf.methods(report.methods)
    if report.command:
        pdf.heading("How to repeat this")
        pdf.command(report.command)
    return bytes(pdf.output())


def _effects(pdf: ReportPdf, group: str, reference: str, nuclei: Iterable[VolumeEffect]) -> None:
    columns = [
        TableColumn[VolumeEffect]("Nucleus", 28, lambda n: n.name + unseen_mark(n), "LEFT"),
        TableColumn("Name", 40, lambda n: n.full_name, "LEFT"),
        TableColumn("Grade", 11, lambda n: n.reliability, "CENTER", lambda n: grade_style(n.reliability)),
        TableColumn(f"{group} mm³", 18, lambda n: digits.measure(n.mean_mm3, n.unit)),
        TableColumn(f"{reference} mm³", 18, lambda n: digits.measure(n.reference_mean_mm3, n.unit)),
        TableColumn("Difference, adjusted, mm³ [95 %]", 33, _difference),
        TableColumn("d", 12, lambda n: digits.signed(n.d)),
        TableColumn("p", 13, lambda n: digits.p_value(n.p)),
        TableColumn("p Holm", 13, lambda n: digits.p_value(n.p_holm), style=_holm_style),
        TableColumn("n", 14, lambda n: f"{n.n} / {n.reference_n}"),
        TableColumn("Not found", 12, lambda n: str(n.not_found + n.reference_not_found)),
    ]
    column_table(pdf, columns, nuclei, 6.8)


def _difference(effect: VolumeEffect) -> str:
    value, low, high = (
        digits.difference(part, effect.reference_mean_mm3)
        for part in (effect.difference_mm3, effect.low_mm3, effect.high_mm3)
    )
    return value if effect.low_mm3 is None else f"{value} [{low}, {high}]"


def _holm_style(effect: VolumeEffect) -> FontFace | None:
    return FontFace(emphasis="BOLD") if effect.p_holm is not None and effect.p_holm < 0.05 else None


def _scores(pdf: ReportPdf, page: VolumesPage) -> None:
    """One table a block of nuclei."""
    grouped = page.report.group is not None
    for number, names in enumerate(page.blocks):
        title = page.scores_title if not number else "z-scores, continued"
        pdf.heading(title, room_mm=30)
        head = ["Subject", *(["Group"] if grouped else []), *names]
        rows = [
            [
                (subject.subject, None),
                *([(subject.group or "", None)] if grouped else []),
                *(_score(subject.z[name]) for name in names),
            ]
            for subject in page.scored
        ]
        widths = [15.0, *([15.0] if grouped else []), *([9.5] * len(names))]
        aligned = ["LEFT", *(["LEFT"] if grouped else []), *(["RIGHT"] * len(names))]
        table(pdf, head, rows, widths, aligned, 6.0)
        pdf.ln(1)
    pdf.words(page.scores_note, 7.5, SOFT)


def _score(z: float | None) -> tuple[str, FontFace | None]:
    marked = FontFace(emphasis="BOLD", color=_MARKED) if is_far(z) else None
    return digits.signed(z, 1), marked


def _charts(pdf: ReportPdf, page: VolumesPage) -> None:
    """Pictures of all nuclei in rows."""
    width = (pdf.epw - (_ACROSS - 1) * _GAP_MM) / _ACROSS
    scale = width / page.charts[0].size[0]
    height = page.charts[0].size[1] * scale
    pdf.heading("Each subject, by group" if page.report.group else "Each subject", room_mm=height + 30)
    pdf.words(page.charts_note, 7.5, SOFT)
    for start in range(0, len(page.charts), _ACROSS):
        if pdf.will_page_break(_NAME_MM + height):
            pdf.add_page()
        top = pdf.get_y()
        for place, chart in enumerate(page.charts[start : start + _ACROSS]):
            _chart(pdf, chart, (MARGIN_MM + place * (width + _GAP_MM), top), scale)
        pdf.set_xy(MARGIN_MM, top + _NAME_MM + height + 1)


def _chart(pdf: ReportPdf, chart: GroupChart, corner: tuple[float, float], scale: float) -> None:
    """Draw one picture with its upper left corner at a place on the page, mm."""
    x0, y0 = corner
    pdf.set_xy(x0, y0)
    pdf.set_font("DejaVu", "B", 7)
    pdf.set_text_color(*INK)
    pdf.cell(chart.size[0] * scale, 3, chart.title)
    pdf.set_xy(x0, y0 + 3)
    pdf.set_font("DejaVu", size=5.6)
    pdf.set_text_color(*SOFT)
    pdf.cell(chart.size[0] * scale, 3, fitting(pdf, chart.result, chart.size[0] * scale - 2))
    y0 += _NAME_MM
    left, _, right, bottom = chart.frame
    pdf.set_line_width(0.15)
    pdf.set_draw_color(*LINE)
    for y, text in chart.ticks:
        pdf.line(x0 + left * scale, y0 + y * scale, x0 + right * scale, y0 + y * scale)
        pdf.set_xy(x0, y0 + y * scale - 1.2)
        pdf.cell((left - 3) * scale, 2.4, text, align="R")
    pdf.set_draw_color(*SOFT)
    pdf.line(x0 + left * scale, y0 + bottom * scale, x0 + right * scale, y0 + bottom * scale)
    for column in chart.columns:
        _column(pdf, chart, column, (x0, y0), scale)


def _column(
    pdf: ReportPdf, chart: GroupChart, column: Column, corner: tuple[float, float], scale: float
) -> None:
    x0, y0 = corner
    left, right = x0 + (column.x - column.half) * scale, x0 + (column.x + column.half) * scale
    if column.interval:
        high, low = (y0 + y * scale for y in reversed(column.interval))
        pdf.set_fill_color(221, 224, 226)
        pdf.rect(left, high, right - left, low - high, style="F")
    colour = rgb(column.colour)
    pdf.set_draw_color(*colour)
    pdf.set_fill_color(*(round(255 - 0.6 * (255 - value)) for value in colour))
    pdf.set_line_width(0.12)
    for mark in column.marks:
        if column.corners:
            pdf.polygon([(x0 + x * scale, y0 + y * scale) for x, y in column.form(mark)], style="DF")
        else:
            pdf.circle(x0 + mark.x * scale, y0 + mark.y * scale, chart.radius * scale, style="DF")
    pdf.set_draw_color(*INK)
    pdf.set_line_width(0.4)
    if column.median is not None:
        pdf.line(left, y0 + column.median * scale, right, y0 + column.median * scale)
    pdf.set_line_width(0.2)
    pdf.set_text_color(*SOFT)
    width = (chart.frame[2] - chart.frame[0]) * scale / len(chart.columns)
    for line, text in enumerate((column.label, f"n = {column.n}")):
        pdf.set_xy(x0 + column.x * scale - width / 2, y0 + (chart.frame[3] + 3) * scale + 2.3 * line)
        pdf.cell(width, 2.3, text, align="C")
