"""The table of a report, and the words on a model card."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.evaluation.usual_confidence import UsualConfidence
from brainstem_app.gui.report.read_report import read_report
from brainstem_app.gui.report.report_content import ShownTable, tables_of
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind
from brainstem_app.gui.report.report_table import ReportTable
from brainstem_app.gui.rows_model import SORT_ROLE
from brainstem_app.gui.segment.card_text import card_details, card_summary
from brainstem_app.locations import resource
from brainstem_app.models.card import read_card
from brainstem_app.reports.engine.blocks import Heading, Paragraph, Table, rows_of
from brainstem_app.reports.engine.columns import Cell, Column
from brainstem_app.reports.engine.formatting import MISSING, signed
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest

from ..reports.made_results import MODEL, inputs_with_confidence

BY_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def test_change_that_is_not_seen_stands_with_the_numbers_and_behind_all() -> None:
    seen = {"PAG": 2.9, "VTA_L": math.inf, "SC_L": 18.5}

    def smallest(name: str) -> Cell:
        return Cell("†" if math.isinf(seen[name]) else str(seen[name]), number=seen[name])

    columns: tuple[Column[str], ...] = (Column("Structure", str), Column("Smallest", smallest, "change, %"))
    table = ReportTable()
    table.set_table(ShownTable("Structures", columns, tuple(seen)))
    cells = [table.index(row, 1) for row in range(3)]
    assert [cell.data() for cell in cells] == ["2.9", "†", "18.5"]
    assert all(cell.data(Qt.ItemDataRole.TextAlignmentRole) == BY_RIGHT for cell in cells)
    assert max(cells, key=lambda cell: cell.data(SORT_ROLE)).data() == "†"
    assert table.headerData(1, Qt.Orientation.Horizontal) == "Smallest\nchange, %"


def test_tables_that_the_page_divides_are_one_and_have_the_notes_of_their_heading() -> None:
    who = Column[str]("Subject", str)
    halves = [Table((who, Column(name, len)), rows_of(("sub-1", "sub-2"))) for name in ("PAG", "RN_L")]
    blocks = [Heading("Scores"), Paragraph("How far.", "small"), *halves, Heading("Who is in"), halves[0]]
    scores, people = tables_of(blocks)
    assert [column.title for column in scores.columns] == ["Subject", "PAG", "RN_L"]
    assert (scores.rows, scores.note) == (("sub-1", "sub-2"), "How far.")
    assert (people.title, people.note) == ("Who is in", "")


def test_missing_numbers_are_sorted_before_all_and_words_as_words() -> None:
    columns: tuple[Column[float | None], ...] = (
        Column("Nucleus", str),
        Column("d", lambda value: value, format=signed),
        Column("Name", lambda _value: "", align="words"),
    )
    table = ReportTable()
    table.set_table(ShownTable("Effects", columns, (1.5, None, -2.0)))
    keys = [table.index(row, 1).data(SORT_ROLE) for row in range(3)]
    assert sorted(keys) == [-math.inf, -2.0, 1.5]
    assert [table.index(row, 1).data() for row in range(3)] == ["+1.50", MISSING, "\N{MINUS SIGN}2.00"]
    assert table.index(0, 2).data(SORT_ROLE) == ""


def test_card_names_the_network_as_papers_do_and_says_that_confidence_is_calibrated() -> None:
    card = read_card(resource("models", "brainstem31"))
    assert card_summary(card).startswith("N-DecoNet, ResNet-34 encoder; atlas brainstem31")
    assert f"(temperature {card.method.temperature:.2f})" in card_details(card)
    plain = card.model_copy(update={"method": card.method.model_copy(update={"temperature": 1.0})})
    assert "Confidence:" not in card_details(plain)


def test_card_names_the_nuclei_of_which_the_model_is_often_unsure() -> None:
    card = read_card(resource("models", "brainstem31"))
    assert "Often unsure of: PAG, PBP_L, PBP_R, VTA_L, LC_L, LC_R, MedR" in card_details(card)
    unknown = card.model_copy(update={"usual_confidence": None})
    assert "Often unsure" not in card_details(unknown)


def test_card_of_own_labels_says_what_it_was_measured_against_and_of_whom() -> None:
    card = read_card(resource("models", "brainstem31"))
    assert "(against registered labels)" in card_summary(card)
    drawn = card.model_copy(update={"reference": "drawn", "atlas": "lab"})
    assert "; labels lab\n" in card_summary(drawn)
    assert "(against labels that people drew)" in card_summary(drawn)
    given = card.model_copy(update={"reference": "segmented", "atlas": "lab"})
    assert "(against labels that a model gave)" in card_summary(given)
    joined = card_summary(drawn.model_copy(update={"members": 3}))
    assert joined.startswith("Mean of 3 networks: N-DecoNet")
    assert "their mean was not tested" in joined


def test_report_of_a_scan_marks_each_low_confidence_and_warns_of_the_unusual_one(
    tmp_path: Path, table: LabelTable
) -> None:
    usual = {name: UsualConfidence(median=m, spread=0.02) for name, m in (("RN_L", 0.82), ("PAG", 0.68))}
    model = replace(MODEL, low_confidence=0.7, usual_confidence=usual)
    inputs = inputs_with_confidence(table, model)
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    file = tmp_path / "report.json"
    file.write_text(report.to_json(), encoding="utf-8")
    content = read_report(ReportEntry(ReportKind.SEGMENTATION, "head", tmp_path, (file,)))
    (warned,) = (text for what, text in content.lines if what == "warning" and "confidence" in text)
    assert warned.startswith("1 nucleus with an unusually low confidence: RN_L (0.55, usually 0.82).")
    assert "often unsure of PAG" in content.notes
    structures = content.tables[0]
    assert structures.note.startswith("An asterisk marks a confidence below the model's limit, two")
    (column,) = (c for c in structures.columns if c.title == "Confidence")
    assert [column.cell(row).text for row in structures.rows[:3]] == ["0.55 **", "0.85", "0.65 *"]
