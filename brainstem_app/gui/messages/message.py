"""Message to the user: how bad, what, where, what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from brainstem_app.errors import BrainstemError


class MessageLevel(StrEnum):
    """How much a message matters.

    What is said for information goes by itself after a while; the others when what they are about is over.
    """

    INFO = "info"
    PROGRESS = "progress"
    QUESTION = "question"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class MessageAction:
    """A button of a message."""

    text: str
    run: Callable[[], None]


@dataclass(frozen=True)
class Message:
    """A message in place, instead of a dialog.

    Attributes
    ----------
    level : MessageLevel
    what, where, fix : str
        What happened, in which file, what to do; the last two may be empty.
    details : str
        What a developer would ask for (a traceback); folded away.
    actions : tuple of MessageAction
        Buttons.
    owner : str
        What the message is about: a step of the window, or a part of it (``"review/edits"``). A later message
        about the same takes its place, and it goes when that is closed, done again or resolved.
    is_of_page : bool
        Whether it speaks of what the page of that step shows, so that it means nothing on another page.
    """

    level: MessageLevel
    what: str
    where: str = ""
    fix: str = ""
    details: str = ""
    actions: tuple[MessageAction, ...] = field(default=())
    owner: str = ""
    is_of_page: bool = False


def message_of_error(error: BaseException, what: str, owner: str = "") -> Message:
    """Message of an exception; ``what`` is used if it is not one of ours."""
    if isinstance(error, BrainstemError):
        return Message(MessageLevel.ERROR, error.what, error.where or "", error.fix, owner=owner)
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return Message(MessageLevel.ERROR, f"{what} {reason}.", str(error.filename or ""), owner=owner)
    return Message(MessageLevel.ERROR, what, details=f"{type(error).__name__}: {error}", owner=owner)
