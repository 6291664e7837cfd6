"""Panel with the structures of a document, beside its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    QSignalBlocker,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QMouseEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyle,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from brainstem_app.gui.controls import make_button, make_search
from brainstem_app.gui.design.card import Card
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.structures.structure_menu import StructureMenu
from brainstem_app.gui.structures.structure_model import SORT_ROLE, Column

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document

_LEAST_HEIGHT = 150


class _Tree(QTreeView):
    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As low as may be: what Qt would have pushes what is below it off a low screen."""
        return QSize(super().sizeHint().width(), _LEAST_HEIGHT)


class StructurePanel(Card):
    """Tree of regions and structures with a search field and show/hide all.

    Attributes
    ----------
    model : StructureModel
        That of the document.
    """

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title("Nuclei")
        self._document = document
        self.model = document.structures
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self._sorted.setFilterKeyColumn(-1)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        # A nucleus that is found keeps its region, and a region all of its nuclei.
        self._sorted.setRecursiveFilteringEnabled(True)
        self._sorted.setAutoAcceptChildRows(True)
        hint = "Shows only the structures whose name holds this text"
        self.search = make_search(self, "Find a nucleus", hint, self._sorted.setFilterFixedString)
        self.show_button = make_button(
            self,
            "Show all",
            "Draw every structure, tissue too",
            lambda: self.model.show_all(True),
        )
        self.nuclei_button = make_button(
            self, "Nuclei", "Draw the nuclei, without tissue", self.model.show_nuclei
        )
        self.hide_button = make_button(
            self, "Hide all", "Draw no structure", lambda: self.model.show_all(False)
        )
        self.menu = StructureMenu(document, self)
        self.table = self._table()
        self.table.collapsed.connect(self._on_closed)
        self.model.structures_changed.connect(self.table.expandAll)
        self.search.textChanged.connect(self.table.expandAll)
        self.volume_note = self._note()
        buttons = QHBoxLayout()
        buttons.addWidget(self.search, 1)
        for button in (self.show_button, self.nuclei_button, self.hide_button):
            buttons.addWidget(button)
        layout = self.body
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.volume_note)
        document.volumes_changed.connect(self._show_volumes)
        document.comparison.changed.connect(self._show_dice)
        document.comparison.compared.connect(lambda _agreement: self._show_dice())
        document.editor.brush_changed.connect(self._mark_painted)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Write what is not there in a colour that is read on the page as it looks now."""
        super().showEvent(event)
        self.model.set_faint(QColor(colours_of(self).soft))

    def _note(self) -> QLabel:
        """Make the note that volumes are of edited voxels, hidden at first."""
        note = QLabel(
            "mm³ are counted from the edited voxels; the report starts from the atlas bent to the scan.",
            self,
        )
        note.setToolTip(
            "Segment measures the atlas bent to the scan, finer than voxels. What is painted has no such"
            " measure, so every mm³ here is a count of voxels, also of nuclei that nobody has painted."
            " Regions keep the report's mm³; only what was added to the brainstem or taken from it is"
            " counted, in the nearest region."
        )
        note.setWordWrap(True)
        note.setAccessibleName("What the volumes are")
        note.hide()
        return note

    def _show_volumes(self) -> None:
        """Show the volume of each structure, and say so if the report beside gives another by its nature."""
        editor = self._document.editor
        self.model.set_volumes(editor.volumes_mm3 or None, editor.regions_mm3)
        self.volume_note.setVisible(editor.differs_from_report)

    def _show_dice(self) -> None:
        """Show how well each structure agrees with the reference, or take that column away."""
        agreement = self._document.comparison.agreement
        self.model.set_dice(None if agreement is None else agreement.dice)
        self.table.setColumnHidden(Column.DICE, agreement is None)

    def _mark_painted(self) -> None:
        """Mark the structure that the brush paints, if it is another than the marked one."""
        label = self._document.editor.label
        if label and self._label(self.table.currentIndex()) != label:
            self.select(label)

    def select(self, label: int) -> None:
        """Mark the row of a label, without jumping to it in the viewer."""
        index = self.click_row(label)
        if not index.isValid():
            return
        selection = self.table.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        with QSignalBlocker(selection):
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index)
        self.table.viewport().update()

    def focus_search(self) -> None:
        """Give the keys to the field that narrows the list."""
        self.search.setFocus()
        self.search.selectAll()

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

    def _table(self) -> QTreeView:
        table = _Tree(self)
        table.setModel(self._sorted)
        table.setMinimumHeight(_LEAST_HEIGHT)
        table.setSortingEnabled(True)
        table.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setUniformRowHeights(True)
        header = table.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.FULL_NAME, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        table.setColumnHidden(Column.DICE, True)
        table.setAccessibleName("List of nuclei")
        table.setAccessibleDescription(
            "Space shows or hides a nucleus, or all of a region; moving to a nucleus shows its slice; "
            "the arrows left and right close and open a region."
        )
        table.selectionModel().currentRowChanged.connect(self._on_current)
        table.clicked.connect(self._on_current)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        table.viewport().installEventFilter(self)
        return table

    def _open_menu(self, position: QPoint) -> None:
        """Open the menu of the row that was clicked, or, by the key for menus, that is marked."""
        index = self.table.indexAt(position)
        index = index if index.isValid() else self.table.currentIndex()
        if not index.isValid():
            return
        menu, label = self.menu.new_menu(), self._label(index)
        if label is None:
            self.menu.add_region_to(menu, str(index.siblingAtColumn(Column.NAME).data()))
        else:
            self.menu.add_to(menu, label)
        menu.popup(self.table.viewport().mapToGlobal(position))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Ask for a colour when a swatch is double-clicked."""
        if watched is self.table.viewport() and event.type() is QEvent.Type.MouseButtonDblClick:
            position = cast("QMouseEvent", event).position().toPoint()
            index = self.table.indexAt(position)
            label = self._label(index) if index.isValid() else None
            if label is not None and self.swatch_area(label).contains(position):
                QTimer.singleShot(0, self, lambda: self.menu.choose_colour(label))  # after the click
                return True
        return super().eventFilter(watched, event)

    def swatch_area(self, label: int) -> QRect:
        """Where the colour of a structure is drawn in the table."""
        index, option = self.click_row(label), QStyleOptionViewItem()
        self.table.initViewItemOption(option)
        self.table.itemDelegate().initStyleOption(option, index)  # type: ignore[attr-defined]
        option.rect = self.table.visualRect(index)
        part = QStyle.SubElement.SE_ItemViewItemDecoration
        return self.table.style().subElementRect(part, option, self.table)

    def _on_closed(self, region: QModelIndex) -> None:
        """Mark a region that is closed over the marked nucleus, so that the keys go on from there."""
        if self.table.currentIndex().parent() == region:
            self.table.setCurrentIndex(region)

    def _on_current(self, index: QModelIndex, _before: QModelIndex | None = None) -> None:
        label = self._label(index) if index.isValid() else None
        if label is not None:
            self._document.choose(label)
