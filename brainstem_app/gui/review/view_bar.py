"""Bars above and below the views: layout; opacity, outline, confidence, convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from brainstem_app.gui.colour_bar import ColourBar
from brainstem_app.gui.viewer.brightness import BrightnessPanel, make_brightness_button
from brainstem_app.gui.viewer.convention_switch import ConventionSwitch
from brainstem_app.gui.viewer.opacity_slider import OpacitySlider

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document

# Pixels of the confidence's colours: the bar has room for them in a window of 1280 pixels.
_SCALE = 40


class LayoutBar(QWidget):
    """Buttons for the planes, for zooming back, and for more room."""

    def __init__(self, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for name, text in (
            ("three", "Three planes"),
            ("axial", "Axial"),
            ("coronal", "Coronal"),
            ("sagittal", "Sagittal"),
            ("side_by_side", "Side by side"),
        ):
            row.addWidget(commands.button(name, text, self))
        row.addStretch(1)
        for name, icon in (
            ("fit_labels", "brain"),
            ("fit", "maximize"),
            ("figure", "camera"),
            ("side", "panel-right"),
            ("help", "circle-question-mark"),
        ):
            row.addWidget(commands.button(name, "", self, icon))


class DisplayBar(QWidget):
    """How the labels are drawn, and which side is at the left."""

    def __init__(self, document: Document, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._display = display = document.display
        self.opacity = OpacitySlider((40, 120), self)
        self.opacity.valueChanged.connect(lambda percent: display.set(opacity=percent))
        self.convention = ConventionSwitch(display.state.convention, self)
        self.convention.chosen.connect(lambda convention: display.set(convention=convention))
        self.scale = self._confidence_scale()
        self.brightness = BrightnessPanel(self)
        self.brightness_button = make_brightness_button(self, self.brightness)
        self._lay_out(commands)
        display.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        state = self._display.state
        self.opacity.show_percent(state.opacity)
        self.convention.show_convention(state.convention)
        self.scale.setVisible(state.by_confidence)

    def _lay_out(self, commands: ActionTable) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.opacity.name, self.opacity, self.opacity.percent):
            row.addWidget(widget)
        row.addWidget(commands.button("outline", "Outline", self))
        row.addWidget(commands.button("confidence", "Confidence", self))
        row.addWidget(self.scale)
        row.addStretch(1)
        row.addWidget(self.brightness_button)
        row.addWidget(self.convention)

    def _confidence_scale(self) -> ColourBar:
        from brainstem_app.gui.viewer.overlays.overlay import CONFIDENCE_COLOURS

        bar = ColourBar("Colours of the confidence, red 0 to blue 1", self, _SCALE)
        bar.setToolTip("Probability that the network gave the label that won; no probability of being right")
        bar.show_scale([QColor(*colour) for colour in CONFIDENCE_COLOURS], "0", "1")
        return bar
