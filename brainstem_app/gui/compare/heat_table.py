"""Heat map of a comparison: a table whose cells are coloured by their value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from brainstem_app.counting import counted
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import text_on
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.reports.grid.scale import ColourScale, scale_of

if TYPE_CHECKING:
    from brainstem_app.gui.compare.heat import Heat, HeatCell

_FRAME = 2


class HeatDelegate(QStyledItemDelegate):
    """Fills cells that have a colour with it, which a style sheet does not; the chosen one has a frame."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a cell."""
        colour = index.data(Qt.ItemDataRole.BackgroundRole)
        if not isinstance(colour, QColor):
            super().paint(painter, option, index)
            return
        painter.save()
        painter.fillRect(option.rect, colour)
        ink = QColor(index.data(Qt.ItemDataRole.ForegroundRole))
        painter.setFont(option.font)
        painter.setPen(QPen(ink, _FRAME))
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.drawRect(option.rect.adjusted(_FRAME, _FRAME, -_FRAME - 1, -_FRAME - 1))
        painter.restore()


class HeatTable(RowsModel[int]):
    """Rows and columns of a `Heat`, by their numbers; the first column holds the names of the rows.

    Attributes
    ----------
    scale : ColourScale
        How a number becomes a colour.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((), lambda row: row, parent)
        self._heat: Heat | None = None
        self._measure = "nuclei"
        self.scale = ColourScale()

    def set_heat(self, heat: Heat | None) -> None:
        """Show another comparison, or the same as it stands now."""
        before, self._heat = self._heat, heat
        self.scale = scale_of(self._values())
        if heat is None:
            self.set_rows((), ())
        elif before is None or (before.rows, before.columns) != (heat.rows, heat.columns):
            self.set_rows(range(len(heat.rows)), self._made_columns(heat))
        else:
            self.tell_all()

    def set_measure(self, measure: str) -> None:
        """Show the mean over the nuclei, or over all classes."""
        self._measure = measure
        self.set_heat(self._heat)

    def cell(self, row: int, column: int) -> HeatCell | None:
        """Cell at a place of the table; None for a heading or a combination that is left out."""
        cells = None if self._heat is None else self._heat.cells
        return None if cells is None else cells.get((row, column - 1))

    @property
    def has_values(self) -> bool:
        """Whether any cell has a number."""
        return bool(self._values())

    def colour(self, shade: float) -> QColor:
        """Colour of a share of the scale: at 0 that of an empty cell, at 1 green."""
        base, hot = QColor(colours_of().card), QColor(colours_of().good)
        mixed = [round((1 - shade) * b + shade * h) for b, h in zip(_rgb(base), _rgb(hot), strict=True)]
        return QColor(*mixed)

    def _values(self) -> list[float]:
        cells = (self._heat.cells or {}).values() if self._heat is not None else ()
        return [value for cell in cells if (value := cell.value(self._measure)) is not None]

    def _made_columns(self, heat: Heat) -> list[Column[int]]:
        def of_cell(column: int, told: Callable[[HeatCell], Any]) -> Callable[[int], Any]:
            def of_row(row: int) -> Any:
                cell = self.cell(row, column)
                return None if cell is None else told(cell)

            return of_row

        def sorted_by(column: int) -> Callable[[int], float]:
            def of_row(row: int) -> float:
                cell = self.cell(row, column)
                value = None if cell is None else cell.value(self._measure)
                return -2.0 if cell is None else -1.0 if value is None else value

            return of_row

        roles = {
            Qt.ItemDataRole.ToolTipRole: self._hint,
            Qt.ItemDataRole.AccessibleTextRole: self._hint,
            Qt.ItemDataRole.TextAlignmentRole: lambda _cell: Qt.AlignmentFlag.AlignCenter,
            Qt.ItemDataRole.BackgroundRole: self._background,
            Qt.ItemDataRole.ForegroundRole: self._foreground,
        }
        names: Column[int] = Column("", lambda row: heat.rows[row])
        return [
            names,
            *(
                Column(
                    title,
                    of_cell(number, self._text),
                    sorted_by(number),
                    title,
                    {role: of_cell(number, told) for role, told in roles.items()},
                    at_right=False,
                )
                for number, title in enumerate(heat.columns, start=1)
            ),
        ]

    def _text(self, cell: HeatCell) -> str:
        value, done = cell.value(self._measure), len(cell.nuclei)
        if value is None:
            return "failed" if cell.failed else "…"
        count = "" if done == len(cell.runs) else f"  {done}/{len(cell.runs)}"
        return f"{value:.3f}{count}{'  ⚠' if cell.failed else ''}"

    def _hint(self, cell: HeatCell) -> str:
        value = cell.value(self._measure)
        repeats = counted(len(cell.runs), "repeat")
        parts = [cell.name, f"{len(cell.nuclei)} of {repeats} done"]
        if value is not None:
            parts.append(f"mean IoU {value:.4f}")
        if cell.failed:
            parts.append(f"{cell.failed} failed: {cell.reason}")
        return "\n".join(parts)

    def _background(self, cell: HeatCell) -> QColor | None:
        value = cell.value(self._measure)
        return None if value is None else self.colour(self.scale.shade(value))

    def _foreground(self, cell: HeatCell) -> QColor:
        background = self._background(cell)
        if background is not None:
            return QColor(text_on(background.name()))
        return QColor(colours_of().poor if cell.failed else colours_of().soft)


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()
