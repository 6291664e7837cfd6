"""Table of a report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont

from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.report.report_content import ShownTable
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.reports.engine import columns as engine
from brainstem_app.reports.engine import formatting

#: What is drawn in a cell; name and unit of the part that a row is about.
PLOT_ROLE, NAME_ROLE, UNIT_ROLE = (Qt.ItemDataRole.UserRole + number for number in (2, 3, 4))


class ReportTable(RowsModel[Any]):
    """Rows and columns of a table of a report, written as on its page; numbers are sorted as numbers."""

    def __init__(self, parent: QObject | None = None) -> None:
        about = {
            NAME_ROLE: lambda row: getattr(row, "name", ""),
            UNIT_ROLE: lambda row: getattr(row, "unit", "mm³"),
        }
        super().__init__((), id, parent, about)

    def set_table(self, table: ShownTable | None) -> None:
        """Show another table, or none."""
        columns = () if table is None else table.columns
        self.set_rows(() if table is None else table.rows, [*map(_shown, range(len(columns)), columns)])


def _shown(place: int, column: engine.Column[Any]) -> Column[Any]:
    """Column of the window for one of the page."""

    def of(told: Callable[[engine.Cell], Any]) -> Callable[[Any], Any]:
        return lambda row: told(column.cell(row))

    roles = {
        PLOT_ROLE: of(lambda cell: cell.plot),
        Qt.ItemDataRole.ToolTipRole: lambda row: _hint(column.cell(row)) or getattr(row, "full_name", None),
        Qt.ItemDataRole.DecorationRole: of(lambda cell: QColor(cell.swatch) if cell.swatch else None),
        Qt.ItemDataRole.ForegroundRole: of(_foreground),
        Qt.ItemDataRole.FontRole: of(_font),
    }
    missing = -math.inf if column.align == "right" else ""

    def sorted_by(cell: engine.Cell) -> float | str:
        if cell.number is not None:
            return cell.number
        return missing if cell.text in ("", formatting.MISSING) else cell.text

    title = f"{column.title}\n{column.unit}" if column.unit else column.title
    return Column(
        title,
        of(lambda cell: cell.line),
        of(sorted_by),
        roles=roles,
        at_right=place > 0 and column.align == "right",
    )


def _hint(cell: engine.Cell) -> str:
    return cell.plot.text if cell.plot else cell.below


def _foreground(cell: engine.Cell) -> QColor | None:
    colours = colours_of()
    tones = {"good": colours.good, "bad": colours.poor, "faint": colours.soft}
    return QColor(tones[cell.mark]) if cell.mark in tones else None


def _font(cell: engine.Cell) -> QFont | None:
    if cell.mark not in ("strong", "bad"):
        return None
    font = QFont()
    font.setBold(True)
    return font
