"""What has no room is said in full under the pointer, and ends with dots."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.cut_texts import cut_text, tell_cut_texts
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.rows_model import Column, RowsModel

LONG = "a name that is much longer than there is room for it"


def said(widget: QWidget, place: QPoint) -> str:
    """Words under the pointer, as Qt asks for them."""
    QToolTip.hideText()
    QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place)))
    return QToolTip.text()


@pytest.mark.parametrize("kind", [ChoiceBox, QLineEdit])
def test_a_field_that_is_too_narrow_says_all_of_its_text_and_its_help(
    qtbot: QtBot, kind: type[QWidget]
) -> None:
    tell_cut_texts()
    field = kind()
    qtbot.addWidget(field)
    field.setToolTip("What it is for")
    field.addItem(LONG) if isinstance(field, ChoiceBox) else field.setText(LONG)
    field.resize(90, 28)
    field.show()
    assert said(field, QPoint(10, 10)) == f"{LONG}\nWhat it is for"
    field.resize(900, 28)
    assert cut_text(field, QPoint(10, 10)) == ""


def test_a_drop_down_draws_dots_where_its_text_ends(qtbot: QtBot) -> None:
    box, short = ChoiceBox(), ChoiceBox()
    for one, text in ((box, LONG), (short, "a")):
        qtbot.addWidget(one)
        one.addItem(text)
        one.resize(120, 28)
        one.show()
    shown = box.fontMetrics().elidedText(LONG, Qt.TextElideMode.ElideRight, 60)
    assert shown.endswith("…")
    short.setItemText(0, LONG)
    assert box.grab().toImage() == short.grab().toImage()


def test_cells_and_headings_that_are_cut_say_all_of_it(qtbot: QtBot) -> None:
    tell_cut_texts()
    table = QTableView()
    qtbot.addWidget(table)
    hints = {Qt.ItemDataRole.ToolTipRole: lambda row: f"/folder/{row}"}
    model = RowsModel[str]([Column(LONG.upper(), str), Column("b", lambda _row: "x")], str, table, hints)
    model.set_rows([LONG])
    table.setModel(model)
    table.setColumnWidth(0, 60)
    table.show()
    cell = table.visualRect(model.index(0, 0)).center()
    assert said(table.viewport(), cell) == f"/folder/{LONG}", "the path holds the name"
    assert cut_text(table.viewport(), table.visualRect(model.index(0, 1)).center()) == ""
    assert cut_text(table.horizontalHeader().viewport(), QPoint(5, 5)) == LONG.upper()
