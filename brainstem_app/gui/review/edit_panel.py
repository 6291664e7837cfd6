"""Panel Correct labels: brush, what is drawn and its volume, what is left alone, the saved copy."""

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
from brainstem_app.gui.document.drawing_tools import (
    LARGEST_MM,
    LEAST_WIDTH_MM,
    MOST_WIDTH_MM,
    SMALLEST_MM,
    Tool,
)
from brainstem_app.gui.review.intensity_range import IntensityRange

if TYPE_CHECKING:
    from collections.abc import Callable

    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document

_SWATCH = 12


class EditPanel(Card):
    """Shows and sets the state of a document's `LabelEditor`."""

    def __init__(self, document: Document, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title("Correct labels")
        self._document = document
        self._editor = editor = document.editor
        self.diameter = self._spin((SMALLEST_MM, LARGEST_MM, 0.5), editor.set_diameter)
        self.diameter.setAccessibleName("Diameter of the brush")
        self.diameter.setToolTip("Diameter of the brush on the patient ([ smaller, ] larger)")
        self.width_mm = self._spin((LEAST_WIDTH_MM, MOST_WIDTH_MM, 0.1), editor.set_width)
        self.width_mm.setAccessibleName("How much is smoothed")
        self.width_mm.setToolTip("Standard deviation of the Gaussian that smooths a nucleus (M)")
        self.in_3d = make_check_box(
            self, "3-D", "The brush is a ball, and the fill goes through all slices (T)"
        )
        self.in_3d.setAccessibleName("Brush in three dimensions")
        self.in_3d.toggled.connect(commands["in_3d"].setChecked)
        commands["in_3d"].toggled.connect(self.in_3d.setChecked)
        self.protects = make_check_box(
            self,
            "Leave other nuclei as they are",
            "Drawing takes background and tissue only; the eraser takes the chosen nucleus only (K)",
        )
        self.protects.setChecked(commands["protects"].isChecked())
        self.protects.toggled.connect(commands["protects"].setChecked)
        commands["protects"].toggled.connect(self.protects.setChecked)
        self.limits = make_check_box(
            self,
            "Only intensities",
            "Brush, eraser, fill and polygon change voxels of these intensities only (X)",
        )
        self.limits.toggled.connect(commands["limits"].setChecked)
        commands["limits"].toggled.connect(self.limits.setChecked)
        self.range = IntensityRange(editor, self)
        self._swatch = QLabel(self)
        self._painted = QLabel(self)
        self._painted.setAccessibleName("What the brush paints")
        self._painted.setWordWrap(True)
        self.volume = QLabel(self)
        self.volume.setAccessibleName("Volume of the nucleus that is drawn")
        self.told = QLabel(self)
        self.told.setAccessibleName("What the last step did")
        self.told.setWordWrap(True)
        self.told.hide()
        self._state = QLabel(self)
        self._state.setAccessibleName("State of the edits")
        self._state.setWordWrap(True)
        self._lay_out(commands)
        editor.brush_changed.connect(self._show_brush)
        editor.state_changed.connect(self._show_state)
        document.structures.visibility_changed.connect(self._describe)
        for signal in (editor.painted, editor.brush_changed, editor.state_changed):
            signal.connect(lambda *_told: self._show_volume())
        editor.painted.connect(lambda _box: self._tell(""))
        editor.brush_changed.connect(lambda: self._tell(""))
        editor.told.connect(self._tell)
        self._show_brush()
        self._show_state()

    def _tell(self, text: str) -> None:
        """Show what a step did, or why it did nothing, until something else is done."""
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def _describe(self) -> None:
        """Say what the brush paints and what the eraser takes."""
        structure = self._document.structures.structure(self._editor.label)
        pixels = QPixmap(_SWATCH, _SWATCH)
        pixels.fill(Qt.GlobalColor.transparent if structure is None else QColor(structure.colour))
        self._swatch.setPixmap(pixels)
        self._swatch.setVisible(structure is not None)
        words = "" if structure is None else f"{structure.name} ({structure.full_name})"
        if self._editor.tool is Tool.ERASER and not self._editor.protects:
            text = "The eraser takes every label."
        elif not words:
            text = "Choose a nucleus in the list to paint it."
        elif self._editor.tool is Tool.ERASER:
            text = f"The eraser takes {words} only."
        else:
            text = f"You paint {words}."
        self._painted.setText(text)

    def _show_volume(self) -> None:
        """Show the volume of the nucleus that is drawn as it is now, while it is drawn."""
        editor = self._editor
        if editor.labels is None or editor.label == 0:
            self.volume.clear()
            return
        now, first = editor.volume_mm3, editor.first_volume_mm3
        text = f"{now:,.1f} mm³ in voxels"
        if abs(now - first) > 1e-6:
            text = f"{now:,.1f} mm³ in voxels, {first:,.1f} as opened"
        self.volume.setText(text)

    def _show_brush(self) -> None:
        """Show the size of the brush, and what it paints."""
        with QSignalBlocker(self.diameter):
            self.diameter.setValue(self._editor.diameter_mm)
        with QSignalBlocker(self.width_mm):
            self.width_mm.setValue(self._editor.width_mm)
        self._describe()

    def _show_state(self) -> None:
        """Say whether there are edits to save."""
        editor = self._editor
        has_labels = editor.labels is not None
        set_primary(self.save_button, has_labels)
        for widget in (self.diameter, self.width_mm, self.in_3d, self.protects):
            widget.setEnabled(has_labels)
        self.limits.setEnabled(self._document.scan is not None and has_labels)
        if editor.is_saving:
            text = "Saving…"
        elif editor.is_changed:
            text = "The edits are not saved yet."
        else:
            text = ""
        self._state.setText(text)
        self._state.setVisible(bool(text))

    def _spin(self, limits: tuple[float, float, float], changed: Callable[[float], None]) -> QDoubleSpinBox:
        """Make a box for a length in mm: smallest, largest, step."""
        spin = QDoubleSpinBox(self)
        spin.setRange(*limits[:2])
        spin.setSingleStep(limits[2])
        spin.setDecimals(1)
        spin.setSuffix(" mm")
        spin.valueChanged.connect(changed)
        return spin

    def _lay_out(self, commands: ActionTable) -> None:
        layout = self.body
        sizes, painted, limits, last, anew = (QHBoxLayout() for _ in range(5))
        for text, widget in (("Brush", self.diameter), ("Smooth by", self.width_mm)):
            label = QLabel(text, self)
            label.setBuddy(widget)
            sizes.addWidget(label)
            sizes.addWidget(widget)
        sizes.addStretch(1)
        sizes.addWidget(self.in_3d)
        painted.addWidget(self._swatch)
        painted.addWidget(self._painted, 1)
        limits.addWidget(self.limits)
        limits.addWidget(self.range, 1)
        self.save_button = commands.button("save_copy", "Save an edited copy", self)
        last.addWidget(self.save_button)
        last.addStretch(1)
        last.addWidget(commands.button("add_reference", "Add to the training set", self))
        anew.addWidget(commands.button("report_anew", "Write the report anew", self))
        anew.addStretch(1)
        anew.addWidget(commands.button("restore", "Original labels again", self))
        for row in (sizes, painted):
            layout.addLayout(row)
        layout.addWidget(self.volume)
        layout.addWidget(self.told)
        layout.addWidget(self.protects)
        layout.addLayout(limits)
        layout.addLayout(last)
        layout.addLayout(anew)
        layout.addWidget(self._state)
