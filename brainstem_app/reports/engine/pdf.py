"""A report as PDF, A4, with the same content as its page."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack
from functools import singledispatch
from pathlib import Path

import matplotlib
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from fpdf.fonts import TTFFont
from PIL import Image

from brainstem_app.plain_text import printable
from brainstem_app.reports.engine.blocks import (
    Beside,
    Block,
    Charts,
    Document,
    Facts,
    Heading,
    Items,
    Note,
    Paragraph,
    Picture,
    Table,
    Tiles,
)
from brainstem_app.reports.engine.pdf_table import ACCENT, GRADE_COLOURS, INK, LINE, SOFT, Colour, write_table

_PANEL: Colour = (243, 246, 248)
_LEVEL_COLOURS: dict[str, Colour] = {
    "error": (179, 38, 30),
    "warning": (200, 140, 0),
    "info": (11, 107, 138),
}
_MARGIN_MM, _GAP_MM = 14.0, 3.0
#: Of a last page that is filled less than this the lines are set closer, as far as that.
_FEW_LINES, _CLOSER = 0.25, (0.94, 0.88)
_AROUND_PICTURE_MM, _BESIDE_MM = 24.0, 80.0
#: A picture is made as small as this, so that it follows its heading.
_SMALLEST_PICTURE = 0.75
#: Room that must follow a heading, by the block below it.
_ROOM_MM = {Table: 40.0, Charts: 62.0, Beside: 110.0}
#: The form of a mark, and marks of one form and style in a row, as `drawn` writes them.
_FORM = re.compile(r'<path id="(m[0-9a-f]{10})" d="([^"]*)"(?: style="([^"]*)")?/>')
_MARKS = re.compile(
    r'<use xlink:href="#(m[0-9a-f]{10})" x="[^"]*" y="[^"]*" style="([^"]*)"(?:/>|></use>)'
    r'(?:\s*<use xlink:href="#\1" x="[^"]*" y="[^"]*" style="\2"(?:/>|></use>))*'
)
_PLACE = re.compile(r'x="([^"]*)" y="([^"]*)"')


class ReportPdf(FPDF):
    """A4 pages in DejaVu Sans (all of Unicode that reports use), with a footer on each page."""

    def __init__(self, title: str, footer: str, tightness: float = 1.0) -> None:
        super().__init__(orientation="P", unit="mm", format="A4")
        self.tightness = tightness
        self.set_title(title)
        self.set_creator("Brainstem App")
        self._footer = footer
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.add_font("DejaVu Sans", "", fonts / "DejaVuSans.ttf")
        self.add_font("DejaVu Sans", "B", fonts / "DejaVuSans-Bold.ttf")
        self.add_font("Mono", "", fonts / "DejaVuSansMono.ttf")
        self.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(True, margin=16)
        self.add_page()

    def normalize_text(self, text: str) -> str:
        """Leave out what no font shows; called by fpdf2 for every text."""
        normal: str = super().normalize_text(printable(text))
        return normal

    def footer(self) -> None:
        """Write the footer line; called by fpdf2 on every page."""
        self.set_y(-11)
        self.set_font("DejaVu Sans", size=7)
        self.set_text_color(*SOFT)
        self.cell(0, 4, self._footer)
        self.set_x(-_MARGIN_MM - 30)
        self.cell(30, 4, f"{self.page_no()} / {{nb}}", align="R")

    def words(self, text: str, size: float = 8.5, colour: Colour = INK, font: str = "DejaVu Sans") -> None:
        """Paragraph between the margins."""
        self.set_font(font, size=size)
        self.set_text_color(*colour)
        line = size * 0.5 * self.tightness
        self.multi_cell(0, line, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(self.tightness)

    def heading(self, text: str, room_mm: float) -> None:
        """Section heading, moved to the next page when less than `room_mm` would follow it."""
        if self.will_page_break(room_mm):
            self.add_page()
        self.ln(3 * self.tightness)
        self.set_font("DejaVu Sans", "B", 11)
        self.set_text_color(*INK)
        self.cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*LINE)
        self.line(_MARGIN_MM, self.get_y(), self.w - _MARGIN_MM, self.get_y())
        self.ln(1.5)

    def close_fonts(self) -> None:
        """Close the files of the fonts, which stay open else until the rings of fpdf2 are collected."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    @property
    def last_page_share(self) -> float:
        """How much of the last page is filled, 0…1."""
        return float((self.get_y() - _MARGIN_MM) / (self.page_break_trigger - _MARGIN_MM))

    def fitted(self, text: str, width_mm: float) -> str:
        """As much of a line as has room."""
        if self.get_string_width(text) <= width_mm:
            return text
        while text and self.get_string_width(f"{text}…") > width_mm:
            text = text[:-1]
        return f"{text}…"


