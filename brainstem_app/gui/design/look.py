"""Look of the application and of its parts: light or dark, as the desktop is or as the user wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

from brainstem_app.gui.design.icons import line_icon, line_pixmap
from brainstem_app.gui.design.palette import make_palette
from brainstem_app.gui.design.style_sheet import part_sheet, style_sheet
from brainstem_app.gui.design.tokens import COLOURS, HALF, ICON, Colours, Look

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What can have an icon of the set.
WithIcon = QAbstractButton | QAction | QLabel

_LOOK, _ICON, _TONE, _SIZE = "design_look", "design_icon", "design_tone", "design_size"


class Design(QObject):
    """The look that holds in the application; one object for all windows.

    Signals
    -------
    changed
        The window is otherwise now: what draws itself has to do so again.
    """

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._wanted: Look | None = None
        self._points = application.font().pointSizeF()
        self.look = self._of_desktop()
        self._apply()
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self._follow())

    @property
    def points(self) -> float:
        """Height of plain text, as the system has it."""
        return self._points

    def want(self, look: Look | None) -> None:
        """Look as the user wants it; None follows the desktop."""
        self._wanted = look
        self._follow()

    def _follow(self) -> None:
        look = self._wanted or self._of_desktop()
        if look is not self.look:
            self.look = look
            self._apply()
            for window in self._application.topLevelWidgets():
                dress(window)
            self.changed.emit()

    def _of_desktop(self) -> Look:
        dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return Look.DARK if dark else Look.LIGHT

    def _apply(self) -> None:
        self._application.setPalette(make_palette(COLOURS[self.look]))
        self._application.setStyleSheet(style_sheet(self.look, self._points))


def design() -> Design:
    """Return the design of the running application; it is put on when it is first asked for."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise TypeError("there is no application to design")
    found = application.findChild(Design)
    return found if isinstance(found, Design) else Design(application)


def colours_of(widget: QWidget | None = None) -> Colours:
    """Colours of the look that a widget is in; without one, of the window."""
    return COLOURS[look_of(widget)]


def look_of(widget: QWidget | None = None) -> Look:
    """Look of the nearest part around a widget that has one of its own, or else of the window."""
    while widget is not None:
        own = widget.property(_LOOK)
        if own:
            return Look(str(own))
        widget = widget.parentWidget()
    return design().look


def set_look(part: QWidget, look: Look | None) -> None:
    """Give a part of the window a look of its own, e.g. what lies around pictures; None takes it away."""
    own = "" if look is None else look.value
    if str(part.property(_LOOK) or "") == own:
        return
    part.setProperty(_LOOK, own)
    part.setStyleSheet("" if look is None else part_sheet(look, design().points))
    part.setPalette(QPalette() if look is None else make_palette(COLOURS[look]))
    dress(part)


def set_icon(target: WithIcon, name: str, tone: str = "ink", size: int = ICON) -> None:
    """Give a button, action or label an icon of the set, in a colour (a name of `Colours`) of its look."""
    target.setProperty(_ICON, name)
    target.setProperty(_TONE, tone)
    target.setProperty(_SIZE, size)
    _draw_icon(target)


def set_primary(button: QAbstractButton, primary: bool = True) -> None:
    """Let a button stand out as the one that its page is for, or no longer."""
    if bool(button.property("primary")) == primary:
        return
    button.setProperty("primary", primary)
    if button.property(_ICON):
        button.setProperty(_TONE, "on_accent" if primary else "ink")
        _draw_icon(button)
    restyle(button)


def set_tone(label: QWidget, tone: str) -> None:
    """Write a label in another colour of its look: ``soft``, ``good``, ``fair``, ``poor``; empty for ink."""
    if str(label.property("tone") or "") != tone:
        label.setProperty("tone", tone)
        restyle(label)


def restyle(widget: QWidget) -> None:
    """Style a widget anew, because a property that the style sheet asks for has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def dress(part: QWidget) -> None:
    """Draw the icons of a part anew, in the colours it has now."""
    for target in _with_icons(part):
        _draw_icon(target)


def _with_icons(part: QWidget) -> Iterator[WithIcon]:
    buttons, actions, labels = (part.findChildren(kind) for kind in (QAbstractButton, QAction, QLabel))
    found: tuple[WithIcon, ...] = (*buttons, *actions, *labels)  # type: ignore[arg-type]
    return (target for target in found if target.property(_ICON))


def _draw_icon(target: WithIcon) -> None:
    around = target.parent() if isinstance(target, QAction) else target
    colours = colours_of(around if isinstance(around, QWidget) else None)
    name, tone, size = (target.property(key) for key in (_ICON, _TONE, _SIZE))
    colour = str(getattr(colours, str(tone)))
    if isinstance(target, QLabel):
        target.setPixmap(line_pixmap(str(name), colour, int(size), target.devicePixelRatioF()))
        return
    # With a style sheet Qt puts the text of a push button close to its icon.
    gap = HALF if isinstance(target, QPushButton) and target.text() else 0
    target.setIcon(line_icon(str(name), colour, colours.disabled, gap=gap))
    if isinstance(target, QAbstractButton):
        target.setIconSize(QSize(int(size) + gap, int(size)))
