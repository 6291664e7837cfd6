"""List of the reports, by kind: rows come as they are found, and one that is marked stays so."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind

_ENTRY_ROLE = Qt.ItemDataRole.UserRole
_LEAST_WIDTH = 200
_TITLES = {
    ReportKind.RUN: "Runs of the study",
    ReportKind.COMPARISON: "Comparisons",
    ReportKind.COHORT: "Groups of people",
    ReportKind.RETEST: "Repeatability",
    ReportKind.CHANGE: "Change over time",
    ReportKind.SEGMENTATION: "Segmentations",
}


class _BothEnds(QStyledItemDelegate):
    """Leaves a name its end, where sessions and dates are."""

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class ReportList(QTreeWidget):
    """Lists reports.

    Signals
    -------
    chosen_changed(object)
        The `ReportEntry` that is marked now, or what is known of it has changed.
    """

    chosen_changed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sought = ""
        self.setColumnCount(2)
        self.setHeaderLabels(["Report", "Model"])
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().resizeSection(
            1, self.fontMetrics().horizontalAdvance("brainstem31 version 5  ") + 2 * SPACE
        )
        self.header().setStretchLastSection(False)
        least = self.indentation() + self.fontMetrics().horizontalAdvance("sub-sim01_T1w…  ")
        self.header().setMinimumSectionSize(least)
        self.setAccessibleName("Reports")
        self.setAccessibleDescription("Choosing one shows its numbers beside the list.")
        self.setMinimumWidth(_LEAST_WIDTH)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setItemDelegateForColumn(0, _BothEnds(self))
        self._groups = {kind: self._group(title) for kind, title in _TITLES.items()}
        self.currentItemChanged.connect(lambda _item, _before: self._tell())

    def _group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setExpanded(True)
        group.setHidden(True)
        return group

    @property
    def entries(self) -> tuple[ReportEntry, ...]:
        """Reports of the list."""
        return tuple(_entry_of(item) for group in self._groups.values() for item in _items(group))

    @property
    def chosen(self) -> ReportEntry | None:
        """The report that is marked."""
        item = self.currentItem()
        entry: ReportEntry | None = None if item is None else item.data(0, _ENTRY_ROLE)
        return entry

    def choose(self, name: str) -> None:
        """Choose the report of this name, or in this folder; of the marked one, tell again."""
        for item in (item for group in self._groups.values() for item in _items(group)):
            if name in (_entry_of(item).name, str(_entry_of(item).folder)):
                if item is self.currentItem():
                    self._tell()
                self.setCurrentItem(item)
                return

    def show_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Show these reports, and of them what is known now; the rows of those that were shown stay."""
        before = self.chosen
        with QSignalBlocker(self):
            for kind, group in self._groups.items():
                self._fill(group, [entry for entry in entries if entry.kind is kind])
        self.seek(self._sought)
        if self.chosen != before and self.chosen is not None:
            self._tell()

    def seek(self, text: str) -> None:
        """Show the reports that hold what is looked for, and no empty group."""
        self._sought = text.casefold()
        for group in self._groups.values():
            left = False
            for item in _items(group):
                is_sought = self._sought in f"{item.text(0)}\n{item.text(1)}".casefold()
                item.setHidden(not is_sought)
                left = left or is_sought
            group.setHidden(not left)

    def _tell(self) -> None:
        if self.chosen is not None:
            self.chosen_changed.emit(self.chosen)

    def _fill(self, group: QTreeWidgetItem, entries: list[ReportEntry]) -> None:
        """Put rows in the places of the entries; they move rather than being made anew."""
        wanted = {entry.folder for entry in entries}
        for item in _items(group):
            if _entry_of(item).folder not in wanted:
                group.removeChild(item)
        there = {_entry_of(item).folder: item for item in _items(group)}
        for place, entry in enumerate(entries):
            is_new = entry.folder not in there
            item = QTreeWidgetItem() if is_new else there[entry.folder]
            if is_new or group.child(place) is not item:
                if not is_new:
                    group.removeChild(item)
                group.insertChild(place, item)
            if is_new or _entry_of(item) != entry:
                self._show(item, entry)

    def _show(self, item: QTreeWidgetItem, entry: ReportEntry) -> None:
        item.setText(0, entry.whose)
        item.setData(0, _ENTRY_ROLE, entry)
        item.setToolTip(0, str(entry.folder))
        if entry.model is None:
            item.setFirstColumnSpanned(True)
            return
        # What is unusual first: there is not always room for all.
        unusual = {
            "rejected": entry.is_rejected,
            "edited": entry.is_edited,
            "corrected": entry.is_corrected and not entry.is_edited,
            entry.model.accuracy: entry.model.mean_iou is None,
        }
        words = [*(word for word, holds in unusual.items() if holds), entry.model.title]
        item.setText(1, ", ".join(words))
        item.setToolTip(1, f"Model {entry.model.title}, {entry.model.accuracy}")
        item.setData(1, Qt.ItemDataRole.ForegroundRole, QColor(colours_of(self).fair) if words[1:] else None)


def _items(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [group.child(place) for place in range(group.childCount())]


def _entry_of(item: QTreeWidgetItem) -> ReportEntry:
    entry: ReportEntry = item.data(0, _ENTRY_ROLE)
    return entry
