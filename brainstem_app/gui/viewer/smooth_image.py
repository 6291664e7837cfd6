"""Image of the scan in a view: interpolated, so that enlarged voxels do not look like bricks."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QPainter

from brainstem_app.gui.viewer.graphics import pg


class SmoothImage(pg.ImageItem):
    """An image drawn with bilinear interpolation."""

    def paint(self, painter: QPainter, *arguments: Any) -> None:
        """Draw with bilinear interpolation."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        super().paint(painter, *arguments)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
