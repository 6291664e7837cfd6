"""The open scan: its name, grid, and what was found in its header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from brainstem_app.gui.scans.opened import OpenedScan
    from brainstem_app.imaging.scan import Finding

_MAX_FINDINGS_HEIGHT = 150
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
        self._findings = QWidget(self)
        self._findings.setAccessibleName(self.tr("What was found in the scan's header"))
        self._rows = QVBoxLayout(self._findings)
        self._rows.setContentsMargins(0, 4, 0, 0)
        self._rows.setSpacing(6)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self._findings)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._scroll.hide()
        layout = QVBoxLayout(self)
        layout.setSpacing(2)
        for widget in (self.name, self.size, self._scroll):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

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
        self._scroll.setVisible(bool(findings))
        width = max(self._scroll.viewport().width(), 300)
        needed = self._findings.heightForWidth(width) if self._findings.hasHeightForWidth() else 0
        needed = max(needed, self._findings.sizeHint().height()) + 4
        self._scroll.setFixedHeight(min(needed, _MAX_FINDINGS_HEIGHT))

    def _row(self, finding: Finding) -> QWidget:
        row = QWidget(self._findings)
        icon = QLabel(row)
        size = self.fontMetrics().height()
        icon.setPixmap(self.style().standardIcon(_ICONS[finding.level.value]).pixmap(size, size))
        text = finding.problem if not finding.fix else f"{finding.problem} {finding.fix}"
        label = QLabel(text, row)
        label.setWordWrap(True)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(label, 1)
        row.setAccessibleName(f"{finding.level.value}: {text}")
        return row
