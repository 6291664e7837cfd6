"""Rows of a table sorted and searched, quickly enough for thousands of them.

Qt's own QSortFilterProxyModel asks a model written in Python for two cells with each comparison, and takes
rows away one stretch after the other, each with a signal: of 2,000 rows that holds up the window for seconds.
Here the keys are asked for once a row, and the table is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractProxyModel,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtWidgets import QTableView

from brainstem_app.gui.rows_model import SORT_ROLE, RowsModel

AnyIndex = QModelIndex | QPersistentModelIndex
#: Of the cells of every `RowsModel`. The header asks for them of each marked row whenever rows are marked.
_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
#: Rows that change one after the other are put in order together.
_AGAIN_AFTER_MS = 1000


class ArrangedRows(QAbstractProxyModel):
    """Rows of a `RowsModel`: those that hold a text and that a filter lets through, in the order of a column.

    A table that was attached keeps its marked rows, as far as they are shown.

    Signals
    -------
    emptied
        No row holds the text: none is marked any more.
    """

    emptied = Signal()

    def __init__(self, rows: RowsModel[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._shown: list[int] = []
        self._width = 0
        self._place: dict[int, int] = {}
        self._text = ""
        self._is_shown: Callable[[Any], bool] | None = None
        self._column, self._order = -1, Qt.SortOrder.AscendingOrder
        self._table: QTableView | None = None
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_AFTER_MS)
        self._again.timeout.connect(self._arrange_again)
        self.setSourceModel(rows)
        rows.modelReset.connect(self._take_anew)
        rows.rowsInserted.connect(self._take_anew)
        rows.rowsRemoved.connect(self._take_anew)
        rows.dataChanged.connect(self._tell)
        self._take_anew()

    def attach(self, table: QTableView) -> None:
        """Name the table whose marked rows are kept."""
        self._table = table

    def set_text(self, text: str) -> None:
        """Show only rows of which a cell holds a text, however it is capitalised."""
        if text.casefold() != self._text:
            self._text = text.casefold()
            self._arrange()

    def set_filter(self, is_shown: Callable[[Any], bool] | None) -> None:
        """Show only rows of which this is true; None shows all."""
        if is_shown is not None or self._is_shown is not None:
            self._is_shown = is_shown
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Put the rows in the order of a column; of none (−1) as they are listed."""
        if (column, order) != (self._column, self._order):
            self._column, self._order = column, order
            self._arrange()

    def source_row(self, index: AnyIndex) -> int:
        """Row of the source that an index shows; −1 for none."""
        return self._shown[index.row()] if index.isValid() else -1

    def marked_rows(self) -> list[int]:
        """Rows of the source that are marked in the table, in their order."""
        if self._table is None:
            return []
        ranges = cast(Iterable[QItemSelectionRange], self._table.selectionModel().selection())
        return sorted(self._shown[n] for one in ranges for n in range(one.top(), one.bottom() + 1))

    # Arranging ---------------------------------------------------------------------------------------

    def _take_anew(self, *_: object) -> None:
        """Show other rows; none of them is marked."""
        self.beginResetModel()
        self._width = self._rows.columnCount()
        self._choose()
        self.endResetModel()

    def _arrange(self) -> None:
        """Show the same rows otherwise; those marked stay so."""
        self._again.stop()
        table = self._table
        marked = self.marked_rows()
        current = -1 if table is None else self.source_row(table.currentIndex())
        self._take_anew()
        if table is not None:
            self._mark(table, marked, current)

    def _arrange_again(self) -> None:
        before = self._shown
        self._choose()
        after, self._shown = self._shown, before
        self._place = {row: place for place, row in enumerate(before)}
        if after != before:
            self._arrange()

    def _choose(self) -> None:
        rows, is_shown = self._rows.rows, self._is_shown
        shown = [n for n in range(len(rows)) if is_shown is None or is_shown(rows[n])]
        if self._text:
            shown = [n for n in shown if self._text in self._rows.text_of(n)]
        if 0 <= self._column < self._rows.columnCount():
            keys = {n: _key(self._rows.value_at(n, self._column, SORT_ROLE)) for n in shown}
            shown.sort(key=keys.__getitem__, reverse=self._order == Qt.SortOrder.DescendingOrder)
        self._shown = shown
        self._place = {row: place for place, row in enumerate(shown)}

    def _mark(self, table: QTableView, marked: Iterable[int], current: int) -> None:
        """Mark rows of the source in the table again, and set the cursor; the first where none is left."""
        places = sorted(self._place[row] for row in marked if row in self._place)
        at = self.index(self._place.get(current, places[0] if places else 0), 0)
        if not at.isValid():
            self.emptied.emit()
            return
        ends = [place for place, after in pairwise([*places, -1]) if after != place + 1]
        starts = [place for before, place in pairwise([-2, *places]) if place != before + 1]
        chosen, last = QItemSelection(), self.columnCount() - 1
        for start, end in zip(starts or [at.row()], ends or [at.row()], strict=True):
            chosen.select(self.index(start, 0), self.index(end, last))
        table.selectionModel().setCurrentIndex(at, QItemSelectionModel.SelectionFlag.NoUpdate)
        table.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        table.scrollTo(at)

    def _tell(self, first: QModelIndex, last: QModelIndex) -> None:
        """Tell that rows look otherwise, and arrange them anew a little later."""
        if not self._shown:
            return
        places = [0, len(self._shown) - 1]
        if last.row() - first.row() < len(self._shown):
            rows = range(first.row(), last.row() + 1)
            places = sorted(self._place[row] for row in rows if row in self._place)
        if places:
            end = self.index(places[-1], self.columnCount() - 1)
            self.dataChanged.emit(self.index(places[0], 0), end)
        if (self._text or self._is_shown or self._column >= 0) and not self._again.isActive():
            self._again.start()

    # Qt's interface ----------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows that are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else self._width

    def index(self, row: int, column: int, parent: AnyIndex | None = None) -> QModelIndex:
        """Return the index of a cell."""
        inside = 0 <= row < len(self._shown) and 0 <= column < self._width
        return self.createIndex(row, column) if inside else QModelIndex()

    def parent(self, child: AnyIndex | None = None) -> Any:
        """Return none: rows have no rows; without an index the object that this belongs to."""
        return QObject.parent(self) if child is None else QModelIndex()

    def mapToSource(self, index: AnyIndex) -> QModelIndex:  # noqa: N802 - Qt's name
        """Return the index of the same cell in the source."""
        if not index.isValid() or index.row() >= len(self._shown):
            return QModelIndex()
        return cast(QAbstractItemModel, self._rows).index(self._shown[index.row()], index.column())

    def mapFromSource(self, index: AnyIndex) -> QModelIndex:  # noqa: N802 - Qt's name
        """Return the index here of a cell of the source; none if its row is not shown."""
        place = self._place.get(index.row()) if index.isValid() else None
        return QModelIndex() if place is None else self.index(place, index.column())

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        return self._rows.value_at(self._shown[index.row()], index.column(), role)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Return that a cell can be marked; the source need not be asked for that."""
        return _FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns, and what they mean."""
        return self._rows.headerData(section, orientation, role)


def _key(value: object) -> tuple[bool, object]:
    """Key to sort by: numbers by size, before words by letter, however they are capitalised."""
    if isinstance(value, int | float):
        return False, value
    return True, "" if value is None else str(value).casefold()
