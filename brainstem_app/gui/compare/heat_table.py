"""The heat map as a table whose cells are coloured by their value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication

from brainstem_app.counting import counted
from brainstem_app.reports.grid.scale import ColourScale, scale_of

if TYPE_CHECKING:
    from brainstem_app.gui.compare.heat import Heat, HeatCell

AnyIndex = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
_HOT = QColor("#2e9d57")
_DARK_TEXT, _LIGHT_TEXT = QColor("#111111"), QColor("#ffffff")


class HeatTable(QAbstractTableModel):
    """Rows and columns of a `Heat`; the first column holds the names of the rows.

    Attributes
    ----------
    scale : ColourScale
        How a number becomes a colour.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heat: Heat | None = None
        self._measure = "nuclei"
        self.scale = ColourScale()

    def set_heat(self, heat: Heat | None) -> None:
        """Show another comparison, or the same as it stands now."""
        before = self._heat
        same = (
            before is not None
            and heat is not None
            and (before.rows, before.columns) == (heat.rows, heat.columns)
        )
        if not same:
            self.beginResetModel()
        self._heat = heat
        self.scale = scale_of(self._values())
        if not same:
            self.endResetModel()
        elif self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def set_measure(self, measure: str) -> None:
        """Show the mean over the nuclei, or over all classes."""
        self._measure = measure
        self.set_heat(self._heat)

    def cell(self, row: int, column: int) -> HeatCell | None:
        """Cell at a place of the table; None for a heading or a combination that is left out."""
        if self._heat is None or self._heat.cells is None:
            return None
        return self._heat.cells.get((row, column - 1))

    @property
    def has_values(self) -> bool:
        """Whether any cell has a number."""
        return bool(self._values())

    def colour(self, shade: float) -> QColor:
        """Colour of a share of the scale: at 0 that of an empty cell, at 1 green."""
        base = QGuiApplication.palette().base().color()
        mixed = [
            round((1 - shade) * b + shade * h)
            for b, h in zip(base.getRgb()[:3], _HOT.getRgb()[:3], strict=True)
        ]
        return QColor(*mixed)

    def _values(self) -> list[float]:
        cells = (self._heat.cells or {}).values() if self._heat is not None else ()
        return [value for cell in cells if (value := cell.value(self._measure)) is not None]

    # Qt's interface --------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return 0 if self._heat is None or (parent is not None and parent.isValid()) else len(self._heat.rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        if self._heat is None or (parent is not None and parent.isValid()):
            return 0
        return 1 + len(self._heat.columns)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Headings of the columns."""
        if orientation is not Qt.Orientation.Horizontal or self._heat is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole or (role == Qt.ItemDataRole.ToolTipRole and section):
            return self._heat.columns[section - 1] if section else ""
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if self._heat is None:
            return None
        if index.column() == 0:
            shown = role in (Qt.ItemDataRole.DisplayRole, SORT_ROLE)
            return self._heat.rows[index.row()] if shown else None
        cell = self.cell(index.row(), index.column())
        if cell is None:
            return -2.0 if role == SORT_ROLE else None
        return self._of(cell, role)

    def _of(self, cell: HeatCell, role: int) -> Any:
        value = cell.value(self._measure)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(cell, value)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._hint(cell, value)
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignCenter
            case Qt.ItemDataRole.BackgroundRole if value is not None:
                return self.colour(self.scale.shade(value))
            case Qt.ItemDataRole.ForegroundRole if value is not None:
                return _DARK_TEXT if self.colour(self.scale.shade(value)).lightnessF() > 0.5 else _LIGHT_TEXT
            case Qt.ItemDataRole.ForegroundRole:
                return QColor("#d0342c") if cell.failed else QGuiApplication.palette().placeholderText()
            case _:
                return -1.0 if role == SORT_ROLE and value is None else value if role == SORT_ROLE else None

    def _text(self, cell: HeatCell, value: float | None) -> str:
        if value is not None:
            done, mark = len(cell.nuclei), "  ⚠" if cell.failed else ""
            return (
                f"{value:.3f}{mark}"
                if done == len(cell.runs)
                else f"{value:.3f}  {done}/{len(cell.runs)}{mark}"
            )
        return self.tr("failed") if cell.failed else "…"

    def _hint(self, cell: HeatCell, value: float | None) -> str:
        parts = [
            cell.name,
            self.tr("{0} of {1} done").format(len(cell.nuclei), counted(len(cell.runs), self.tr("repeat"))),
        ]
        if value is not None:
            parts.append(self.tr("mean IoU {0:.4f}").format(value))
        if cell.failed:
            parts.append(self.tr("{0} failed: {1}").format(cell.failed, cell.reason))
        return "\n".join(parts)
