"""Presets of a training: the paper's settings, quick ones, and those close to the shipped model's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from brainstem_app.counting import agreeing, counted
from brainstem_app.gui.controls import make_switch
from brainstem_app.gui.design.look import set_tone

if TYPE_CHECKING:
    from brainstem_app.gui.forms.model_form import ModelForm

#: Settings that every run has of its own: no preset says them.
OWN = frozenset({"run", "seed"})


class Preset(StrEnum):
    """Names of the presets."""

    PAPER = "paper"
    FAST = "fast"
    BEST = "best"


#: What each sets otherwise than the paper.
VALUES: Mapping[Preset, Mapping[str, Any]] = {
    Preset.PAPER: {},
    Preset.FAST: {"encoder": "resnet18", "epochs": 5, "learning_rate": 0.0005, "input.size": 128},
    Preset.BEST: {
        "epochs": 48,
        "learning_rate": 0.0005,
        "schedule": "cosine",
        "gradient_clip": 1.0,
        "input.size": 128,
        "input.context": (-2, -1, 0, 1, 2),
        "input.position": True,
        "simulated": 10,
        "augment": "wide",
    },
}


class PresetBar(QWidget):
    """Three buttons, and how far the form has gone from them.

    Signals
    -------
    chosen
        The form shows another preset now.
    """

    chosen = Signal()

    def __init__(self, form: ModelForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        words = {
            Preset.PAPER: ("Paper", "Everything as in the paper"),
            Preset.FAST: ("Fast", "A small network and few epochs, for a first look"),
            Preset.BEST: (
                "Best",
                "Close to the shipped model: neighbouring slices, augmentation, more epochs",
            ),
        }
        self.buttons: dict[Preset, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(4)
        for preset, (text, hint) in words.items():
            button = make_switch(self, text, hint, lambda _on: None)
            button.clicked.connect(lambda _checked=False, preset=preset: self.choose(preset))
            row.addWidget(button)
            self.buttons[preset] = button
        row.addStretch(1)
        self.difference = QLabel(self)
        self.difference.setWordWrap(True)
        self.difference.setAccessibleName("Settings that differ from the preset")
        set_tone(self.difference, "soft")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.difference)
        form.changed.connect(self.refresh)
        self.refresh()

    @property
    def preset(self) -> Preset | None:
        """The preset that the form shows as it is; None if settings were changed by hand."""
        return next((preset for preset in Preset if not self._apart(preset)), None)

    def choose(self, preset: Preset) -> None:
        """Set everything as a preset has it, but for the name of the run and its seed."""
        kept = {name: value for name, value in self._form.values().items() if name in OWN}
        with QSignalBlocker(self._form):
            self._form.reset()
        self._form.set_values({**VALUES[preset], **kept})
        self.refresh()
        self.chosen.emit()

    def _apart(self, preset: Preset) -> list[str]:
        """Names of the settings that are otherwise than in a preset."""
        wanted = VALUES[preset]
        return [
            name
            for name, value in self._form.values().items()
            if name not in OWN and value != wanted.get(name, self._form.editor(name).spec.default)
        ]

    def refresh(self) -> None:
        """Mark the preset that the form shows, or say how far it is from the nearest."""
        now = self.preset
        for preset, button in self.buttons.items():
            with QSignalBlocker(button):
                button.setChecked(preset is now)
        if now is None:
            nearest = min(Preset, key=lambda preset: len(self._apart(preset)))
            count = len(self._apart(nearest))
            verb = agreeing(count, "differs", "differ")
            name = self.buttons[nearest].accessibleName()
            self.difference.setText(f"{counted(count, 'setting')} {verb} from {name}")
        else:
            self.difference.setText(self.buttons[now].toolTip())
