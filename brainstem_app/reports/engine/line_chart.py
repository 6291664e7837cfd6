"""Line charts: points, lines and intervals on common axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.reports.engine.blocks import Chart, Charts
from brainstem_app.reports.engine.drawing import LINE, Canvas, Dashes, chart_style, dashes, drawn_key

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_SIZE = (3.2, 1.8)
_MARGINS = (0.5, 0.06, 0.36, 0.06)
#: Room for the slanting names of categories, inches.
_NAMES_BELOW = 0.75
#: Widest key; below fewer charts it is as wide as they are, so that its words are as large as theirs.
_KEY_INCHES = 8.0


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes
    ----------
    label : str
        For the key; lines of one label are named there once.
    colour : str
        ``#rrggbb``.
    points : tuple of (x, y)
        In the chart's own units; those that are not finite are left out.
    ranges : tuple of (x, low, high)
        Intervals, drawn as whiskers.
    joined : bool
        Whether a line joins the points.
    thin : bool
        Drawn thin and without dots: one of many.
    """

    label: str
    colour: str
    points: tuple[tuple[float, float], ...]
    ranges: tuple[tuple[float, float, float], ...] = ()
    joined: bool = True
    thin: bool = False


@dataclass(frozen=True)
class LineChart:
    """Lines on common axes.

    Attributes
    ----------
    x_ticks : tuple of (x, text)
        Given for categories; made from the points when empty.
    diagonal : bool
        Whether the line of equal values is drawn, and both axes are the same.
    least, most : float
        The vertical axis never reaches beyond; 0 and 1 unless said otherwise.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...] = ()
    diagonal: bool = False
    least: float = 0.0
    most: float = 1.0

    @property
    def y_range(self) -> tuple[float, float]:
        """Ends of the vertical axis: what the points need, within its limits."""
        ys = [y for line in self.lines for _, y in line.points]
        ys += [end for line in self.lines for _, *ends in line.ranges for end in ends]
        if self.diagonal:
            ys += [x for line in self.lines for x, _ in line.points]
        finite = [y for y in ys if math.isfinite(y)]
        if not finite:
            return 0.0, 1.0
        low, high = min(finite), max(finite)
        margin = 0.08 * (high - low) or 0.05
        return max(self.least, low - margin), min(self.most, high + margin)


def line_charts(charts: Sequence[LineChart], across: int) -> Charts:
    """Block of charts, drawn, below one key to all of their lines."""
    named: dict[str, Line] = {}
    for line in (line for chart in charts for line in chart.lines if line.label):
        named.setdefault(line.label, line)
    order = {label: n for n, label in enumerate(label for label, line in named.items() if line.joined)}
    with chart_style():
        canvases = {is_named: _canvas(is_named) for is_named in {bool(chart.x_ticks) for chart in charts}}
        drawings = tuple(_drawn(chart, order, canvases[bool(chart.x_ticks)]) for chart in charts)
        handles = [_handle(line, dashes(order.get(label, 0))) for label, line in named.items()]
        return Charts(
            drawings, across, drawn_key(handles, min(_KEY_INCHES, across * _SIZE[0])) if handles else ""
        )


def _canvas(is_named: bool) -> Canvas:
    """Axes with room for names of categories, or for numbers."""
    left, right, bottom, top = _MARGINS
    below = bottom + _NAMES_BELOW * is_named
    return Canvas((_SIZE[0], _SIZE[1] - bottom + below), (left, right, below, top))


def _drawn(chart: LineChart, order: dict[str, int], canvas: Canvas) -> Chart:
    svg = canvas.drawn(lambda axes: _draw(axes, chart, order))
    return Chart(svg, chart.title, chart.title or chart.y_label)


def _draw(axes: Axes, chart: LineChart, order: dict[str, int]) -> None:
    low, high = chart.y_range
    axes.set_ylim(low, high)
    if chart.diagonal:
        axes.set_xlim(low, high)
        axes.plot((low, high), (low, high), color=LINE, linewidth=1, linestyle=(0, (4, 3)))
    for line in chart.lines:
        points = [(x, y) for x, y in line.points if math.isfinite(y)]
        if not points:
            continue
        has_dots = not line.thin or len(points) == 1
        axes.plot(
            *zip(*points, strict=True),
            color=line.colour,
            linestyle=dashes(order.get(line.label, 0)) if line.joined else "none",
            linewidth=0.9 if line.thin else 1.6,
            alpha=0.75 if line.thin else None,
            marker="o" if has_dots else None,
        )
        if line.ranges:
            # Cut at the axes' ends here, as not every reader of SVG cuts there.
            xs, ends = [x for x, *_ in line.ranges], np.clip([own for _, *own in line.ranges], low, high)
            axes.vlines(xs, *ends.T, color=line.colour, linewidth=1.1)
    axes.locator_params(nbins=5)
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    if chart.x_ticks:
        places, names = zip(*chart.x_ticks, strict=True)
        axes.set_xticks(places, names, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_xlim(min(places) - 0.5, max(places) + 0.5)


def _handle(line: Line, dash: Dashes) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        color=line.colour,
        linestyle=dash if line.joined else "none",
        marker=None if line.joined else "o",
        label=line.label,
    )
