"""Layers over the scan in a view: labels filled or outlined, confidence, differences."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QTransform

from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.overlays.curves_item import Curves, CurvesItem
from brainstem_app.gui.viewer.overlays.outline import outline_lines
from brainstem_app.gui.viewer.overlays.overlay import confidence_table

Slice = NDArray[np.uint8]
_LINE_PIXELS = 2.0
_HATCH = QColor(255, 255, 255, 230)


class OverlayStyle(Enum):
    """How labels are drawn."""

    FILL = auto()
    OUTLINE = auto()


class OverlayLayers:
    """The items over the scan in one view.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
        Where they are drawn, in voxels times the scale that `set_scale` gives.
    """

    def __init__(self, box: pg.ViewBox) -> None:
        self.fill = pg.ImageItem()
        self.outline = _OutlineItem()
        self.confidence = pg.ImageItem()
        self.confidence.setLookupTable(confidence_table())
        self.differences = _HatchItem()
        self.curves = CurvesItem()
        self._items = (self.fill, self.confidence, self.outline, self.differences)
        self._curves: Curves | None = None
        for height, item in enumerate(self._items, start=1):
            item.setZValue(height)
            box.addItem(item, ignoreBounds=True)
        self.curves.setZValue(len(self._items))
        box.addItem(self.curves, ignoreBounds=True)
        self._style = OverlayStyle.FILL
        self._scale = QTransform()
        self._slices: tuple[Slice | None, ...] = (None, None, None)
        self.set_colours(np.zeros((256, 4), dtype=np.uint8))

    def set_scale(self, scale: QTransform) -> None:
        """Set the size of a voxel in mm."""
        self._scale = scale
        self.curves.setTransform(scale)

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Set the colours of the labels, (256, 4); those without opacity are not drawn."""
        self._table = table
        self.fill.setLookupTable(table)
        self._draw_derived()

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of labels and confidence, 0…1."""
        for item in (self.fill, self.outline, self.confidence, self.curves):
            item.setOpacity(opacity)

    def set_style(self, style: OverlayStyle) -> None:
        """Fill the labels or outline them."""
        self._style = style
        self._draw()

    def show(
        self,
        labels: Slice | None,
        reference: Slice | None,
        confidence: Slice | None,
        corner: tuple[int, int] = (0, 0),
        curves: Curves | None = None,
    ) -> None:
        """Draw a slice of each of them (V, H), or a part of it from a corner (h, v); None for none.

        Where labels and reference differ is marked. A confidence is drawn in place of the filled labels;
        outlines stay. Curves of the labels are drawn in place of their voxels.
        """
        self._curves = curves
        part = None if labels is None else _part_with_labels(labels, reference)
        if part is None:
            self._slices = (None, None, None)
        else:
            slices = (labels, reference, confidence)
            self._slices = tuple(None if values is None else values[part] for values in slices)
            place = QTransform.fromTranslate(corner[0] + part[1].start, corner[1] + part[0].start)
            place *= self._scale
            for item in self._items:
                item.setTransform(place)
        self._draw()

    def _draw(self) -> None:
        labels, _, confidence = self._slices
        is_voxels = labels is not None and self._curves is None
        fills = is_voxels and confidence is None and self._style is OverlayStyle.FILL
        self.fill.setVisible(fills)
        if fills:
            self.fill.setImage(labels, autoLevels=False, levels=None)
        self._draw_derived()

    def _draw_derived(self) -> None:
        """Draw what depends on which labels are visible."""
        labels, reference, confidence = self._slices
        visible = self._table[:, 3] > 0
        is_filled = self._style is OverlayStyle.FILL
        outlines = labels is not None and self._curves is None and not is_filled
        is_curved = self._curves is not None and not (is_filled and confidence is not None)
        self.curves.setVisible(is_curved)
        if self._curves is not None and is_curved:
            drawn = self._curves(np.flatnonzero(visible).tolist())
            self.curves.show_curves(drawn, self._table, is_filled=is_filled)
        self.outline.setVisible(outlines)
        if labels is not None and outlines:
            self.outline.show_labels(np.where(visible[labels], labels, 0), self._table)
        self.confidence.setVisible(labels is not None and confidence is not None)
        if labels is not None and confidence is not None:
            shown = np.where(visible[labels], np.maximum(confidence, 1), 0)
            self.confidence.setImage(shown, autoLevels=False, levels=None)
        self.differences.setVisible(labels is not None and reference is not None)
        if labels is not None and reference is not None:
            self.differences.show_mask((labels != reference) & (visible[labels] | visible[reference]))


def _part_with_labels(labels: Slice, reference: Slice | None) -> tuple[slice, slice] | None:
    """Rows and columns that hold all labels and those of the reference; None if there are none."""
    rows, columns = (labels.any(axis=axis) for axis in (1, 0))
    if reference is not None:
        rows, columns = rows | reference.any(axis=1), columns | reference.any(axis=0)
    down, across = np.flatnonzero(rows), np.flatnonzero(columns)
    if down.size == 0:
        return None
    return slice(int(down[0]), int(down[-1]) + 1), slice(int(across[0]), int(across[-1]) + 1)


class _OutlineItem(pg.GraphicsObject):
    """Outlines in the colours of the labels, two pixels wide at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[tuple[QPen, QPainterPath]] = []
        self._bounds = QRectF()

    def show_labels(self, labels: Slice, table: NDArray[np.uint8]) -> None:
        """Outline the labels of a slice."""
        self._paths = []
        for label, lines in outline_lines(labels).items():
            pen = QPen(QColor(*(int(c) for c in table[label, :3])), _LINE_PIXELS)
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.SquareCap)
            self._paths.append((pen, _path_of(lines)))
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, labels.shape[1], labels.shape[0])
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return the whole slice."""
        return self._bounds

    def paint(self, painter: QPainter, *_arguments: Any) -> None:
        """Draw the lines."""
        for pen, path in self._paths:
            painter.setPen(pen)
            painter.drawPath(path)


class _HatchItem(pg.GraphicsObject):
    """Hatches voxels in white; the hatching has the same width at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QPainterPath()
        self._edge = QPainterPath()
        self._bounds = QRectF()

    def show_mask(self, mask: NDArray[np.bool_]) -> None:
        """Hatch the voxels of a slice that are true."""
        values = mask.astype(np.uint8)
        self._area, self._edge = _area_of(values), QPainterPath()
        for lines in outline_lines(values).values():
            self._edge = _path_of(lines)
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, mask.shape[1], mask.shape[0])
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return the whole slice."""
        return self._bounds

    def paint(self, painter: QPainter, *_arguments: Any) -> None:
        """Draw hatching and edge."""
        brush = QBrush(_HATCH, Qt.BrushStyle.BDiagPattern)
        inverse, invertible = painter.worldTransform().inverted()
        if invertible:
            brush.setTransform(inverse)
        painter.fillPath(self._area, brush)
        pen = QPen(_HATCH, 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPath(self._edge)


def _path_of(lines: NDArray[np.float32]) -> QPainterPath:
    points = lines.reshape(-1, 2).astype(np.float64)
    path: QPainterPath = pg.arrayToQPath(points[:, 0].copy(), points[:, 1].copy(), connect="pairs")
    return path


def _area_of(values: Slice) -> QPainterPath:
    """Rectangles of one voxel's height over each run of ones."""
    area = QPainterPath()
    steps = np.diff(np.pad(values, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        area.addRect(QRectF(start, row, end - start, 1))
    return area
