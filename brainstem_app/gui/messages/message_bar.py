"""Bar at the top of the window that says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.design.look import restyle, set_icon
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.messages.window_words import window_words

_ICON = {
    MessageLevel.INFO: ("info", "accent"),
    MessageLevel.PROGRESS: ("info", "accent"),
    MessageLevel.QUESTION: ("circle-question-mark", "accent"),
    MessageLevel.WARNING: ("triangle-alert", "fair"),
    MessageLevel.ERROR: ("circle-x", "poor"),
}
_READING_MS = 8000
_CHOOSING_MS = 20_000
_HELD_MS = 50


class MessageBar(QFrame):
    """Shows the latest message; hidden while there is none.

    One that says what was done goes by itself, later if the pointer or the keys come to it; the message below
    it comes back then. There is one message of each owner at most. What speaks of the picture on a page is
    shown on that page only. While a mouse button is held nothing comes or goes: it would move the page below
    a stroke that is being drawn.

    Attributes
    ----------
    reading_ms, choosing_ms : int
        How long information stays, without buttons and with them.

    Signals
    -------
    dismissed
        The user closed the message.
    """

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages: list[Message] = []
        self._shown: Message | None = None
        self.reading_ms, self.choosing_ms = _READING_MS, _CHOOSING_MS
        self._page = ""
        self._waits_for_keys = False
        self._time = QTimer(self, singleShot=True)
        self._time.timeout.connect(self._pass)
        self._held = QTimer(self, singleShot=True, interval=_HELD_MS)
        self._held.timeout.connect(self._show_latest)
        self.setObjectName("message_bar")
        self.setAccessibleName("Message")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

        self._icon = QLabel(self)
        self._what = _text_label(self)
        self._where = _text_label(self)
        self._fix = _text_label(self)
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(160)
        self._details.setAccessibleName("Details of the message")
        self._details.setAccessibleDescription("What a developer would ask for")
        self._details_button = QPushButton("Details", self)
        self._details_button.setToolTip("What a developer would ask for")
        self._details_button.setAccessibleName("Details")
        self._details_button.setCheckable(True)
        self._details_button.toggled.connect(self._details.setVisible)
        self._close = QToolButton(self)
        set_icon(self._close, "x")
        self._close.setToolTip("Close this message (Esc)")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.dismiss)
        self._buttons: list[QPushButton] = []
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._what, self._where, self._fix):
            words.addWidget(label)
        words.addWidget(self._details)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(14, 8, 8, 8)
        self._row.setSpacing(10)
        self._row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._details_button, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.setLayout(self._row)

    @property
    def message(self) -> Message | None:
        """The message shown now."""
        return next((one for one in reversed(self._messages) if self._belongs(one)), None)

    def show_page(self, page: str) -> None:
        """Show what belongs to the page that the user has gone to; keep the rest for later."""
        self._page = page
        self._show_latest()

    def _belongs(self, message: Message) -> bool:
        return not message.is_of_page or message.owner.partition("/")[0] == self._page

    def show_message(self, message: Message) -> None:
        """Show a message: in place of information, of its owner's last one and of one in the same words."""
        self._messages = [
            other
            for other in self._messages
            if other.owner != message.owner
            and other.level is not MessageLevel.INFO
            and (other.what, other.where, other.fix) != (message.what, message.where, message.fix)
        ]
        self._messages.append(message)
        if self.message is message:
            self._shown = None  # said once more, it is read once more
        self._show_latest()

    def _show(self, message: Message) -> None:
        what, where, fix = map(window_words, (message.what, message.where, message.fix))
        self._time.stop()
        self._waits_for_keys = False
        if message.level is MessageLevel.INFO:
            self._time.start(self.choosing_ms if message.actions else self.reading_ms)
        size = self.fontMetrics().height() + 6
        set_icon(self._icon, *_ICON[message.level], size)
        self._what.setText(f"<b>{_escaped(what)}</b>")
        self._where.setText(f"In: {_escaped(where)}")
        self._where.setVisible(bool(message.where))
        self._fix.setText(f"What to do: {_escaped(fix)}")
        self._fix.setVisible(bool(message.fix))
        self._details.setPlainText(message.details)
        self._details_button.setChecked(False)
        self._details_button.setVisible(bool(message.details))
        self._details.setVisible(False)
        self.setProperty("level", message.level.value)
        restyle(self)
        self._replace_buttons(message)
        self.setAccessibleDescription(" ".join((what, where, fix)))
        self.show()

    def dismiss(self) -> None:
        """Take the message away that is shown."""
        self._remove([one for one in (self._shown,) if one])
        self.dismissed.emit()

    def clear(self, *owners: str) -> None:
        """Take away the messages of some owners and their parts, for what they are about is over; or all."""
        gone = [
            one
            for one in self._messages
            if not owners or any(one.owner == owner or one.owner.startswith(f"{owner}/") for owner in owners)
        ]
        self._remove(gone)

    def _remove(self, gone: list[Message]) -> None:
        self._messages = [one for one in self._messages if one not in gone]
        self._show_latest()

    def _show_latest(self) -> None:
        """Show the message that is the latest now, once no mouse button is held."""
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._held.start()
            return
        message = self.message
        if message is None:
            self._time.stop()
            self.hide()
        elif message is not self._shown:
            self._show(message)
        self._shown = message

    def _pass(self) -> None:
        """Take information away that was there long enough; later if the keys are on it."""
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus) and not self._waits_for_keys:
            self._waits_for_keys = True
            self._time.start(self.choosing_ms)
        else:
            self._remove([one for one in (self._shown,) if one])

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Begin the time of information anew: someone is about to use it."""
        if self._time.isActive():
            self._time.start()
        super().enterEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc closes the message."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _press(self, message: Message, run: Callable[[], None]) -> None:
        self._remove([message])
        run()

    def _replace_buttons(self, message: Message) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        place = self._row.indexOf(self._details_button)
        for number, action in enumerate(message.actions):
            button = QPushButton(action.text, self)
            button.setAccessibleName(action.text)
            button.clicked.connect(lambda _checked=False, run=action.run: self._press(message, run))
            self._row.insertWidget(place + number, button, 0, Qt.AlignmentFlag.AlignTop)
            self._buttons.append(button)


def _text_label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
