"""The open scan: its name, grid, and what was found in its header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.scans.result_line import ResultLine

if TYPE_CHECKING:
    from brainstem_app.gui.document.opened import OpenedScan
    from brainstem_app.imaging.scan import Finding

_UNFOLDED = 2
_ICONS = {
    "info": QStyle.StandardPixmap.SP_MessageBoxInformation,
    "warning": QStyle.StandardPixmap.SP_MessageBoxWarning,
    "error": QStyle.StandardPixmap.SP_MessageBoxCritical,
}
_ORDER = ("error", "warning", "info")


class ScanPanel(QGroupBox):
    """Name, size and findings of the scan in the viewer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Scan"))
        self.name = QLabel(self.tr("No scan is open."), self)
        self.name.setWordWrap(True)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setAccessibleName(self.tr("Name of the scan"))
        self.size = QLabel(self)
        self.size.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.size.setAccessibleName(self.tr("Size of the scan"))
        self.size.hide()
        self.result = ResultLine(self)
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 4, 0, 0)
        self._rows.setSpacing(6)
        self._more = QPushButton(self)
        self._more.setAccessibleName(self.tr("Show more findings"))
        self._more.setToolTip(self.tr("All that was found in the header, the voxels and the coverage"))
        self._more.setFlat(True)
        self._more.setCheckable(True)
        self._more.toggled.connect(self._fold)
        self._more.hide()
        layout = QVBoxLayout(self)
        layout.setSpacing(2)
        layout.addWidget(self.name)
        layout.addWidget(self.size)
        layout.addWidget(self.result)
        layout.addLayout(self._rows)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def finding_texts(self) -> list[str]:
        """The findings shown, as read aloud."""
        rows = (self._rows.itemAt(i).widget() for i in range(self._rows.count()))
        return [row.accessibleName() for row in rows]

    def show_scan(self, scan: OpenedScan) -> None:
        """Show a scan."""
        grid = scan.image.grid
        self.name.setText(scan.path.name)
        self.name.setToolTip(str(scan.path))
        voxels = " × ".join(str(n) for n in grid.shape)
        sizes = " × ".join(f"{size:.2f}" for size in grid.voxel_size_mm)
        self.size.setText(self.tr("{0} voxels of {1} mm").format(voxels, sizes))
        self.size.show()
        self.show_findings(scan.findings)

    def show_missing(self, text: str) -> None:
        """Say that labels are shown without their scan."""
        self.name.setText(text)
        self.name.setToolTip("")
        self.size.hide()
        self.show_findings(())

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show what was found in the scan or in its segmentation, the worst first."""
        while self._rows.count():
            row = self._rows.takeAt(0).widget()
            row.setParent(None)
            row.deleteLater()
        for finding in sorted(findings, key=lambda f: _ORDER.index(f.level.value)):
            self._rows.addWidget(self._row(finding))
        self._more.setChecked(False)
        self._fold()

    def _fold(self) -> None:
        """Show the worst findings, and the others if the user wants them."""
        count = self._rows.count()
        unfolded = self._more.isChecked()
        for place in range(count):
            self._rows.itemAt(place).widget().setVisible(unfolded or place < _UNFOLDED)
        hidden = self.tr("{0} more…").format(count - _UNFOLDED)
        self._more.setText(self.tr("Show fewer") if unfolded else hidden)
        self._more.setAccessibleName(self._more.text())
        self._more.setVisible(count > _UNFOLDED)

    def _row(self, finding: Finding) -> QWidget:
        row = QWidget(self)
        icon = QLabel(row)
        size = self.fontMetrics().height()
        icon.setPixmap(self.style().standardIcon(_ICONS[finding.level.value]).pixmap(size, size))
        text = finding.problem if not finding.fix else f"{finding.problem} {finding.fix}"
        label = QLabel(text, row)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(label, 1)
        row.setAccessibleName(f"{finding.level.value}: {text}")
        return row
