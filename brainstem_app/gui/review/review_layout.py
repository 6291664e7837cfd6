"""Where the parts of the step Review lie."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

_SIDE_WIDTH = 430
_LEAST_SIDE_WIDTH = 370


def column_of(*widgets: QWidget, stretched: QWidget) -> QWidget:
    """Widgets below one another; one of them takes the room that is left."""
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget, int(widget is stretched))
    return column


def two_columns(left: QWidget, side: QWidget, parent: QWidget) -> QSplitter:
    """Fill a widget with two columns; the right one scrolls when it is too high for the window."""
    scroll = QScrollArea(parent)
    scroll.setWidget(side)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setMinimumWidth(_LEAST_SIDE_WIDTH)
    splitter = QSplitter(Qt.Orientation.Horizontal, parent)
    splitter.addWidget(left)
    splitter.addWidget(scroll)
    splitter.setStretchFactor(0, 1)
    splitter.setStretchFactor(1, 0)
    splitter.setChildrenCollapsible(False)
    splitter.setSizes([850, _SIDE_WIDTH])
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(8, 8, 8, 4)
    layout.addWidget(splitter)
    return splitter
