"""The table of a report, and the words on a model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from brainstem_app.gui.report.people_content import cohort_content
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


def _effect(name: str, mean: float, unit: str, d: tuple[float, float, float] | None) -> dict[str, Any]:
    low, value, high = d or (None, None, None)
    numbers = {"mean_mm3": mean, "reference_mean_mm3": mean, "difference_mm3": 1.25, "low_mm3": -2.5}
    odds = {"high_mm3": 5.0, "d": value, "d_low": low, "d_high": high, "p": 0.2, "p_holm": 0.4}
    lost = {"not_found": 0, "reference_not_found": 0}
    return {"name": name, "full_name": name, "unit": unit, **numbers, **odds, **lost}


def test_differences_of_groups_have_the_digits_of_their_size_and_a_scale_that_holds_them(
    tmp_path: Path,
) -> None:
    comparison = {
        "group": "patient",
        "n": 4,
        "reference_n": 4,
        "regions": [_effect("pons", 14_000.0, "mm³", (-3.4, -1.0, 1.4))],
        "areas": [_effect("mp_ratio_percent", 32.0, "%", None)],
        "nuclei": [_effect("RN_L", 400.0, "mm³", (-0.5, 0.5, 1.5))],
    }
    report = {
        "subjects": [], "group": "diagnosis", "reference": "control", "covariates": [], "notes": [],
        "comparisons": [comparison], "limits": "",
    }  # fmt: skip
    table = ReportTable()
    content = cohort_content(ReportEntry(ReportKind.COHORT, "out", tmp_path, ()), report)
    table.set_content(content)
    assert content.headers[6] == "d −4 … 4"
    shown = [[table.index(row, column).data() for column in (0, 1, 3, 4)] for row in range(3)]
    assert shown == [
        ["pons", "14,000.0", "1", "-2 to 5"],
        ["mp_ratio_percent", "32.0 %", "1.25", "-2.50 to 5.00"],
        ["RN_L", "400.0", "1.2", "-2.5 to 5.0"],
    ]


def test_card_names_the_network_as_papers_do_and_says_that_confidence_is_calibrated() -> None:
    card = read_card(resource("models", "brainstem31"))
    assert card_summary(card).startswith("N-DecoNet, ResNet-34 encoder; atlas brainstem31")
    assert f"(temperature {card.method.temperature:.2f})" in card_details(card)
    plain = card.model_copy(update={"method": card.method.model_copy(update={"temperature": 1.0})})
    assert "Confidence:" not in card_details(plain)


def test_card_of_own_labels_says_what_it_was_measured_against_and_of_whom() -> None:
    card = read_card(resource("models", "brainstem31"))
    assert "(against registered labels)" in card_summary(card)
    drawn = card.model_copy(update={"reference": "drawn", "atlas": "lab"})
    assert "; labels lab\n" in card_summary(drawn)
    assert "(against labels that people drew)" in card_summary(drawn)
    joined = card_summary(drawn.model_copy(update={"members": 3}))
    assert joined.startswith("Mean of 3 networks: N-DecoNet")
    assert "their mean was not tested" in joined
