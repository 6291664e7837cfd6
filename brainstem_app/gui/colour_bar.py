"""Legend of colours: from the lowest value to the highest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_BAR = 76
_MARGIN = 6


class ColourBar(QWidget):
    """Draws the low value, the colours on a `bar` of some pixels, the high value."""

    def __init__(self, name: str, parent: QWidget | None = None, bar: int = _BAR) -> None:
        super().__init__(parent)
        self._bar = bar
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._colours: tuple[QColor, ...] = ()
        self.low = self.high = ""

    def show_scale(self, colours: Sequence[QColor], low: str, high: str) -> None:
        """Show other colours, evenly spaced, and the values at their ends."""
        self._colours, self.low, self.high = tuple(colours), low, high
        self.setAccessibleDescription(f"{low} – {high}")
        self.setFixedWidth(self._bar + self._width(low) + self._width(high))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the values and the colours between them."""
        painter = QPainter(self)
        text = self.palette().windowText().color()
        height = min(self.height() - 8, self.fontMetrics().height())
        bar = self.rect().adjusted(self._width(self.low), 0, -self._width(self.high), 0)
        bar.setTop((self.height() - height) // 2)
        bar.setHeight(height)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for number, colour in enumerate(self._colours):
            gradient.setColorAt(number / max(1, len(self._colours) - 1), colour)
        painter.fillRect(bar, gradient)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(text)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | middle, self.low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | middle, self.high)

    def _width(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text) + _MARGIN
