"""List to tick names in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

_VALUE_ROLE = Qt.ItemDataRole.UserRole


class ChoiceList(QWidget):
    """Names with check boxes.

    Signals
    -------
    changed
        Another set of names is ticked.
    """

    changed = Signal()

    def __init__(self, title: str, names: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.heading = QLabel(title, self)
        self.list = QListWidget(self)
        self.list.setAccessibleName(title)
        self.list.setAccessibleDescription("Space ticks a name.")
        self.list.setToolTip("A click or Space ticks what is to be compared")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # long names are elided
        self.heading.setBuddy(self.list)
        self.offer(names)
        self.list.itemChanged.connect(lambda _item: self._on_changed())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.list, 1)

    def offer(self, names: Mapping[str, str]) -> None:
        """Offer these names by their values in place of those before; none is ticked."""
        with QSignalBlocker(self.list):
            self.list.clear()
            for value, name in names.items():
                item = QListWidgetItem(name)
                item.setToolTip(name)
                item.setData(_VALUE_ROLE, value)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Unchecked)
                self.list.addItem(item)

    def ticked(self) -> tuple[str, ...]:
        """Names that are ticked, in the order of the list."""
        return tuple(
            str(item.data(_VALUE_ROLE))
            for item in self._items()
            if item.checkState() is Qt.CheckState.Checked
        )

    def tick(self, values: Iterable[Any]) -> None:
        """Tick these names and no others."""
        wanted = {str(value) for value in values}
        with QSignalBlocker(self.list):
            for item in self._items():
                ticked = str(item.data(_VALUE_ROLE)) in wanted
                item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self._on_changed()

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _on_changed(self) -> None:
        count = len(self.ticked())
        self.heading.setText(f"{self._title} ({count})" if count else self._title)
        self.changed.emit()