def document_pdf(document: Document) -> bytes:
    """Bytes of the PDF file; a last page with a few lines is spared by setting all a little closer."""
    with ExitStack() as open_fonts:
        loose = pdf = _laid_out(document)
        open_fonts.callback(loose.close_fonts)
        for tightness in _CLOSER:
            if pdf.page_no() < loose.page_no() or loose.page_no() == 1 or loose.last_page_share > _FEW_LINES:
                break
            pdf = _laid_out(document, tightness)
            open_fonts.callback(pdf.close_fonts)
        return bytes((pdf if pdf.page_no() < loose.page_no() else loose).output())


def _laid_out(document: Document, tightness: float = 1.0) -> ReportPdf:
    """Pages of a document, its lines as close as said."""
    pdf = ReportPdf(document.title, document.footer, tightness)
    pdf.words(document.kind, 9, ACCENT)
    pdf.set_font("DejaVu Sans", "B", 15)
    pdf.set_text_color(*INK)
    pdf.multi_cell(
        0, 7, document.headline, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.CHAR
    )
    pdf.ln(1)
    pdf.words(document.about, 8, SOFT)
    for block, following in zip(document.blocks, (*document.blocks[1:], None), strict=True):
        if isinstance(block, Heading):
            pdf.heading(block.text, _room(pdf, following))
        else:
            _write(block, pdf)
    return pdf


def _room(pdf: ReportPdf, following: Block | None) -> float:
    if isinstance(following, Picture):
        return _SMALLEST_PICTURE * pdf.epw * _shape(following) + _AROUND_PICTURE_MM
    return next((room for kind, room in _ROOM_MM.items() if isinstance(following, kind)), 20.0)


@singledispatch
def _write(block: Block, _pdf: ReportPdf) -> None:
    raise TypeError(f"a PDF has no {type(block).__name__}")


@_write.register
def _(block: Table, pdf: ReportPdf) -> None:
    write_table(pdf, block)


@_write.register
def _(block: Tiles, pdf: ReportPdf) -> None:
    """Numbers in a row, each above what it is."""
    width = (pdf.epw - 2.5 * (len(block.tiles) - 1)) / len(block.tiles)
    top = pdf.get_y() + 1
    for number, (value, label) in enumerate(block.tiles):
        x = _MARGIN_MM + number * (width + 2.5)
        pdf.set_fill_color(*_PANEL)
        pdf.set_draw_color(*LINE)
        pdf.rect(x, top, width, 18, style="DF", round_corners=True, corner_radius=1.5)
        pdf.set_xy(x + 1.5, top + 2)
        pdf.set_font("DejaVu Sans", "B", 12)
        pdf.set_text_color(*INK)
        pdf.cell(width - 3, 5.5, value)
        pdf.set_xy(x + 1.5, top + 8.5)
        pdf.set_font("DejaVu Sans", size=6.5)
        pdf.set_text_color(*SOFT)
        pdf.multi_cell(width - 3, 3, label, align="L")
    pdf.set_xy(_MARGIN_MM, top + 19)


@_write.register
def _(block: Note, pdf: ReportPdf) -> None:
    """Words with a bar in the colour of their level."""
    if pdf.will_page_break(14):
        pdf.add_page()
    start, first_page = pdf.get_y(), pdf.page_no()
    pdf.set_left_margin(_MARGIN_MM + 3.5)
    pdf.set_x(_MARGIN_MM + 3.5)
    pdf.words((f"{block.level.capitalize()}. " if block.named else "") + block.text)
    if block.fix:
        pdf.words(block.fix, 8, SOFT)
    pdf.set_left_margin(_MARGIN_MM)
    pdf.set_x(_MARGIN_MM)
    if pdf.page_no() == first_page:
        pdf.set_fill_color(*_LEVEL_COLOURS[block.level])
        pdf.rect(_MARGIN_MM, start, 1.2, pdf.get_y() - start - 1, style="F")
    pdf.ln(1)


@_write.register
def _(block: Paragraph, pdf: ReportPdf) -> None:
    if block.style == "command":
        pdf.words(block.text, 7.5, font="Mono")
    elif block.style == "small":
        pdf.words(block.text, 7.5, SOFT)
    else:
        pdf.words(block.text)


@_write.register
def _(block: Items, pdf: ReportPdf) -> None:
    for number, item in enumerate(block.items, start=1):
        pdf.words(f"{number}. {item}" if block.ordered else item, 8.5 if block.ordered else 7.5)


@_write.register
def _(block: Facts, pdf: ReportPdf) -> None:
    for name, text in block.facts:
        if block.are_grades:
            pdf.words(f"{name}: {text}.", 7.5, GRADE_COLOURS[name])
        else:
            pdf.words(f"{name}: {text}", 7, SOFT)


