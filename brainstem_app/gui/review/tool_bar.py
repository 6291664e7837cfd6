"""Bar of the drawing tools, at the left of the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolBar, QWidget

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable

_ICON = 18
_ICONS = {"undo": "undo-2", "redo": "redo-2", "ruler": "ruler"}
#: Ids of actions; None separates.
_TOOLS: tuple[str | None, ...] = (
    "look", "ruler", None, "brush", "eraser", "fill", "polygon", None,
    "in_3d", "protects", "limits", None,
    "interpolate", "smooth", "copy_up", "copy_down", None,
    "undo", "redo",
)  # fmt: skip


class DrawingBar(QToolBar):
    """Buttons with icons; their hints say what they do and which key does it."""

    def __init__(self, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Drawing tools")
        self.setAccessibleName(self.windowTitle())
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(_ICON, _ICON))
        for name in _TOOLS:
            if name is None:
                self.addSeparator()
                continue
            icon = _ICONS.get(name, f"draw-{name.replace('_', '-')}")
            button = commands.button(name, "", self, icon)
            self.addWidget(button)
