"""Press the buttons of messages as a user does, wherever they have room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from brainstem_app.gui.messages.message_bar import MessageBar

_LIMIT_MS = 60_000
_OPENERS = {"Details", "Answer…"}


def message_buttons(bar: MessageBar) -> dict[str, QAbstractButton]:
    """Buttons of the message, by their text, whether in the strip or in the card."""
    found = {*bar.findChildren(QAbstractButton), *bar.card.findChildren(QAbstractButton)}
    return {button.text(): button for button in found if button.text() and not button.isHidden()}


def press_message_button(qtbot: QtBot, bar: MessageBar, text: str) -> None:
    """Press a button once it is there; the card is opened first if it is in there."""
    qtbot.waitUntil(lambda: bar.isVisible() and text in message_buttons(bar), timeout=_LIMIT_MS)
    buttons = message_buttons(bar)
    if not buttons[text].isVisible():
        (opener,) = (button for name, button in buttons.items() if name in _OPENERS)
        qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    assert buttons[text].isVisible()
    qtbot.mouseClick(buttons[text], Qt.MouseButton.LeftButton)
