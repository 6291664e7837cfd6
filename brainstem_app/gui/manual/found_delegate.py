"""How a list of places that a search has found is drawn: the place, and below it the words around."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import HALF, SPACE

_LINES = 2
#: Role of the words around; the place is the text.
SNIPPET_ROLE = Qt.ItemDataRole.UserRole + 2


class FoundDelegate(QStyledItemDelegate):
    """Draws the place in bold and the words around in two lines."""

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Height of the lines that there are."""
        lines = 1 + (_LINES if index.data(SNIPPET_ROLE) else 0)
        return QSize(SPACE, lines * option.fontMetrics.height() + 2 * SPACE)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw both; what has no room ends with dots."""
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        place, shown.text = shown.text, ""
        QApplication.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        area = shown.rect.adjusted(SPACE, SPACE, -SPACE, -HALF)
        colours, bold = colours_of(shown.widget), QFont(shown.font)
        bold.setBold(bool(index.data(SNIPPET_ROLE)))
        painter.save()
        painter.setFont(bold)
        painter.setPen(QColor(colours.ink))
        title = QFontMetrics(bold).elidedText(place, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), title)
        painter.setFont(shown.font)
        painter.setPen(QColor(colours.soft))
        height = shown.fontMetrics.height()
        area = QRect(area.left(), area.top() + height, area.width(), _LINES * height)
        wrap = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        painter.drawText(area, wrap, str(index.data(SNIPPET_ROLE) or ""))
        painter.restore()
