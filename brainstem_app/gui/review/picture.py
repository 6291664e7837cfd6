"""Pictures of what the views show, saved as PNG: slices, labels, letters; no control is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from brainstem_app.errors import BrainstemError

_GAP = 4
_CAPTION_SPACE = 6


@dataclass(frozen=True)
class PictureCell:
    """A view, what it shows in words, and its row and column in the picture."""

    view: QWidget
    caption: str
    row: int = 0
    column: int = 0


def picture_target(chosen: Path) -> Path:
    """Path to save a picture to: what the user chose, ending in ``.png``."""
    return chosen if chosen.suffix.lower() == ".png" else chosen.with_name(chosen.name + ".png")


def picture_of(view: QWidget, texts: dict[str, str]) -> QImage:
    """Picture of one view as it is on the screen, with texts that the PNG file carries (scan, place)."""
    return _with_texts(view.grab().toImage(), texts)


def picture_of_all(cells: Sequence[PictureCell], texts: dict[str, str]) -> QImage:
    """Picture of several views beside and below each other, each under its caption.

    The views alone are drawn: sliders and other controls between them on the screen have no place in it.
    """
    first = cells[0].view
    line = first.fontMetrics().height() + _CAPTION_SPACE
    lefts = _starts([(cell.column, cell.view.width()) for cell in cells])
    tops = _starts([(cell.row, cell.view.height() + line) for cell in cells])
    ratio = first.devicePixelRatioF()
    image = QImage(QSize(lefts[-1] - _GAP, tops[-1] - _GAP) * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    palette = first.palette()
    image.fill(palette.color(QPalette.ColorRole.Window))
    painter = QPainter(image)
    painter.setFont(first.font())
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    for cell in cells:
        left, top = lefts[cell.column], tops[cell.row]
        words = QRect(left, top, cell.view.width(), line)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cell.caption)
        # Views of one column differ by the width of a slider: the picture has no stripe in its place.
        width, height = (
            starts[n + 1] - starts[n] - _GAP for starts, n in ((lefts, cell.column), (tops, cell.row))
        )
        painter.fillRect(left, top + line, width, height - line, Qt.GlobalColor.black)
        painter.drawPixmap(left, top + line, cell.view.grab())
    painter.end()
    return _with_texts(image, texts)


def _starts(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Where rows (or columns) begin, by the number and size of each cell; then where the next would."""
    starts = [0]
    for number in range(max(number for number, _ in sizes) + 1):
        starts.append(starts[-1] + _GAP + max(size for other, size in sizes if other == number))
    return starts


def _with_texts(image: QImage, texts: dict[str, str]) -> QImage:
    for key, text in texts.items():
        image.setText(key, text)
    return image


def save_picture(image: QImage, path: Path) -> Path:
    """Write a picture as PNG, complete or not at all.

    Raises
    ------
    BrainstemError
        If it cannot be written.
    """
    from brainstem_app.imaging.atomic import atomic_path

    target = picture_target(path)
    fix = "Choose another folder, or make room on the disk."
    try:
        with atomic_path(target) as temporary:
            if not QImageWriter(str(temporary), b"png").write(image):
                raise BrainstemError("The picture could not be saved.", target, fix)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BrainstemError(f"The picture could not be saved: {reason}.", target, fix) from error
    return target
