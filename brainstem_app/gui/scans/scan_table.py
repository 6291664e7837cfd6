"""Table of the opened scans: name, group and covariates, size, whether it is prepared, findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QIcon, QImage, QPixmap

from brainstem_app.gui.controls import LEVEL_ICONS
from brainstem_app.gui.design.icons import line_icon
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import ICON
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.gui.scans.examiner import THUMBNAIL
from brainstem_app.gui.scans.listing import ListedScan
from brainstem_app.imaging.text_table import number_of

if TYPE_CHECKING:
    from brainstem_app.gui.scans.listing import Listing
    from brainstem_app.imaging.doctor import Examination

_MOST_COLUMNS = 6


class ScanTable(RowsModel[ListedScan]):
    """Rows are scans; the columns between name and size are those of participants.tsv."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._found: dict[str, Examination] = {}
        self._prepared: dict[str, str] = {}
        self._results: dict[str, str] = {}
        self._work: dict[str, str] = {}
        self._pictures: dict[str, QIcon] = {}
        empty = QPixmap(THUMBNAIL, THUMBNAIL)
        empty.fill(QColor(Qt.GlobalColor.transparent))
        self._empty_picture = QIcon(empty)
        hints = {Qt.ItemDataRole.ToolTipRole: lambda scan: str(scan.path)}
        super().__init__((), lambda scan: str(scan.path), parent, hints)
        self.set_rows((), self._made_columns(()))

    def set_listing(self, listing: Listing) -> None:
        """Show other scans; what was found in those that stay is kept."""
        self.set_rows(listing.scans, self._made_columns(listing.column_names[:_MOST_COLUMNS]))

    def set_found(self, examination: Examination, picture: QImage | None = None) -> None:
        """Show what was found in a scan, and its picture."""
        self._found[examination.path] = examination
        if picture is not None:
            pixmap = QPixmap.fromImage(picture)
            pixmap.setDevicePixelRatio(max(picture.width(), picture.height()) / THUMBNAIL)
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # a grey scan in the colour of the choice is a fog
            self._pictures[examination.path] = icon
        self.tell(self.row_of(examination.path))

    def set_work(self, states: dict[str, str]) -> None:
        """Show which scans wait to be segmented or are in work, by their paths."""
        if states != self._work:
            self._work = states
            self.tell_all()

    def set_results(self, states: dict[str, str]) -> None:
        """Set the states of scans that are segmented, by their paths."""
        if states != self._results:
            self._results = states
            self.tell_all()

    def is_in_state(self, scan: ListedScan, state: str) -> bool:
        """Whether a scan is ``"none"`` (not segmented), in a state of its result, or has a worst finding."""
        if state in {"error", "warning"}:
            return self._worst(scan) == state
        return state in {"", self._results.get(str(scan.path), "none")}

    def set_prepared(self, states: dict[str, str]) -> None:
        """Set ``"finished"`` or ``"failed"`` by scan name."""
        self._prepared = states
        self.tell_all()

    def found(self, scan: ListedScan) -> Examination | None:
        """Return what was found in a scan; None before it was examined."""
        return self._found.get(str(scan.path))

    def next_to_examine(self, seen: Iterable[int] = ()) -> ListedScan | None:
        """First scan that has not been examined yet; of those in the rows `seen`, if there is one."""
        rows = self.rows
        for scan in (*(rows[n] for n in seen), *rows):
            if str(scan.path) not in self._found:
                return scan
        return None

    def counts(self) -> tuple[int, int, int]:
        """Count scans with an error, scans with a warning, scans not examined yet."""
        worst = [self._worst(scan) for scan in self.rows]
        return worst.count("error"), worst.count("warning"), worst.count(None)

    def _made_columns(self, names: tuple[str, ...]) -> list[Column[ListedScan]]:
        def of_person(name: str) -> Column[ListedScan]:
            return Column(name, lambda s: s.columns.get(name, ""), lambda s: _number(s.columns.get(name, "")))

        roles = {
            Qt.ItemDataRole.DecorationRole: self._icon,
            Qt.ItemDataRole.ForegroundRole: self._foreground,
        }
        return [
            Column("Scan", lambda scan: scan.name, roles={Qt.ItemDataRole.DecorationRole: self._picture}),
            *map(of_person, names),
            Column("Size", self._size),
            Column("Result", self._result, hint="Segmented, and what was said of it in the study"),
            Column("Prepared", self._state),
            Column("Findings", self._findings, roles=roles),
        ]

    def _size(self, scan: ListedScan) -> str:
        found = self.found(scan)
        if found is None or found.shape is None or found.voxel_size_mm is None:
            return ""
        voxels = "×".join(str(n) for n in found.shape)
        sizes = "×".join(f"{size:.3g}" for size in found.voxel_size_mm)
        return f"{voxels}, {sizes} mm"

    def _picture(self, scan: ListedScan) -> QIcon:
        return self._pictures.get(str(scan.path)) or self._empty_picture

    def _result(self, scan: ListedScan) -> str:
        path = str(scan.path)
        return self._work.get(path) or self._results.get(path, "")

    def _state(self, scan: ListedScan) -> str:
        words = {"finished": "yes", "failed": "failed"}
        return words.get(self._prepared.get(scan.name, ""), "")

    def _findings(self, scan: ListedScan) -> str:
        found = self.found(scan)
        if found is None:
            return "not looked at yet"
        if not found.findings:
            return "fine"
        first, others = found.findings[0], len(found.findings) - 1
        return first.problem if not others else f"{first.problem} (+{others} more)"

    def _worst(self, scan: ListedScan) -> str | None:
        found = self.found(scan)
        if found is None:
            return None
        return found.findings[0].level.value if found.findings else "fine"

    def _icon(self, scan: ListedScan) -> QPixmap | None:
        worst = self._worst(scan)
        if worst is None:
            return None
        name, tone = LEVEL_ICONS[worst]
        ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        return line_icon(name, str(getattr(colours_of(), tone))).pixmap(QSize(ICON, ICON), ratio)

    def _foreground(self, scan: ListedScan) -> QBrush | None:
        faint = self._worst(scan) in (None, "fine")
        return QGuiApplication.palette().placeholderText() if faint else None


def _number(text: str) -> str | float:
    number = number_of(text)
    return text if number is None else number
