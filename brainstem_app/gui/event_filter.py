"""Filter of all events of the application: one for everybody, for Qt asks it at every event there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject

#: Looks at what an event is sent to and at the event; True keeps it from there.
Look = Callable[[QObject, QEvent], bool]
Owner = TypeVar("Owner", bound=QObject)


class EventFilter(QObject):
    """Passes events of some kinds to who has asked for them."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._looks: dict[QEvent.Type, list[Look]] = {}

    def add(self, looks: Mapping[QEvent.Type, Look]) -> None:
        """Pass events of these kinds on, too."""
        for kind, look in looks.items():
            self._looks.setdefault(kind, []).append(look)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Ask whoever wants to know of this kind of event; the first that keeps it has it."""
        looks = self._looks.get(event.type())
        return looks is not None and any(look(watched, event) for look in looks)


def filter_events(owner: type[Owner], looks: Callable[[Owner], Mapping[QEvent.Type, Look]]) -> None:
    """Pass events of the application to an object of a kind, which is made once."""
    application = QCoreApplication.instance()
    if application is None or application.findChild(owner) is not None:
        return
    one = application.findChild(EventFilter)
    if not isinstance(one, EventFilter):
        one = EventFilter(application)
        application.installEventFilter(one)
    one.add(looks(owner(application)))
