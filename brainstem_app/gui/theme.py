"""Following the desktop from light to dark and back."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def style_anew(window: QWidget) -> None:
    """Style anew what has a style sheet of its own: Qt keeps its old colours when the palette changes."""
    for widget in window.findChildren(QWidget):
        sheet = widget.styleSheet()
        if sheet:
            widget.setStyleSheet("")
            widget.setStyleSheet(sheet)
