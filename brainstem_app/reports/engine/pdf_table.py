"""Tables of reports on A4 pages: columns as wide as what is in them needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from brainstem_app.reports.engine.blocks import Table
from brainstem_app.reports.engine.columns import Cell, Column

if TYPE_CHECKING:
    from typing import Any

    from brainstem_app.reports.engine.pdf import ReportPdf

Colour = tuple[int, int, int]
INK: Colour = (23, 32, 42)
SOFT: Colour = (86, 99, 111)
ACCENT: Colour = (11, 107, 138)
LINE: Colour = (205, 213, 220)
GRADE_COLOURS: dict[str, Colour] = {"A": (29, 122, 70), "B": (154, 101, 0), "C": (179, 38, 30)}
_MARK_COLOURS: dict[str, Colour] = {
    **GRADE_COLOURS,
    "good": GRADE_COLOURS["A"],
    "bad": GRADE_COLOURS["C"],
    "faint": SOFT,
}
_SHADE: Colour = (47, 158, 95)
_SWATCH, _SWATCH_MM = "■", 6.0
_SIZES_PT = (7.5, 7.0, 6.5, 6.0, 5.6, 5.2)
_MEASURED_PT = 10.0
#: So many of them are good to read.
_COMFORTABLE = 4
#: A column is not made wider for one word than this, mm, nor for a line of words than that.
_LONGEST_WORD_MM, _LONGEST_LINE_MM = 34.0, 70.0


def write_table(pdf: ReportPdf, table: Table) -> None:
    """Write a table over the full width, its head on every page, in letters as large as there is room for."""
    columns = table.shown("paper")
    groups = [rows for rows in table.cells("paper") if rows]
    rows = [row for group in groups for row in group]
    heads = [_head(column) for column in columns]
    swatches = [_SWATCH_MM] if any(cell.swatch for row in rows for cell in row) else []
    size, widths = _widths(pdf, pdf.epw - sum(swatches), table, rows)
    pdf.set_font("DejaVu Sans", size=size)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    pdf.set_fill_color(255, 255, 255)
    aligned = [_aligned(table, n, column) for n, column in enumerate(columns)]
    with pdf.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=[*swatches, *widths],
        text_align=[*(["CENTER"] * len(swatches)), *aligned],
        headings_style=FontFace(emphasis="BOLD", color=SOFT, size_pt=size - 0.5, fill_color=(255, 255, 255)),
        line_height=0.48 * size * pdf.tightness,
        padding=_padding(size),
        width=pdf.epw,
        align="LEFT",
    ) as drawn:
        for number, line in enumerate([None, *rows]):
            row = drawn.row()
            if swatches:
                swatch = line[0].swatch if line else ""
                row.cell(_SWATCH if swatch else "", style=FontFace(color=swatch) if swatch else None)
            for head, cell in zip(heads, line or [Cell()] * len(heads), strict=True):
                text = head if number == 0 else _text(cell, table)
                row.cell(text, style=None if number == 0 else _style(cell))
    pdf.ln(2)


def _text(cell: Cell, table: Table) -> str:
    return f"{cell.line}\n{cell.below}" if cell.below and table.style == "heat" else cell.line


def _aligned(table: Table, number: int, column: Column[Any]) -> str:
    if number == 0 or column.align == "words":
        return "LEFT"
    return "CENTER" if column.align == "centre" or table.style == "heat" else "RIGHT"


def _style(cell: Cell) -> FontFace | None:
    """How a cell looks where not as the others."""
    fill = None
    if cell.shade is not None:
        fill = tuple(round(255 - 0.55 * cell.shade * (255 - part)) for part in _SHADE)
    if not cell.mark and fill is None:
        return None
    return FontFace(
        emphasis="BOLD" if cell.mark not in ("", "faint", "good") else None,
        color=_MARK_COLOURS.get(cell.mark, INK),
        fill_color=fill,
    )


def _widths(
    pdf: ReportPdf, room: float, table: Table, cells: Sequence[Sequence[Cell]]
) -> tuple[float, list[float]]:
    """Size of the letters, pt, and width of each column, mm, as a browser lays a table out.

    Letters are made smaller until no number is broken over lines, or until no word is; what room is left goes
    to those columns that break theirs.
    """
    heads = [_head(column) for column in table.shown("paper")]
    wordy = [n == 0 or column.align == "words" for n, column in enumerate(table.shown("paper"))]
    texts = [[row[n].line for row in cells] for n in range(len(heads))]
    # Measured once: widths grow with the size of the letters.
    pdf.set_font("DejaVu Sans", "B", _MEASURED_PT)
    words_at = [_longest(pdf, [head, *own], _words) for head, own in zip(heads, texts, strict=True)]
    lines_at = [_longest(pdf, own, str.splitlines) for own in texts]
    for unbroken in (True, False):
        for size in _SIZES_PT if not unbroken else _SIZES_PT[:_COMFORTABLE]:
            pad = 2 * _padding(size) + 0.6
            words = [width * size / _MEASURED_PT for width in words_at]
            lines = [width * size / _MEASURED_PT for width in lines_at]
            least = [
                min(word if may or not unbroken else max(word, line), _LONGEST_WORD_MM) + pad
                for word, line, may in zip(words, lines, wordy, strict=True)
            ]
            if sum(least) <= room:
                most = [
                    max(low, min(line, _LONGEST_LINE_MM) + pad)
                    for low, line in zip(least, lines, strict=True)
                ]
                return size, _shared_out(room, least, most)
    return size, [width * room / sum(least) for width in least]


def _shared_out(room: float, least: Sequence[float], most: Sequence[float]) -> list[float]:
    """Widths between the least and the most, in proportion to what is wanted, filling the room."""
    wanted = sum(most) - sum(least)
    given = min(1.0, (room - sum(least)) / wanted) if wanted else 1.0
    widths = [low + given * (high - low) for low, high in zip(least, most, strict=True)]
    return [width * room / sum(widths) for width in widths]


def _head(column: Column[Any]) -> str:
    return f"{column.title}\n{column.unit}" if column.unit else column.title


def _padding(size: float) -> float:
    """Room around what is in a cell, mm."""
    return 0.9 if size > 6.5 else 0.6


def _words(text: str) -> list[str]:
    return text.replace("\n", " ").split(" ")


def _longest(pdf: ReportPdf, texts: Sequence[str], parts: Callable[[str], list[str]]) -> float:
    each = dict.fromkeys(part for text in texts for part in parts(text))
    return max(map(pdf.get_string_width, each), default=0.0)
