"""The report on repeated scans as PDF, A4, with the same content as its page."""

from __future__ import annotations

from fpdf.fonts import FontFace

from brainstem_app.reports import digits
from brainstem_app.reports.pdf_chart import draw_charts
from brainstem_app.reports.pdf_page import GRADE_COLOURS, SOFT, ReportPdf
from brainstem_app.reports.pdf_table import TableColumn, column_table, grade_style
from brainstem_app.reports.report_model import reliability_text
from brainstem_app.reports.retest_model import RetestEntry
from brainstem_app.reports.retest_page import RetestPage, unseen_mark

_ACROSS = 3


def retest_pdf(page: RetestPage) -> bytes:
    """Bytes of the PDF file."""
    report = page.report
    pdf = ReportPdf(page.title, page.footer)
    pdf.opening(page.kind, page.headline, page.about)
    pdf.cautions(report.notes, page.limits)
    pdf.heading("How well each volume repeats itself", room_mm=40)
    column_table(pdf, _columns(), (*report.measured, *report.totals), 6.0)
    pdf.words(page.numbers_note, 7.5, SOFT)
    pdf.grades(reliability_text(page.with_change))
    if page.charts:
        pdf.heading("Difference against mean", room_mm=50)
        draw_charts(pdf, page.charts, _ACROSS)
    pdf.methods(page.paragraph)
    if report.command:
        pdf.heading("How to repeat this")
        pdf.command(report.command)
    return bytes(pdf.output())


def _columns() -> list[TableColumn[RetestEntry]]:
    return [
        TableColumn("Nucleus", 29, lambda n: n.name + unseen_mark(n), "LEFT"),
        TableColumn("Grade", 11, lambda n: n.reliability, "CENTER", lambda n: grade_style(n.reliability)),
        TableColumn("First, mean mm³", 12.5, lambda n: digits.measure(n.first_mm3, n.unit)),
        TableColumn("Second, mean mm³", 12.5, lambda n: digits.measure(n.second_mm3, n.unit)),
        TableColumn("Bias, second − first, mm³ [95 %]", 32, _bias),
        TableColumn("Limits of agreement, 95 %, mm³", 27, _limits),
        TableColumn("Variation within a subject", 15, lambda n: _percent(n.within_cv)),
        TableColumn("Change, mean size", 13, lambda n: _percent(n.absolute_change)),
        TableColumn("Repeats within, mm³", 14, lambda n: digits.measure(n.repeatability_mm3, n.unit)),
        TableColumn(
            "ICC(A,1) [95 %]",
            27,
            lambda n: _share(n.icc_agreement, n.icc_agreement_low, n.icc_agreement_high),
        ),
        TableColumn(
            "ICC(C,1) [95 %]",
            27,
            lambda n: _share(n.icc_consistency, n.icc_consistency_low, n.icc_consistency_high),
        ),
        TableColumn("n", 8, lambda n: str(n.n)),
        TableColumn(
            "Lost, first / second", 12, lambda n: f"{n.not_found_first} / {n.not_found_second}", style=_lost
        ),
    ]


def _bias(entry: RetestEntry) -> str:
    bias, low, high = (
        digits.difference(part, entry.first_mm3)
        for part in (entry.bias_mm3, entry.bias_low_mm3, entry.bias_high_mm3)
    )
    return bias if entry.bias_low_mm3 is None else f"{bias} [{low}, {high}]"


def _limits(entry: RetestEntry) -> str:
    if entry.limit_low_mm3 is None:
        return digits.MISSING
    low, high = (
        digits.difference(end, entry.first_mm3) for end in (entry.limit_low_mm3, entry.limit_high_mm3)
    )
    return f"{low} to {high}"


def _percent(value: float | None) -> str:
    return digits.MISSING if value is None else f"{100 * value:.1f} %"


def _share(value: float | None, low: float | None, high: float | None) -> str:
    if low is None:
        return digits.share(value)
    ends = (digits.signed(end).replace("+", "") for end in (low, high))
    return f"{digits.share(value)} [{', '.join(ends)}]"


def _lost(entry: RetestEntry) -> FontFace | None:
    lost = entry.not_found_first + entry.not_found_second
    return FontFace(emphasis="BOLD", color=GRADE_COLOURS["C"]) if lost else None
