"""Navigation at the left: one row a step, with its state."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from brainstem_app.gui.workflow.step import StepName, step_text

_STATUS_ROLE = Qt.ItemDataRole.UserRole + 1
_STEP_ROLE = Qt.ItemDataRole.UserRole
_PADDING = 8
_NUMBER_WIDTH = 22
_WIDTH = 148
_SMALL = 0.85


class StepBar(QListWidget):
    """Lists the steps; choosing one asks for its page.

    Signals
    -------
    chosen(object)
        The `StepName` the user wants to see.
    """

    chosen = Signal(object)

    def __init__(self, steps: tuple[StepName, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("step_bar")
        self.setAccessibleName(self.tr("Steps of the work"))
        self.setAccessibleDescription(self.tr("Ctrl+1 to Ctrl+8 go to a step."))
        self.setItemDelegate(_StepDelegate(self))
        self.setFixedWidth(_WIDTH)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setStyleSheet("#step_bar { background: palette(window); }")
        for step in steps:
            text = step_text(step)
            item = QListWidgetItem(text.title)
            item.setData(_STEP_ROLE, step)
            item.setToolTip(self.tr("{0} (Ctrl+{1})").format(text.purpose, step.number))
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, text.purpose)
            self.addItem(item)
        self.currentItemChanged.connect(self._on_current)

    def show_step(self, step: StepName) -> None:
        """Mark a step as the one on the screen."""
        item = self._item(step)
        if item is not None and item is not self.currentItem():
            self.blockSignals(True)
            self.setCurrentItem(item)
            self.blockSignals(False)
            self.viewport().update()

    def set_status(self, step: StepName, status: str) -> None:
        """Set the line under a step's name."""
        item = self._item(step)
        if item is not None:
            item.setData(_STATUS_ROLE, status)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}, {status}" if status else "")

    def status_of(self, step: StepName) -> str:
        """Line under a step's name."""
        item = self._item(step)
        return "" if item is None else str(item.data(_STATUS_ROLE) or "")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its rows."""
        return QSize(_WIDTH, self.sizeHintForRow(0) * self.count())

    def _item(self, step: StepName) -> QListWidgetItem | None:
        rows = (self.item(row) for row in range(self.count()))
        return next((item for item in rows if item.data(_STEP_ROLE) == step), None)

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(StepName(item.data(_STEP_ROLE)))


class _StepDelegate(QStyledItemDelegate):
    """Draws number, title and, smaller below it, the state of a step."""

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines and their margins."""
        height = option.fontMetrics.height()
        return QSize(_WIDTH, round(height * (1 + _SMALL)) + 2 * _PADDING + 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a row."""
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        area: QRect = option.rect
        if selected:
            painter.fillRect(area, palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, palette.alternateBase())
        roles = QPalette.ColorRole
        strong = palette.color(roles.HighlightedText if selected else roles.WindowText)
        faint = palette.color(roles.HighlightedText if selected else roles.PlaceholderText)
        inner = area.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        first = QRect(inner.left(), inner.top(), inner.width(), option.fontMetrics.height())
        painter.setPen(faint)
        painter.setFont(option.font)
        painter.drawText(first, left, str(StepName(index.data(_STEP_ROLE)).number))
        bold = QFont(option.font)
        bold.setBold(selected)
        painter.setFont(bold)
        painter.setPen(strong)
        painter.drawText(first.adjusted(_NUMBER_WIDTH, 0, 0, 0), left, str(index.data()))
        small = QFont(option.font)
        small.setPointSizeF(small.pointSizeF() * _SMALL)
        painter.setFont(small)
        painter.setPen(faint)
        below = QRect(
            inner.left() + _NUMBER_WIDTH, first.bottom() + 2, inner.width() - _NUMBER_WIDTH, first.height()
        )
        metrics = QFontMetrics(small)
        status = metrics.elidedText(
            str(index.data(_STATUS_ROLE) or ""), Qt.TextElideMode.ElideRight, below.width()
        )
        painter.drawText(below, left, status)
        painter.restore()
