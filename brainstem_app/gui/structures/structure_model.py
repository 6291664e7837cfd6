"""The structures of a label map as a table: colour and visibility, name, side, volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable, Structure

AnyIndex = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1


class Column(IntEnum):
    """Columns of the table."""

    NAME = 0
    FULL_NAME = 1
    SIDE = 2
    VOLUME = 3
    DICE = 4


class StructureModel(QAbstractTableModel):
    """Rows are all structures but the background; the check box is the visibility.

    Signals
    -------
    visibility_changed
        Another set of labels is to be drawn.
    """

    visibility_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._structures: tuple[Structure, ...] = ()
        self._volumes: Sequence[float] | None = None
        self._dice: Mapping[int, float] | None = None
        self._visible: set[int] = set()

    def set_table(self, table: LabelTable) -> None:
        """Set the structures; nuclei are visible at first, tissue is not (it would cover everything)."""
        self.beginResetModel()
        self._structures = tuple(s for s in table.structures if s.group.value != "background")
        self._visible = {s.index for s in self._structures if s.group.value == "nucleus"}
        self._volumes = self._dice = None
        self.endResetModel()
        self.visibility_changed.emit()

    def set_volumes(self, volumes_mm3: Sequence[float] | None) -> None:
        """Set the volume (mm³) of each label 0…255, or take the volumes away."""
        self._volumes = volumes_mm3
        self._tell_all()

    def set_dice(self, dice: Mapping[int, float] | None) -> None:
        """Set the Dice coefficient of each label that a reference holds, or take them away."""
        self._dice = dice
        self._tell_all()

    @property
    def has_dice(self) -> bool:
        """Whether the labels are compared with a reference."""
        return self._dice is not None

    def _tell_all(self) -> None:
        if self._structures:
            last = self.index(len(self._structures) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

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

    def structure_at(self, row: int) -> Structure:
        """Structure of a row."""
        return self._structures[row]

    def row_of(self, label: int) -> int:
        """Row of a label, −1 if it has none."""
        return next((row for row, s in enumerate(self._structures) if s.index == label), -1)

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

    def show_all(self, visible: bool) -> None:
        """Draw all structures, or none."""
        self._visible = {s.index for s in self._structures} if visible else set()
        self._tell_visibility()

    def show_nuclei(self) -> None:
        """Draw the nuclei without white and grey matter."""
        self._visible = {s.index for s in self._structures if s.group.value == "nucleus"}
        self._tell_visibility()

    def _tell_visibility(self) -> None:
        if self._structures:
            role = [Qt.ItemDataRole.CheckStateRole]
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._structures) - 1, 0), role)
        self.visibility_changed.emit()

    # Qt's interface --------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of structures."""
        return 0 if parent is not None and parent.isValid() else len(self._structures)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in (Column.VOLUME, Column.DICE)
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (self.tr("Nucleus"), self.tr("Full name"), self.tr("Side"), self.tr("mm³"), self.tr("Dice"))[
            section
        ]

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Every row can be chosen and checked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == Column.NAME else flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        structure = self._structures[index.row()]
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(structure, column)
        if role == SORT_ROLE:
            return self._sort_key(structure, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._hint(structure)
        if role == Qt.ItemDataRole.AccessibleTextRole and column is Column.NAME:
            return f"{structure.name}, {structure.full_name}"
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (Column.VOLUME, Column.DICE):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and self._is_absent(structure):
            return QGuiApplication.palette().placeholderText()
        if column is not Column.NAME:
            return None
        if role == Qt.ItemDataRole.DecorationRole:
            return QColor(structure.colour)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if structure.index in self._visible else Qt.CheckState.Unchecked
        return None

    def setData(  # noqa: N802 - Qt's name
        self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Switch the visibility of a structure."""
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != Column.NAME:
            return False
        label = self._structures[index.row()].index
        if Qt.CheckState(value) is Qt.CheckState.Checked:
            self._visible.add(label)
        else:
            self._visible.discard(label)
        self.dataChanged.emit(index, index, [role])
        self.visibility_changed.emit()
        return True

    def _text(self, structure: Structure, column: Column) -> str:
        if column is Column.NAME:
            return structure.name
        if column is Column.FULL_NAME:
            return structure.full_name
        if column is Column.SIDE:
            sides = {"left": self.tr("left"), "right": self.tr("right"), "midline": self.tr("midline")}
            return sides[structure.side.value]
        if column is Column.DICE:
            value = None if self._dice is None else self._dice.get(structure.index)
            return "" if value is None else f"{value:.2f}"
        return "" if self._volumes is None else f"{self._volumes[structure.index]:,.0f}"

    def _is_absent(self, structure: Structure) -> bool:
        return self._volumes is not None and self._volumes[structure.index] == 0

    def _sort_key(self, structure: Structure, column: Column) -> str | float | int:
        if column is Column.VOLUME:
            return -1.0 if self._volumes is None else float(self._volumes[structure.index])
        if column is Column.DICE:
            return -1.0 if self._dice is None else self._dice.get(structure.index, -1.0)
        if column is Column.NAME:
            return structure.index
        return self._text(structure, column)

    def _hint(self, structure: Structure) -> str:
        lines = [structure.full_name, self.tr("Source: {0}").format(structure.source)]
        words = {"A": self.tr("good"), "B": self.tr("fair"), "C": self.tr("poor")}
        if structure.reliability:
            lines.append(
                self.tr("Reliability, by size against the error of registration: {0} ({1})").format(
                    structure.reliability, words[structure.reliability]
                )
            )
        return "\n".join(lines)
