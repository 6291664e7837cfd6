"""Form over the fields of a model: a label, a control and one line of explanation each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from brainstem_app.gui.design.look import set_tone
from brainstem_app.gui.forms.editors import Editor, LineEditor, make_editor
from brainstem_app.setting import Setting, SettingKind, flattened, nested, settings_of
from brainstem_app.validation import misfits

_SMALL = 0.88


class ModelForm(QWidget):
    """Edits the fields of a pydantic model.

    Parameters
    ----------
    model : type of BaseModel
        The job.
    leave_out : collection of str
        Dotted names of settings that are set otherwise, e.g. the study.
    plain : collection of str, optional
        Those that are not folded away, if others than the model says.
    choices : mapping of str to collection of str, optional
        What a setting may be, where only this computer knows it.

    Signals
    -------
    changed
        A setting has changed.
    """

    changed = Signal()

    def __init__(
        self,
        model: type[BaseModel],
        leave_out: Collection[str],
        parent: QWidget | None = None,
        *,
        plain: Collection[str] | None = None,
        choices: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._editors: dict[str, Editor] = {}
        self._hints: dict[str, QLabel] = {}
        specs = [
            _shown(spec, plain, tuple((choices or {}).get(spec.name, ())))
            for spec in settings_of(model, leave_out)
        ]
        self.fold = QToolButton(self)
        self.fold.setText("Advanced")
        self.fold.setAccessibleName("Show advanced settings")
        self.fold.setToolTip("Settings that few need to change")
        self.fold.setCheckable(True)
        self.fold.setAutoRaise(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setArrowType(Qt.ArrowType.RightArrow)
        self.fold.toggled.connect(self._show_advanced)
        self._folded = QWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._label_width = max(self.fontMetrics().horizontalAdvance(f"{s.label} ") for s in specs)
        unfolded = QWidget(self)
        self._fill(unfolded, [spec for spec in specs if not spec.advanced])
        advanced = [spec for spec in specs if spec.advanced]
        self._fill(self._folded, advanced)
        layout.addWidget(unfolded)
        layout.addWidget(self.fold)
        layout.addWidget(self._folded)
        layout.addStretch(1)
        self.fold.setVisible(bool(advanced))
        self._folded.hide()
        self.reset()

    def editor(self, name: str) -> Editor:
        """Control of a setting, by its (dotted) name."""
        return self._editors[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Settings of the form."""
        return tuple(self._editors)

    def reset(self) -> None:
        """Set all settings to their defaults."""
        self.set_values({name: editor.spec.default for name, editor in self._editors.items()})

    def values(self) -> dict[str, Any]:
        """Return the settings by dotted name, as typed."""
        return {name: editor.value() for name, editor in self._editors.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show settings; names the form does not have are passed over."""
        with QSignalBlocker(self):
            for name, value in flattened(values).items():
                editor = self._editors.get(name)
                if editor is None:
                    continue
                if value is not None or editor.spec.optional or isinstance(editor, LineEditor):
                    editor.set_value(value)
        self._clear_errors()
        self.changed.emit()

    def differences(self) -> dict[str, Any]:
        """Return the settings that are not the defaults."""
        return {
            name: value
            for name, value in self.values().items()
            if self._editors[name].spec.default is not None or value not in (None, "")
            if value != self._editors[name].spec.default
        }

    def build(self, **fixed: Any) -> BaseModel | None:
        """Make the job of the settings; None, with the reasons in place, if some do not fit."""
        self._clear_errors()
        try:
            return self._model.model_validate({**nested(self.values()), **fixed})
        except ValidationError as error:
            for misfit in misfits(error, self._model, self._label_of):
                self._show_error(misfit.name, f"{misfit.what} {misfit.fix}".rstrip())
            return None

    def reject(self, name: str, reason: str) -> None:
        """Show under a setting why it cannot be as it is."""
        self._clear_errors()
        self._show_error(name, reason)

    def _fill(self, page: QWidget, specs: list[Setting]) -> None:
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, self._label_width)
        for number, spec in enumerate(specs):
            editor = make_editor(spec, page)
            editor.changed.connect(self._on_changed)
            label = QLabel(spec.label, page)
            label.setBuddy(editor.control)
            label.setToolTip(spec.help)
            editor.control.setToolTip(spec.help)
            hint = QLabel(spec.help, page)
            hint.setWordWrap(True)
            set_tone(hint, "soft")
            font = hint.font()
            font.setPointSizeF(font.pointSizeF() * _SMALL)
            hint.setFont(font)
            hint.setContentsMargins(0, 0, 0, 7)
            hint.setVisible(bool(spec.help))
            self._editors[spec.name] = editor
            self._hints[spec.name] = hint
            grid.addWidget(label, 2 * number, 0)
            grid.addWidget(editor, 2 * number, 1)
            grid.addWidget(hint, 2 * number + 1, 1)

    def _show_advanced(self, shown: bool) -> None:
        self._folded.setVisible(shown)
        self.fold.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)

    def _on_changed(self) -> None:
        if not self.signalsBlocked():
            self._clear_errors()
            self.changed.emit()

    def _label_of(self, name: str) -> str:
        """Return what the form calls a setting, or its own name where the form does not show it."""
        editor = self._editors.get(name)
        return name if editor is None else editor.spec.label.replace("&", "")

    def _show_error(self, place: str, problem: str) -> None:
        name = next((name for name in self._hints if place == name or place.startswith(f"{name}.")), None)
        if name is None:
            return
        if self._editors[name].spec.advanced:
            self.fold.setChecked(True)
        self._hints[name].setText(problem)
        set_tone(self._hints[name], "poor")
        self._hints[name].show()
        self._editors[name].setFocus()

    def _clear_errors(self) -> None:
        for name, hint in self._hints.items():
            if hint.property("tone") != "soft":
                words = self._editors[name].spec.help
                set_tone(hint, "soft")
                hint.setText(words)
                hint.setVisible(bool(words))


def _shown(spec: Setting, plain: Collection[str] | None, choices: tuple[str, ...]) -> Setting:
    """Return a setting as the form shows it: with the unit beside its label."""
    return replace(
        spec,
        label=f"{spec.label} ({spec.unit})" if spec.unit else spec.label,
        advanced=spec.advanced if plain is None else spec.name not in plain,
        kind=SettingKind.CHOICE if choices else spec.kind,
        choices=choices or spec.choices,
    )
