"""A form over the fields of a job: a label, a control and one line of explanation each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from brainstem_app.gui.forms.editors import Editor, LineEditor, make_editor
from brainstem_app.gui.forms.field_spec import FieldSpec, FieldWords, flattened, nested, specs_of
from brainstem_app.validation import misfits

_ERROR = "color: #d0342c;"
_SMALL = 0.88


class ModelForm(QWidget):
    """Edits the fields of a pydantic model.

    Parameters
    ----------
    model : type of BaseModel
        The job.
    words : mapping of str to FieldWords
        Label and explanation by (dotted) field name, in the order of the form.
    leave_out : frozenset of str
        Fields that are set otherwise, e.g. the study.

    Signals
    -------
    changed
        A setting has changed.
    """

    changed = Signal()

    def __init__(
        self,
        model: type[BaseModel],
        words: Mapping[str, FieldWords],
        leave_out: frozenset[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._editors: dict[str, Editor] = {}
        self._hints: dict[str, QLabel] = {}
        specs = specs_of(model, words, leave_out)
        self.fold = QToolButton(self)
        self.fold.setText(self.tr("Advanced"))
        self.fold.setAccessibleName(self.tr("Show advanced settings"))
        self.fold.setToolTip(self.tr("Settings that few need to change"))
        self.fold.setCheckable(True)
        self.fold.setAutoRaise(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setArrowType(Qt.ArrowType.RightArrow)
        self.fold.toggled.connect(self._show_advanced)
        self._folded = QWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._label_width = max(self.fontMetrics().horizontalAdvance(f"{s.words.label} ") for s in specs)
        plain = QWidget(self)
        self._fill(plain, [spec for spec in specs if not spec.words.advanced])
        advanced = [spec for spec in specs if spec.words.advanced]
        self._fill(self._folded, advanced)
        layout.addWidget(plain)
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
        self.blockSignals(True)
        for name, value in flattened(values).items():
            editor = self._editors.get(name)
            if editor is None:
                continue
            if value is not None or editor.spec.optional or isinstance(editor, LineEditor):
                editor.set_value(value)
        self.blockSignals(False)
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

    def _fill(self, page: QWidget, specs: list[FieldSpec]) -> None:
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, self._label_width)
        for number, spec in enumerate(specs):
            editor = make_editor(spec, page)
            editor.changed.connect(self._on_changed)
            label = QLabel(spec.words.label, page)
            label.setBuddy(editor.control)
            label.setToolTip(spec.words.hint)
            editor.control.setToolTip(spec.words.hint)
            hint = QLabel(spec.words.hint, page)
            hint.setWordWrap(True)
            hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            font = hint.font()
            font.setPointSizeF(font.pointSizeF() * _SMALL)
            hint.setFont(font)
            hint.setContentsMargins(0, 0, 0, 7)
            hint.setVisible(bool(spec.words.hint))
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
        return name if editor is None else editor.spec.words.label.replace("&", "")

    def _show_error(self, place: str, problem: str) -> None:
        name = next((name for name in self._hints if place == name or place.startswith(f"{name}.")), None)
        if name is None:
            return
        if self._editors[name].spec.words.advanced:
            self.fold.setChecked(True)
        self._hints[name].setText(problem)
        self._hints[name].setStyleSheet(_ERROR)
        self._hints[name].show()
        self._editors[name].setFocus()

    def _clear_errors(self) -> None:
        for name, hint in self._hints.items():
            if hint.styleSheet():
                words = self._editors[name].spec.words
                hint.setStyleSheet("")
                hint.setText(words.hint)
                hint.setVisible(bool(words.hint))
