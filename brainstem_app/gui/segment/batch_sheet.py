"""Sheet before several scans are segmented: how many, with which model, into which folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QWidget,
)

from brainstem_app.counting import agreeing, counted, listed
from brainstem_app.gui.controls import FieldForm, fit_height, page_layout
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.look import colours_of, set_primary, set_tone
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.segment.card_text import card_summary, with_amber
from brainstem_app.gui.segment.results_folder_line import ResultsFolderLine

if TYPE_CHECKING:
    from pathlib import Path

    from brainstem_app.gui.scans.listing import ChosenScans
    from brainstem_app.gui.segment.job_files import SegmentOutputs
    from brainstem_app.gui.segment.segment_panel import Offered
    from brainstem_app.gui.settings import WindowSettings

_NAMED, _WIDTH = 3, 560
_TOLD = 40  # under the pointer
_APART = (
    "They belong to no study, so Quality cannot show them together. "
    "To keep them in one, cancel, and begin it first (Ctrl+N)."
)


class BatchSheet(QDialog):
    """Names scans, model and folder of a batch; nothing begins before the user says so.

    Signals
    -------
    confirmed(str)
        Segment with the model of this name, or in this file.
    command_requested(str)
        Do what the window's action with this id is for.
    """

    confirmed = Signal(str)
    command_requested = Signal(str)

    def __init__(
        self, chosen: ChosenScans, offered: tuple[Offered, ...], settings: WindowSettings, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Segment several scans")
        self._offered = offered
        self.scans = _words(self, self._scan_words(chosen))
        self.scans.setToolTip("\n".join(scan.name for scan in chosen.scans[:_TOLD]))
        self.models = ChoiceBox(self)
        self.models.setAccessibleName("Model")
        self.models.setToolTip("The network that segments")
        for one in offered:
            self.models.addItem(one.title, one.name)
        self.card = _words(self, "")
        self.card.setTextFormat(Qt.TextFormat.RichText)
        self.card.setAccessibleName("How well the model does")
        self.place = ResultsFolderLine(settings, self)
        self.place.command_requested.connect(self.command_requested)
        self.apart = _words(self, _APART)
        set_tone(self.apart, "soft")
        self.outputs = _words(self, self._output_words(settings.outputs))
        self.time = _words(self, "")
        self.time.setAccessibleName("How long it will take")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.start_button = buttons.addButton(
            f"Segment {counted(len(chosen.scans), 'scan')}",
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        self.start_button.setDefault(True)
        set_primary(self.start_button)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.confirmed.emit(str(self.models.currentData())))
        self.models.currentIndexChanged.connect(self._show_card)
        self._lay_out(buttons)
        width = min(_WIDTH, parent.width())
        self.setMinimumWidth(width)
        self._show_card()
        self.show_time(" ")
        fit_height(self, width)

    def show_time(self, words: str) -> None:
        """Say how long it will take."""
        self.time.setText(words)

    def show_study(self, folder: Path | None) -> None:
        """Say which folder of the open study results go to; None if they belong to no study."""
        self.place.show_study(folder)
        self._form.setRowVisible(self.apart, folder is None)
        fit_height(self, self.minimumWidth())

    def choose(self, name: str) -> None:
        """Choose the model to begin with."""
        self.models.setCurrentIndex(max(self.models.findData(name), 0))

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        self._form = form = FieldForm()
        form.add("Scans", self.scans)
        form.add("&Model", self.models)
        form.add("", self.card)
        form.add("Folder", self.place)
        form.add("", self.apart)
        form.add("Written", self.outputs)
        form.add("Time", self.time)
        layout = page_layout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.addLayout(form)
        layout.addStretch(1)
        layout.addWidget(buttons)

    def _show_card(self) -> None:
        row = self.models.currentIndex()
        self.start_button.setEnabled(row >= 0)
        if row < 0:
            self.card.setText("No model is installed.")
            return
        card = self._offered[row].model.card
        self.card.setText(with_amber(card_summary(card), card, colours_of(self).fair))

    def _scan_words(self, chosen: ChosenScans) -> str:
        names = [scan.name for scan in chosen.scans]
        words = f"{len(names)}: {listed(names, _NAMED)}"
        if chosen.left_out:
            verb = agreeing(chosen.left_out, "is", "are")
            words += f"\n{counted(chosen.left_out, 'chosen scan')} cannot be used and {verb} left out."
        return words

    def _output_words(self, outputs: SegmentOutputs) -> str:
        also = [
            text
            for text, is_wanted in (
                ("surfaces", outputs.surfaces),
                ("BIDS derivatives", outputs.bids),
                ("DICOM segmentation", outputs.dicom_seg),
            )
            if is_wanted
        ]
        return ", ".join(["labels, report", *also])


def _words(parent: QWidget, text: str) -> QLabel:
    label = QLabel(text, parent)
    label.setWordWrap(True)
    return label
