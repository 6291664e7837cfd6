"""Panel that segments: the model, what is written and where, the start, the progress."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from brainstem_app.gui.controls import faint_label, make_button, make_check_box
from brainstem_app.gui.design.card import Card
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.design.tokens import HALF
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.segment.card_text import card_details, card_summary, with_amber
from brainstem_app.gui.segment.job_files import SegmentOutputs
from brainstem_app.gui.segment.results_folder_line import ResultsFolderLine
from brainstem_app.jobs.kinds.job_model import DEFAULT_MODEL

if TYPE_CHECKING:
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.models.library import ModelFiles


@dataclass(frozen=True)
class Offered:
    """A model to choose.

    Attributes
    ----------
    model : ModelFiles
    name : str
        What the job calls it: the name of a model at hand, or a file.
    title : str
        What the list shows.
    is_file : bool
        Whether the user has opened it from a file.
    """

    model: ModelFiles
    name: str
    title: str
    is_file: bool = False


class SegmentPanel(Card):
    """Model, Segment button, progress.

    Signals
    -------
    segment_requested
        Segment the open scan with the chosen model.
    command_requested(str)
        Do what the window's action with this id is for.
    """

    segment_requested = Signal()
    command_requested = Signal(str)

    def __init__(self, settings: WindowSettings, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title("Segment")
        self._settings = settings
        self.offered: tuple[Offered, ...] = ()
        self._has_scan = False
        self._is_running = False
        self._refusal = ""
        self._has_result = False
        chooser = self._made_chooser()
        self._written = written = self._made_outputs(settings.outputs)
        self.start_button = make_button(
            self,
            "Segment",
            "Label the nuclei of the open scan (Ctrl+Return)",
            self.segment_requested.emit,
            "play",
        )
        self.start_button.setAccessibleName("Segment the open scan")
        self.hint = faint_label(self)
        self.progress = JobProgress(self)
        self.place = ResultsFolderLine(settings, self)
        self.place.command_requested.connect(self.command_requested)
        layout = self.body
        layout.addLayout(chooser)
        layout.addWidget(self.card)
        layout.addWidget(written)
        for widget in (self.place, self.start_button, self.hint, self.progress):
            layout.addWidget(widget)
        self.settings_button = make_button(
            self, "Settings", "What is written, where results go, and the model's card", self._fold
        )
        self.settings_button.setAccessibleName("Settings of the segmentation")
        self.settings_button.setCheckable(True)
        self.settings_button.setFlat(True)
        self.head.addWidget(self.settings_button)
        settings.changed.connect(self._on_setting)
        self._update()
        self._fold()

    def _made_chooser(self) -> QHBoxLayout:
        """Make the list of models, their card, and the ways to more."""
        self.models = ChoiceBox(self)
        self.models.setAccessibleName("Model")
        self.models.setToolTip("The network that segments")
        self.models.setEnabled(False)
        self.models.currentIndexChanged.connect(self._show_card)
        name = QLabel("&Model", self)
        name.setBuddy(self.models)
        self.card = faint_label(self, "Looking for models…")
        self.card.setTextFormat(Qt.TextFormat.RichText)
        self.card.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.card.setAccessibleName("What the model was trained on and how well it does")
        self.details_button = make_button(self, "More…", "All that the card of the model says", lambda: None)
        self.details_button.setCheckable(True)
        self.details_button.setAccessibleName("More about the model")
        self.details_button.toggled.connect(self._show_card)
        self.details_button.hide()
        self.file_button = make_button(
            self,
            "File…",
            "A .onnx or .keras file with its model.json, not among your models",
            lambda: self.command_requested.emit("choose_model"),
        )
        self.file_button.setAccessibleName("Choose a model from a file")
        chooser = QHBoxLayout()
        chooser.addWidget(name)
        chooser.addWidget(self.models, 1)
        for button in (self.details_button, self.file_button):
            button.setFlat(True)
            chooser.addWidget(button)
        return chooser

    def _made_outputs(self, outputs: SegmentOutputs) -> QWidget:
        """Make the boxes of what is written besides, each with what it is for."""
        self.surfaces = self._output("S&urfaces", "Meshes, for 3-D programs", outputs.surfaces)
        self.bids = self._output("&BIDS derivatives", "For scans of a BIDS dataset", outputs.bids)
        self.dicom_seg = self._output(
            "&DICOM segmentation", "For scans that came as DICOM", outputs.dicom_seg
        )
        whole = QWidget(self)
        written = QGridLayout(whole)
        written.setContentsMargins(0, 0, 0, 0)
        written.setVerticalSpacing(HALF)
        written.setColumnStretch(1, 1)
        for row, box in enumerate((self.surfaces, self.bids, self.dicom_seg)):
            written.addWidget(box, row, 0)
            written.addWidget(faint_label(self, box.accessibleDescription()), row, 1)
        return whole

    def _output(self, text: str, hint: str, checked: bool) -> QCheckBox:
        box = make_check_box(self, text, hint)
        box.setChecked(checked)
        box.toggled.connect(lambda _checked: self._remember())
        return box

    def _remember(self) -> None:
        if self._settings.outputs != self.outputs:
            self._settings.outputs = self.outputs

    def _on_setting(self, name: str) -> None:
        """Tick what is written as the dialog of the settings has it."""
        outputs = self._settings.outputs
        if name == "outputs" and outputs != self.outputs:
            for box, chosen in (
                (self.surfaces, outputs.surfaces),
                (self.bids, outputs.bids),
                (self.dicom_seg, outputs.dicom_seg),
            ):
                with QSignalBlocker(box):
                    box.setChecked(chosen)

    @property
    def model(self) -> str:
        """Name or file of the chosen model, empty if there is none."""
        return str(self.models.currentData() or "")

    @property
    def chosen(self) -> ModelFiles | None:
        """The chosen model; None if there is none."""
        place = self.models.currentIndex()
        return self.offered[place].model if 0 <= place < len(self.offered) else None

    @property
    def can_start(self) -> bool:
        """Whether there is a scan that can be segmented, and a model to do it."""
        return self._has_scan and not self._refusal and bool(self.offered)

    @property
    def outputs(self) -> SegmentOutputs:
        """What is to be written beside labels and report."""
        boxes = (self.surfaces, self.bids, self.dicom_seg)
        return SegmentOutputs(*(box.isChecked() for box in boxes))

    def set_models(self, models: tuple[ModelFiles, ...]) -> None:
        """Offer models. At first the one that ships is chosen; a choice made since then stays.

        The choice ends with the window: no model of last week is used without a word.
        """
        chosen = self.model or DEFAULT_MODEL
        offered = [Offered(model, model.card.name, model.card.name) for model in models]
        offered += [one for one in self.offered if one.is_file]
        self._offer(tuple(offered), chosen)

    def add_model(self, model: ModelFiles, file: Path) -> None:
        """Offer a model that was opened from a file, and choose it."""
        added = Offered(model, str(file), f"{model.card.name} ({file.name})", is_file=True)
        others = (one for one in self.offered if one.name != added.name)
        self._offer((*others, added), added.name)

    def _offer(self, offered: tuple[Offered, ...], chosen: str) -> None:
        self.offered = offered
        self.models.clear()
        for one in offered:
            self.models.addItem(one.title, one.name)
        self.choose(chosen)
        self.models.setEnabled(bool(offered))
        self._show_card()
        self._update()

    def choose(self, name: str) -> None:
        """Choose a model by its name or file; the first one if it is not offered."""
        if self.offered:
            self.models.setCurrentIndex(max(self.models.findData(name), 0))

    def set_scan(self, has_scan: bool, refusal: str = "") -> None:
        """Say whether a scan is open, and why it cannot be segmented if it cannot."""
        self._has_scan, self._refusal = has_scan, refusal
        self._update()

    def set_running(self, running: bool) -> None:
        """Show the button, or the progress of the job."""
        self._is_running = running
        self._update()

    def set_result(self, has_result: bool) -> None:
        """Leave the room to what was found, once there is a result; the settings are a button away."""
        self._has_result = has_result
        self.settings_button.setChecked(False)
        self._fold()

    def _fold(self) -> None:
        shown = not self._has_result or self.settings_button.isChecked()
        self.settings_button.setVisible(self._has_result)
        for widget in (self._written, self.place):
            widget.setVisible(shown)
        self.card.setVisible(shown or self.details_button.isChecked())

    def _show_card(self) -> None:
        row = self.models.currentIndex()
        if not 0 <= row < len(self.offered):
            self.card.setText(
                "No model is installed. Put a folder with model.json and model.onnx among your models."
            )
            self.details_button.hide()
            return
        card = self.offered[row].model.card
        self.details_button.show()
        text = card_details(card) if self.details_button.isChecked() else card_summary(card)
        self.card.setText(with_amber(text, card, colours_of(self).fair))
        self.models.setToolTip(card_details(card))

    def _update(self) -> None:
        self.start_button.setVisible(not self._is_running)
        self.start_button.setEnabled(self.can_start)
        hint = self._refusal
        if not self._has_scan:
            hint = "Open a scan first."
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint) and not self._is_running)
