"""Panel Images: what lies over the scan, from the top down; colours, range and opacity of each."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.colour_bar import ColourBar
from brainstem_app.gui.controls import make_check_box, make_icon_button, remove_widgets
from brainstem_app.gui.design.card import Card
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.tokens import HALF, SPACE
from brainstem_app.gui.viewer.overlays.image_layer import LayerColours, layer_table, value_text

if TYPE_CHECKING:
    from typing import Any

    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.document.image_layers import ImageLayers
    from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer

_FARTHEST, _STEPS, _DIGITS = 1e12, 50, 3
_STOPS = 16


class LayersPanel(Card):
    """Lists the images over the scan of a document.

    Attributes
    ----------
    rows : list of LayerRow
        The topmost image first.
    """

    def __init__(self, document: Document, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title("Images over the scan")
        self._layers = document.layers
        self.rows: list[LayerRow] = []
        self.head.addWidget(commands.button("add_image", "Add…", self))
        self._list = QVBoxLayout()
        self._list.setSpacing(2 * SPACE)
        self.body.addLayout(self._list)
        self._layers.listed.connect(self._show)

    def _show(self) -> None:
        remove_widgets(self._list)
        self.rows = [LayerRow(layer, self._layers, self) for layer in reversed(self._layers.all)]
        for row in self.rows:
            self._list.addWidget(row)


class LayerRow(QWidget):
    """An image: whether it is seen, its place among the others, its colours, range and opacity."""

    def __init__(self, layer: ImageLayer, layers: ImageLayers, parent: QWidget) -> None:
        super().__init__(parent)
        self._layer, self._layers = layer, layers
        self.shown = make_check_box(self, layer.name, self._hint())
        self.shown.toggled.connect(lambda on: self._set(is_visible=on))
        self.up = self._button("chevron-up", "Above the next image", 1)
        self.down = self._button("chevron-down", "Below the next image", -1)
        self.remove = self._button("x", "Take away", 0)
        self.up.setEnabled(layer is not layers.all[-1])
        self.down.setEnabled(layer is not layers.all[0])
        self.colours = ChoiceBox(self)
        self.colours.setAccessibleName(f"Colours of {layer.name}")
        self.colours.setToolTip("Colours")
        for colours, words in self._colour_names().items():
            self.colours.addItem(words, colours)
        self.colours.currentIndexChanged.connect(lambda _row: self._set(colours=self.colours.currentData()))
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setAccessibleName(f"Opacity of {layer.name}")
        self.opacity.setToolTip("Opacity")
        self.opacity.valueChanged.connect(lambda percent: self._set(opacity=percent))
        self.clear = make_check_box(self, "Clear below", "What is smaller than the range is not drawn")
        self.clear.toggled.connect(lambda on: self._set(is_clear_below=on))
        self.low = self._spin("Lowest value, with the first colour", "low")
        self.high = self._spin("Highest value, with the last colour", "high")
        self.scale = ColourBar("Colours from the lowest value to the highest", self)
        self._lay_out()
        layers.changed.connect(self._show)
        self._show()

    def _colour_names(self) -> dict[LayerColours, str]:
        return {
            LayerColours.GREY: "Grey",
            LayerColours.VIRIDIS: "Viridis",
            LayerColours.INFERNO: "Inferno",
            LayerColours.TURBO: "Turbo",
            LayerColours.BLUE_RED: "Blue to red",
        }

    def _hint(self) -> str:
        image = self._layer.image
        lines = [str(image.path), f"Reaches {image.covered:.0%} of the scan"]
        if image.was_resampled:
            lines.append("Interpolated to the scan's voxels, where its header places it")
        return "\n".join(lines)

    def _button(self, icon: str, hint: str, by: int) -> QToolButton:
        """Make a button that lifts the image, lowers it, or takes it away (0)."""

        def run() -> None:
            if by:
                self._layers.lift(self._layer, by)
            else:
                self._layers.remove(self._layer)

        button = make_icon_button(self, icon, f"{hint}: {self._layer.name}", hint)
        button.clicked.connect(run)
        return button

    def _spin(self, name: str, end: str) -> QDoubleSpinBox:
        style, spin = self._layer.style, QDoubleSpinBox(self)
        span = max(style.high - style.low, 1e-12)
        spin.setDecimals(max(0, _DIGITS - 1 - floor(log10(span))))
        spin.setRange(-_FARTHEST, _FARTHEST)
        spin.setSingleStep(10.0 ** round(log10(span / _STEPS)))
        spin.setKeyboardTracking(False)
        spin.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        spin.setAccessibleName(name)
        spin.setToolTip(name)
        spin.valueChanged.connect(lambda value: self._set(**{end: value}))
        return spin

    def _lay_out(self) -> None:
        name, look, values = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        name.setSpacing(HALF)
        name.addWidget(self.shown, 1)
        for button in (self.up, self.down, self.remove):
            name.addWidget(button)
        look.addWidget(self.colours)
        look.addWidget(self.opacity, 1)
        look.addWidget(self.clear)
        values.addWidget(self.low, 1)
        values.addWidget(self.scale)
        values.addWidget(self.high, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(HALF)
        for row in (name, look, values):
            layout.addLayout(row)

    def _set(self, **values: Any) -> None:
        """Draw it otherwise; a range that ends below its beginning moves the other end along."""
        style = self._layer.style
        if values.get("low", style.low) >= values.get("high", style.high):
            width = style.high - style.low
            values |= {"high": values["low"] + width} if "low" in values else {"low": values["high"] - width}
        self._layers.restyle(self._layer, **values)

    def _show(self) -> None:
        """Show how the image is drawn now, whoever has changed it."""
        found = [layer for layer in self._layers.all if layer.image is self._layer.image]
        if not found:
            return  # it has just been taken away
        self._layer = found[0]
        style = self._layer.style
        controls = (self.shown, self.colours, self.opacity, self.clear, self.low, self.high)
        blockers = [QSignalBlocker(control) for control in controls]
        self.shown.setChecked(style.is_visible)
        self.colours.setCurrentIndex(self.colours.findData(style.colours))
        self.opacity.setValue(style.opacity)
        self.clear.setChecked(style.is_clear_below)
        self.low.setValue(style.low)
        self.high.setValue(style.high)
        del blockers
        stops = layer_table(style.colours)[1 :: 255 // _STOPS, :3].tolist()
        self.scale.show_scale([QColor(*stop) for stop in stops], "", "")
        self.scale.setToolTip(f"{value_text(style.low)} – {value_text(style.high)}")
