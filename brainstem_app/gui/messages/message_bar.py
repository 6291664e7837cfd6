"""Strip of a window that says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from brainstem_app.gui.design.look import restyle, set_icon
from brainstem_app.gui.design.tokens import HALF, SPACE
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.messages.message_card import MessageCard
from brainstem_app.gui.messages.message_lines import MessageLines
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
#: Letters that a message has room for beside its buttons; with less, the buttons go into the card.
_LEAST_LETTERS = 32


class MessageBar(QFrame):
    """Shows the latest message in two lines; the whole of it in a card over the page, when it is asked for.

    Its place is kept while there is no message, and has the same height with any, so that nothing on a page
    moves when one comes or goes. Buttons that have no room beside the text are in the card.

    A message that says what was done goes by itself, later if the pointer or the keys come to it; the message
    below it comes back then. There is one message of each owner at most. What speaks of the picture on a page
    is shown on that page only.

    Attributes
    ----------
    reading_ms, choosing_ms : int
        How long information stays, without buttons and with them.
    card : MessageCard
        The whole of the message.

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
        self._pressed: Message | None = None
        self.reading_ms, self.choosing_ms = _READING_MS, _CHOOSING_MS
        self._page = ""
        self._waits_for_keys = False
        self._time = QTimer(self, singleShot=True)
        self._time.timeout.connect(self._pass)
        self.setObjectName("message_bar")
        self.setAccessibleName("Message")
        self.setFrameShape(QFrame.Shape.NoFrame)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)

        self._icon = QLabel(self)
        self._lines = MessageLines(self)
        self._actions = QWidget(self)
        self._buttons: list[QPushButton] = []
        self._open = QPushButton("Details", self)
        self._open.setToolTip("The whole of the message")
        self._open.setCheckable(True)
        self._open.toggled.connect(self._show_card)
        self._close = QToolButton(self)
        set_icon(self._close, "x")
        self._close.setToolTip("Close this message (Esc)")
        self._close.setAccessibleName("Close this message")
        self._close.pressed.connect(self._note_pressed)
        self._close.clicked.connect(self._close_pressed)
        self.card = MessageCard(self)
        self.card.closed.connect(self._leave_card)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout(self._actions)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(SPACE)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE, 0, HALF, 0)
        self._row.setSpacing(SPACE)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._lines, 1)
        self._row.addWidget(self._actions)
        self._row.addWidget(self._open)
        self._row.addWidget(self._close)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Two lines or a button, whichever is higher, whatever is said."""
        inner = max(self._lines.height_of_lines(), self._open.sizeHint().height())
        return QSize(_LEAST_LETTERS * self.fontMetrics().averageCharWidth(), inner + 2 * HALF)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As narrow as may be: what has no room is in the card."""
        return self.sizeHint()

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
        if self._shown is message:
            self._shown = None  # said once more, it is read once more
        self._show_latest()

    def _show(self, message: Message) -> None:
        what, where, fix = map(window_words, (message.what, message.where, message.fix))
        self._time.stop()
        self._waits_for_keys = False
        if message.level is MessageLevel.INFO:
            self._time.start(self.choosing_ms if message.actions else self.reading_ms)
        set_icon(self._icon, *_ICON[message.level], self.fontMetrics().height() + 6)
        rest = [f"What to do: {fix}"] if fix else []
        rest += [f"In: {where}"] if where else []
        self._lines.tell(what, " ".join(rest))
        self._open.setChecked(False)
        self.card.tell((f"<b>{_escaped(what)}</b>", *map(_escaped, rest)), message.details)
        for part in (self, self.card):
            part.setProperty("level", message.level.value)
            restyle(part)
        self._replace_buttons(message)
        self.setAccessibleDescription(" ".join((what, where, fix)))
        self._fit()
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    # Room --------------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """Put the buttons where they have room, and offer the card if it holds more than the strip."""
        if self._shown_or_next is None:
            return
        least = _LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        buttons = self._actions.sizeHint().width() + SPACE if self._buttons else 0
        around = self._icon.sizeHint().width() + self._close.sizeHint().width() + 4 * SPACE
        opener = self._open.sizeHint().width() + SPACE
        room = self.width() - around - buttons
        folded = bool(self._buttons) and room - opener < least
        if folded != (self._actions.parentWidget() is self.card):
            if folded:
                self.card.take(self._actions)
            else:
                self._row.insertWidget(self._row.indexOf(self._open), self._actions)
        self._actions.setVisible(bool(self._buttons))
        details = bool(self._shown_or_next.details)
        self._open.setVisible(folded or details or self._lines.is_cut_at(room))
        is_question = self._shown_or_next.level is MessageLevel.QUESTION
        self._open.setText("Answer…" if folded and is_question else "Details")
        self._open.setAccessibleName(self._open.text())
        if not self._open.isVisibleTo(self):
            self._open.setChecked(False)

    @property
    def _shown_or_next(self) -> Message | None:
        return self._shown or self.message

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Move the buttons into the card or back."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Have another height with another font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()

    def _show_card(self, shown: bool) -> None:
        if shown:
            self.card.open()
            return
        self.card.hide()
        self._show_latest()

    def _leave_card(self) -> None:
        self._open.setChecked(False)
        self._open.setFocus(Qt.FocusReason.PopupFocusReason)

    # Going -------------------------------------------------------------------------------------------

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
        """Show the message that is the latest now, unless one that lasts is being read in the card."""
        before, message = self._shown, self.message
        if self.card.isVisible() and before in self._messages and before and self._belongs(before):
            return
        self._shown = message
        if message is None:
            self._time.stop()
            self._open.setChecked(False)
            self.hide()
        elif message is not before:
            self._show(message)

    def _pass(self) -> None:
        """Take information away that was there long enough; later if the keys or the card are on it."""
        focus = QApplication.focusWidget()
        inside = focus is not None and (self.isAncestorOf(focus) or self.card.isAncestorOf(focus))
        if self.card.isVisible():
            self._time.start(self.choosing_ms)
        elif inside and not self._waits_for_keys:
            self._waits_for_keys = True
            self._time.start(self.choosing_ms)
        else:
            self._remove([one for one in (self._shown,) if one])

    def _note_pressed(self) -> None:
        self._pressed = self._shown

    def _close_pressed(self) -> None:
        """Close what was there when the button went down, not what has come meanwhile."""
        if self._pressed is self._shown:
            self.dismiss()

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
        row = self._actions.layout()
        for button in self._buttons:
            button.hide()
            button.deleteLater()
            if row is not None:
                row.removeWidget(button)
        self._buttons = []
        for action in message.actions:
            button = QPushButton(action.text, self._actions)
            button.setAccessibleName(action.text)
            button.clicked.connect(lambda _checked=False, run=action.run: self._press(message, run))
            if row is not None:
                row.addWidget(button)
            self._buttons.append(button)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
