"""Table of a report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from brainstem_app.gui.report.report_content import Cell, Effect, Measured, Named, NotSeen, OneDigit, Rounded
from brainstem_app.gui.rows_model import Column, RowsModel

if TYPE_CHECKING:
    from brainstem_app.gui.report.report_content import ContentTable, ReportContent

Cells = tuple[Cell, ...]
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
EFFECT_ROLE = Qt.ItemDataRole.UserRole + 2


class ReportTable(RowsModel[Cells]):
    """Rows and columns of a `ReportContent`; numbers are written with three digits and sorted as numbers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((), id, parent)

    def set_content(self, content: ReportContent | ContentTable | None) -> None:
        """Show another report, one of its tables, or none."""
        headers = () if content is None else content.headers
        self.set_rows(() if content is None else content.rows, [*map(_column, range(len(headers)), headers)])


def _column(number: int, title: str) -> Column[Cells]:
    """Column that shows the cells of this number."""

    def of(told: Callable[[Cell], Any]) -> Callable[[Cells], Any]:
        return lambda row: told(row[number] if number < len(row) else None)

    roles = {
        EFFECT_ROLE: lambda value: value if isinstance(value, Effect) else None,
        Qt.ItemDataRole.ToolTipRole: _hint,
        Qt.ItemDataRole.TextAlignmentRole: lambda value: _RIGHT if _is_number(value) else None,
    }
    return Column(title, of(_text), of(_sorted_by), roles={role: of(told) for role, told in roles.items()})


def _sorted_by(value: Cell) -> Any:
    if isinstance(value, NotSeen):
        return math.inf
    return -1.0 if value is None else getattr(value, "value", value)


def _hint(value: Cell) -> str | None:
    if isinstance(value, Effect):
        return _text(value)
    return value.full if isinstance(value, Named) else None


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float | NotSeen)


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
