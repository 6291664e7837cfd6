"""Images over the scan in one view."""

from __future__ import annotations

from PySide6.QtGui import QTransform

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer, layer_table
from brainstem_app.gui.viewer.smooth_image import SmoothImage


class LayerStack:
    """Items of images, between the scan and the labels.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
        Where they are drawn, in voxels times the scale that `set_scale` gives.
    """

    def __init__(self, box: pg.ViewBox) -> None:
        self._box = box
        self._scale = QTransform()
        self._items: list[SmoothImage] = []

    def set_scale(self, scale: QTransform) -> None:
        """Set the size of a voxel in mm."""
        self._scale = scale
        for item in self._items:
            item.setTransform(scale)

    def show(self, layers: tuple[ImageLayer, ...], plane: Plane, index: int) -> None:
        """Draw a slice of images, the first one lowest."""
        while len(self._items) > len(layers):
            self._box.removeItem(self._items.pop())
        while len(self._items) < len(layers):
            item = SmoothImage()
            item.setZValue(len(self._items) / 100)
            item.setTransform(self._scale)
            self._box.addItem(item, ignoreBounds=True)
            self._items.append(item)
        for item, layer in zip(self._items, layers, strict=True):
            item.setLookupTable(layer_table(layer.style.colours))
            item.setOpacity(layer.style.opacity / 100)
            item.setImage(layer.steps(plane, index), autoLevels=False, levels=None)
