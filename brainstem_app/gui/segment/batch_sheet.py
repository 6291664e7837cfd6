"""Sheet before several scans are segmented: how many, with which model, into which folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
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
from brainstem_app.gui.scans.scan_states import SEGMENTED
from brainstem_app.gui.segment.card_text import card_summary, with_amber
from brainstem_app.gui.segment.earlier_results import EarlierResult, outside_in_words, results_in_words
from brainstem_app.gui.segment.results_folder_line import ResultsFolderLine
from brainstem_app.study.segmentations import model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from brainstem_app.gui.scans.listing import ChosenScans
    from brainstem_app.gui.segment.job_files import SegmentOutputs
    from brainstem_app.gui.segment.segment_panel import Offered
    from brainstem_app.gui.settings import WindowSettings

_NAMED, _WIDTH = 3, 560
_TOLD = 40  # under the pointer
_BIDS_APART = "BIDS derivatives are a dataset of their own, outside of the study."
_APART = (
    "They belong to no study, so Quality cannot show them together. "
    "To keep them in one, cancel, and begin it first (Ctrl+N)."
)


class BatchSheet(QDialog):
    """Names scans, model and folder of a batch; nothing begins before the user says so.

    Signals
    -------
    confirmed(str, object)
        Segment with the model of this name, or in this file, these scans (list of Path).
    count_changed(int)
        So many scans will be segmented.
    command_requested(str)
        Do what the window's action with this id is for.
    """

    confirmed = Signal(str, object)
    count_changed = Signal(int)
    command_requested = Signal(str)

    def __init__(
        self, chosen: ChosenScans, offered: tuple[Offered, ...], settings: WindowSettings, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Segment several scans")
        self._offered, self._chosen = offered, chosen
        self._earlier: tuple[EarlierResult, ...] = ()
        self._keeps_bids = settings.outputs.bids
        self._is_in_study = False
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
        self.earlier = _words(self, "")
        self.earlier.setAccessibleName("Results that are there already")
        self.leave_out = QCheckBox("&Leave these scans out", self)
        self.leave_out.setToolTip("Segment only scans that have no result with this model")
        self.leave_out.toggled.connect(self._show_count)
        self.outputs = _words(self, self._output_words(settings.outputs))
        self.time = _words(self, "")
        self.time.setAccessibleName("How long it will take")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.start_button = buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start_button.setDefault(True)
        set_primary(self.start_button)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.confirmed.emit(str(self.models.currentData()), self.scans_to_do))
        self.models.currentIndexChanged.connect(self._show_card)
        self.models.currentIndexChanged.connect(self._show_earlier)
        self._lay_out(buttons)
        width = min(_WIDTH, parent.width())
        self.setMinimumWidth(width)
        self._show_card()
        self.show_time(" ")
        self._show_earlier()

    def show_time(self, words: str) -> None:
        """Say how long it will take."""
        self.time.setText(words)

    def show_study(self, folder: Path | None) -> None:
        """Say which folder of the open study results go to; None if they belong to no study."""
        own = self._keeps_bids and folder is not None
        self._is_in_study = folder is not None and not own
        self.place.show_study(folder if self._is_in_study else None)
        self.apart.setText(_BIDS_APART if own else _APART)
        self._form.setRowVisible(self.apart, not self._is_in_study)
        self._show_earlier()

    def show_earlier(self, results: tuple[EarlierResult, ...]) -> None:
        """Say which scans have results already, and what becomes of them."""
        self._earlier = results
        self._show_earlier()

    @property
    def scans_to_do(self) -> list[Path]:
        """Scans that will be segmented."""
        done = self._done if self.leave_out.isChecked() else set()
        return [scan.path for scan in self._chosen.scans if scan.path not in done]

    @property
    def _of_model(self) -> list[EarlierResult]:
        """Earlier results of the chosen model."""
        row = self.models.currentIndex()
        if row < 0:
            return []
        card = self._offered[row].model.card
        made = model_folder(card.name, card.version)
        return [result for result in self._earlier if result.model == made]

    @property
    def _counting(self) -> list[EarlierResult]:
        """Those of them that lie where the new ones go: in a study they are replaced."""
        return [result for result in self._of_model if result.in_study or not self._is_in_study]

    @property
    def _done(self) -> set[Path]:
        return {result.scan for result in self._counting}

    def _show_earlier(self) -> None:
        """Begin with the new scans of a study alone, where there are some; a second time is asked for."""
        found, count = self._counting, len(self._chosen.scans)
        outside = [result for result in self._of_model if result.scan not in self._done]
        said = (results_in_words(count, found, replaced=self._is_in_study), outside_in_words(count, outside))
        words = " ".join(filter(None, said))
        is_at_risk = self._is_in_study and any(result.state != SEGMENTED for result in found)
        self.earlier.setText(words)
        set_tone(self.earlier, "fair" if is_at_risk else "")
        some = 0 < len(self._done) < count
        self._form.setRowVisible(self.earlier, bool(words))
        self._form.setRowVisible(self.leave_out, some)
        self.leave_out.setChecked(some and self._is_in_study)
        self._show_count()
        fit_height(self, self.minimumWidth())

    def _show_count(self) -> None:
        count = len(self.scans_to_do)
        self.start_button.setText(f"Segment {counted(count, 'scan')}")
        self.count_changed.emit(count)

    def choose(self, name: str) -> None:
        """Choose the model to begin with."""
        self.models.setCurrentIndex(max(self.models.findData(name), 0))

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        self._form = form = FieldForm()
        form.add("Scans", self.scans)
        form.add("&Model", self.models)
        form.add("", self.card)
        form.add("Done before", self.earlier)
        form.add("", self.leave_out)
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
