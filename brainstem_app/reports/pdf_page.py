"""A4 pages of reports: fonts, colours, headings, paragraphs, footer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from brainstem_app.plain_text import printable
from brainstem_app.reports.report_model import RELIABILITY_TEXT

Colour = tuple[int, int, int]

INK: Colour = (23, 32, 42)
SOFT: Colour = (86, 99, 111)
ACCENT: Colour = (11, 107, 138)
LINE: Colour = (205, 213, 220)
PANEL: Colour = (243, 246, 248)
GRADE_COLOURS: dict[str, Colour] = {"A": (29, 122, 70), "B": (154, 101, 0), "C": (179, 38, 30)}
MARGIN_MM = 14.0


def rgb(colour: str) -> Colour:
    """Parts of a colour written ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


class ReportPdf(FPDF):
    """A4 pages in DejaVu Sans (all of Unicode that reports use), with a footer on each page."""

    def __init__(self, title: str, footer: str) -> None:
        super().__init__(orientation="P", unit="mm", format="A4")
        self.set_title(title)
        self.set_creator("Brainstem App")
        self._footer = footer
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.add_font("DejaVu", "", fonts / "DejaVuSans.ttf")
        self.add_font("DejaVu", "B", fonts / "DejaVuSans-Bold.ttf")
        self.add_font("Mono", "", fonts / "DejaVuSansMono.ttf")
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, margin=16)
        self.add_page()

    def normalize_text(self, text: str) -> str:
        """Leave out what no font shows; called by fpdf2 for every text."""
        normal: str = super().normalize_text(printable(text))
        return normal

    def footer(self) -> None:
        """Write the footer line; called by fpdf2 on every page."""
        self.set_y(-11)
        self.set_font("DejaVu", size=7)
        self.set_text_color(*SOFT)
        self.cell(0, 4, self._footer)
        self.set_x(-MARGIN_MM - 30)
        self.cell(30, 4, f"{self.page_no()} / {{nb}}", align="R")

    def opening(self, kind: str, headline: str, about: str) -> None:
        """Write what the report is, what it is of, and when and with what it was made."""
        self.words(kind, 9, ACCENT)
        self.headline(headline)
        self.words(about, 8, SOFT)

    def headline(self, text: str) -> None:
        """Title of the report, broken anywhere if it is long."""
        self.set_font("DejaVu", "B", 15)
        self.set_text_color(*INK)
        self.multi_cell(0, 7, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.CHAR)
        self.ln(1)

    def tiles(self, tiles: Sequence[tuple[str, str]]) -> None:
        """Numbers to see first, each above what it is, in a row."""
        width = (self.epw - 2.5 * (len(tiles) - 1)) / len(tiles)
        top = self.get_y() + 1
        for number, (value, label) in enumerate(tiles):
            x = MARGIN_MM + number * (width + 2.5)
            self.set_fill_color(*PANEL)
            self.set_draw_color(*LINE)
            self.rect(x, top, width, 18, style="DF", round_corners=True, corner_radius=1.5)
            self.set_xy(x + 1.5, top + 2)
            self.set_font("DejaVu", "B", 12)
            self.set_text_color(*INK)
            self.cell(width - 3, 5.5, value)
            self.set_xy(x + 1.5, top + 8.5)
            self.set_font("DejaVu", size=6.5)
            self.set_text_color(*SOFT)
            self.multi_cell(width - 3, 3, label, align="L")
        self.set_xy(MARGIN_MM, top + 19)

    def cautions(self, notes: Sequence[str], limits: str) -> None:
        """Write the warnings, if there are any, and what the numbers of the report are worth."""
        if notes:
            self.heading("Warnings")
            for note in notes:
                self.words(note)
        self.heading("What these numbers are, and are not")
        self.words(limits)

    def methods(self, paragraph: str) -> None:
        """Write the paragraph to paste."""
        self.heading("Methods, to paste", room_mm=45)
        self.words(paragraph)

    def command(self, command: str) -> None:
        """Write the command line that makes the report again."""
        self.words(command, 7.5, font="Mono")

    def grades(self, meaning: Mapping[str, str] = RELIABILITY_TEXT) -> None:
        """Write what each grade of reliability means, in its colour."""
        for grade, text in meaning.items():
            self.words(f"{grade}: {text}.", 7.5, GRADE_COLOURS[grade])

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


def fitting(pdf: ReportPdf, text: str, width_mm: float) -> str:
    """As much of a line as has room."""
    if pdf.get_string_width(text) <= width_mm:
        return text
    while text and pdf.get_string_width(f"{text}…") > width_mm:
        text = text[:-1]
    return f"{text}…"
