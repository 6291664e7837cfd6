"""Line charts of reports on A4 pages: the same `Chart` as on the HTML page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from brainstem_app.reports.chart import Chart, Line
from brainstem_app.reports.pdf_page import INK, LINE, MARGIN_MM, SOFT, ReportPdf, fitting, rgb

_GAP_MM = 3.0
#: Room above a chart for its title, and between a key's entries.
_TITLE_MM = 4.0
_KEY_GAP_MM = 6.0
_LETTERS_PT = 5.2


def draw_charts(pdf: ReportPdf, charts: Sequence[Chart], across: int) -> None:
    """Draw charts with numbers on both axes in rows, below one key for all of them."""
    width = (pdf.epw - (across - 1) * _GAP_MM) / across
    scale = width / charts[0].size[0]
    height = _TITLE_MM + charts[0].size[1] * scale
    if pdf.will_page_break(height + 6):
        pdf.add_page()
    _key(pdf, charts)
    for start in range(0, len(charts), across):
        if pdf.will_page_break(height):
            pdf.add_page()
        top = pdf.get_y()
        for place, chart in enumerate(charts[start : start + across]):
            _draw(pdf, chart, (MARGIN_MM + place * (width + _GAP_MM), top), scale)
        pdf.set_xy(MARGIN_MM, top + height + 1.5)
    pdf.set_line_width(0.2)


def _key(pdf: ReportPdf, charts: Sequence[Chart]) -> None:
    """Say what each colour and dash means, once."""
    lines = {line.label: (chart, line) for chart in charts for line in chart.legend}
    y = pdf.get_y() + 2
    x = MARGIN_MM
    pdf.set_font("DejaVu", size=7)
    pdf.set_text_color(*SOFT)
    for label, (chart, line) in lines.items():
        if line.joined:
            _pen(pdf, chart, line, 0.25)
            pdf.line(x, y, x + 7, y)
            pdf.set_dash_pattern()
        else:
            pdf.set_fill_color(*rgb(line.colour))
            pdf.circle(x + 5, y, 0.9, style="F")
        pdf.set_xy(x + 7.5, y - 1.6)
        wide = pdf.get_string_width(label) + 2
        pdf.cell(wide, 3.2, label)
        x += 7.5 + wide + _KEY_GAP_MM
    pdf.set_xy(MARGIN_MM, y + 4)


def _draw(pdf: ReportPdf, chart: Chart, corner: tuple[float, float], scale: float) -> None:
    """Draw one chart, the corner of its title at a place on the page, mm."""
    x0, y0 = corner
    pdf.set_xy(x0, y0)
    pdf.set_font("DejaVu", "B", 6)
    pdf.set_text_color(*INK)
    pdf.cell(chart.size[0] * scale, 3, fitting(pdf, chart.title, chart.size[0] * scale - 1))
    y0 += _TITLE_MM
    _axes(pdf, chart, (x0, y0), scale)
    for line in chart.lines:
        places = [
            (x0 + chart.px(x) * scale, y0 + chart.py(y) * scale) for x, y in line.points if math.isfinite(y)
        ]
        if line.joined and len(places) > 1:
            _pen(pdf, chart, line, scale)
            pdf.polyline(places)
            pdf.set_dash_pattern()
        pdf.set_fill_color(*rgb(line.colour))
        if not line.thin or len(places) == 1:
            for x, y in places:
                pdf.circle(x, y, 3 * scale, style="F")
        for x, low, high in line.ranges:
            at = x0 + chart.px(x) * scale
            pdf.line(at, y0 + chart.py(low) * scale, at, y0 + chart.py(high) * scale)


def _axes(pdf: ReportPdf, chart: Chart, corner: tuple[float, float], scale: float) -> None:
    x0, y0 = corner
    left, top, right, bottom = (end * scale for end in chart.frame)
    pdf.set_font("DejaVu", size=_LETTERS_PT)
    pdf.set_text_color(*SOFT)
    pdf.set_draw_color(*LINE)
    pdf.set_line_width(0.15)
    for at, text in chart.ticks_y:
        pdf.line(x0 + left, y0 + at * scale, x0 + right, y0 + at * scale)
        pdf.set_xy(x0, y0 + at * scale - 1.2)
        pdf.cell(left - 0.3, 2.4, text, align="R")
    for at, text in chart.ticks_x:
        pdf.set_xy(x0 + at * scale - 8, y0 + bottom + 0.6)
        pdf.cell(16, 2.4, text, align="C")
    if chart.diagonal:
        low, high = chart.y_range
        pdf.set_dash_pattern(0.8, 0.6)
        pdf.line(
            x0 + chart.px(low) * scale,
            y0 + chart.py(low) * scale,
            x0 + chart.px(high) * scale,
            y0 + chart.py(high) * scale,
        )
        pdf.set_dash_pattern()
    pdf.set_draw_color(*SOFT)
    pdf.line(x0 + left, y0 + bottom, x0 + right, y0 + bottom)
    pdf.set_xy(x0 + left, y0 + bottom + 2.8)
    pdf.cell(right - left, 2.4, chart.x_label, align="C")
    across, middle = x0 + 1.2, y0 + (top + bottom) / 2
    with pdf.rotation(90, across, middle):
        pdf.text(across - pdf.get_string_width(chart.y_label) / 2, middle + 0.6, chart.y_label)


def _pen(pdf: ReportPdf, chart: Chart, line: Line, scale: float) -> None:
    """Colour, width and dashes of a line; a page knows one dash and one gap."""
    pdf.set_draw_color(*rgb(line.colour))
    pdf.set_line_width(0.2 if line.thin else 0.4)
    dashes = [float(part) * scale for part in chart.dashes(line).split()]
    pdf.set_dash_pattern(*dashes[:2]) if dashes else pdf.set_dash_pattern()
