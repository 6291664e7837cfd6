"""Signals by which the system ends a program, brought into Qt's event loop."""

from __future__ import annotations

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class EndSignals(QObject):
    """Lets SIGINT, SIGTERM and SIGHUP quit the application as its own end does, so that all is saved.

    Python sees a signal only when Python code runs next: a byte on a socket wakes Qt, and Qt wakes Python.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._empty)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for name in _NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None:
                signal.signal(number, lambda _number, _frame: application.quit())

    def _empty(self) -> None:
        self._reading.recv(64)
