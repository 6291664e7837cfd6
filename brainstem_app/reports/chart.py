"""Line charts as the numbers an SVG is drawn from; the page's template draws them in its own colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

COLOURS = (
    "#2f7fc1",
    "#d9822b",
    "#2f9e5f",
    "#c2417c",
    "#7a5cc9",
    "#a08a00",
    "#c8452f",
    "#1a9aa8",
    "#8a6d5a",
    "#6f7b86",
)
WIDTH = 420.0
_FIELD_HEIGHT = 178.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 10.0, 12.0, 40.0
#: Room below the field for the slanting names of categories.
_NAMES_BOTTOM = 72.0
_TICKS = 5
_DASHES = ("", "6 3", "2 3", "10 3 2 3", "12 4", "4 2 1 2")


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes
    ----------
    label : str
        For the legend; lines of one label are named there once.
    colour : str
        ``#rrggbb``.
    points : tuple of (x, y)
        In the chart's own units.
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
class Chart:
    """Lines on common axes.

    Attributes
    ----------
    x_ticks : tuple of (x, text)
        Given for categories; made from the points when empty.
    diagonal : bool
        Whether the line of equal values is drawn.
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
    def x_range(self) -> tuple[float, float]:
        """Ends of the horizontal axis."""
        xs = [x for line in self.lines for x, _ in line.points] + [x for x, _ in self.x_ticks]
        if self.diagonal:
            return self.y_range
        low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
        margin = 0.05 * (high - low) or 0.5
        return low - margin, high + margin

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

    @property
    def ticks_x(self) -> tuple[tuple[float, str], ...]:
        """Marks of the horizontal axis: place in the picture, text."""
        ticks = self.x_ticks or tuple((v, _number(v)) for v in nice_ticks(*self.x_range))
        return tuple((self.px(value), text) for value, text in ticks)

    @property
    def ticks_y(self) -> tuple[tuple[float, str], ...]:
        """Marks of the vertical axis: place in the picture, text."""
        return tuple((self.py(value), _number(value)) for value in nice_ticks(*self.y_range))

    @property
    def legend(self) -> tuple[Line, ...]:
        """First line of each label."""
        return tuple({line.label: line for line in reversed(self.lines) if line.label}.values())[::-1]

    def dashes(self, line: Line) -> str:
        """Pattern of a line, so that lines can be told apart without their colours; empty for a full one."""
        labels = [other.label for other in self.legend if other.joined]
        return _DASHES[labels.index(line.label) % len(_DASHES)] if line.label in labels else ""

    def px(self, x: float) -> float:
        """Horizontal place in the picture."""
        low, high = self.x_range
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (x - low) / (high - low), 1)

    def py(self, y: float) -> float:
        """Vertical place in the picture."""
        low, high = self.y_range
        return round(_TOP + _FIELD_HEIGHT * (high - y) / (high - low), 1)

    def path(self, line: Line) -> str:
        """Corners of a line, for an SVG polyline."""
        return " ".join(f"{self.px(x)},{self.py(y)}" for x, y in line.points if math.isfinite(y))

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the field."""
        return _LEFT, _TOP, WIDTH - _RIGHT, _TOP + _FIELD_HEIGHT

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the picture."""
        return WIDTH, _TOP + _FIELD_HEIGHT + (_NAMES_BOTTOM if self.x_ticks else _BOTTOM)


def nice_ticks(low: float, high: float) -> Sequence[float]:
    """Return about five round numbers between two."""
    step = 10 ** math.floor(math.log10((high - low) / _TICKS))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= _TICKS)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:g}"
