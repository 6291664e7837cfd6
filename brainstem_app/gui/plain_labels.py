"""Labels and tooltips show text as it is: names of files and words of tables are never taken for HTML.

Qt takes any text for HTML that looks like it, with pictures that it fetches from where the text says.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QToolTip, QWidget

_POLISH, _TOOL_TIP = QEvent.Type.Polish, QEvent.Type.ToolTip


class PlainLabels(QObject):
    """Filter of the whole application: only a label that was told to shows rich text; no tooltip does."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Settle the format of a label before it is shown first, and show tooltips that look rich."""
        kind = event.type()
        if kind == _POLISH and isinstance(watched, QLabel):
            if watched.textFormat() == Qt.TextFormat.AutoText:
                watched.setTextFormat(Qt.TextFormat.PlainText)
        elif isinstance(event, QHelpEvent) and kind == _TOOL_TIP and isinstance(watched, QWidget):
            return self._shows(watched, event)
        return False

    def _shows(self, widget: QWidget, event: QHelpEvent) -> bool:
        text = _tool_tip(widget, event.pos())
        if "<" not in text:
            return False
        QToolTip.showText(event.globalPos(), plain_tool_tip(text), widget)
        return True


def plain_tool_tip(text: str) -> str:
    """Text that a tooltip shows letter by letter."""
    return "<qt>" + escape(text).replace("\n", "<br>") + "</qt>" if "<" in text else text


def show_labels_as_they_are() -> None:
    """Let no label or tooltip of the application take text for HTML, once."""
    application = QCoreApplication.instance()
    if application is None or application.findChild(PlainLabels) is not None:
        return
    application.installEventFilter(PlainLabels(application))


def _tool_tip(widget: QWidget, place: QPoint) -> str:
    view = widget.parent()
    if isinstance(view, QAbstractItemView) and view.viewport() is widget:
        found = view.indexAt(place).data(Qt.ItemDataRole.ToolTipRole)
        return found if isinstance(found, str) else ""
    return widget.toolTip()
