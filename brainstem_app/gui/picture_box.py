"""Picture that fits itself into the room there is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.file_dialogs import open_in_system


class PictureBox(QWidget):
    """A picture as large as there is room, its proportions kept."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 200)
        self._pixmap = QPixmap()
        self._scaled = QPixmap()
        self.path: Path | None = None
        self._words = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is no picture."""
        return self._pixmap.isNull()

    def show_image(self, image: QImage | None, path: Path | None = None, words: str = "") -> None:
        """Show a picture that was read, or why there is none."""
        self.path, self._words = path, words
        self._pixmap = QPixmap() if image is None else QPixmap.fromImage(image)
        self._scaled = QPixmap()
        self.setToolTip("" if path is None else "Double click opens it at its full size")
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Open the picture with the system's program."""
        if self.path is not None:
            open_in_system(self.path)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the picture, scaled once a size."""
        if self._pixmap.isNull():
            painter = QPainter(self)
            painter.setPen(QColor(colours_of(self).soft))
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), wrapped, self._words)
            return
        ratio = self.devicePixelRatioF()
        target = self._pixmap.size().scaled(self.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio)
        if self._scaled.size() != target:
            smooth = Qt.TransformationMode.SmoothTransformation
            self._scaled = self._pixmap.scaled(target, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled.setDevicePixelRatio(ratio)
        left = (self.width() - target.width() / ratio) / 2
        QPainter(self).drawPixmap(round(left), 0, self._scaled)
