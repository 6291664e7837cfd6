"""Colours in the light and in the dark, and following the desktop from one to the other."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget


def style_anew(window: QWidget) -> None:
    """Style anew what has a style sheet of its own: Qt keeps its old colours when the palette changes."""
    for widget in window.findChildren(QWidget):
        sheet = widget.styleSheet()
        if sheet:
            widget.setStyleSheet("")
            widget.setStyleSheet(sheet)


def amber(palette: QPalette) -> str:
    """Colour of words that ask for a second look, to be read on the window of a palette."""
    return "#ffb454" if palette.window().color().lightness() < 128 else "#9a5b00"
