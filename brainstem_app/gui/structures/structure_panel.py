"""The list of structures beside the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import EMPTY_BOX
from brainstem_app.gui.structures.structure_model import SORT_ROLE, Column, StructureModel


class HasVolumes(Protocol):
    """Labels whose volumes are shown."""

    @property
    def volumes_mm3(self) -> list[float]:
        """Volume of each label 0…255; empty without labels."""
        ...

    @property
    def regions_mm3(self) -> Mapping[str, float]:
        """Volume of each region of the brainstem that is known, by its name."""
        ...

    @property
    def differs_from_report(self) -> bool:
        """Whether the volumes are of edited voxels, while the report's are of the bent atlas."""
        ...


class StructurePanel(QGroupBox):
    """Tree of regions and structures with a search field and show/hide all.

    Signals
    -------
    chosen(int)
        The user wants to see the structure with this label.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Nuclei"))
        self.model = StructureModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self._sorted.setFilterKeyColumn(-1)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        # A nucleus that is found keeps its region, and a region all of its nuclei.
        self._sorted.setRecursiveFilteringEnabled(True)
        self._sorted.setAutoAcceptChildRows(True)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a nucleus"))
        self.search.setAccessibleName(self.tr("Find a nucleus"))
        self.search.setToolTip(self.tr("Shows only the structures whose name holds this text"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._sorted.setFilterFixedString)
        self.show_button = self._button(self.tr("Show all"), self.tr("Draw every structure, tissue too"))
        self.show_button.clicked.connect(lambda: self.model.show_all(True))
        self.nuclei_button = self._button(self.tr("Nuclei"), self.tr("Draw the nuclei, without tissue"))
        self.nuclei_button.clicked.connect(self.model.show_nuclei)
        self.hide_button = self._button(self.tr("Hide all"), self.tr("Draw no structure"))
        self.hide_button.clicked.connect(lambda: self.model.show_all(False))
        self.table = self._table()
        self.table.collapsed.connect(self._on_closed)
        self.model.structures_changed.connect(self.table.expandAll)
        self.search.textChanged.connect(self.table.expandAll)
        self.volume_note = QLabel(
            self.tr(
                "mm³ are counted from the edited voxels; the report's come from the atlas bent to the scan."
            ),
            self,
        )
        self.volume_note.setToolTip(
            self.tr(
                "Segment measures the atlas bent to the scan, finer than voxels. What is painted has no such"
                " measure, so every mm³ here is a count of voxels, also of nuclei that nobody has painted."
                " Regions keep the report's mm³; only what was added to the brainstem or taken from it is"
                " counted, in the nearest region."
            )
        )
        self.volume_note.setWordWrap(True)
        self.volume_note.setAccessibleName(self.tr("What the volumes are"))
        self.volume_note.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.search, 1)
        for button in (self.show_button, self.nuclei_button, self.hide_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.volume_note)

    def show_volumes(self, source: HasVolumes | None) -> None:
        """Show the volume of each structure, and say so if the report beside gives another by its nature."""
        if source is None:
            self.model.set_volumes(None)
        else:
            self.model.set_volumes(source.volumes_mm3 or None, source.regions_mm3)
        self.volume_note.setVisible(source is not None and source.differs_from_report)

    def show_dice(self, dice: Mapping[int, float] | None) -> None:
        """Show how well each structure agrees with a reference, or take that column away."""
        self.model.set_dice(dice)
        self.table.setColumnHidden(Column.DICE, dice is None)

    def select(self, label: int) -> None:
        """Mark the row of a label, without jumping to it in the viewer."""
        index = self.click_row(label)
        if not index.isValid():
            return
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        flags = QItemSelectionModel.SelectionFlag
        selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        selection.blockSignals(False)
        self.table.scrollTo(index)
        self.table.viewport().update()

    def step(self, rows: int) -> None:
        """Choose the structure some rows below (or above) the marked one, as sorted and filtered now."""
        shown = [index for index in self._rows() if self._label(index) is not None]
        if not shown:
            return
        current = self.table.currentIndex().siblingAtColumn(Column.NAME)
        row = shown.index(current) + rows if current in shown else 0
        self.table.setCurrentIndex(shown[min(max(row, 0), len(shown) - 1)])

    def click_row(self, label: int) -> QModelIndex:
        """Index of the name cell of a label in the tree as sorted and filtered now."""
        return self._sorted.mapFromSource(self.model.cell(label))

    def _rows(self) -> list[QModelIndex]:
        """Name cells from top to bottom, those in regions that are closed left out."""
        found = []
        index = self._sorted.index(0, Column.NAME)
        while index.isValid():
            found.append(index)
            index = self.table.indexBelow(index)
        return found

    def _label(self, index: QModelIndex) -> int | None:
        return self.model.label_of(self._sorted.mapToSource(index))

    def _button(self, text: str, hint: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(hint)
        button.setAccessibleName(text)
        button.setAccessibleDescription(hint)
        return button

    def _table(self) -> QTreeView:
        table = QTreeView(self)
        table.setModel(self._sorted)
        table.setMinimumHeight(120)
        table.setSortingEnabled(True)
        table.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setUniformRowHeights(True)
        table.setStyleSheet(
            f"QTreeView::indicator:unchecked {{ {EMPTY_BOX} }} QTreeView::item {{ padding: 4px 0; }}"
            # Grey on the colour of the marked row would be no box at all.
            " QTreeView::indicator:unchecked:selected { border-color: palette(highlighted-text); }"
        )
        header = table.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.FULL_NAME, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        table.setColumnHidden(Column.DICE, True)
        table.setAccessibleName(self.tr("List of nuclei"))
        table.setAccessibleDescription(
            self.tr(
                "Space shows or hides a nucleus, or all of a region; moving to a nucleus shows its slice; "
                "the arrows left and right close and open a region."
            )
        )
        table.selectionModel().currentRowChanged.connect(self._on_current)
        table.clicked.connect(self._on_current)
        return table

    def _on_closed(self, region: QModelIndex) -> None:
        """Mark a region that is closed over the marked nucleus, so that the keys go on from there."""
        if self.table.currentIndex().parent() == region:
            self.table.setCurrentIndex(region)

    def _on_current(self, index: QModelIndex, _before: QModelIndex | None = None) -> None:
        label = self._label(index) if index.isValid() else None
        if label is not None:
            self.chosen.emit(label)
