"""A4 pages of reports: fonts, colours, headings, paragraphs, footer."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

Colour = tuple[int, int, int]

INK: Colour = (23, 32, 42)
SOFT: Colour = (86, 99, 111)
ACCENT: Colour = (11, 107, 138)
LINE: Colour = (205, 213, 220)
PANEL: Colour = (243, 246, 248)
GRADE_COLOURS: dict[str, Colour] = {"A": (29, 122, 70), "B": (154, 101, 0), "C": (179, 38, 30)}
MARGIN_MM = 14.0


class ReportPdf(FPDF):
    """A4 pages in DejaVu Sans (all of Unicode that reports use), with a footer on each page."""

    def __init__(self, footer: str) -> None:
        super().__init__(orientation="P", unit="mm", format="A4")
        self._footer = footer
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.add_font("DejaVu", "", fonts / "DejaVuSans.ttf")
        self.add_font("DejaVu", "B", fonts / "DejaVuSans-Bold.ttf")
        self.add_font("Mono", "", fonts / "DejaVuSansMono.ttf")
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, margin=16)
        self.add_page()

    def footer(self) -> None:
        """Write the footer line; called by fpdf2 on every page."""
        self.set_y(-11)
        self.set_font("DejaVu", size=7)
        self.set_text_color(*SOFT)
        self.cell(0, 4, self._footer)
        self.set_x(-MARGIN_MM - 30)
        self.cell(30, 4, f"{self.page_no()} / {{nb}}", align="R")

    def headline(self, text: str) -> None:
        """Title of the report, broken anywhere if it is long."""
        self.set_font("DejaVu", "B", 15)
        self.set_text_color(*INK)
        self.multi_cell(0, 7, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.CHAR)
        self.ln(1)

    def heading(self, text: str, *, room_mm: float = 20) -> None:
        """Section heading, moved to the next page when less than ``room_mm`` would follow it."""
        if self.will_page_break(room_mm):
            self.add_page()
        self.ln(3)
        self.set_font("DejaVu", "B", 11)
        self.set_text_color(*INK)
        self.cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*LINE)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(1.5)

    def words(self, text: str, size: float = 8.5, colour: Colour = INK, font: str = "DejaVu") -> None:
        """Paragraph over the full width."""
        self.set_font(font, size=size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)
