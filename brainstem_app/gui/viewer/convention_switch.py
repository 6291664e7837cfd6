"""Switch below the pictures that says which side of the patient is at the left."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from brainstem_app.gui.controls import make_switch
from brainstem_app.gui.viewer.convention import Convention


class ConventionSwitch(QWidget):
    """Two buttons with the names of the conventions; the one that holds is down.

    Only a press of the other button changes it: no wheel, no arrow key, no click that passes through.

    Signals
    -------
    chosen(object)
        The user pressed the button of another `Convention`.
    """

    chosen = Signal(object)

    def __init__(self, convention: Convention, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Display convention")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        words = {
            Convention.RADIOLOGICAL: (
                "Radiological",
                "Radiological: the patient's right is at the left of the picture.",
            ),
            Convention.NEUROLOGICAL: (
                "Neurological",
                "Neurological: the patient's left is at the left of the picture.",
            ),
        }
        self.buttons: dict[Convention, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for one, (text, hint) in words.items():
            button = make_switch(self, text, hint, partial(self._on_pressed, one))
            # A click leaves the keys with the picture, whose arrows would else go from button to button.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
            self.buttons[one] = button
        self._convention = convention
        self._show()

    @property
    def convention(self) -> Convention:
        """The convention that holds."""
        return self._convention

    def show_convention(self, convention: Convention) -> None:
        """Show the convention that holds, without telling anyone."""
        self._convention = convention
        self._show()

    def _on_pressed(self, convention: Convention, _down: bool) -> None:
        is_new = convention is not self._convention
        self.show_convention(convention)
        if is_new:
            self.chosen.emit(convention)

    def _show(self) -> None:
        for convention, button in self.buttons.items():
            with QSignalBlocker(button):
                button.setChecked(convention is self._convention)
