"""Bar of the drawing tools, at the left of the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from brainstem_app.gui.design.tokens import HALF

if TYPE_CHECKING:
    from PySide6.QtWidgets import QToolButton

    from brainstem_app.gui.actions import ActionTable

_ICONS = {"undo": "undo-2", "redo": "redo-2", "ruler": "ruler"}
#: Ids of actions; a line parts the groups.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("look", "ruler"),
    ("brush", "eraser", "fill", "polygon"),
    ("in_3d", "protects", "limits"),
    ("interpolate", "smooth", "copy_up", "copy_down"),
    ("undo", "redo"),
)


class DrawingBar(QWidget):
    """Buttons with icons; their hints say what they do and which key does it.

    They stand below one another, or in two columns where the window is too low for that: no tool is ever
    out of sight.
    """

    def __init__(self, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Drawing tools")
        self._groups = [[self._button(commands, name) for name in group] for group in _GROUPS]
        self._lines = [self._line() for _ in _GROUPS[1:]]
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._columns = 0
        self._arrange(2)
        self._low = self._grid.minimumSize()
        self._arrange(1)
        self._high = self._grid.minimumSize()

    def _button(self, commands: ActionTable, name: str) -> QToolButton:
        return commands.button(name, "", self, _ICONS.get(name, f"draw-{name.replace('_', '-')}"))

    def _line(self) -> QFrame:
        line = QFrame(self)
        line.setObjectName("tool_line")
        line.setFixedHeight(1 + 2 * HALF)
        return line

    def _arrange(self, columns: int) -> None:
        """Lay the groups below one another, each in rows of so many buttons."""
        if columns == self._columns:
            return
        self._columns, row = columns, 0
        for number, group in enumerate(self._groups):
            if number:
                self._grid.addWidget(self._lines[number - 1], row, 0, 1, columns)
                row += 1
            for place, button in enumerate(group):
                self._grid.addWidget(button, row + place // columns, place % columns)
            row += -(-len(group) // columns)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As low as two columns are, and as wide as what is shown."""
        return QSize(self._grid.minimumSize().width(), self._low.height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As what is shown: a bar that is as high as one column, when there is room."""
        return QSize(self._grid.minimumSize().width(), self._high.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Take the columns that there is room for."""
        super().resizeEvent(event)
        self._arrange(1 if self.height() >= self._high.height() else 2)
