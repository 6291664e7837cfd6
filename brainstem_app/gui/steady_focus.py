"""A key that is pressed once more does nothing else: the keys do not go from a button to its neighbour.

Where a button with the keys is hidden or disabled, as Segment is when it is pressed, Qt gives them to what
comes next, mostly Cancel; Space or Return pressed twice would cancel what it began.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton, QApplication, QStackedWidget, QWidget


class SteadyFocus(QObject):
    """Gives the keys of a button that has gone to what it lay in, where they press nothing."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        application.focusChanged.connect(_keep)


def keep_focus_steady() -> None:
    """Keep the keys where they are in the whole application, once."""
    application = QApplication.instance()
    if isinstance(application, QApplication) and application.findChild(SteadyFocus) is None:
        SteadyFocus(application)


def _keep(old: QWidget | None, new: QWidget | None) -> None:
    if not isinstance(old, QAbstractButton) or new is None or _window(old) is not _window(new):
        return
    if old.isVisible() and old.isEnabled():
        return  # the user has gone on
    around = old.parentWidget()
    while around is not None and not (around.isVisible() and around.isEnabled()):
        around = around.parentWidget()
    # Another page of a stack has keys of its own.
    if around is not None and not isinstance(around, QStackedWidget) and _window(around) is not around:
        around.setFocus()


def _window(widget: QWidget) -> QWidget:
    return QWidget.window(widget)  # views have a window of intensities of that name
