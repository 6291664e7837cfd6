"""Labels and tooltips show text as it is: names of files and words of tables are never taken for HTML.

Qt takes any text for HTML that looks like it, with pictures that it fetches from where the text says.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QToolTip, QWidget

from brainstem_app.gui.event_filter import Look, filter_events


class PlainLabels(QObject):
    """Filter of the whole application: only a label that was told to shows rich text; no tooltip does."""

    def looks(self) -> dict[QEvent.Type, Look]:
        """Say what is looked at, by the kind of event."""
        return {QEvent.Type.Polish: _settle, QEvent.Type.ToolTip: _shows}


def _settle(watched: QObject, _event: QEvent) -> bool:
    """Settle the format of a label before it is shown first."""
    if isinstance(watched, QLabel) and watched.textFormat() == Qt.TextFormat.AutoText:
        watched.setTextFormat(Qt.TextFormat.PlainText)
    return False


def _shows(watched: QObject, event: QEvent) -> bool:
    """Show a tooltip that looks rich as it is."""
    if not isinstance(event, QHelpEvent) or not isinstance(watched, QWidget):
        return False
    text = _tool_tip(watched, event.pos())
    if "<" not in text:
        return False
    QToolTip.showText(event.globalPos(), plain_tool_tip(text), watched)
    return True


def plain_tool_tip(text: str) -> str:
    """Text that a tooltip shows letter by letter."""
    return "<qt>" + escape(text).replace("\n", "<br>") + "</qt>" if "<" in text else text


def no_mnemonic(text: str) -> str:
    """Text that a menu, a button or a tab shows letter by letter: a single & would vanish and mark a key."""
    return text.replace("&", "&&")


def show_labels_as_they_are() -> None:
    """Let no label or tooltip of the application take text for HTML, once."""
    filter_events(PlainLabels, PlainLabels.looks)


def _tool_tip(widget: QWidget, place: QPoint) -> str:
    view = widget.parent()
    if isinstance(view, QAbstractItemView) and view.viewport() is widget:
        found = view.indexAt(place).data(Qt.ItemDataRole.ToolTipRole)
        return found if isinstance(found, str) else ""
    return widget.toolTip()
