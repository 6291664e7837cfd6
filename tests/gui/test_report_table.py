"""The table of a report, and the words on a model card."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from brainstem_app.gui.report.report_content import NotSeen, OneDigit, ReportContent
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind
from brainstem_app.gui.report.report_table import ReportTable
from brainstem_app.gui.rows_model import SORT_ROLE
from brainstem_app.gui.segment.card_text import card_details, card_summary
from brainstem_app.locations import resource
from brainstem_app.models.card import read_card

BY_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def test_change_that_is_not_seen_stands_with_the_numbers_and_behind_all(tmp_path: Path) -> None:
    table = ReportTable()
    rows = (("PAG", OneDigit(2.9)), ("VTA_L", NotSeen("none seen")), ("SC_L", OneDigit(18.5)))
    entry = ReportEntry(ReportKind.SEGMENTATION, "sub-01", tmp_path, ())
    table.set_content(ReportContent(entry, (), ("Nucleus", "Smallest change %"), rows))
    cells = [table.index(row, 1) for row in range(3)]
    assert [cell.data() for cell in cells] == ["2.9", "none seen", "18.5"]
    assert all(cell.data(Qt.ItemDataRole.TextAlignmentRole) == BY_RIGHT for cell in cells)
    assert max(cells, key=lambda cell: cell.data(SORT_ROLE)).data() == "none seen"


def test_card_names_the_network_as_papers_do_and_says_that_confidence_is_calibrated() -> None:
    card = read_card(resource("models", "brainstem31"))
    assert card_summary(card).startswith("N-DecoNet, ResNet-34 encoder; atlas brainstem31")
    assert f"(temperature {card.method.temperature:.2f})" in card_details(card)
    plain = card.model_copy(update={"method": card.method.model_copy(update={"temperature": 1.0})})
    assert "Confidence:" not in card_details(plain)
