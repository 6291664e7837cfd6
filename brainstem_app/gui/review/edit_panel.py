"""The panel Correct labels: tool, brush, what is painted, undo, the saved copy."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction, QColor, QPixmap
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import make_check_box
from brainstem_app.gui.document.label_editor import LARGEST_MM, SMALLEST_MM, LabelEditor, Tool
from brainstem_app.gui.review.review_actions import ReviewActions

_SWATCH = 12
# What is switched on must be seen at once, in the dark too; Fusion only shades it a little.
_BUTTON_STYLE = (
    "QToolButton { padding: 2px 4px; border: 1px solid palette(mid); border-radius: 3px;"
    " background: palette(button); }"
    "QToolButton:hover, QToolButton:focus { border-color: palette(highlight); }"
    "QToolButton:pressed { background: palette(mid); }"
    "QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
    "QToolButton:disabled { color: palette(placeholder-text); background: palette(window); }"
)


class EditPanel(QGroupBox):
    """Shows and sets the state of a `LabelEditor`."""

    def __init__(self, editor: LabelEditor, actions: ReviewActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._actions = actions
        self._structure = ""
        self.setTitle(self.tr("Correct labels"))
        self.size = QDoubleSpinBox(self)
        self.size.setRange(SMALLEST_MM, LARGEST_MM)
        self.size.setSingleStep(0.5)
        self.size.setDecimals(1)
        self.size.setSuffix(self.tr(" mm"))
        self.size.setAccessibleName(self.tr("Diameter of the brush"))
        self.size.setToolTip(self.tr("Diameter of the brush on the patient ([ smaller, ] larger)"))
        self.size.valueChanged.connect(editor.set_diameter)
        self.in_3d = make_check_box(
            self, self.tr("3-D"), self.tr("Paint with a ball, not with a disc in one slice (T)")
        )
        self.in_3d.setAccessibleName(self.tr("Brush in three dimensions"))
        self.in_3d.toggled.connect(actions.in_3d.setChecked)
        actions.in_3d.toggled.connect(self.in_3d.setChecked)
        self.protects = make_check_box(
            self,
            self.tr("Leave other nuclei as they are"),
            self.tr(
                "The brush paints over background and tissue only;"
                " the eraser takes the chosen nucleus only (K)"
            ),
        )
        self.protects.toggled.connect(actions.protects.setChecked)
        actions.protects.toggled.connect(self.protects.setChecked)
        actions.protects.toggled.connect(self._describe)
        self._swatch = QLabel(self)
        self._painted = QLabel(self)
        self._painted.setAccessibleName(self.tr("What the brush paints"))
        self._painted.setWordWrap(True)
        self._state = QLabel(self)
        self._state.setAccessibleName(self.tr("State of the edits"))
        self._state.setWordWrap(True)
        self._lay_out()
        editor.brush_changed.connect(self.show_brush)
        editor.state_changed.connect(self.show_state)
        self.show_brush()
        self.show_state()

    def show_structure(self, name: str, full_name: str, colour: str) -> None:
        """Say what the brush paints and what the eraser takes; an empty name for nothing."""
        pixels = QPixmap(_SWATCH, _SWATCH)
        pixels.fill(QColor(colour) if name else Qt.GlobalColor.transparent)
        self._swatch.setPixmap(pixels)
        self._structure = f"{name} ({full_name})" if name else ""
        self._describe()

    def _describe(self) -> None:
        if self._editor.tool is Tool.ERASER and not self._editor.protects:
            text = self.tr("The eraser takes every label.")
        elif not self._structure:
            text = self.tr("Choose a nucleus in the list to paint it.")
        elif self._editor.tool is Tool.ERASER:
            text = self.tr("The eraser takes {0} only.").format(self._structure)
        else:
            text = self.tr("The brush paints {0}.").format(self._structure)
        self._painted.setText(text)

    def show_brush(self) -> None:
        """Show the tool, and the size of the brush."""
        editor, actions = self._editor, self._actions
        with QSignalBlocker(self.size):
            self.size.setValue(editor.diameter_mm)
        tools = {Tool.LOOK: actions.look, Tool.BRUSH: actions.brush, Tool.ERASER: actions.eraser}
        tools[editor.tool].setChecked(True)
        self._describe()

    def show_state(self) -> None:
        """Say whether there are edits to save."""
        editor = self._editor
        has_labels = editor.labels is not None
        for widget in (self.size, self.in_3d, self.protects):
            widget.setEnabled(has_labels)
        if editor.is_saving:
            text = self.tr("Saving…")
        elif editor.is_changed:
            text = self.tr("The edits are not saved yet.")
        else:
            text = ""
        self._state.setText(text)
        self._state.setVisible(bool(text))

    def _lay_out(self) -> None:
        actions = self._actions
        tools = QHBoxLayout()
        for action, text in (
            (actions.look, self.tr("Look")),
            (actions.brush, self.tr("Brush")),
            (actions.eraser, self.tr("Eraser")),
        ):
            tools.addWidget(self._button(action, text))
        tools.addStretch(1)
        tools.addWidget(self.size)
        tools.addWidget(self.in_3d)
        painted = QHBoxLayout()
        painted.addWidget(self._swatch)
        painted.addWidget(self._painted, 1)
        history = QHBoxLayout()
        history.addWidget(self._button(actions.undo, self.tr("Undo")))
        history.addWidget(self._button(actions.redo, self.tr("Redo")))
        history.addStretch(1)
        history.addWidget(self._button(actions.save_copy, self.tr("Save an edited copy")))
        layout = QVBoxLayout(self)
        layout.addLayout(tools)
        layout.addLayout(painted)
        layout.addWidget(self.protects)
        layout.addLayout(history)
        layout.addWidget(self._state)

    def _button(self, action: QAction, text: str) -> QToolButton:
        return action_button(action, text, self)


def action_button(action: QAction, text: str, parent: QWidget) -> QToolButton:
    """Button of an action, with its own short text and the action's keys in its hint."""
    button = QToolButton(parent)
    action.setIconText(text)  # what a button shows of its action
    button.setDefaultAction(action)
    button.setStyleSheet(_BUTTON_STYLE)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    keys = action.shortcut().toString()
    words = action.text().replace("&", "").removesuffix("…")
    button.setToolTip(f"{words} ({keys})" if keys else words)
    button.setAccessibleName(words)
    return button
