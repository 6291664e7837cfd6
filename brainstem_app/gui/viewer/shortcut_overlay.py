"""Sheet over a widget that lists what mouse and keys do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

ShortcutRow = tuple[str, str]
ShortcutGroup = tuple[str, Sequence[ShortcutRow]]
_WIDE = 1100
_STYLE = (
    "#shortcut_overlay { background: rgba(20, 20, 24, 248); }"
    "#shortcut_overlay QLabel { color: #f0f0f2; background: transparent; }"
    "#shortcut_overlay QLabel[key='true'] { color: #ffd94a; font-weight: bold; }"
    "#shortcut_overlay QLabel[heading='true'] { font-weight: bold; font-size: 15px; padding-top: 8px; }"
    "#shortcut_overlay QScrollArea, #shortcut_overlay QWidget#sheet, #shortcut_overlay QWidget#group"
    " { background: transparent; border: 0; }"
)


class ShortcutOverlay(QFrame):
    """Covers its parent with groups of shortcuts; Esc, Shift+F1 or a click hides it.

    Parameters
    ----------
    groups : sequence of (title, sequence of (keys, what they do))
        `ActionTable.key_rows` makes those of actions.
    """

    def __init__(self, groups: Sequence[ShortcutGroup], parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self.setObjectName("shortcut_overlay")
        self.setStyleSheet(_STYLE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Mouse and keys")
        self.setAccessibleDescription(
            "\n".join(f"{keys}: {what}" for _, rows in groups for keys, what in rows)
        )
        sheet = QWidget(self)
        sheet.setObjectName("sheet")
        self._columns = QGridLayout(sheet)
        self._columns.setContentsMargins(28, 12, 28, 12)
        self._columns.setHorizontalSpacing(32)
        self._groups = [self._group(title, rows) for title, rows in groups]
        scroll = QScrollArea(self)
        scroll.setWidget(sheet)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.viewport().setAutoFillBackground(False)
        close = QLabel("Esc or a click closes this sheet.", self)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignHCenter)
        scroll.viewport().installEventFilter(self)
        sheet.installEventFilter(self)
        parent.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Show it, or hide it."""
        if self.isVisible():
            self.hide()
            self._covered.setFocus()
        else:
            self.setGeometry(self._covered.rect())
            self._arrange(3 if self.width() >= _WIDE else 2)
            self.raise_()
            self.show()
            self.setFocus()

    def _arrange(self, columns: int) -> None:
        """Lay the groups out beside and below each other."""
        for number, group in enumerate(self._groups):
            row, column = divmod(number, columns)
            self._columns.addWidget(group, row, column, Qt.AlignmentFlag.AlignTop)
        for column in range(3):
            self._columns.setColumnStretch(column, int(column < columns))
        self._columns.setRowStretch(len(self._groups), 1)

    def _group(self, title: str, rows: Sequence[tuple[str, str]]) -> QWidget:
        group = QWidget(self)
        group.setObjectName("group")
        grid = QGridLayout(group)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        heading = QLabel(title, self)
        heading.setProperty("heading", True)
        heading.setIndent(0)
        grid.addWidget(heading, 0, 0, 1, 2)
        for row, (keys, what) in enumerate(rows, start=1):
            key = QLabel(keys, self)
            key.setProperty("key", True)
            text = QLabel(what, self)
            text.setWordWrap(True)
            grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, row, 1)
        return group

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow the size of the parent; a click anywhere on the sheet hides it."""
        if watched is self._covered:
            if event.type() is QEvent.Type.Resize and self.isVisible():
                self.setGeometry(self._covered.rect())
        elif event.type() is QEvent.Type.MouseButtonPress and self.isVisible():
            self.toggle()
            return True
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Keep the keys from the shortcuts of what lies below."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Hide."""
        self.toggle()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc hides; other keys do nothing while the sheet is open."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F1):
            self.toggle()
        event.accept()
