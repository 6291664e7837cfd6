"""Panel that says what to compare: a grid of the paper, or lists to tick."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.compare.choice_list import ChoiceList
from brainstem_app.gui.controls import FieldForm
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.train.presets import VALUES, PresetBar
from brainstem_app.imaging.text_table import number_of
from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.many.grids import GRIDS
from brainstem_app.setting import Setting, settings_of
from brainstem_app.study.grid import Grid

OWN = "own"
_MANY = 1000
_LISTED = ("decoder", "loss", "encoder", "alpha")
# Set by the lists, or by the comparison itself.
_NOT_SHARED = frozenset({"study", "run", "seed", "start_from", *_LISTED})
#: Settings of the runs that are shown without unfolding.
_PLAIN = frozenset({"epochs", "batch_size", "learning_rate", "input.size"})


class GridPanel(QWidget):
    """Builds a `Grid`.

    Signals
    -------
    changed
        Another grid is described.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = {one.name: one for one in settings_of(TrainJob)}
        self._own_name = "comparison"
        self._leave_out: tuple[dict[str, Any], ...] = ()
        self._other_axes: dict[str, tuple[Any, ...]] = {}
        self.preset = ChoiceBox(self)
        self.preset.setAccessibleName("What to compare")
        self.preset.setToolTip("A comparison of the paper, or what you tick in the lists below")
        titles = {
            "table1": "Paper, Table 1: 9 decoders × 6 losses",
            "alpha": "Paper, figure 4: the share α",
            "encoders": "Paper, figure 5: encoders",
        }
        for name in GRIDS:
            self.preset.addItem(titles.get(name, name), name)
        self.preset.addItem("Your own choice", OWN)
        self.name = QLineEdit(self)
        self.name.setAccessibleName("Name of the comparison")
        self.name.setToolTip("Folder of its results in the study; the same name goes on with it")
        self.repeats = QSpinBox(self)
        self.repeats.setRange(1, _MANY)
        self.repeats.setAccessibleName("Repeats")
        self.repeats.setToolTip("How often each network is trained, each time with another seed")
        self.decoders = ChoiceList("Decoders", _choices(words["decoder"]), self)
        self.losses = ChoiceList("Losses", _choices(words["loss"]), self)
        self.encoders = ChoiceList("Encoders", _choices(words["encoder"]), self)
        self.alphas = QLineEdit(self)
        self.alphas.setAccessibleName("Values of α")
        self.alphas.setToolTip("One value for all, or several to compare: 0.1 0.3 0.5")
        self.shared = ModelForm(TrainJob, _NOT_SHARED, self, plain=_PLAIN)
        self.presets = PresetBar(self.shared, self)
        self.presets.chosen.connect(self._take_encoder)
        self._lay_out()
        self.show_grid(
            Grid(name="comparison", vary={"decoder": ("n_deconet", "u_deconet", "fpn")}, repeats=1)
        )
        for signal in (self.decoders.changed, self.losses.changed, self.encoders.changed):
            signal.connect(self._on_own)
        self.alphas.textEdited.connect(lambda _text: self._on_own())
        self.preset.activated.connect(lambda _row: self._on_preset())
        for signal in (self.name.textEdited, self.repeats.valueChanged, self.shared.changed):
            signal.connect(lambda *_: self.changed.emit())

    def _lay_out(self) -> None:
        top = FieldForm()
        for text, control in (
            ("&Compare", self.preset),
            ("&Name", self.name),
            ("Re&peats", self.repeats),
        ):
            top.add(text, control)
        lists = QGridLayout()
        for place, widget in enumerate((self.decoders, self.losses)):
            lists.addWidget(widget, 0, place)
        lists.addWidget(self.encoders, 1, 0)
        alpha = QVBoxLayout()
        label = QLabel("&α, one or several", self)
        label.setBuddy(self.alphas)
        alpha.addWidget(label)
        alpha.addWidget(self.alphas)
        alpha.addStretch(1)
        lists.addLayout(alpha, 1, 1)
        for widget in (self.decoders, self.losses, self.encoders):
            widget.list.setMinimumHeight(118)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(lists)
        layout.addWidget(self.presets)
        layout.addWidget(self.shared)

    def missing(self) -> tuple[str, ...]:
        """Titles of the lists in which nothing is ticked."""
        lists = (self.decoders, self.losses, self.encoders)
        empty = [one.list.accessibleName() for one in lists if not one.ticked()]
        return tuple(empty) if _numbers(self.alphas.text()) else (*empty, "α")

    def grid(self) -> Grid:
        """Grid that is described; pydantic's ValidationError if it does not fit."""
        axes: dict[str, tuple[Any, ...]] = {
            "decoder": self.decoders.ticked(),
            "loss": self.losses.ticked(),
            "encoder": self.encoders.ticked(),
            "alpha": tuple(_numbers(self.alphas.text())),
        }
        axes = {name: values for name, values in axes.items() if values}
        varied = {name: values for name, values in axes.items() if len(values) > 1}
        if not varied and axes:
            first = next(iter(axes))
            varied = {first: axes[first]}
        fixed = {name: values[0] for name, values in axes.items() if name not in varied}
        defaults = {name: info.default for name, info in TrainJob.model_fields.items()}
        settings = {name: value for name, value in fixed.items() if defaults.get(name) != value}
        shared = {n: list(v) if isinstance(v, tuple) else v for n, v in self.shared.differences().items()}
        return Grid(
            name=re.sub(r"[^A-Za-z0-9._-]+", "-", self.name.text()).strip("-.") or "comparison",
            title=self.preset.currentText() if self.preset.currentData() != OWN else self.name.text(),
            repeats=self.repeats.value(),
            settings={**settings, **shared},
            vary={**varied, **self._other_axes},
            leave_out=self._leave_out,
        )

    def show_grid(self, grid: Grid) -> None:
        """Show a grid in the lists."""
        blockers = [
            QSignalBlocker(w)
            for w in (self, self.decoders, self.losses, self.encoders, self.shared, self.repeats)
        ]
        defaults = {name: info.default for name, info in TrainJob.model_fields.items()}
        known = {**defaults, **grid.settings}

        def values(name: str) -> tuple[Any, ...]:
            return grid.vary.get(name) or (known[name],)

        self.decoders.tick(values("decoder"))
        self.losses.tick(values("loss"))
        self.encoders.tick(values("encoder"))
        self.alphas.setText(" ".join(f"{value:g}" for value in values("alpha")))
        self.name.setText(grid.name)
        self.repeats.setValue(grid.repeats)
        self._leave_out = tuple(dict(rule) for rule in grid.leave_out)
        self._other_axes = {name: axis for name, axis in grid.vary.items() if name not in _LISTED}
        self.preset.setCurrentIndex(max(0, self.preset.findData(grid.name if grid.name in GRIDS else OWN)))
        self.shared.reset()
        self.shared.set_values(grid.settings)
        del blockers
        self.presets.refresh()
        self.changed.emit()

    def _on_preset(self) -> None:
        name = str(self.preset.currentData())
        if name in GRIDS:
            self.show_grid(GRIDS[name]())
        else:
            self._on_own()

    def _take_encoder(self) -> None:
        """Tick the preset's encoder too, unless several are compared."""
        preset = self.presets.preset
        if preset is not None and len(self.encoders.ticked()) == 1:
            encoder = VALUES[preset].get("encoder", TrainJob.model_fields["encoder"].default)
            if self.encoders.ticked() != (encoder,):
                self.encoders.tick((encoder,))

    def _on_own(self) -> None:
        """Call it an own choice: the lists were changed by hand."""
        if self.preset.currentData() != OWN:
            self.preset.setCurrentIndex(self.preset.findData(OWN))
            if self.name.text() in GRIDS:
                self.name.setText(self._own_name)
        self._leave_out, self._other_axes = (), {}
        self.changed.emit()


def _choices(words: Setting) -> dict[str, str]:
    return {name: words.names.get(name, name) for name in words.choices}


def _numbers(text: str) -> list[float]:
    found = map(number_of, text.replace(",", " ").replace(";", " ").split())
    return list(dict.fromkeys(number for number in found if number is not None))
