"""List of what was found in the chosen scan, and what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.gui.controls import level_icon, remove_widgets, widgets_of
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.look import set_tone
from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.scans.listing import SEVERAL_SERIES

if TYPE_CHECKING:
    from brainstem_app.gui.scans.listing import ListedScan, OfferedSeries
    from brainstem_app.imaging.doctor import Examination

_LINES = 8


class FindingList(QScrollArea):
    """Findings of one scan, with the choice of a series where a DICOM folder holds several.

    Signals
    -------
    series_chosen(str)
        ``FOLDER#SERIES`` that the user wants.
    """

    series_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Findings of the chosen scan")
        self.setMinimumHeight(_LINES * self.fontMetrics().height())
        self.title = QLabel()
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setWordWrap(True)
        set_tone(self.title, "soft")
        self._rows = QVBoxLayout()
        self.series = ChoiceBox()
        self.series.setAccessibleName("Series of the DICOM folder")
        self.series.setToolTip("The folder holds several series; this one is used")
        self.take_button = QPushButton("Take this series")
        self.take_button.setAccessibleName("Take this series")
        self.take_button.setToolTip("Use this series wherever the folder is used")
        self.take_button.clicked.connect(lambda: self.series_chosen.emit(str(self.series.currentData())))
        self._chooser = QWidget()
        chooser = QHBoxLayout(self._chooser)
        chooser.setContentsMargins(0, 0, 0, 0)
        chooser.addWidget(self.series, 1)
        chooser.addWidget(self.take_button)
        self._chooser.hide()
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.addWidget(self.title)
        layout.addLayout(self._rows)
        layout.addWidget(self._chooser)
        layout.addStretch(1)
        self.setWidget(inside)

    @property
    def texts(self) -> list[str]:
        """The findings shown, as read aloud."""
        return [row.accessibleName() for row in widgets_of(self._rows)]

    def show_scan(self, scan: ListedScan | None, found: Examination | None) -> None:
        """Show the findings of a scan, or nothing."""
        self._chooser.hide()
        remove_widgets(self._rows)
        if scan is None:
            self.title.setText("")
            return
        orientation = "" if found is None or not found.orientation else f", axes {found.orientation}"
        self.title.setText(f"{scan.path}{orientation}")
        if found is None:
            self._add("", "The scan is being looked at…", "")
        elif not found.findings:
            self._add("", "Nothing is wrong with the header, the voxels or the coverage.", "")
        for finding in found.findings if found is not None else ():
            is_choice = finding.code == SEVERAL_SERIES
            fix = "Take the one of the T1-weighted scan." if is_choice else finding.fix
            self._add(finding.level.value, window_words(finding.problem), window_words(fix))

    def offer_series(self, series: tuple[OfferedSeries, ...], taken: str) -> None:
        """Let the user choose a series of a DICOM folder: the one taken is marked, or the likely one."""
        self.series.clear()
        for one in series:
            text = f"{one.text}, {counted(one.images, 'image')}" if one.images else one.text
            self.series.addItem(text, one.path)
        likely = next((row for row, one in enumerate(series) if one.is_likely), 0)
        row = self.series.findData(taken)
        self.series.setCurrentIndex(row if row >= 0 else likely)
        self._chooser.setVisible(bool(series))

    def focus_series(self) -> None:
        """Give the keys to the choice of a series, if there is one."""
        if self._chooser.isVisible():
            self.series.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, level: str, problem: str, fix: str) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        if level:
            layout.addWidget(level_icon(level, row), 0, Qt.AlignmentFlag.AlignTop)
        label = QLabel(f"{problem}\n→ {fix}" if fix else problem, row)
        label.setWordWrap(True)
        layout.addWidget(label, 1)
        row.setAccessibleName(f"{level}: {problem} {fix}".strip(": "))
        self._rows.addWidget(row)
