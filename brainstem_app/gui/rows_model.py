"""Table model of the window: rows of any kind, and columns that say what they show of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

AnyIndex = QModelIndex | QPersistentModelIndex
Row = TypeVar("Row")

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBER = re.compile(r"[−+-]?[\d.,]+(?: ?(?:%|s|min|h))?|…|–")
#: Rows that are looked at to tell what a column holds.
_SEEN = 40
#: What a column is sorted by.
SORT_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table.

    Attributes
    ----------
    title, hint : str
        Its heading, and what that means.
    text : callable
        What a cell shows.
    sort : callable or None
        What it is sorted by; the text, if None.
    roles : mapping of int to callable
        What else a cell has (colour, icon, tooltip), by Qt's roles.
    at_right : bool or None
        Whether it stands at the right, as numbers do; None: if it shows numbers alone.
    """

    title: str
    text: Callable[[Row], Any]
    sort: Callable[[Row], Any] | None = None
    hint: str = ""
    roles: Mapping[Any, Callable[[Row], Any]] = field(default_factory=dict)
    at_right: bool | None = None


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows as columns show them.

    Parameters
    ----------
    columns : sequence of Column
    key : callable
        What a row is known by; the same keys in the same order are the same rows as they are now.
    roles : mapping of int to callable, optional
        What the cells of all columns have that do not say it themselves.
    """

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        parent: QObject | None = None,
        roles: Mapping[Any, Callable[[Row], Any]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._key = key
        self._roles = roles or {}
        self._rows: list[Row] = []
        self._at_right: frozenset[int] = frozenset()
        self._texts: dict[Hashable, str] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, from top to bottom."""
        return tuple(self._rows)

    def row(self, place: int) -> Row | None:
        """Row at a place; None if there is none."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def row_of(self, key: Hashable) -> int:
        """Place of the row with a key, −1 if it is not there."""
        return next((place for place, row in enumerate(self._rows) if self._key(row) == key), -1)

    def column_of(self, title: str) -> int:
        """Place of the column with a title."""
        return [column.title for column in self._columns].index(title)

    def text_of(self, place: int) -> str:
        """All that the cells of a row show, in small letters, to be searched."""
        row = self._rows[place]
        key = self._key(row)
        if (text := self._texts.get(key)) is None:
            text = "\n".join(str(column.text(row)) for column in self._columns).casefold()
            self._texts[key] = text
        return text

    def longest_texts(self) -> list[str]:
        """Longest text of each column, its title too."""
        texts = [[column.title, *(str(column.text(row)) for row in self._rows)] for column in self._columns]
        return [max(of_column, key=len) for of_column in texts]

    def set_rows(self, rows: Sequence[Row], columns: Sequence[Column[Row]] | None = None) -> None:
        """Show other rows, or the same ones as they are now; with other columns, if these are given."""
        same = columns is None and [*map(self._key, rows)] == [*map(self._key, self._rows)]
        if not same:
            self.beginResetModel()
        self._texts.clear()
        self._rows = list(rows)
        if columns is not None:
            self._columns = tuple(columns)
        self._at_right = frozenset(n for n in range(len(self._columns)) if self._is_at_right(n))
        if not same:
            self.endResetModel()
        else:
            self.tell_all()

    def replace(self, place: int, row: Row) -> None:
        """Put another row at a place."""
        self._rows[place] = row
        self.tell(place)

    def insert(self, place: int, row: Row) -> None:
        """Add a row before another; the others stay as they are."""
        self.beginInsertRows(QModelIndex(), place, place)
        self._rows.insert(place, row)
        self.endInsertRows()

    def remove(self, place: int) -> None:
        """Take a row away; the others stay as they are."""
        self.beginRemoveRows(QModelIndex(), place, place)
        del self._rows[place]
        self.endRemoveRows()

    def tell(self, first: int, last: int | None = None) -> None:
        """Tell that rows look otherwise now."""
        if first >= 0:
            for row in self._rows[first : (first if last is None else last) + 1]:
                self._texts.pop(self._key(row), None)
            end = self.index(first if last is None else last, len(self._columns) - 1)
            self.dataChanged.emit(self.index(first, 0), end)

    def tell_all(self) -> None:
        """Tell that all rows look otherwise now."""
        if self._rows:
            self.tell(0, len(self._rows) - 1)

    # Qt's interface ----------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns, and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole and section in self._at_right:
            return _RIGHT
        return column.hint or None if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        return self.value_at(index.row(), index.column(), role)

    def value_at(self, row_number: int, column_number: int, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, by its place."""
        row, column = self._rows[row_number], self._columns[column_number]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == SORT_ROLE:
            return (column.sort or column.text)(row)
        told = column.roles.get(role) or self._roles.get(role)
        if told is None and role == Qt.ItemDataRole.TextAlignmentRole and column_number in self._at_right:
            return _RIGHT
        return None if told is None else told(row)

    def _is_at_right(self, place: int) -> bool:
        """Whether a column stands at the right, its heading too: it shows numbers alone."""
        column = self._columns[place]
        if column.at_right is not None:
            return column.at_right
        shown = [said for row in self._rows[:_SEEN] if (said := str(column.text(row) or "").strip())]
        return bool(shown) and all(map(_NUMBER.fullmatch, shown))
