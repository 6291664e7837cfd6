"""Table model: rows as columns show them, and what is told of changes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from brainstem_app.gui.rows_model import SORT_ROLE, Column, RowsModel

Fruit = tuple[str, float]


@pytest.fixture
def model() -> RowsModel[Fruit]:
    columns: list[Column[Fruit]] = [
        Column("Name", lambda fruit: fruit[0]),
        Column(
            "Price",
            lambda fruit: f"{fruit[1]:.2f}",
            lambda fruit: fruit[1],
            "In euros",
            {Qt.ItemDataRole.ToolTipRole: lambda fruit: f"{fruit[0]} for {fruit[1]}"},
        ),
    ]
    made: RowsModel[Fruit] = RowsModel(
        columns, lambda fruit: fruit[0], roles={Qt.ItemDataRole.ToolTipRole: lambda fruit: fruit[0]}
    )
    made.tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.set_rows([("pear", 2.0), ("fig", 10.0)])
    return made


def test_cells_show_sort_and_explain_as_their_column_says(model: RowsModel[Fruit]) -> None:
    price = model.index(1, 1)
    assert price.data() == "10.00"
    assert price.data(SORT_ROLE) == 10.0
    assert model.index(1, 0).data(SORT_ROLE) == "fig"
    assert price.data(Qt.ItemDataRole.ToolTipRole) == "fig for 10.0"
    assert model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole) == "fig"
    assert model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) == "In euros"


def test_same_rows_are_changed_in_place_so_that_the_selection_stays(model: RowsModel[Fruit]) -> None:
    reset, changed = QSignalSpy(model.modelReset), QSignalSpy(model.dataChanged)
    model.set_rows([("pear", 3.0), ("fig", 10.0)])
    assert (reset.count(), changed.count()) == (0, 1)
    assert model.index(0, 1).data() == "3.00"
    model.set_rows([("fig", 10.0)])
    assert reset.count() == 1


def test_rows_are_found_by_their_key(model: RowsModel[Fruit]) -> None:
    assert model.row_of("fig") == 1
    assert model.row_of("plum") == -1
    assert model.row(7) is None
    model.insert(0, ("plum", 1.0))
    assert model.row_of("fig") == 2
    model.remove(0)
    assert model.rows == (("pear", 2.0), ("fig", 10.0))
