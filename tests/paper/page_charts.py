"""Charts of the report engine as one SVG file a figure, for a page of the documentation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from brainstem_app.reports.engine.blocks import Charts
from brainstem_app.reports.engine.drawing import INK
from brainstem_app.reports.engine.line_chart import LineChart, line_charts

_VIEW_BOX = re.compile(r"viewBox=\"0 0 ([\d.]+) ([\d.]+)\"")
_TITLE, _GAP = 16.0, 8.0


def write_charts(path: Path, charts: Sequence[LineChart], across: int) -> None:
    """Draw charts in rows, each below its title, with one key above, on white."""
    path.write_text(charts_svg(line_charts(charts, min(across, len(charts)))), encoding="utf-8")


def charts_svg(charts: Charts) -> str:
    """SVG text of a block of charts.

    Parameters
    ----------
    charts : Charts
        From the report engine; each drawing has a size of its own.
    """
    sizes = [_size(chart.svg) for chart in charts.charts]
    width = max(size[0] for size in sizes)
    across = min(charts.across, len(sizes))
    whole = across * width + (across - 1) * _GAP
    key_width, key_height = _size(charts.key) if charts.key else (0.0, 0.0)
    whole = max(whole, key_width) + 2 * _GAP
    parts = [_placed(charts.key, _GAP, _GAP)] if charts.key else []
    top = 2 * _GAP + key_height
    for start in range(0, len(sizes), across):
        row = list(zip(charts.charts, sizes, strict=True))[start : start + across]
        for number, (chart, _) in enumerate(row):
            left = _GAP + number * (width + _GAP)
            parts.append(
                f'<text x="{left + 4:.1f}" y="{top + 11:.1f}" font-size="9.5" font-weight="600" '
                f'font-family="DejaVu Sans, sans-serif" fill="{INK}">{escape(chart.title)}</text>'
            )
            parts.append(_placed(chart.svg, left, top + _TITLE))
        top += _TITLE + max(size[1] for _, size in row) + _GAP
    view = f"0 0 {whole:.1f} {top:.1f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{view}" width="{whole:.0f}" height="{top:.0f}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _size(svg: str) -> tuple[float, float]:
    found = _VIEW_BOX.search(svg)
    if found is None:
        raise ValueError("the drawing has no viewBox")
    return float(found[1]), float(found[2])


def _placed(svg: str, x: float, y: float) -> str:
    """Drawing at a place within another; a group, as not every reader shows a drawing within a drawing."""
    inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    return f'<g transform="translate({x:.1f} {y:.1f})">{inner}</g>'
