"""Empty page of Review: what it shows before anything is open."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from brainstem_app.gui.actions import ActionTable
from brainstem_app.gui.controls import make_button
from brainstem_app.gui.design.card import set_type
from brainstem_app.gui.design.look import set_primary
from brainstem_app.gui.design.tokens import Type

_TEXT_WIDTH = 460


class EmptyPage(QWidget):
    """Says what to open, with buttons for it."""

    def __init__(self, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Nothing is open to review", self)
        set_type(title, Type.TITLE)
        text = QLabel(
            "Open a folder that Segment has written, or a label map of any origin. Then look at it from "
            "every side, compare it with a second one, and correct it with brush and eraser.",
            self,
        )
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text.setFixedSize(_TEXT_WIDTH, text.heightForWidth(_TEXT_WIDTH))
        self._busy = QLabel(self)
        self._busy.setAccessibleName("What is being read")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for name in ("open_result", "open_labels", "open_scan"):
            action = commands[name]
            hint = f"{action.toolTip()} ({action.shortcut().toString()})"
            button = make_button(self, action.text().replace("&", ""), hint, action.trigger)
            button.setAccessibleName(button.accessibleName().removesuffix("…"))
            set_primary(button, name == "open_result")
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addStretch(1)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(buttons)
        layout.addWidget(self._busy, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)

    def set_busy(self, text: str) -> None:
        """Say what is being read; empty for nothing."""
        self._busy.setText(text)
