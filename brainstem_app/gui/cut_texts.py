"""What has no room is said in full under the pointer: in cells of tables, fields and drop-downs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QToolTip,
    QWidget,
)

from brainstem_app.gui.design.choice_box import box_room
from brainstem_app.gui.event_filter import Look, filter_events
from brainstem_app.gui.plain_labels import plain_tool_tip

#: Pixels that a style keeps at both sides of a text.
_AROUND = 8


class CutTexts(QObject):
    """Shows the whole of a text that is cut, above what its widget says of itself."""

    def looks(self) -> dict[QEvent.Type, Look]:
        """Say what is looked at, by the kind of event."""
        return {QEvent.Type.ToolTip: _tell}


def tell_cut_texts() -> None:
    """Say texts that are cut in full under the pointer, in the whole application, once."""
    filter_events(CutTexts, CutTexts.looks)


def cut_text(watched: QObject, place: QPoint) -> str:
    """Text at a place of a widget, if a part of it is not seen; empty if all is, or there is none."""
    if isinstance(watched, QComboBox):
        return watched.currentText() if _needs(watched, watched.currentText()) > box_room(watched) else ""
    if isinstance(watched, QLineEdit) and not isinstance(watched.parent(), QAbstractSpinBox):
        text = watched.text() if watched.echoMode() is QLineEdit.EchoMode.Normal else ""
        return text if _needs(watched, text) > watched.contentsRect().width() - 2 * _AROUND else ""
    view = watched.parent()
    if isinstance(view, QAbstractItemView) and view.viewport() is watched:
        return _cut_heading(view, place) if isinstance(view, QHeaderView) else _cut_cell(view, place)
    return ""


def _cut_cell(view: QAbstractItemView, place: QPoint) -> str:
    index = view.indexAt(place)
    text = index.data(Qt.ItemDataRole.DisplayRole)
    if not isinstance(text, str) or "\n" in text:
        return ""
    return text if view.sizeHintForIndex(index).width() > view.visualRect(index).width() else ""


def _cut_heading(header: QHeaderView, place: QPoint) -> str:
    section = header.logicalIndexAt(place)
    if section < 0 or header.orientation() is not Qt.Orientation.Horizontal:
        return ""
    text = str(header.model().headerData(section, Qt.Orientation.Horizontal) or "")
    return text if _needs(header, text) + 2 * _AROUND > header.sectionSize(section) else ""


def _needs(widget: QWidget, text: str) -> int:
    return widget.fontMetrics().horizontalAdvance(text)


def _tell(watched: QObject, event: QEvent) -> bool:
    if not isinstance(event, QHelpEvent) or not isinstance(watched, QWidget):
        return False
    text = cut_text(watched, event.pos())
    if not text:
        return False
    view = watched.parent()
    own = watched.toolTip()
    if isinstance(view, QAbstractItemView) and view.viewport() is watched:
        own = str(view.indexAt(event.pos()).data(Qt.ItemDataRole.ToolTipRole) or "")
    whole = text if not own or text in own else f"{text}\n{own}"
    QToolTip.showText(event.globalPos(), plain_tool_tip(own if text in own else whole), watched)
    return True
