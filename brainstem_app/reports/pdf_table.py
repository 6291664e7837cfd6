"""Tables of reports on A4 pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from brainstem_app.reports.pdf_page import GRADE_COLOURS, INK, LINE, SOFT, ReportPdf

_Entry = TypeVar("_Entry")
_Align = Literal["LEFT", "CENTER", "RIGHT"]
Cell = tuple[str, FontFace | None]
SWATCH = "■"


@dataclass(frozen=True)
class TableColumn(Generic[_Entry]):
    """One column.

    Attributes
    ----------
    head : str
    width : float
        Relative to the other columns'.
    text : callable
        What the cell of an entry says.
    align : str
    style : callable, optional
        How that cell looks, where not as the others.
    """

    head: str
    width: float
    text: Callable[[_Entry], str]
    align: _Align = "RIGHT"
    style: Callable[[_Entry], FontFace | None] = lambda _: None


def column_table(
    pdf: ReportPdf,
    columns: Sequence[TableColumn[_Entry]],
    entries: Iterable[_Entry],
    size: float,
    padding: float = 0.6,
) -> None:
    """Table over the full width, one row an entry; `size` of the letters in pt, `padding` in mm."""
    rows = [[(column.text(entry), column.style(entry)) for column in columns] for entry in entries]
    widths, aligned = [column.width for column in columns], [column.align for column in columns]
    table(pdf, [column.head for column in columns], rows, widths, aligned, size, padding)


def table(
    pdf: ReportPdf,
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    widths: Sequence[float],
    aligned: Sequence[str],
    size: float,
    padding: float = 0.6,
) -> None:
    """Table over the full width, its head on every page."""
    pdf.set_font("DejaVu", size=size)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    pdf.set_fill_color(255, 255, 255)
    with pdf.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=list(widths),
        text_align=list(aligned),
        headings_style=FontFace(emphasis="BOLD", color=SOFT, size_pt=size - 0.5, fill_color=(255, 255, 255)),
        line_height=0.48 * size,
        padding=padding,
        width=pdf.epw,
    ) as drawn:
        first = drawn.row()
        for name in head:
            first.cell(name)
        for cells in rows:
            row = drawn.row()
            for text, style in cells:
                row.cell(text, style=style)
    pdf.ln(2)


def grade_style(grade: str) -> FontFace | None:
    """Bold, in the colour of a grade of reliability; None where there is no grade."""
    return FontFace(emphasis="BOLD", color=GRADE_COLOURS[grade]) if grade else None
