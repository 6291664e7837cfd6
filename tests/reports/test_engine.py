"""The report engine: page and PDF show whatever block a report has; columns on paper hold their numbers."""

from __future__ import annotations

import gc
import io
from pathlib import Path
from typing import get_args

import psutil
import pytest
from PIL import Image
from pypdf import PdfReader

from brainstem_app.reports.engine.blocks import (
    Beside,
    Block,
    Document,
    Facts,
    Heading,
    Items,
    Note,
    Paragraph,
    Picture,
    Table,
    Tiles,
    cautions,
    repeat,
    rows_of,
)
from brainstem_app.reports.engine.columns import (
    Cell,
    Column,
    IntervalPlot,
    below_five,
    between,
    count,
    grade,
    signed1,
)
from brainstem_app.reports.engine.entry import Estimate, rounded
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.engine.line_chart import Line, LineChart, line_charts
from brainstem_app.reports.engine.pdf import ReportPdf, _laid_out, document_pdf
from brainstem_app.reports.engine.sheets import Sheet

from .pdf_text import headings, pdf_text

NUMBERS = tuple(range(1, 13))


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "#336699").save(buffer, format="PNG")
    return buffer.getvalue()


def _column(number: int) -> Column[int]:
    def value(row: int) -> Cell:
        return between(1000.5 * row, -1234.5 - number, 1234.5, signed1)

    return Column(f"Measure {number}", value, "mm³, 95 % interval")


def _blocks() -> tuple[Block, ...]:
    columns = (
        Column[int]("Name", lambda row: Cell(f"row {row}", below="screen only", swatch="#123456")),
        Column[int]("On paper", lambda row: f"paper {row}", where="paper"),
        Column[int]("Grade", lambda _: "B", format=grade, align="centre"),
        Column[int]("Drawn", lambda _: Cell(plot=IntervalPlot(0.5, (0.25, 0.75))), where="screen"),
        Column[int]("Lost", lambda row: row - 1, format=count),
    )
    chart = LineChart("A <chart>", "across", "up", (Line("a <line>", "#2f7fc1", ((0, 0.1), (1, 0.2))),))
    picture = Picture(_png(), "a blue field", "Caption")
    return (
        Tiles((("0.79", "tile <label>"),)),
        *cautions(["A <warning>."], "Limits."),
        Note("Noted.", "Do this.", "error", named=True),
        Items(("first item", "second item"), ordered=True),
        Facts((("A", "meaning of A"),), are_grades=True),
        Heading("Tables", "tables"),
        Table(columns, rows_of((1, 2))),
        Heading("Pictures"),
        picture,
        Beside(picture, (Paragraph("Beside it.", "small"),)),
        line_charts([chart], 2),
        *repeat("command --line", ["One step."], {"fact": "value <of it>"}),
    )


def _document(*blocks: Block) -> Document:
    return Document(
        "Title", "Kind", "Headline <of it>", "About", "2026-01-02T03:04:05+00:00", blocks or _blocks()
    )


def test_page_and_pdf_show_every_kind_of_block_in_one_order(tmp_path: Path) -> None:
    kinds = {type(block) for block in _blocks()}
    assert kinds == set(get_args(Block)), "a new block is to be tried here"
    write_document(tmp_path, "all", _document(), (Sheet("n", ("n",), [(1,)]),), {})
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    text = pdf_text(tmp_path / "all.pdf")
    assert headings(page) == [
        "Warnings",
        "What these numbers are, and are not",
        "Tables",
        "Pictures",
        "How to repeat this",
    ]
    places = [text.index(heading) for heading in headings(page)]
    assert places == sorted(places)
    for part in (
        "Limits.",
        "Error.",
        "Do this.",
        "second item",
        "meaning of A",
        "row 2",
        "Beside it.",
        "One step.",
    ):
        assert part in page
        assert part in text
    assert "across" in text, "charts are words and lines on paper, not pictures"
    assert ("screen only" in page, "screen only" in text) == (True, False)
    assert ("paper 2" in page, "paper 2" in text) == (False, True)


def test_reports_in_a_row_leave_no_file_open() -> None:
    before = len(psutil.Process().open_files())
    gc.disable()  # as while many scans are segmented
    try:
        made = [document_pdf(_document()) for _ in range(3)]
        assert len(psutil.Process().open_files()) == before
    finally:
        gc.enable()
    assert all(made)


def test_foreign_text_is_no_markup_wherever_it_stands() -> None:
    page = document_html(_document())
    for name in ("<of it>", "<label>", "<warning>", "<chart>", "<line>"):
        assert name not in page
        assert name.replace("<", "&lt;").replace(">", "&gt;") in page


