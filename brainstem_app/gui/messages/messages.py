"""Messages to the user: any part of the window says them here, and the bar shows them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, SignalInstance

from brainstem_app.gui.messages.message import Message


class Messages(QObject):
    """Passes messages on, and says when what some of them are about is over.

    Signals
    -------
    said(object)
        A `Message` to show.
    over(object)
        Owners (tuple of str) whose messages go; all of them if it is empty.
    """

    said = Signal(object)
    over = Signal(object)

    def say(self, message: Message) -> None:
        """Show a message."""
        self.said.emit(message)

    def clear(self, *owners: str) -> None:
        """Take away the messages of some owners and their parts; or all."""
        self.over.emit(owners)

    def take(self, source: SignalInstance, owner: str) -> None:
        """Show the messages that a signal brings; an owner that one names is a part of this one."""
        source.connect(
            lambda told: self.say(replace(told, owner=f"{owner}/{told.owner}" if told.owner else owner))
        )
