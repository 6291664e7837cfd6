"""Two sliders for the intensities of the scan that are drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from brainstem_app.gui.document.drawing_tools import LAST_STEP

if TYPE_CHECKING:
    from brainstem_app.gui.document.drawing_tools import DrawingTools

_TICKS = 500


class IntensityRange(QWidget):
    """Lowest and highest intensity, each with a slider, and both in the scan's own units."""

    def __init__(self, tools: DrawingTools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self.lowest, self.highest = (
            self._slider("Lowest intensity that is drawn on"),
            self._slider("Highest intensity that is drawn on"),
        )
        self.text = QLabel(self)
        self.text.setAccessibleName("Intensities that are drawn on")
        self.text.setMinimumWidth(self.fontMetrics().horizontalAdvance("00000–00000 "))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.lowest, 1)
        row.addWidget(self.highest, 1)
        row.addWidget(self.text)
        tools.brush_changed.connect(self._show)
        self._show()

    @property
    def _top(self) -> float:
        """Step at the right end: brighter ones are told apart by nobody."""
        image = self._tools.image
        return float(LAST_STEP) if image is None else min(1.5 * image.window[1], float(LAST_STEP))

    def _slider(self, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, _TICKS)
        slider.setAccessibleName(name)
        slider.setToolTip(name)
        slider.valueChanged.connect(self._set)
        return slider

    def _set(self) -> None:
        """Take what the sliders say; one does not pass the other."""
        low, high = self.lowest.value(), self.highest.value()
        if low > high:
            other = self.highest if self.sender() is self.lowest else self.lowest
            with QSignalBlocker(other):
                other.setValue(low if other is self.highest else high)
            low, high = self.lowest.value(), self.highest.value()
        top = LAST_STEP if high == _TICKS else round(high * self._top / _TICKS)
        self._tools.set_levels(round(low * self._top / _TICKS), top)

    def _show(self) -> None:
        image, (low, high) = self._tools.image, self._tools.levels
        self.setEnabled(image is not None and self._tools.limits_intensity)
        for slider, level in ((self.lowest, low), (self.highest, high)):
            if not slider.isSliderDown():
                with QSignalBlocker(slider):
                    slider.setValue(min(round(level * _TICKS / self._top), _TICKS))
        if image is None:
            self.text.clear()
            return
        words = [f"{image.lowest + image.step * level:.0f}" for level in (low, high)]
        self.text.setText("–".join(words) if high < LAST_STEP else f"from {words[0]}")
