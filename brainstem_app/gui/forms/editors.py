"""Controls that edit one setting each, behind one small interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from brainstem_app.gui.controls import make_check_box
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.file_dialogs import ask_new_folder
from brainstem_app.setting import Setting, SettingKind

_NO_LIMIT = 2_000_000_000
_NARROW = 130


class Editor(QWidget):
    """Edits one setting.

    Signals
    -------
    changed
        The user, or `set_value`, has changed it.
    """

    changed = Signal()

    def __init__(self, spec: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.control = self._make()
        self.control.setAccessibleName(spec.label)
        self.control.setAccessibleDescription(spec.help)
        self.setFocusProxy(self.control)
        self._row.addWidget(self.control, 0 if self._is_narrow else 1)
        if self._is_narrow:
            self._row.addStretch(1)

    @property
    def _is_narrow(self) -> bool:
        return self.spec.kind in {SettingKind.WHOLE, SettingKind.NUMBER, SettingKind.NUMBERS}

    def value(self) -> Any:
        """Return what is typed or chosen: a value of the field's type, or the text where it is none."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def _make(self) -> QWidget:
        raise NotImplementedError


class SwitchEditor(Editor):
    """A check box."""

    def _make(self) -> QWidget:
        self._box = make_check_box(self, self.spec.empty, "")
        self._box.toggled.connect(lambda _on: self.changed.emit())
        return self._box

    def value(self) -> bool:
        """Whether it is ticked."""
        return self._box.isChecked()

    def set_value(self, value: Any) -> None:
        """Tick it or not."""
        self._box.setChecked(bool(value))


class ChoiceEditor(Editor):
    """A drop-down list."""

    def _make(self) -> QWidget:
        self._box = ChoiceBox(self)
        if self.spec.optional:
            self._box.addItem(self.spec.empty or "–", None)
        for choice in self.spec.choices:
            self._box.addItem(self.spec.names.get(choice, choice), choice)
        self._box.currentIndexChanged.connect(lambda _row: self.changed.emit())
        return self._box

    def value(self) -> str | None:
        """Return the chosen name, None for none."""
        chosen = self._box.currentData()
        return None if chosen is None else str(chosen)

    def set_value(self, value: Any) -> None:
        """Choose a name; one that is not offered is added, so that nothing is changed silently."""
        if value is None:
            self._box.setCurrentIndex(0)
            return
        place = self._box.findData(str(value))
        if place < 0:
            self._box.addItem(str(value), str(value))
            place = self._box.count() - 1
        self._box.setCurrentIndex(place)


class WholeEditor(Editor):
    """A spin box for a whole number."""

    def _make(self) -> QWidget:
        spec = self.spec
        self._box = QSpinBox(self)
        self._box.setMinimum(int(spec.minimum if spec.minimum is not None else -_NO_LIMIT))
        self._box.setMaximum(int(spec.maximum if spec.maximum is not None else _NO_LIMIT))
        self._box.setSingleStep(int(spec.limits.get("multiple_of", 1)))
        self._box.setFixedWidth(_NARROW)
        self._box.valueChanged.connect(lambda _value: self.changed.emit())
        return self._box

    def value(self) -> int:
        """Return the number."""
        return self._box.value()

    def set_value(self, value: Any) -> None:
        """Show a number."""
        self._box.setValue(int(value))


class LineEditor(Editor):
    """A line of text; numbers are typed too, for 1e-4 fits no spin box."""

    def _make(self) -> QWidget:
        self._line = QLineEdit(self)
        self._line.setPlaceholderText(self.spec.empty)
        self._line.textChanged.connect(lambda _text: self.changed.emit())
        if self._is_narrow:
            self._line.setFixedWidth(_NARROW)
        return self._line

    def value(self) -> Any:
        """Return the text, or the number or numbers it says."""
        text = self._line.text().strip()
        if not text and self.spec.optional:
            return None
        match self.spec.kind:
            case SettingKind.NUMBER:
                return _number(text)
            case SettingKind.WHOLE:
                return int(text) if text.lstrip("+-").isdigit() else text
            case SettingKind.NUMBERS:
                parts = text.replace("−", "-").replace(",", " ").split()
                return tuple(int(part) if part.lstrip("+-").isdigit() else part for part in parts)
            case SettingKind.LINES:
                return tuple(line.strip() for line in text.split(";") if line.strip())
            case _:
                return text

    def set_value(self, value: Any) -> None:
        """Show a value."""
        if isinstance(value, tuple | list):
            between = "; " if self.spec.kind is SettingKind.LINES else ", "
            value = between.join(str(part) for part in value)
        elif isinstance(value, float):
            value = f"{value:g}"
        self._line.setText("" if value is None else str(value))


class PathEditor(LineEditor):
    """A file or folder, typed or chosen."""

    def __init__(self, spec: Setting, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        either = "|" in f"{spec.argument}{spec.metavar}"
        of_folder = not spec.optional
        self.button = self._button("Folder…" if either else "Choose…", of_folder or either)
        self.file_button = self._button("File…", False) if either else self.button

    def _button(self, text: str, asks_for_folder: bool) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(f"{self.spec.label}: {text}")
        button.setToolTip("Look for it on the disk")
        button.clicked.connect(lambda _checked=False: self._choose(asks_for_folder))
        self._row.addWidget(button)
        return button

    def _choose(self, folder: bool) -> None:
        start = self._line.text() or str(Path.home())
        if folder:
            # A folder to write into is named by an option, one to read from by an argument.
            may_be_new = not (self.spec.optional or self.spec.argument)
            ask = ask_new_folder if may_be_new else _ask_folder
            name = str(ask(self, self.spec.label, Path(start)) or "")
        else:
            name, _ = QFileDialog.getOpenFileName(self, self.spec.label, start)
        if name:
            self._line.setText(name)


def _ask_folder(over: QWidget, title: str, start: Path) -> str:
    return QFileDialog.getExistingDirectory(over, title, str(start))


def make_editor(spec: Setting, parent: QWidget) -> Editor:
    """Make the control that suits a setting."""
    if spec.kind is SettingKind.WHOLE and spec.optional:
        return LineEditor(spec, parent)
    kinds: dict[SettingKind, type[Editor]] = {
        SettingKind.SWITCH: SwitchEditor,
        SettingKind.CHOICE: ChoiceEditor,
        SettingKind.WHOLE: WholeEditor,
        SettingKind.PATH: PathEditor,
    }
    return kinds.get(spec.kind, LineEditor)(spec, parent)


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
