"""Charts drawn by matplotlib in the style of ``resources/report/chart.mplstyle``: SVG for page and paper."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from brainstem_app.locations import resource
from brainstem_app.plain_text import for_file, printable
from brainstem_app.reports.engine.drawing_alone import drawing_alone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

#: Gid of marks that have words of their own.
TOLD = "told"
INK, SOFT, LINE = "#17202a", "#56636f", "#d9e0e6"
Dashes = Literal["-", "none"] | tuple[float, tuple[float, ...]]
_DASHES: tuple[Dashes, ...] = (
    "-",
    (0, (4, 2)),
    (0, (1.2, 1.6)),
    (0, (6, 1.6, 1.2, 1.6)),
    (0, (8, 3)),
    (0, (3, 1.5, 1, 1.5)),
)
_IDS = re.compile(r" id=\"(?!m[0-9a-f]{10}\"|p[0-9a-f]{10}\")[^\"]*\"")
_UNTURNED = re.compile(r" transform=\"rotate\(-0 [^\"]*\"")


@contextmanager
def chart_style() -> Iterator[None]:
    """Draw in the style of the reports' charts within it."""
    with drawing_alone({}, _style()):
        yield


def _style() -> Path:
    return resource("report", "chart.mplstyle")


@cache
def colours() -> tuple[str, ...]:
    """Colours of series, ``#rrggbb``, in the order in which they are used."""
    cycle = matplotlib.rc_params_from_file(_style())["axes.prop_cycle"]
    return tuple(f"#{colour.lstrip('#')}" for colour in cycle.by_key()["color"])


def dashes(number: int) -> Dashes:
    """Pattern of a series' line, so that lines can be told apart without their colours."""
    return _DASHES[number % len(_DASHES)]


class Canvas:
    """Axes on which charts of one kind are drawn, one after the other.

    Making axes and their ticks is most of what a small chart costs, so they are kept.

    Parameters
    ----------
    size : tuple of float
        Width and height, inches.
    margins : tuple of float
        Left, right, bottom and top of the axes, inches from each edge.
    """

    def __init__(self, size: tuple[float, float], margins: tuple[float, float, float, float]) -> None:
        width, height = size
        left, right, bottom, top = margins
        self._figure = Figure(figsize=size)
        FigureCanvasSVG(self._figure)
        inner = (width - left - right) / width, (height - bottom - top) / height
        self._axes = self._figure.add_axes((left / width, bottom / height, *inner))
        self._axes.patch.set_visible(False)

    def drawn(self, draw: Callable[[Axes], object], told: Sequence[str] = ()) -> str:
        """SVG text of what a function draws.

        Parameters
        ----------
        draw : callable
            Draws on the axes it is given, within `chart_style`; sets the same ticks and labels each time.
        told : sequence of str
            What to say of each mark that was drawn with the gid `TOLD`, in their order, to who points at it.
        """
        axes = self._axes
        for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.texts):
            artist.remove()
        axes.relim()
        axes.set_xlim(0, 1, auto=True)
        axes.set_ylim(0, 1, auto=True)
        draw(axes)
        return _svg(self._figure, told)


def drawn_key(handles: Sequence[Line2D], width: float) -> str:
    """SVG text of a key to lines and marks, `width` inches wide and as high as it needs to be."""
    longest = max(len(str(handle.get_label())) for handle in handles)
    across = max(1, min(len(handles), int(width / (0.065 * longest + 0.5))))
    rows = -(-len(handles) // across)
    for handle in handles:
        label = printable(str(handle.get_label()))
        # matplotlib leaves out what begins with an underscore.
        handle.set_label(f"\N{HAIR SPACE}{label}" if label.startswith("_") else label)
    figure = Figure(figsize=(width, 0.19 * rows + 0.06))
    FigureCanvasSVG(figure)
    figure.legend(
        handles=list(handles), loc="center left", ncols=across, borderpad=0, borderaxespad=0, labelspacing=0.3
    )
    return _svg(figure, ())


def _svg(figure: Figure, told: Sequence[str]) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = for_file(buffer.getvalue())
    text = re.sub(r"<metadata>.*?</metadata>|\n\s*", " ", text[text.index("<svg") :], flags=re.DOTALL)
    for side in ("width", "height"):
        text = re.sub(rf"^(<svg [^>]*?) {side}=\"[^\"]*\"", r"\1", text)
    words = iter(told)
    marks = re.compile(rf"<g id=\"{TOLD}\">.*?</g>", re.DOTALL)
    text = marks.sub(lambda found: _with_words(found[0], words), text)
    return _without_bare_groups(_UNTURNED.sub("", _IDS.sub("", text)))


def _without_bare_groups(svg: str) -> str:
    """Leave out the groups that say nothing of what is in them: half of the elements."""
    kept: list[bool] = []

    def tag(found: re.Match[str]) -> str:
        """Return what is left of the beginning or end of a group."""
        text = found[0]
        if text.endswith("/>"):
            return ""
        if text.startswith("</"):
            return text if kept.pop() else ""
        kept.append(text != "<g>")
        return text if kept[-1] else ""

    return re.sub(r" {2,}", " ", re.sub(r"</?g\b[^>]*>", tag, svg))


def _with_words(marks: str, words: Iterator[str]) -> str:
    """Give each mark its words."""
    return re.sub(
        r"(<use [^>]*?)/>",
        lambda use: f"{use[1]}><title>{escape(printable(next(words, '')))}</title></use>",
        marks,
    )
