"""The list behind the wall: results by what is unusual, their pictures read when they are seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage, QPixmap

from brainstem_app.gui.quality.quality_items import QualityItem

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background

AnyIndex = QModelIndex | QPersistentModelIndex
#: Pictures that are kept: 128 KB each as Qt holds them.
_KEPT = 400


class Order(StrEnum):
    """What the wall can be sorted by."""

    UNUSUAL = "unusual"
    NAME = "name"
    FIT = "fit"
    COVERAGE = "coverage"
    CONFIDENCE = "confidence"
    BRAINSTEM = "brainstem_z"
    NUCLEUS = "nucleus_z"
    ASYMMETRY = "asymmetry_z"
    WARNINGS = "warnings"
    STATE = "state"


#: Of these the lowest come first.
_LOW_FIRST = (Order.FIT, Order.COVERAGE, Order.CONFIDENCE)
_STATES = ("unseen", "edited", "accepted", "rejected")


class WallModel(QAbstractListModel):
    """Results of a study, some or all of them, in an order."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._all: tuple[QualityItem, ...] = ()
        self._shown: list[QualityItem] = []
        self._order = Order.UNUSUAL
        self._only = ""
        self._text = ""
        self._pictures: OrderedDict[Path, QPixmap] = OrderedDict()
        self._asked: set[Path] = set()

    @property
    def items(self) -> tuple[QualityItem, ...]:
        """All results, whether they are shown or not."""
        return self._all

    @property
    def shown(self) -> tuple[QualityItem, ...]:
        """The results on the wall, in its order."""
        return tuple(self._shown)

    def set_items(self, items: tuple[QualityItem, ...]) -> None:
        """Show other results, or the same as they are now; pictures are read again."""
        self._all = items
        self._pictures.clear()
        self._asked.clear()
        self._arrange()

    def arrange(self, order: Order, only: str, text: str = "") -> None:
        """Sort by something, and show those of one state alone whose names hold a text, or all."""
        self._order, self._only, self._text = order, only, text.casefold()
        self._arrange()

    def replace(self, item: QualityItem) -> None:
        """Show one result as it is now; it stays where it is until the wall is sorted again."""
        self._all = tuple(item if one.name == item.name else one for one in self._all)
        row = self.row_of(item.name)
        if row >= 0:
            self._shown[row] = item
            self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, name: str) -> int:
        """Row of a result, −1 if it is not shown."""
        return next((row for row, item in enumerate(self._shown) if item.name == name), -1)

    def item(self, index: AnyIndex) -> QualityItem | None:
        """Return the result of an index."""
        return self._shown[index.row()] if index.isValid() else None

    def picture(self, item: QualityItem) -> QPixmap | None:
        """Picture of a result; None while it is being read, a null one if there is none."""
        known = self._pictures.get(item.folder)
        if known is not None:
            self._pictures.move_to_end(item.folder)
            return known
        path = item.picture
        if path is None:
            return QPixmap()
        if item.folder not in self._asked:
            self._asked.add(item.folder)
            self._background.run(
                lambda: QImage(str(path)),
                lambda image: self._keep(item, image),
                lambda _error: self._keep(item, QImage()),
            )
        return None

    def _keep(self, item: QualityItem, image: QImage) -> None:
        """Keep a picture by its folder: people of two studies may have one name."""
        self._asked.discard(item.folder)
        self._pictures[item.folder] = QPixmap.fromImage(image)
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        row = self.row_of(item.name)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))

    def _arrange(self) -> None:
        self.beginResetModel()
        kept = [item for item in self._all if self._is_shown(item)]
        self._shown = sorted(kept, key=_key(self._order))
        self.endResetModel()

    def _is_shown(self, item: QualityItem) -> bool:
        return self._only in {"", item.state} and self._text in f"{item.name}\n{item.words}".casefold()

    # Qt's interface --------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of results shown."""
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the name of a result, and its state for screen readers; the delegate paints the rest."""
        item = self.item(index)
        if item is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return item.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{item.words}, {item.state}"
        return None


def _key(order: Order) -> Callable[[QualityItem], tuple[float, str]]:
    def key(item: QualityItem) -> tuple[float, str]:
        match order:
            case Order.NAME:
                return 0.0, item.name
            case Order.STATE:
                return float(_STATES.index(item.state)) if item.state in _STATES else 9.0, item.name
            case Order.UNUSUAL:
                value = item.most_unusual
            case Order.WARNINGS:
                value = item.n_warned
            case _:
                value = item.number(order.value)
        if value is None:  # what is not known may be anything: it is looked at first
            return -1e9, item.name
        return (value if order in _LOW_FIRST else -abs(value)), item.name

    return key
