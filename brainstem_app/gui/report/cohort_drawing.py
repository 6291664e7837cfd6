"""Drawings of a report: a number with its interval in a cell, the people of each group as dots."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from brainstem_app.counting import counted
from brainstem_app.gui.report.report_table import PLOT_ROLE
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.columns import IntervalPlot

_PLOT_WIDTH = 120
_DOT = 3.5
_MARGIN = 8
_SCALE_WIDTH = 62
_ROW = 30
_WIDEST = 560


class PlotDelegate(QStyledItemDelegate):
    """Draws an `IntervalPlot` on its line; other cells as they are."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a cell."""
        super().paint(painter, option, index)  # an empty cell, as the others of its row
        plot = index.data(PLOT_ROLE)
        if not isinstance(plot, IntervalPlot):
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        roles = QPalette.ColorRole
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = option.palette.color(roles.HighlightedText if selected else roles.Accent)
        faint = option.palette.color(roles.HighlightedText if selected else roles.PlaceholderText)
        area = QRectF(option.rect).adjusted(_MARGIN, 2, -_MARGIN, -2)
        low, high = plot.ends
        level = area.center().y()

        def place(value: float) -> float:
            return area.left() + area.width() * (min(max(value, low), high) - low) / (high - low)

        painter.setPen(QPen(faint, 1))
        painter.drawLine(QPointF(area.left(), level), QPointF(area.right(), level))
        if low < 0 < high:
            painter.drawLine(QPointF(place(0), area.top()), QPointF(place(0), area.bottom()))
        for value, shade in plot.ticks:
            painter.setPen(QPen(QColor(shade), 2))
            painter.drawLine(QPointF(place(value), area.top() + 3), QPointF(place(value), area.bottom() - 3))
        if plot.interval is not None:
            painter.setPen(QPen(colour, 3))
            painter.drawLine(*(QPointF(place(end), level) for end in plot.interval))
        if plot.value is not None:
            painter.setBrush(colour)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(place(plot.value), level), _DOT, _DOT)
        painter.restore()

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return room for the drawing."""
        size = super().sizeHint(option, index)
        return QSize(_PLOT_WIDTH, size.height()) if index.data(PLOT_ROLE) else size


class GroupDots(QWidget):
    """Volumes (areas, ratios, changes) of a structure: a row of dots for each group, a bar at its mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = self._unit = ""
        self._groups: dict[str, tuple[float, ...]] = {}
        self.setMaximumWidth(_WIDEST + 200)

    def show_volumes(self, name: str, groups: dict[str, tuple[float, ...]], unit: str = "mm³") -> None:
        """Draw the values of a structure by group."""
        self._name, self._groups, self._unit = name, groups, unit
        self.setFixedHeight(_ROW * len(groups) + 2 * self.fontMetrics().height() + 14 if groups else 0)
        said = (
            f"{group}: {counted(len(v), 'person')}, mean {self._written(sum(v) / len(v))} {unit}"
            for group, v in groups.items()
            if v
        )
        self.setAccessibleName(f"{name} by group")
        self.setAccessibleDescription("; ".join(said))
        self.setToolTip(self.accessibleDescription().replace("; ", "\n"))
        self.setVisible(bool(groups))
        self.update()

    def _written(self, value: float) -> str:
        return formatting.measure(value, self._unit).replace("-", "−")

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw title, dots and scale."""
        values = [value for group in self._groups.values() for value in group]
        if not values:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, palette = self.fontMetrics(), self.palette()
        text, faint = palette.windowText().color(), palette.placeholderText().color()
        left = max(metrics.horizontalAdvance(group) for group in self._groups) + 2 * _MARGIN
        area = QRectF(
            left, metrics.height() + 4, self.width() - left - _SCALE_WIDTH, _ROW * len(self._groups)
        )
        low, high = min(values), max(values)
        room = 0.05 * (high - low) or 1.0
        low, high = low - room, high + room

        def across(value: float) -> float:
            return area.left() + area.width() * (value - low) / (high - low)

        painter.setPen(text)
        title = f"{self._name}, {self._unit} of each person; the bar is the mean"
        painter.drawText(_MARGIN, metrics.ascent(), title)
        dots = palette.accent().color()
        for number, (group, volumes) in enumerate(self._groups.items()):
            y = area.top() + _ROW * (number + 0.5)
            painter.setPen(faint)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            painter.drawText(_MARGIN, int(y + metrics.ascent() / 2 - 1), group)
            if not volumes:
                continue
            mean = across(sum(volumes) / len(volumes))
            painter.setPen(QPen(text, 2))
            painter.drawLine(QPointF(mean, y - _ROW / 3), QPointF(mean, y + _ROW / 3))
            painter.setPen(Qt.PenStyle.NoPen)
            colour = dots
            colour.setAlpha(150)
            painter.setBrush(colour)
            for volume in volumes:
                painter.drawEllipse(QPointF(across(volume), y), _DOT, _DOT)
        painter.setPen(faint)
        for value in (min(values), max(values)):
            mark = self._written(value)
            x = across(value) - metrics.horizontalAdvance(mark) / 2
            painter.drawText(QPointF(x, area.bottom() + metrics.ascent() + 2), mark)
