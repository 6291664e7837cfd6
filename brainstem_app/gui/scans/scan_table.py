"""The opened scans as a table: name, group and covariates, size, what was found, whether it is prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QStyle

if TYPE_CHECKING:
    from brainstem_app.gui.scans.listing import ListedScan, Listing
    from brainstem_app.imaging.doctor import Examination

AnyIndex = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
_MOST_COLUMNS = 6
_BEFORE, _AFTER = 1, 3


class ScanTable(QAbstractTableModel):
    """Rows are scans; the columns between name and size are those of participants.tsv."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scans: list[ListedScan] = []
        self._columns: tuple[str, ...] = ()
        self._found: dict[str, Examination] = {}
        self._prepared: dict[str, str] = {}

    def set_listing(self, listing: Listing) -> None:
        """Show other scans; what was found in those that stay is kept."""
        self.beginResetModel()
        self._scans = list(listing.scans)
        self._columns = listing.column_names[:_MOST_COLUMNS]
        self.endResetModel()

    def set_found(self, examination: Examination) -> None:
        """Show what was found in a scan."""
        self._found[examination.path] = examination
        for row, scan in enumerate(self._scans):
            if str(scan.path) == examination.path:
                self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount() - 1))

    def set_prepared(self, states: dict[str, str]) -> None:
        """Set ``"finished"`` or ``"failed"`` by scan name."""
        self._prepared = states
        if self._scans:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._scans) - 1, self.columnCount() - 1))

    def replace(self, row: int, scan: ListedScan) -> None:
        """Put another scan in a row, e.g. the chosen series of a DICOM folder."""
        self._scans[row] = scan
        self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount() - 1))

    @property
    def scans(self) -> tuple[ListedScan, ...]:
        """All scans, in the order of the list."""
        return tuple(self._scans)

    def scan(self, row: int) -> ListedScan:
        """Scan of a row."""
        return self._scans[row]

    def found(self, scan: ListedScan) -> Examination | None:
        """Return what was found in a scan; None before it was examined."""
        return self._found.get(str(scan.path))

    def next_to_examine(self) -> ListedScan | None:
        """First scan that has not been examined yet."""
        return next((scan for scan in self._scans if str(scan.path) not in self._found), None)

    def counts(self) -> tuple[int, int, int]:
        """Count scans with an error, scans with a warning, scans not examined yet."""
        worst = [self._worst(scan) for scan in self._scans]
        return worst.count("error"), worst.count("warning"), worst.count(None)

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of scans."""
        return 0 if parent is not None and parent.isValid() else len(self._scans)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else _BEFORE + len(self._columns) + _AFTER

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (self.tr("Scan"), *self._columns, self.tr("Size"), self.tr("Prepared"), self.tr("Findings"))
        return titles[section]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        scan = self._scans[index.row()]
        column = index.column()
        is_last = column == self.columnCount() - 1
        if role in (Qt.ItemDataRole.DisplayRole, SORT_ROLE):
            return self._text(scan, column, sort=role == SORT_ROLE)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(scan.path)
        if role == Qt.ItemDataRole.DecorationRole and is_last:
            return self._icon(scan)
        if role == Qt.ItemDataRole.ForegroundRole and is_last and self._worst(scan) in (None, "fine"):
            return QGuiApplication.palette().placeholderText()
        return None

    def _text(self, scan: ListedScan, column: int, *, sort: bool) -> str | float:
        place = column - _BEFORE
        if column == 0:
            return scan.name
        if place < len(self._columns):
            value = scan.columns.get(self._columns[place], "")
            return _number(value) if sort else value
        return (self._size, self._state, self._findings)[place - len(self._columns)](scan)

    def _size(self, scan: ListedScan) -> str:
        found = self.found(scan)
        if found is None or found.shape is None or found.voxel_size_mm is None:
            return ""
        voxels = "×".join(str(n) for n in found.shape)
        sizes = "×".join(f"{size:.3g}" for size in found.voxel_size_mm)
        return self.tr("{0}, {1} mm").format(voxels, sizes)

    def _state(self, scan: ListedScan) -> str:
        words = {"finished": self.tr("yes"), "failed": self.tr("failed")}
        return words.get(self._prepared.get(scan.name, ""), "")

    def _findings(self, scan: ListedScan) -> str:
        found = self.found(scan)
        if found is None:
            return self.tr("not looked at yet")
        if not found.findings:
            return self.tr("fine")
        first, others = found.findings[0], len(found.findings) - 1
        return first.problem if not others else self.tr("{0} (+{1} more)").format(first.problem, others)

    def _worst(self, scan: ListedScan) -> str | None:
        found = self.found(scan)
        if found is None:
            return None
        return found.findings[0].level.value if found.findings else "fine"

    def _icon(self, scan: ListedScan) -> Any:
        icons = {
            "error": QStyle.StandardPixmap.SP_MessageBoxCritical,
            "warning": QStyle.StandardPixmap.SP_MessageBoxWarning,
            "info": QStyle.StandardPixmap.SP_MessageBoxInformation,
            "fine": QStyle.StandardPixmap.SP_DialogApplyButton,
        }
        worst = self._worst(scan)
        return None if worst is None else QApplication.style().standardIcon(icons[worst])


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