@_write.register
def _(block: Picture, pdf: ReportPdf) -> None:
    shape = _shape(block)
    full = pdf.epw * shape
    left_over = pdf.page_break_trigger - pdf.get_y() - _AROUND_PICTURE_MM / 2
    height = min(full, left_over) if left_over > _SMALLEST_PICTURE * full else full
    pdf.image(io.BytesIO(block.png), x=_MARGIN_MM + (pdf.epw - height / shape) / 2, h=height)
    pdf.ln(1.5)
    if block.caption:
        pdf.words(block.caption, 7.5, SOFT)


@_write.register
def _(block: Beside, pdf: ReportPdf) -> None:
    top, page = pdf.get_y(), pdf.page_no()
    width = _BESIDE_MM / _shape(block.picture)
    pdf.image(io.BytesIO(block.picture.png), x=_MARGIN_MM, y=top, h=_BESIDE_MM)
    pdf.set_left_margin(_MARGIN_MM + width + 5)
    pdf.set_y(top)
    for inner in block.blocks:
        _write(inner, pdf)
    pdf.set_left_margin(_MARGIN_MM)
    pdf.set_y((max(top + _BESIDE_MM, pdf.get_y()) if pdf.page_no() == page else pdf.get_y()) + 2)


@_write.register
def _(block: Charts, pdf: ReportPdf) -> None:
    """Charts in rows, each below its title, and the key above all of them."""
    if block.key:
        _draw(pdf, block.key, _MARGIN_MM, pdf.get_y(), pdf.epw)
        pdf.set_y(pdf.get_y() + pdf.epw / _ratio(block.key) + 1)
    width = (pdf.epw - (block.across - 1) * _GAP_MM) / block.across
    title = 4.0 + 3.0 * any(chart.result for chart in block.charts)
    for start in range(0, len(block.charts), block.across):
        row = block.charts[start : start + block.across]
        height = title + max(width / _ratio(chart.svg) for chart in row)
        if pdf.will_page_break(height):
            pdf.add_page()
        top = pdf.get_y()
        for place, chart in enumerate(row):
            x = _MARGIN_MM + place * (width + _GAP_MM)
            _line(pdf, (x, top), chart.title, width, (6.5, "B", INK))
            _line(pdf, (x, top + 3), chart.result, width, (5.6, "", SOFT))
            _draw(pdf, chart.svg, x, top + title, width)
        pdf.set_xy(_MARGIN_MM, top + height + 1.5)


def _line(
    pdf: ReportPdf, place: tuple[float, float], text: str, width: float, style: tuple[float, str, Colour]
) -> None:
    """As much of a text as fits on a line, in size, emphasis and colour."""
    size, emphasis, colour = style
    pdf.set_xy(*place)
    pdf.set_font("DejaVu Sans", emphasis, size)
    pdf.set_text_color(*colour)
    pdf.cell(width, 3, pdf.fitted(text, width - 2))


def _draw(pdf: ReportPdf, svg: str, x: float, y: float, width: float) -> None:
    """Draw an SVG with its upper left corner at a place, mm; its marks' words are not for paper."""
    place = pdf.get_x(), pdf.get_y()
    svg = _with_marks_as_paths(re.sub(r"<title>.*?</title>", "", svg))
    # A px of a text is 0.75 pt to fpdf2, and a unit of the drawing to everyone else.
    svg = re.sub(r"font-size: ([\d.]+)px", lambda found: f"font-size: {float(found[1]) / 0.75:.2f}px", svg)
    pdf.image(io.BytesIO(svg.encode()), x=x, y=y, w=width)
    pdf.set_xy(*place)


def _with_marks_as_paths(svg: str) -> str:
    """One path in place of all marks of a series, each of which fpdf2 would parse and copy by itself."""
    forms = {found[1]: (found[2], found[3]) for found in _FORM.finditer(svg)}

    def path(found: re.Match[str]) -> str:
        """Return the path of one row of marks."""
        form, style = forms[found[1]]
        places = [(float(x), float(y)) for x, y in _PLACE.findall(found[0])]
        moved = " ".join(_moved(form, place) for place in places)
        return f'<path d="{moved}" style="{found[2]}; {style or ""}"/>'

    return _MARKS.sub(path, svg)


def _moved(form: str, place: tuple[float, float]) -> str:
    """Path of absolute commands, moved to a place."""
    axis = 0
    parts = []
    for part in form.split():
        if part.isalpha():
            axis = 0
            parts.append(part)
        else:
            parts.append(f"{float(part) + place[axis % 2]:.2f}")
            axis += 1
    return " ".join(parts)


def _ratio(svg: str) -> float:
    """Width of a drawing by its height."""
    _, _, width, height = svg.split('viewBox="')[1].split('"')[0].split()
    return float(width) / float(height)


def _shape(picture: Picture) -> float:
    """Height of a picture by its width."""
    with Image.open(io.BytesIO(picture.png)) as opened:
        return opened.height / opened.width
