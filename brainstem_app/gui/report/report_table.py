"""The table of a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from brainstem_app.gui.report.report_content import Effect, Measured, Named, NotSeen, OneDigit, Rounded

if TYPE_CHECKING:
    from brainstem_app.gui.report.report_content import Cell, ReportContent

AnyIndex = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
EFFECT_ROLE = Qt.ItemDataRole.UserRole + 2


class ReportTable(QAbstractTableModel):
    """Rows and columns of a `ReportContent`; numbers are written with three digits and sorted as numbers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headers: tuple[str, ...] = ()
        self._rows: tuple[tuple[Cell, ...], ...] = ()

    def set_content(self, content: ReportContent | None) -> None:
        """Show another report, or none."""
        self.beginResetModel()
        self._headers = () if content is None else content.headers
        self._rows = () if content is None else content.rows
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._headers)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._headers[section]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row = self._rows[index.row()]
        value = row[index.column()] if index.column() < len(row) else None
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(value)
        if role == SORT_ROLE:
            if isinstance(value, NotSeen):
                return math.inf
            return -1.0 if value is None else getattr(value, "value", value)
        if role == EFFECT_ROLE:
            return value if isinstance(value, Effect) else None
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, Effect):
            return _text(value)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, Named):
            return value.full
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, int | float | NotSeen):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Effect):
        return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"
    if isinstance(value, Measured):
        return f"{value:z,.1f} {value.unit}"
    if isinstance(value, Rounded):
        return f"{value:z,.{value.decimals}f}"
    if isinstance(value, OneDigit):
        return f"{value:z,.1f}"
    if float(value).is_integer():
        return f"{value:,.0f}"
    if 0 < abs(value) < 0.0005:
        return "< 0.001" if value > 0 else "> −0.001"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
