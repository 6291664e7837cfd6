"""Rows of a table sorted and searched: what is marked stays marked, and thousands of rows take no time."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.arranged_rows import ArrangedRows
from brainstem_app.gui.controls import make_sortable, make_table
from brainstem_app.gui.rows_model import Column, RowsModel

Person = tuple[str, float]
PEOPLE: list[Person] = [("Bea", 31.0), ("anna", 9.0), ("Cleo", 100.0), ("Änne", 9.5)]


class Table:
    """A table of people, and what is shown and marked in it."""

    def __init__(self, parent: QWidget, people: list[Person]) -> None:
        self.parent = parent  # kept: what it holds goes with it
        columns: list[Column[Person]] = [
            Column("Name", lambda person: person[0]),
            Column("Age", lambda person: f"{person[1]:g} years", lambda person: person[1]),
        ]
        self.model: RowsModel[Person] = RowsModel(columns, lambda person: person[0], parent)
        self.model.set_rows(people)
        self.arranged = ArrangedRows(self.model, parent)
        self.view: QTableView = make_table(parent, self.arranged, "People")
        make_sortable(self.view)
        self.arranged.attach(self.view)

    @property
    def names(self) -> list[str]:
        """Names from top to bottom."""
        rows = range(self.arranged.rowCount())
        return [str(self.arranged.data(self.arranged.index(row, 0))) for row in rows]

    @property
    def marked(self) -> list[str]:
        """Names of those marked, in the order of the model."""
        return [self.model.rows[row][0] for row in self.arranged.marked_rows()]

    @property
    def current(self) -> str:
        """Name in the row of the cursor."""
        return self.model.rows[self.arranged.source_row(self.view.currentIndex())][0]


@pytest.fixture
def table(qtbot: QtBot) -> Table:
    parent = QWidget()
    qtbot.addWidget(parent)
    return Table(parent, PEOPLE)


def test_rows_stand_as_they_are_listed_until_a_heading_is_clicked(table: Table) -> None:
    assert table.names == ["Bea", "anna", "Cleo", "Änne"]
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert table.names == ["anna", "Änne", "Bea", "Cleo"]
    table.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert table.names == ["Änne", "Cleo", "Bea", "anna"]
    assert table.arranged.headerData(1, Qt.Orientation.Horizontal) == "Age"


def test_marked_rows_and_the_cursor_stay_when_the_order_changes(table: Table) -> None:
    table.view.selectRow(0)
    table.view.setSelectionMode(QTableView.SelectionMode.MultiSelection)
    table.view.selectRow(2)
    assert (table.marked, table.current) == (["Bea", "Cleo"], "Cleo")
    table.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert (table.marked, table.current) == (["Bea", "Cleo"], "Cleo")


def test_search_shows_rows_that_hold_the_text_in_any_column(table: Table) -> None:
    table.view.selectRow(2)
    table.arranged.set_text("9")
    assert table.names == ["anna", "Änne"]
    assert table.marked == [table.current] == ["anna"]
    table.arranged.set_text("BEA")
    assert table.names == ["Bea"]
    with_none = []
    table.arranged.emptied.connect(lambda: with_none.append(True))
    table.arranged.set_text("nobody")
    assert (table.names, with_none) == ([], [True])
    table.arranged.set_text("")
    assert table.names == ["Bea", "anna", "Cleo", "Änne"]


def test_row_that_changes_is_shown_at_once_and_put_in_order_a_little_later(
    qtbot: QtBot, table: Table
) -> None:
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    table.view.selectRow(0)
    table.model.replace(1, ("anna", 500.0))
    assert table.arranged.data(table.arranged.index(0, 1)) == "500 years"
    qtbot.waitUntil(lambda: table.names == ["Änne", "Bea", "Cleo", "anna"], timeout=60_000)
    assert table.marked == ["anna"]


def test_other_rows_are_shown_when_the_model_has_others(table: Table) -> None:
    table.model.set_rows([("Dora", 1.0)])
    assert table.names == ["Dora"]
    table.model.insert(0, ("Emil", 2.0))
    assert table.names == ["Emil", "Dora"]
    table.model.remove(1)
    assert table.names == ["Emil"]


def test_two_thousand_marked_rows_are_sorted_and_searched_within_a_tenth_of_a_second(qtbot: QtBot) -> None:
    """Of the processor: a busy machine shows nothing."""
    parent = QWidget()
    qtbot.addWidget(parent)
    many = Table(parent, [(f"sub-{n:04d}", float(n * 7919 % 2000)) for n in range(2000)])
    parent.show()
    many.view.setFocus()
    QTest.keyClick(many.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    took = []
    for deed in (
        lambda: many.view.sortByColumn(1, Qt.SortOrder.AscendingOrder),
        lambda: many.arranged.set_text("7"),
        lambda: many.arranged.set_text(""),
    ):
        begun = time.thread_time()
        deed()
        took.append(time.thread_time() - begun)
    assert many.names[:2] == ["sub-0000", "sub-1679"]
    assert len(many.marked) == len([n for n in range(2000) if "7" in f"sub-{n:04d}{n * 7919 % 2000}"])
    assert max(took) < 0.1, took


def test_search_of_marked_rows_asks_the_source_for_what_is_seen_alone(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    table = Table(parent, [(f"sub-{number:04d}", float(number)) for number in range(2_000)])
    table.view.resize(300, 200)
    parent.show()
    table.view.selectAll()
    asked, index = [], table.model.index

    def count(row: int, column: int) -> QModelIndex:
        asked.append(row)
        return index(row, column)

    monkeypatch.setattr(table.model, "index", count)
    table.arranged.set_text("sub-")
    qtbot.wait(50)
    assert len(table.marked) == 2_000
    assert len(asked) < 200
    cell = table.arranged.index(1_500, 1)
    assert table.arranged.flags(cell) == table.model.flags(table.model.index(1_500, 1))
