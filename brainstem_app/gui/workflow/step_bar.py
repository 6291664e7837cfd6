"""Navigation at the left: one row a step, with its icon and its state; folded, the icons alone."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from brainstem_app.gui.design.icons import line_pixmap
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import HALF, RADIUS, SPACE
from brainstem_app.gui.workflow.step import StepName, step_text

_STATUS_ROLE = Qt.ItemDataRole.UserRole + 1
_STEP_ROLE = Qt.ItemDataRole.UserRole
_ICON = 18
_WIDTH, _FOLDED_WIDTH = 168, 52
_SMALL = 0.85


class StepBar(QListWidget):
    """Lists the steps; choosing one asks for its page.

    Attributes
    ----------
    is_folded : bool
        Whether only the icons are seen.

    Signals
    -------
    chosen(object)
        The `StepName` the user wants to see.
    """

    chosen = Signal(object)

    def __init__(self, steps: tuple[StepName, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_folded = False
        self.setObjectName("step_bar")
        self.setAccessibleName("Steps of the work")
        self.setAccessibleDescription("Ctrl+1 to Ctrl+8 go to a step.")
        self.setItemDelegate(_StepDelegate(self))
        self.setFixedWidth(_WIDTH)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setMouseTracking(True)
        for step in steps:
            if step.is_of_training and not self._heading_row():
                self._add_heading("Train your own")
            self._add_step(step)
        self.currentItemChanged.connect(self._on_current)

    def _add_step(self, step: StepName) -> None:
        text = step_text(step)
        item = QListWidgetItem(text.title)
        item.setData(_STEP_ROLE, step)
        item.setToolTip(f"{text.title}: {text.purpose} ({step.key})")
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, text.purpose)
        self.addItem(item)

    def _add_heading(self, words: str) -> None:
        item = QListWidgetItem(words)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.addItem(item)

    def _heading_row(self) -> bool:
        return any(self.item(row).data(_STEP_ROLE) is None for row in range(self.count()))

    def fold(self, folded: bool) -> None:
        """Show the icons alone, or icons and names."""
        if folded != self.is_folded:
            self.is_folded = folded
            self.setFixedWidth(_FOLDED_WIDTH if folded else _WIDTH)
            self.scheduleDelayedItemsLayout()
            self.viewport().update()

    def show_step(self, step: StepName) -> None:
        """Mark a step as the one on the screen."""
        item = self._item(step)
        if item is not None and item is not self.currentItem():
            with QSignalBlocker(self):
                self.setCurrentItem(item)
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
        return QSize(self.width(), sum(self.sizeHintForRow(row) for row in range(self.count())) + SPACE)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for a few rows; the others are scrolled to."""
        return QSize(self.width(), self.sizeHintForRow(0) * 3)

    def _item(self, step: StepName) -> QListWidgetItem | None:
        rows = (self.item(row) for row in range(self.count()))
        return next((item for item in rows if item.data(_STEP_ROLE) == step), None)

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None and item.data(_STEP_ROLE) is not None:
            self.chosen.emit(StepName(item.data(_STEP_ROLE)))


class _StepDelegate(QStyledItemDelegate):
    """Draws icon, title and, smaller below it, the state of a step; headings small and faint."""

    def __init__(self, bar: StepBar) -> None:
        super().__init__(bar)
        self._bar = bar

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines and their margins; a heading takes one, folded a line to part the steps."""
        height, width = option.fontMetrics.height(), self._bar.width()
        if index.data(_STEP_ROLE) is None:
            return QSize(width, 2 * SPACE if self._bar.is_folded else height + 2 * SPACE)
        return QSize(width, round(height * (1 + _SMALL)) + 2 * SPACE - 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(_STEP_ROLE) is None:
            self._paint_heading(painter, option, str(index.data()))
        else:
            self._paint_step(painter, option, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, words: str) -> None:
        colours, area = colours_of(self._bar), option.rect.adjusted(SPACE, 0, -SPACE, 0)
        if self._bar.is_folded:
            painter.setPen(option.palette.color(QPalette.ColorRole.Mid))
            painter.drawLine(area.left(), area.center().y(), area.right(), area.center().y())
            return
        painter.setFont(_small(option.font))
        painter.setPen(colours.soft)
        below = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(area.adjusted(HALF, 0, 0, -HALF), below, words)

    def _paint_step(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = colours_of(self._bar)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area: QRect = option.rect.adjusted(HALF, 1, -HALF, -1)
        ground = colours.select if selected else colours.hover if _is_hovered(option) else ""
        if ground:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.highlight() if selected else option.palette.midlight())
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        if selected and self._bar.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colours.accent)
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        icon = step_text(StepName(index.data(_STEP_ROLE))).icon
        picture = line_pixmap(
            icon, colours.accent if selected else colours.soft, _ICON, self._bar.devicePixelRatioF()
        )
        status = str(index.data(_STATUS_ROLE) or "")
        left = area.center().x() - _ICON // 2 + 1 if self._bar.is_folded else area.left() + SPACE
        painter.drawPixmap(left, area.center().y() - _ICON // 2 + 1, picture)
        if not self._bar.is_folded:
            words = area.adjusted(2 * SPACE + _ICON + HALF, 0, -HALF, 0)
            self._paint_words(painter, option, words, str(index.data()), status)

    def _paint_words(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        title: str,
        status: str,
    ) -> None:
        colours, font, small = colours_of(self._bar), QFont(option.font), _small(option.font)
        font.setBold(bool(option.state & QStyle.StateFlag.State_Selected))
        high, low = QFontMetrics(font).height(), QFontMetrics(small).height() if status else 0
        top = area.center().y() - (high + low) // 2 + 1
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font)
        painter.setPen(colours.ink)
        painter.drawText(QRect(area.left(), top, area.width(), high), middle, title)
        painter.setFont(small)
        painter.setPen(colours.soft)
        cut = QFontMetrics(small).elidedText(status, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(QRect(area.left(), top + high, area.width(), low), middle, cut)


def _small(font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(False)
    made.setPointSizeF(font.pointSizeF() * _SMALL)
    return made


def _is_hovered(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_MouseOver)
