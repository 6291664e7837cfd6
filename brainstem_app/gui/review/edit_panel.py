"""Panel Correct labels: tool, brush, what is painted, undo, the saved copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from brainstem_app.gui.controls import make_check_box
from brainstem_app.gui.design.card import Card
from brainstem_app.gui.design.look import set_primary
from brainstem_app.gui.document.label_editor import LARGEST_MM, SMALLEST_MM, Tool

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document

_SWATCH = 12


class EditPanel(Card):
    """Shows and sets the state of a document's `LabelEditor`."""

    def __init__(self, document: Document, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title(self.tr("Correct labels"))
        self._document = document
        self._editor = editor = document.editor
        self.diameter = QDoubleSpinBox(self)
        self.diameter.setRange(SMALLEST_MM, LARGEST_MM)
        self.diameter.setSingleStep(0.5)
        self.diameter.setDecimals(1)
        self.diameter.setSuffix(self.tr(" mm"))
        self.diameter.setAccessibleName(self.tr("Diameter of the brush"))
        self.diameter.setToolTip(self.tr("Diameter of the brush on the patient ([ smaller, ] larger)"))
        self.diameter.valueChanged.connect(editor.set_diameter)
        self.in_3d = make_check_box(
            self, self.tr("3-D"), self.tr("Paint with a ball, not with a disc in one slice (T)")
        )
        self.in_3d.setAccessibleName(self.tr("Brush in three dimensions"))
        self.in_3d.toggled.connect(commands["in_3d"].setChecked)
        commands["in_3d"].toggled.connect(self.in_3d.setChecked)
        self.protects = make_check_box(
            self,
            self.tr("Leave other nuclei as they are"),
            self.tr(
                "The brush paints over background and tissue only;"
                " the eraser takes the chosen nucleus only (K)"
            ),
        )
        self.protects.toggled.connect(commands["protects"].setChecked)
        commands["protects"].toggled.connect(self.protects.setChecked)
        commands["protects"].toggled.connect(self._describe)
        self._swatch = QLabel(self)
        self._painted = QLabel(self)
        self._painted.setAccessibleName(self.tr("What the brush paints"))
        self._painted.setWordWrap(True)
        self._state = QLabel(self)
        self._state.setAccessibleName(self.tr("State of the edits"))
        self._state.setWordWrap(True)
        self._lay_out(commands)
        editor.brush_changed.connect(self._show_brush)
        editor.state_changed.connect(self._show_state)
        self._show_brush()
        self._show_state()

    def _describe(self) -> None:
        """Say what the brush paints and what the eraser takes."""
        structure = self._document.structures.structure(self._editor.label)
        pixels = QPixmap(_SWATCH, _SWATCH)
        pixels.fill(Qt.GlobalColor.transparent if structure is None else QColor(structure.colour))
        self._swatch.setPixmap(pixels)
        words = "" if structure is None else f"{structure.name} ({structure.full_name})"
        if self._editor.tool is Tool.ERASER and not self._editor.protects:
            text = self.tr("The eraser takes every label.")
        elif not words:
            text = self.tr("Choose a nucleus in the list to paint it.")
        elif self._editor.tool is Tool.ERASER:
            text = self.tr("The eraser takes {0} only.").format(words)
        else:
            text = self.tr("The brush paints {0}.").format(words)
        self._painted.setText(text)

    def _show_brush(self) -> None:
        """Show the size of the brush, and what it paints."""
        with QSignalBlocker(self.diameter):
            self.diameter.setValue(self._editor.diameter_mm)
        self._describe()

    def _show_state(self) -> None:
        """Say whether there are edits to save."""
        editor = self._editor
        has_labels = editor.labels is not None
        set_primary(self.save_button, has_labels)
        for widget in (self.diameter, self.in_3d, self.protects):
            widget.setEnabled(has_labels)
        if editor.is_saving:
            text = self.tr("Saving…")
        elif editor.is_changed:
            text = self.tr("The edits are not saved yet.")
        else:
            text = ""
        self._state.setText(text)
        self._state.setVisible(bool(text))

    def _lay_out(self, commands: ActionTable) -> None:
        tools = QHBoxLayout()
        for name, text in (
            ("look", self.tr("Look")),
            ("brush", self.tr("Brush")),
            ("eraser", self.tr("Eraser")),
        ):
            tools.addWidget(commands.button(name, text, self))
        tools.addStretch(1)
        tools.addWidget(self.diameter)
        tools.addWidget(self.in_3d)
        painted = QHBoxLayout()
        painted.addWidget(self._swatch)
        painted.addWidget(self._painted, 1)
        history = QHBoxLayout()
        history.addWidget(commands.button("undo", self.tr("Undo"), self, "undo-2"))
        history.addWidget(commands.button("redo", self.tr("Redo"), self, "redo-2"))
        history.addStretch(1)
        self.save_button = commands.button("save_copy", self.tr("Save an edited copy"), self)
        history.addWidget(self.save_button)
        layout = self.body
        layout.addLayout(tools)
        layout.addLayout(painted)
        layout.addWidget(self.protects)
        layout.addLayout(history)
        layout.addWidget(self._state)
