"""One result on the wall: its picture, its name and state, and what is unusual of it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from brainstem_app.counting import counted, listed
from brainstem_app.evaluation.usual_confidence import FAR_Z
from brainstem_app.gui.design.tokens import COLOURS, SPACE, Look
from brainstem_app.gui.quality.quality_items import QualityItem
from brainstem_app.gui.quality.wall_model import WallModel
from brainstem_app.plain_text import printable
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.scan.confidence import LOW_CONFIDENCE_CODE

PICTURE = QSize(480, 150)
_MARGIN = 6
_STRIPE = 5
_NAMED = 2
# A tile grows with the wall up to this, in widths of a picture, which would be blurred beyond.
_WIDEST = 1.4
#: Colours that are told apart without red and green.
_TONES = {"accepted": "good", "rejected": "poor", "edited": "fair"}
_BACKGROUND = QColor(16, 20, 24)


def _picture(width: int) -> QSize:
    """Size of a picture that is so wide."""
    return QSize(width, round(width * PICTURE.height() / PICTURE.width()))


class WallDelegate(QStyledItemDelegate):
    """Paints the tiles of the wall, all of one size."""

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Picture, and two lines below it; as wide as fills the wall with the tiles of a row."""
        least = PICTURE.width() + 2 * _MARGIN
        view = option.widget
        # Qt breaks a row where a second scroll bar would not fit.
        wall = view.viewport().width() - 2 * SPACE if isinstance(view, QAbstractItemView) else least
        wide = min(max(wall // max(wall // least, 1), least), round(_WIDEST * PICTURE.width()))
        lines = 2 * option.fontMetrics.height() + 2
        return QSize(wide, _picture(wide - 2 * _MARGIN).height() + lines + 3 * _MARGIN)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a tile."""
        model = index.model()
        if not isinstance(model, WallModel) or (item := model.item(index)) is None:
            return
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette, area = option.palette, option.rect
        if selected:
            painter.fillRect(area, palette.highlight())
        inner = area.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        place = QRect(inner.topLeft(), _picture(inner.width()))
        self._paint_picture(painter, place, model, item)
        if tone := _TONES.get(item.state):
            colour = QColor(str(getattr(COLOURS[Look.DARK], tone)))
            painter.fillRect(QRect(place.left(), place.top(), _STRIPE, place.height()), colour)
        roles = QPalette.ColorRole
        painter.setPen(palette.color(roles.HighlightedText if selected else roles.WindowText))
        metrics = option.fontMetrics
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        first = QRect(inner.left(), place.bottom() + 4, inner.width(), metrics.height())
        for line, text in enumerate((self._title(item), self._numbers(item))):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, first.width())
            painter.drawText(first.translated(0, line * metrics.height()), left, shown)
        painter.restore()

    def _paint_picture(self, painter: QPainter, place: QRect, model: WallModel, item: QualityItem) -> None:
        painter.fillRect(place, _BACKGROUND)
        picture = model.picture(item)
        if picture is not None and not picture.isNull():
            target = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            corner = QRect(place.topLeft(), target)
            corner.moveLeft(place.left() + (place.width() - target.width()) // 2)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(corner, picture)
            return
        painter.setPen(QColor(COLOURS[Look.DARK].soft))
        words = "reading…" if picture is None else "no picture"
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _title(self, item: QualityItem) -> str:
        words = {
            "unseen": "",
            "accepted": "accepted",
            "rejected": "rejected",
            "edited": "corrected, to be looked at",
        }
        said = words.get(item.state, item.state)
        if item.cells.get("labels") == "corrected" and item.state != "edited":
            said = f"{said}, corrected"
        why = item.cells.get("why", "")
        return printable("  ·  ".join(part for part in (item.words, said, why) if part))

    def _numbers(self, item: QualityItem) -> str:
        parts = []
        fit, confidence = item.number("fit"), item.number("confidence")
        parts += [f"fit {fit:.2f}"] if fit is not None else []
        parts += [f"confidence {confidence:.2f}"] if confidence is not None else []
        scores = ((name, item.score(name) or 0.0) for name in item.z_columns)
        far = sorted(((name, z) for name, z in scores if abs(z) >= FAR_Z), key=lambda pair: -abs(pair[1]))
        parts += [f"{name.removesuffix('_z')} z {formatting.signed(z, 1)}" for name, z in far[:2]]
        if unsure := item.cells.get("unsure"):
            nuclei = unsure.split(", ")
            parts.append(f"low confidence in {counted(len(nuclei), 'nucleus')}: {listed(nuclei, _NAMED)}")
        # Codes of the report's warnings, e.g. medulla-cut.
        codes = item.cells.get("warned", "").split(", ")
        parts += [code.replace("-", " ") for code in codes if code not in ("", LOW_CONFIDENCE_CODE)]
        return printable("  ·  ".join(parts))
