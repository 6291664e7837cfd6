"""Panel of the open scan: its name, its grid, and what was found in its header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import level_icon, remove_widgets, widgets_of
from brainstem_app.gui.design.card import Card
from brainstem_app.gui.design.look import set_tone
from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.scans.result_line import ResultLine

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document
    from brainstem_app.imaging.scan import Finding

_UNFOLDED = 2
_ORDER = ("error", "warning", "info")


class ScanPanel(Card):
    """Name, size and findings of the scan of a document."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title("Scan")
        self._document = document
        self.name = QLabel("No scan is open.", self)
        self.name.setWordWrap(True)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setAccessibleName("Name of the scan")
        self.grid = QLabel(self)
        set_tone(self.grid, "soft")
        self.grid.setAccessibleName("Size of the scan")
        self.grid.hide()
        self.result = ResultLine(document, self)
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 4, 0, 0)
        self._rows.setSpacing(6)
        self._more = QPushButton(self)
        self._more.setAccessibleName("Show more findings")
        self._more.setToolTip("All that was found in the header, the voxels and the coverage")
        self._more.setFlat(True)
        self._more.setCheckable(True)
        self._more.toggled.connect(self._fold)
        self._more.hide()
        layout = self.body
        layout.setSpacing(2)
        layout.addWidget(self.name)
        layout.addWidget(self.grid)
        layout.addWidget(self.result)
        layout.addLayout(self._rows)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        document.opened.connect(self._show)

    @property
    def finding_texts(self) -> list[str]:
        """The findings shown, as read aloud."""
        return [row.accessibleName() for row in widgets_of(self._rows)]

    def _show(self) -> None:
        """Show the scan, or that labels are shown without theirs."""
        scan = self._document.scan
        self.grid.setVisible(scan is not None)
        self._show_findings(self._document.findings)
        if scan is None:
            self.name.setText("Labels without their scan")
            self.name.setToolTip("")
            return
        grid = scan.image.grid
        self.name.setText(scan.path.name)
        self.name.setToolTip(str(scan.path))
        voxels = " × ".join(str(n) for n in grid.shape)
        sizes = " × ".join(f"{size:.2f}" for size in grid.voxel_size_mm)
        self.grid.setText(f"{voxels} voxels of {sizes} mm")

    def _show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show what was found in the scan or in its segmentation, the worst first."""
        remove_widgets(self._rows)
        for finding in sorted(findings, key=lambda f: _ORDER.index(f.level.value)):
            self._rows.addWidget(self._row(finding))
        self._more.setChecked(False)
        self._fold()

    def _fold(self) -> None:
        """Show the worst findings, and the others if the user wants them."""
        count = self._rows.count()
        unfolded = self._more.isChecked()
        for place, row in enumerate(widgets_of(self._rows)):
            row.setVisible(unfolded or place < _UNFOLDED)
        hidden = f"{count - _UNFOLDED} more…"
        self._more.setText("Show fewer" if unfolded else hidden)
        self._more.setAccessibleName(self._more.text())
        self._more.setVisible(count > _UNFOLDED)

    def _row(self, finding: Finding) -> QWidget:
        row = QWidget(self)
        icon = level_icon(finding.level.value, row)
        text = window_words(f"{finding.problem} {finding.fix}".strip())
        label = QLabel(text, row)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(label, 1)
        row.setAccessibleName(f"{finding.level.value}: {text}")
        return row
