"""Menu under the right button in a list: what the buttons of its page do with the chosen rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QMenu

_CHOOSE = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class RowMenu(QObject):
    """Menu of a list, by right click or the menu key.

    A row that is not chosen yet is chosen first, as a click would.

    Parameters
    ----------
    view : QAbstractItemView
        The list.
    buttons : sequence of QAbstractButton
        Those of the page that do something with the chosen rows; hidden ones are left out.
    """

    def __init__(self, view: QAbstractItemView, buttons: Sequence[QAbstractButton]) -> None:
        super().__init__(view)
        self._view, self._buttons = view, buttons
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Open the menu where it is asked for."""
        if event.type() is not QEvent.Type.ContextMenu:
            return super().eventFilter(watched, event)
        asked = cast("QContextMenuEvent", event)
        is_by_mouse = asked.reason() is QContextMenuEvent.Reason.Mouse
        index = self._view.indexAt(asked.pos()) if is_by_mouse else self._view.currentIndex()
        if not index.flags() & Qt.ItemFlag.ItemIsSelectable:
            return True
        if not self._view.selectionModel().isSelected(index):
            self._view.selectionModel().setCurrentIndex(index, _CHOOSE)
        place = asked.pos() if is_by_mouse else self._view.visualRect(index).center()
        self._open(place)
        return True

    def _open(self, place: QPoint) -> None:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for button in self._buttons:
            if button.isHidden():
                continue
            action = menu.addAction(button.icon(), button.text(), button.click)
            action.setToolTip(button.toolTip())
            action.setEnabled(button.isEnabled())
        menu.addSeparator()
        menu.addAction("Copy the text", self._copy)
        menu.popup(self._view.viewport().mapToGlobal(place))

    def _copy(self) -> None:
        """Put the words of the chosen rows on the clipboard, as a table of tabs."""
        chosen = self._view.selectionModel().selectedIndexes()
        rows: dict[int, list[str]] = {}
        for index in sorted(chosen, key=lambda index: (index.row(), index.column())):
            rows.setdefault(index.row(), []).append(str(index.data() or ""))
        QGuiApplication.clipboard().setText("\n".join("\t".join(cells) for cells in rows.values()))