def test_chart_takes_the_colours_of_the_page_and_names_no_other_file() -> None:
    page = document_html(_document())
    chart = page.split('<figure class="chart">')[1].split("</figure>")[0]
    assert "var(--soft)" in chart
    assert "#56636f" not in chart
    assert "http" not in chart


def test_chart_is_the_same_alone_and_after_another() -> None:
    first = LineChart("", "x", "y", (Line("a", "#112233", ((2, 0.5), (9, 0.7)), ((2, 0.4, 0.6),)),))
    second = LineChart("", "x", "y", (Line("a", "#112233", ((0.1, 0.2), (0.3, 0.25))),))
    empty = LineChart("", "x", "y", ())
    together = line_charts((first, second, empty), 3).charts
    alone = [line_charts((chart,), 3).charts[0] for chart in (first, second, empty)]
    assert [chart.svg for chart in together] == [chart.svg for chart in alone]


def test_whisker_longer_than_the_axis_ends_with_it() -> None:
    def drawn(low: float, high: float) -> str:
        line = Line("a", "#112233", ((0, 0.4), (1, 0.9)), ((0, low, high),))
        return line_charts((LineChart("", "x", "y", (line,)),), 1).charts[0].svg

    assert drawn(-3, 4) == drawn(0, 1)


def test_no_number_is_broken_over_lines_on_paper(tmp_path: Path) -> None:
    columns = (Column[int]("Row", lambda row: f"row {row}"), *map(_column, range(1, 7)))
    write_document(tmp_path, "wide", _document(Table(columns, rows_of(NUMBERS))), (), {})
    text = pdf_text(tmp_path / "wide.pdf")
    for row in NUMBERS:
        for number in range(1, 7):
            interval = f"[{signed1(-1234.5 - number)}, {signed1(1234.5)}]"
            assert " ".join(f"{signed1(1000.5 * row)} {interval}".split()) in text


def test_table_that_is_too_wide_for_any_letters_still_has_all_columns(tmp_path: Path) -> None:
    columns = tuple(Column[int](f"EXTRAORDINARILY_LONG_{n}", lambda row: f"{row}") for n in range(24))
    write_document(tmp_path, "wide", _document(Table(columns, rows_of(NUMBERS))), (), {})
    assert len(pdf_text(tmp_path / "wide.pdf")) > 24 * len("EXTRAORDINARILY_LONG_")


@pytest.mark.parametrize(("p", "mark"), [(0.049, "strong"), (0.05, ""), (None, "")])
def test_p_value_below_five_per_cent_is_marked(p: float | None, mark: str) -> None:
    assert below_five(p) == mark


def test_interval_is_left_out_where_an_end_is_unknown() -> None:
    assert between(1.0, None, 2.0, signed1).line == "+1.0"
    assert between(1.0, 0.5, 2.0, signed1).line == "+1.0 [+0.5,\N{NO-BREAK SPACE}+2.0]"
    assert (count(0).mark, count(2).mark) == ("faint", "bad")


def test_plot_cuts_off_what_lies_beyond_its_line() -> None:
    plot = IntervalPlot(3.0, (-5.0, 1.0), ends=(-2.0, 2.0))
    assert not plot.is_inside
    assert (plot.place(-5.0), plot.place(0.0), plot.place(2.0)) == (4.0, 104.0, 204.0)


def test_numbers_of_files_are_rounded_and_finite() -> None:
    assert (rounded(1.23456789), rounded(float("inf")), rounded(None)) == (1.234568, None, None)
    assert Estimate.of(0.5, None) == Estimate(value=0.5, low=None, high=None)


def test_last_page_of_a_pdf_with_a_few_lines_is_spared() -> None:
    def document(n: int) -> Document:
        blocks = tuple(Paragraph(f"{k}. {'words ' * 40}") for k in range(n))
        return Document("t", "k", "h", "a", "2026-01-01T00:00:00+00:00", blocks)

    def laid_out(rows: int) -> ReportPdf:
        pdf = _laid_out(document(rows))
        pdf.close_fonts()
        return pdf

    n = next(n for n in range(20, 80) if laid_out(n).page_no() == 2)
    assert laid_out(n).last_page_share < 0.2
    pages = PdfReader(io.BytesIO(document_pdf(document(n)))).pages
    assert len(pages) == 1
    assert f"{n - 1}. words" in pages[0].extract_text()
    assert len(PdfReader(io.BytesIO(document_pdf(document(n + 15)))).pages) == 2
