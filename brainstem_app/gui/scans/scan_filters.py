"""What the list of scans shows: a text to look for, a dataset, a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from brainstem_app.gui.controls import make_search
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.scans.scan_states import ACCEPTED, EDITED, REJECTED, SEGMENTED

if TYPE_CHECKING:
    from pathlib import Path

    from brainstem_app.gui.arranged_rows import ArrangedRows
    from brainstem_app.gui.scans.listing import ListedScan
    from brainstem_app.gui.scans.scan_table import ScanTable

_STATES = (
    ("all scans", ""),
    ("not segmented", "none"),
    ("segmented", SEGMENTED),
    ("corrected", EDITED),
    ("accepted", ACCEPTED),
    ("rejected", REJECTED),
    ("with a warning", "warning"),
    ("cannot be used", "error"),
)
_SEARCH_WIDTH = 150


class ScanFilters(QWidget):
    """A line to search, and boxes of datasets and states that narrow the list.

    Attributes
    ----------
    search : QLineEdit
    dataset, state : QComboBox
        The first is shown where scans of several datasets are listed.
    """

    def __init__(self, model: ScanTable, arranged: ArrangedRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._arranged = arranged
        hint = "Shows only the rows that hold this text, a group or a finding too"
        self.search = make_search(self, "Find a scan", hint, arranged.set_text)
        self.search.setMinimumWidth(_SEARCH_WIDTH)
        self.dataset = self._box("Dataset", "Shows only the scans of this dataset")
        self.state = self._box("State", "Shows only the scans in this state")
        for text, value in _STATES:
            self.state.addItem(text, value)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.dataset, self.state, self.search):
            row.addWidget(widget)
        self.set_datasets(())

    def set_datasets(self, datasets: tuple[Path, ...]) -> None:
        """Offer the datasets that are listed; the chosen one stays, if it is among them."""
        chosen = self.dataset.currentData()
        with QSignalBlocker(self.dataset):
            self.dataset.clear()
            self.dataset.addItem("all datasets", "")
            for dataset in datasets:
                self.dataset.addItem(dataset.name, str(dataset))
            self.dataset.setCurrentIndex(max(0, self.dataset.findData(chosen)))
        self.dataset.setVisible(len(datasets) > 1)
        self._apply()

    def _box(self, name: str, hint: str) -> QComboBox:
        box = ChoiceBox(self)
        box.setAccessibleName(name)
        box.setToolTip(hint)
        box.currentIndexChanged.connect(lambda _place: self._apply())
        return box

    def _apply(self) -> None:
        dataset, state = str(self.dataset.currentData() or ""), str(self.state.currentData() or "")
        if not dataset and not state:
            self._arranged.set_filter(None)
            return

        def is_shown(scan: ListedScan) -> bool:
            return (not dataset or str(scan.dataset) == dataset) and self._model.is_in_state(scan, state)

        self._arranged.set_filter(is_shown)
