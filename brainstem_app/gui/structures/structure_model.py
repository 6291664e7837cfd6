"""Tree of the structures of a label map, regions and what lies in them: colour, visibility, volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QStandardItem, QStandardItemModel

from brainstem_app.gui.design.tokens import COLOURS, Look
from brainstem_app.reports.engine import formatting

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable, Structure
    from brainstem_app.gui.structures.label_looks import LabelLook

SORT_ROLE = Qt.ItemDataRole.UserRole + 1
_LABEL_ROLE = Qt.ItemDataRole.UserRole + 2
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Column(IntEnum):
    """Columns of the table."""

    NAME = 0
    FULL_NAME = 1
    VOLUME = 2
    DICE = 3


class StructureModel(QStandardItemModel):
    """Rows are all structures but the background; the check box is the visibility.

    Its cells are Qt's own: drawing them never waits for Python, which a thread may keep busy.

    Nuclei that lie in a region of the brainstem stand below it; its check box is theirs together.

    Signals
    -------
    visibility_changed
        Another set of labels is to be drawn, or in other colours.
    structures_changed
        The rows are others.
    """

    visibility_changed = Signal()
    structures_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(0, len(Column), parent)
        self._official: tuple[Structure, ...] = ()
        self._structures: tuple[Structure, ...] = ()
        self._cells_of: dict[int, list[QStandardItem]] = {}
        self._regions: dict[str, list[QStandardItem]] = {}
        self._volumes: Sequence[float] | None = None
        self._regions_mm3: Mapping[str, float] = {}
        self._dice: Mapping[int, float] | None = None
        self._visible: set[int] = set()
        self.setHorizontalHeaderLabels(["Nucleus", "Full name", "mm³", "Dice"])
        for column in Column:
            side = _RIGHT if column in (Column.VOLUME, Column.DICE) else _LEFT
            role = Qt.ItemDataRole.TextAlignmentRole
            self.setHeaderData(column, Qt.Orientation.Horizontal, side, role)
        self._faint = QColor(COLOURS[Look.DARK].soft)
        self.itemChanged.connect(self._on_changed)

    def set_table(self, table: LabelTable) -> None:
        """Set the structures; nuclei are visible at first, tissue is not (it would cover everything)."""
        self._official = tuple(s for s in table.structures if s.group.value != "background")
        self._structures = self._official
        self._visible = {s.index for s in self._structures if s.group.value == "nucleus"}
        self._volumes = self._dice = None
        self._regions_mm3 = {}
        self.setRowCount(0)
        self._regions = {name: self._region_cells(name, table) for name in table.regions}
        self._cells_of = {s.index: self._cells(s) for s in self._structures}
        for structure in self._structures:
            region = self._regions.get(structure.region)
            (self if region is None else region[Column.NAME]).appendRow(self._cells_of[structure.index])
            # A region stands where its first nucleus would.
            if region is not None and region[Column.NAME].rowCount() == 1:
                self.appendRow(region)
        self._fill()
        self.structures_changed.emit()
        self.visibility_changed.emit()

    def set_looks(self, looks: Mapping[str, LabelLook]) -> None:
        """Show structures in other colours and under other names; the names are those of the atlas."""
        shown = tuple(_with_look(structure, looks.get(structure.name)) for structure in self._official)
        if shown == self._structures:
            return
        self._structures = shown
        with QSignalBlocker(self):
            for structure in shown:
                name = self._cells_of[structure.index][Column.NAME]
                name.setText(structure.name)
                name.setData(QColor(structure.colour), Qt.ItemDataRole.DecorationRole)
                name.setAccessibleText(f"{structure.name}, {structure.full_name}")
                name.setToolTip(self._hint(structure))
        self._tell_visibility()

    def shown_name(self, structure: Structure) -> str:
        """Name that a structure of the atlas has in the window."""
        return next((s.name for s in self._structures if s.index == structure.index), structure.name)

    @property
    def official_names(self) -> tuple[str, ...]:
        """Names of all structures as the atlas has them."""
        return tuple(structure.name for structure in self._official)

    def official_name(self, label: int) -> str:
        """Name of a structure as the atlas has it; empty for the background."""
        return next((s.name for s in self._official if s.index == label), "")

    def set_faint(self, colour: QColor) -> None:
        """Set the colour of structures of which there is no voxel; it depends on what they are shown on."""
        if colour != self._faint:
            self._faint = colour
            self._fill()

    def shows(self, table: LabelTable) -> bool:
        """Whether these are the structures of a table already."""
        return self._official == tuple(s for s in table.structures if s.group.value != "background")

    def set_volumes(
        self, volumes_mm3: Sequence[float] | None, regions_mm3: Mapping[str, float] | None = None
    ) -> None:
        """Set the volume (mm³) of each label 0…255 and of the regions known, or take the volumes away."""
        self._volumes, self._regions_mm3 = volumes_mm3, regions_mm3 or {}
        self._fill()

    def set_dice(self, dice: Mapping[int, float] | None) -> None:
        """Set the Dice coefficient of each label that a reference holds, or take them away."""
        self._dice = dice
        self._fill()

    @property
    def visible(self) -> frozenset[int]:
        """Labels that are drawn."""
        return frozenset(self._visible)

    @property
    def colours(self) -> dict[int, tuple[int, int, int]]:
        """Colour of each label."""
        return {s.index: s.rgb for s in self._structures}

    def structure(self, label: int) -> Structure | None:
        """Structure of a label; None for the background."""
        return next((s for s in self._structures if s.index == label), None)

    @property
    def structures(self) -> tuple[Structure, ...]:
        """All structures, by their labels."""
        return self._structures

    def label_of(self, index: QModelIndex) -> int | None:
        """Label of a row; None for a region."""
        label: int | None = index.siblingAtColumn(Column.NAME).data(_LABEL_ROLE)
        return label

    def cell(self, label: int, column: Column = Column.NAME) -> QModelIndex:
        """Index of a cell of a label; an invalid one if it has none."""
        cells = self._cells_of.get(label)
        return QModelIndex() if cells is None else cells[column].index()

    def region_cell(self, name: str, column: Column = Column.NAME) -> QModelIndex:
        """Index of a cell of a region."""
        return self._regions[name][column].index()

    def show(self, label: int) -> None:
        """Draw a structure that may be hidden."""
        if label not in self._visible and self.structure(label) is not None:
            self._visible.add(label)
            self._tell_visibility()

    def toggle(self, label: int) -> None:
        """Hide a structure that is drawn, draw one that is hidden."""
        if self.structure(label) is not None:
            self._visible ^= {label}
            self._tell_visibility()

    def show_only(self, label: int) -> None:
        """Draw one structure and no other."""
        if self.structure(label) is not None:
            self._visible = {label}
            self._tell_visibility()

    def show_region(self, region: str) -> None:
        """Draw what lies in a region, and nothing else."""
        self._visible = self._labels_in(region)
        self._tell_visibility()

    def hide_region(self, region: str) -> None:
        """Do not draw what lies in a region."""
        self._visible = self._visible - self._labels_in(region)
        self._tell_visibility()

    def show_all(self, visible: bool) -> None:
        """Draw all structures, or none."""
        self._visible = {s.index for s in self._structures} if visible else set()
        self._tell_visibility()

    def show_nuclei(self) -> None:
        """Draw the nuclei without white and grey matter."""
        self._visible = {s.index for s in self._structures if s.group.value == "nucleus"}
        self._tell_visibility()

    def _tell_visibility(self) -> None:
        self._fill()
        self.visibility_changed.emit()

    # Cells -------------------------------------------------------------------------------------------

    def _cells(self, structure: Structure) -> list[QStandardItem]:
        """Make the cells of a row, with what never changes in them."""
        roles, flags = Qt.ItemDataRole, Qt.ItemFlag
        texts = (structure.name, structure.full_name, "", "")
        hint = self._hint(structure)
        cells = [QStandardItem(text) for text in texts]
        for cell, text in zip(cells, texts, strict=True):
            cell.setFlags(flags.ItemIsEnabled | flags.ItemIsSelectable)
            cell.setToolTip(hint)
            cell.setData(text, SORT_ROLE)
        name = cells[Column.NAME]
        name.setFlags(name.flags() | flags.ItemIsUserCheckable)
        name.setData(QColor(structure.colour), roles.DecorationRole)
        name.setData(structure.index, SORT_ROLE)
        name.setData(structure.index, _LABEL_ROLE)
        name.setAccessibleText(f"{structure.name}, {structure.full_name}")
        for column in (Column.VOLUME, Column.DICE):
            cells[column].setTextAlignment(_RIGHT)
        return cells

    def _region_cells(self, region: str, table: LabelTable) -> list[QStandardItem]:
        """Make the cells of a region's row."""
        flags = Qt.ItemFlag
        cells = [QStandardItem(text) for text in (region, "", "", "")]
        for cell in cells:
            cell.setFlags(flags.ItemIsEnabled | flags.ItemIsSelectable)
            cell.setToolTip("Region of the brainstem; each nucleus stands where most of it lies")
            cell.setData("", SORT_ROLE)
        name = cells[Column.NAME]
        name.setFlags(name.flags() | flags.ItemIsUserCheckable)
        name.setData(min(s.index for s in table.structures if s.region == region), SORT_ROLE)
        name.setAccessibleText(f"Region {region}")
        cells[Column.VOLUME].setTextAlignment(_RIGHT)
        return cells

    def _labels_in(self, region: str) -> set[int]:
        return {s.index for s in self._structures if s.region == region}

    def _fill(self) -> None:
        """Write volumes, Dice and check marks into the cells, and tell of it once."""
        if not self._structures:
            return
        faint = self._faint
        with QSignalBlocker(self):
            for structure in self._structures:
                cells = self._cells_of[structure.index]
                volume = None if self._volumes is None else float(self._volumes[structure.index])
                dice = None if self._dice is None else self._dice.get(structure.index)
                for column, value, text in (
                    (Column.VOLUME, volume, "" if volume is None else formatting.volume(volume)),
                    (Column.DICE, dice, "" if dice is None else f"{dice:.2f}"),
                ):
                    cell = cells[column]
                    cell.setText(text)
                    cell.setData(-1.0 if value is None else value, SORT_ROLE)
                for cell in cells:
                    cell.setData(faint if volume == 0 else None, Qt.ItemDataRole.ForegroundRole)
                shown = structure.index in self._visible
                cells[Column.NAME].setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            for region in self._regions:
                self._fill_region(region)
        for parent in (QModelIndex(), *(cells[Column.NAME].index() for cells in self._regions.values())):
            last = self.index(self.rowCount(parent) - 1, len(Column) - 1, parent)
            self.dataChanged.emit(self.index(0, 0, parent), last)

    def _fill_region(self, region: str) -> None:
        """Write volume and check mark of a region: checked if all of it is drawn."""
        cells, labels = self._regions[region], self._labels_in(region)
        volume = self._regions_mm3.get(region)
        cells[Column.VOLUME].setText("" if volume is None else formatting.volume(volume))
        cells[Column.VOLUME].setData(-1.0 if volume is None else volume, SORT_ROLE)
        cells[Column.DICE].setData(-1.0, SORT_ROLE)
        states = Qt.CheckState
        shown = len(labels & self._visible)
        cells[Column.NAME].setCheckState(
            states.Checked if shown == len(labels) else states.PartiallyChecked if shown else states.Unchecked
        )

    def _on_changed(self, item: QStandardItem) -> None:
        """Take over a box that the user has ticked; a region of which some is drawn only says so."""
        if item.column() != Column.NAME or item.checkState() is Qt.CheckState.PartiallyChecked:
            return
        label: int | None = item.data(_LABEL_ROLE)
        labels = self._labels_in(item.text()) if label is None else {label}
        shown = item.checkState() is Qt.CheckState.Checked
        visible = self._visible | labels if shown else self._visible - labels
        if visible != self._visible:
            self._visible = visible
            self._tell_visibility()

    def _hint(self, structure: Structure) -> str:
        official = self.official_name(structure.index)
        named = [] if official == structure.name else [f"{official} in reports and files"]
        lines = [structure.full_name, *named, f"Source: {structure.source}"]
        words = {"A": "good", "B": "fair", "C": "poor"}
        if structure.reliability:
            lines.append(f"Reliability: {structure.reliability} ({words[structure.reliability]})")
        return "\n".join([*lines, "Double click on its colour for another one"])


def _with_look(structure: Structure, look: LabelLook | None) -> Structure:
    if look is None:
        return structure
    return structure.model_copy(
        update={"name": look.name or structure.name, "colour": look.colour or structure.colour}
    )
