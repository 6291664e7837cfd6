"""Card over the page with the whole of a message; the user opens it, so nothing is covered unasked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from brainstem_app.gui.design.tokens import SPACE

_WIDTH = 720
_DETAILS_LINES = 10


class MessageCard(QFrame):
    """Lies over the window of a strip, above it or below it, where there is more room.

    Signals
    -------
    closed
        Esc was pressed on it.
    """

    closed = Signal()

    def __init__(self, strip: QWidget) -> None:
        super().__init__(strip)
        self._strip = strip
        self._lies_in: QWidget | None = None
        self.setObjectName("message_card")
        self.setAccessibleName("Whole message")
        self._texts = QLabel(self)
        self._texts.setWordWrap(True)
        self._texts.setTextFormat(Qt.TextFormat.RichText)
        self._texts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.setAccessibleName("Details of the message")
        self._details.setAccessibleDescription("What a developer would ask for")
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(2 * SPACE, SPACE * 3 // 2, 2 * SPACE, SPACE * 3 // 2)
        self._rows.setSpacing(SPACE)
        self._rows.addWidget(self._texts)
        self._rows.addWidget(self._details, 1)
        self.hide()

    def tell(self, lines: tuple[str, ...], details: str) -> None:
        """Put a message into the card: its lines in rich text, and what a developer would ask for."""
        self._texts.setText("<br>".join(lines))
        self._details.setPlainText(details)
        self._details.setVisible(bool(details))

    def take(self, buttons: QWidget) -> None:
        """Hold the message's buttons, which have no room in the strip."""
        self._rows.addWidget(buttons, 0, Qt.AlignmentFlag.AlignRight)

    def open(self) -> None:
        """Lie over the window that the strip is in."""
        window = self._strip.window()
        if self._lies_in is not window:
            if self._lies_in is not None:
                self._lies_in.removeEventFilter(self)
            self._lies_in = window
            self.setParent(window)
            window.installEventFilter(self)
        self.show()
        self.raise_()
        self._place()
        self._texts.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay beside the strip when the window gets another size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc closes the card; the message stays."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _place(self) -> None:
        window = self._strip.window()
        top = self._strip.mapTo(window, QPoint(0, 0))
        above, below = top.y(), window.height() - top.y() - self._strip.height()
        width = min(_WIDTH, window.width() - 2 * SPACE)
        if self._details.isVisibleTo(self):
            self._details.setMinimumHeight(0)
            self._details.setMaximumHeight(self._details.fontMetrics().height() * _DETAILS_LINES)
        height = min(max(above, below) - SPACE, self._rows.totalHeightForWidth(width))
        left = min(top.x(), window.width() - width - SPACE)
        y = top.y() - height if above > below else top.y() + self._strip.height()
        self.setGeometry(max(left, SPACE), y, width, height)
