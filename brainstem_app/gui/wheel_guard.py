"""Guard of the mouse wheel: it scrolls pages, and changes a value only where the user has put the focus."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QScrollBar,
    QTabBar,
    QWidget,
)

from brainstem_app.gui.event_filter import Look, filter_events

_VALUES = (QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar)
_BY_HAND = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ShortcutFocusReason)
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
#: The focus comes back to where it was: from the list of a drop-down, a menu, another window.
_COMES_BACK = (
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.MenuBarFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
)
#: A page that scrolls brings other controls under the pointer; a turn that goes on after so long is another.
_SAME_TURN_S = 0.4


class WheelGuard(QObject):
    """Keeps the wheel from changing drop-downs, sliders, numbers and tabs that the user did not choose.

    A filter of the whole application, so that it holds for every control there is, in dialogs too. A control
    is chosen by a click, the Tab key or its shortcut; not by the wheel, and not by the focus that Qt passes
    on when another control is hidden. A turn of the wheel that has begun to scroll a page goes on scrolling,
    also over the chosen control. What is not for the control goes to what lies around it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._chosen: QWidget | None = None
        self._tab_is_down = False
        self._scrolled_at = 0.0

    def looks(self) -> dict[QEvent.Type, Look]:
        """Say what is looked at, by the kind of event."""
        kinds = QEvent.Type
        return {
            kinds.Wheel: self._turns_away,
            kinds.FocusIn: self._note_focus,
            kinds.KeyPress: self._note_key,
            kinds.KeyRelease: self._note_key,
            kinds.Polish: _take_focus_from_wheel,
        }

    def _turns_away(self, watched: QObject, event: QEvent) -> bool:
        if not _is_value(watched):
            if isinstance(watched, QWidget) and not self._is_in_chosen(watched):
                self._scrolled_at = time.monotonic()
            return False
        goes_on = time.monotonic() - self._scrolled_at < _SAME_TURN_S
        if watched is self._chosen and watched.hasFocus() and not goes_on:
            return False
        event.ignore()
        return True

    def _is_in_chosen(self, widget: QWidget) -> bool:
        """Whether a widget is a part of the chosen control, e.g. the line a number is typed in."""
        parent = widget.parentWidget()
        return parent is not None and parent is self._chosen

    def _note_focus(self, watched: QObject, event: QEvent) -> bool:
        reason = event.reason() if isinstance(event, QFocusEvent) else None
        if reason is None or reason in _COMES_BACK or not isinstance(watched, QWidget):
            return False
        by_hand = reason in _BY_HAND or (reason in _BY_TAB and self._tab_is_down)
        self._chosen = watched if by_hand and _is_value(watched) else None
        if self._chosen is not None:
            self._scrolled_at = 0.0
        return False

    def _note_key(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent):
            is_tab = event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
            self._tab_is_down = is_tab and event.type() == QEvent.Type.KeyPress
        return False


def guard_wheel() -> None:
    """Guard the controls of the application, once."""
    filter_events(WheelGuard, WheelGuard.looks)


def _is_value(watched: QObject) -> bool:
    return isinstance(watched, _VALUES) and not isinstance(watched, QScrollBar)


def _take_focus_from_wheel(watched: QObject, _event: QEvent) -> bool:
    if isinstance(watched, QWidget) and watched.focusPolicy() == Qt.FocusPolicy.WheelFocus:
        watched.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return False
