"""Slider for the opacity of the labels, with its name and its percentage beside it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel, QSlider, QWidget


class OpacitySlider(QSlider):
    """Percent, 0…100.

    Attributes
    ----------
    name, percent : QLabel
        What stands before and behind it.
    """

    def __init__(self, widths: tuple[int, int], parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, 100)
        self.setMinimumWidth(widths[0])
        self.setMaximumWidth(widths[1])
        self.setAccessibleName("Opacity of the labels")
        self.setToolTip(self.accessibleName())
        self.name = QLabel("&Labels", parent)
        self.name.setBuddy(self)
        self.percent = QLabel(parent)
        self.percent.setMinimumWidth(parent.fontMetrics().horizontalAdvance("100 %"))
        self.valueChanged.connect(lambda value: self.percent.setText(f"{value} %"))

    def show_percent(self, percent: int) -> None:
        """Show a percentage, without telling anyone."""
        with QSignalBlocker(self):
            self.setValue(percent)
        self.percent.setText(f"{percent} %")
