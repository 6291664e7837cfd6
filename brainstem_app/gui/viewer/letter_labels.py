"""Four letters drawn at the edges of a view, whatever is zoomed or moved below them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from brainstem_app.gui.viewer.orientation_letters import EdgeLetters

_MARGIN = 8
_STYLE = (
    "color: #ffd94a; background: rgba(0, 0, 0, 140); border-radius: 4px;"
    "font-size: 18px; font-weight: bold; padding: 1px 7px;"
)


class LetterLabels:
    """Four labels over a widget, one in the middle of each edge."""

    def __init__(self, view: QWidget) -> None:
        self._view = view
        self._labels = {edge: _label(view) for edge in ("left", "right", "top", "bottom")}

    @property
    def letters(self) -> EdgeLetters:
        """The letters shown now."""
        return EdgeLetters(**{edge: label.text() for edge, label in self._labels.items()})

    def show_letters(self, letters: EdgeLetters) -> None:
        """Set the letters and show them."""
        names = {
            "R": "Patient's right",
            "L": "Patient's left",
            "A": "Anterior (front)",
            "P": "Posterior (back)",
            "S": "Superior (head)",
            "I": "Inferior (feet)",
        }
        for edge, label in self._labels.items():
            letter = str(getattr(letters, edge))
            label.setText(letter)
            label.setAccessibleName(names[letter])
            label.adjustSize()
            label.show()
        self.place()

    def place(self) -> None:
        """Put each letter in the middle of its edge."""
        width, height = self._view.width(), self._view.height()
        for edge, label in self._labels.items():
            w, h = label.width(), label.height()
            x = {"left": _MARGIN, "right": width - w - _MARGIN}.get(edge, (width - w) // 2)
            y = {"top": _MARGIN, "bottom": height - h - _MARGIN}.get(edge, (height - h) // 2)
            label.move(x, y)
            label.raise_()


def _label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setStyleSheet(_STYLE)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.hide()
    return label
