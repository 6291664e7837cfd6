"""Brightness of the pictures: two sliders with their numbers below a histogram, and Auto."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import make_button, make_icon_button
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.viewer.volume import ImageVolume

_TICKS = 1000
_BINS = 96
_WIDTH = 260


class Histogram(QWidget):
    """How often each intensity occurs, and which of them are drawn from black to white."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: NDArray[np.float64] = np.zeros(_BINS)
        self._window = (0.0, 1.0)
        self.setFixedHeight(64)
        self.setAccessibleName("Histogram of the intensities")

    def show_bars(self, counts: NDArray[np.int64]) -> None:
        """Show other counts; their roots are drawn, so that the few bright voxels are seen too."""
        bars = np.sqrt(counts.astype(np.float64))
        self._bars = bars / max(1.0, float(bars.max(initial=0.0)))
        self.update()

    def show_window(self, low: float, high: float) -> None:
        """Show which share of the range, 0…1, is drawn from black to white."""
        self._window = (low, high)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the bars, and two lines where black and white are."""
        painter, colours = QPainter(self), colours_of(self)
        width, height = self.width() / len(self._bars), self.height()
        painter.fillRect(self.rect(), QColor(colours.window))
        for number, bar in enumerate(self._bars):
            is_shown = self._window[0] <= (number + 0.5) / len(self._bars) <= self._window[1]
            area = QRectF(number * width, height * (1 - bar), max(width - 0.5, 1.0), height * bar)
            painter.fillRect(area, QColor(colours.accent if is_shown else colours.line))
        painter.setPen(QColor(colours.ink))
        for share in self._window:
            x = round(min(max(share, 0.0), 1.0) * (self.width() - 1))
            painter.drawLine(x, 0, x, height)


class BrightnessPanel(QFrame):
    """Histogram, the darkest and the brightest intensity that is told apart, and Auto.

    Signals
    -------
    window_chosen(float, float)
        The user wants these intensity steps black and white.
    auto_wanted
        The user wants those that suit the brainstem.
    """

    window_chosen = Signal(float, float)
    auto_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self.setAccessibleName("Brightness and contrast")
        self._image: ImageVolume | None = None
        self._range = self._window = (0.0, 1.0)
        self.histogram = Histogram(self)
        self.low, self.low_text = self._slider("Black at and below")
        self.high, self.high_text = self._slider("White at and above")
        self.auto_button = make_button(
            self,
            "Auto",
            "As it suits the brainstem (Ctrl+B)",
            self.auto_wanted.emit,
            "rotate-ccw",
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        for row, (name, slider, text) in enumerate(
            (
                ("Black", self.low, self.low_text),
                ("White", self.high, self.high_text),
            )
        ):
            label = QLabel(name, self)
            label.setBuddy(slider)
            for column, widget in enumerate((label, slider, text)):
                grid.addWidget(widget, row, column)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.auto_button)
        layout = QVBoxLayout(self)
        layout.setSpacing(SPACE)
        layout.addWidget(self.histogram)
        layout.addLayout(grid)
        layout.addLayout(foot)
        self.setFixedWidth(_WIDTH)

    def _slider(self, name: str) -> tuple[QSlider, QLabel]:
        slider, text = QSlider(Qt.Orientation.Horizontal, self), QLabel(self)
        slider.setRange(0, _TICKS)
        slider.setAccessibleName(name)
        slider.setToolTip(name)
        slider.valueChanged.connect(lambda _value: self._on_moved(slider))
        text.setMinimumWidth(text.fontMetrics().horizontalAdvance("000000"))
        text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return slider, text

    def show_image(self, image: ImageVolume, window: tuple[float, float]) -> None:
        """Show the intensities of a scan and the window it is drawn in."""
        self._image = image
        sample = image.sample()
        inside = sample[sample > 0]
        top = float(np.percentile(inside, 99.9)) if inside.size else 1.0
        self._range = (0.0, max(top, window[1], 1.0))
        counts, _edges = np.histogram(inside, _BINS, self._range)
        self.histogram.show_bars(counts)
        self.show_window(*window)

    def show_window(self, low: float, high: float) -> None:
        """Show another window, without telling anyone."""
        self._window = (low, high)
        for slider, step in ((self.low, low), (self.high, high)):
            with QSignalBlocker(slider):
                slider.setValue(round(_TICKS * self._share(step)))
        self.histogram.show_window(self._share(low), self._share(high))
        if self._image is not None:
            for text, step in ((self.low_text, low), (self.high_text, high)):
                text.setText(f"{self._image.lowest + self._image.step * step:.0f}")

    def _share(self, step: float) -> float:
        low, high = self._range
        return (step - low) / (high - low)

    def _on_moved(self, slider: QSlider) -> None:
        """Keep black below white, and tell; what is not moved stays where it was, also between two ticks."""
        first, last = self._range
        tick = (last - first) / _TICKS
        moved = first + slider.value() * tick
        low, high = self._window
        if slider is self.low:
            low = min(moved, last - tick)
            high = max(high, low + tick)
        else:
            high = max(moved, first + tick)
            low = min(low, high - tick)
        self.show_window(low, high)
        self.window_chosen.emit(low, high)


def make_brightness_button(parent: QWidget, panel: BrightnessPanel) -> QToolButton:
    """Make the button that opens the panel above itself."""
    button = make_icon_button(
        parent,
        "contrast",
        "Brightness and contrast",
        "Brightness and contrast (Shift and drag in a picture)",
    )

    def show() -> None:
        size = panel.sizeHint()
        corner = button.mapToGlobal(QPoint(button.width() - size.width(), -size.height() - SPACE // 2))
        panel.move(corner)
        panel.show()
        panel.low.setFocus(Qt.FocusReason.PopupFocusReason)

    button.clicked.connect(show)
    return button
