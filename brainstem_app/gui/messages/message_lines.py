"""Two lines of text of a message, whatever it says: what happened, and what to do."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_LINES = 2


class MessageLines(QLabel):
    """Says a heading in bold and what follows below it; a heading alone has both lines.

    What has no room is cut off with dots.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading, self._rest = "", ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def tell(self, heading: str, rest: str) -> None:
        """Show another message."""
        self._heading, self._rest = (" ".join(text.split()) for text in (heading, rest))
        self.setText(" ".join(part for part in (self._heading, self._rest) if part))
        self.update()

    def is_cut_at(self, width: int) -> bool:
        """Whether a part of the message is not seen at a width."""
        bold = QFontMetricsF(self._bold)
        if self._rest:
            widths = bold.horizontalAdvance(self._heading), self.fontMetrics().horizontalAdvance(self._rest)
            return max(widths) > width
        lines = self._wrapped(width)
        return bold.horizontalAdvance(lines[-1]) > width if lines else False

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its lines, always."""
        return QSize(0, self.height_of_lines())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As narrow as may be."""
        return self.sizeHint()

    def height_of_lines(self) -> int:
        """Pixels that its lines need."""
        return _LINES * self.fontMetrics().lineSpacing() + 1

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw what fits, in the middle of the height."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        plain, bold = self.font(), self._bold
        lines = [(self._heading, bold), (self._rest, plain)] if self._rest else []
        lines = lines or [(text, bold) for text in self._wrapped(self.width())]
        step = self.fontMetrics().lineSpacing()
        top = (self.height() - step * len(lines)) / 2
        for text, font in lines:
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(QPointF(0, top + metrics.ascent()), shown)
            top += step

    @property
    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def _wrapped(self, width: int) -> list[str]:
        """Break the heading into as many lines as there are; the last one has all the rest."""
        layout = QTextLayout(self._heading, self._bold)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        starts: list[int] = []
        layout.beginLayout()
        while len(starts) < _LINES and (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            starts.append(line.textStart())
        layout.endLayout()
        ends = [*starts[1:], len(self._heading)]
        return [self._heading[start:end].strip() for start, end in zip(starts, ends, strict=True)]
