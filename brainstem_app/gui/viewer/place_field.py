"""Field in which a place is typed, in mm, to go there."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from brainstem_app.gui.design.look import restyle
from brainstem_app.gui.viewer.volume import CanonicalGrid

_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)?")
_WIDTH = 150


class PlaceField(QLineEdit):
    """Three numbers, x to the patient's right, y to the front, z to the head; Return goes there.

    Signals
    -------
    placed(object)
        Voxel (x, y, z) at the place that was typed.
    """

    placed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid: CanonicalGrid | None = None
        self.setPlaceholderText("Go to x y z (mm)")
        self.setAccessibleName("Place to go to, in mm")
        self.setToolTip(
            "Three numbers in mm: right, front, up. Return puts the crosshair there, in the scan's space."
        )
        self.setFixedWidth(_WIDTH)
        self.returnPressed.connect(self._go)
        self.textEdited.connect(lambda _text: self._mark(""))
        self.setEnabled(False)

    def show_grid(self, grid: CanonicalGrid | None) -> None:
        """Take places on this grid."""
        self._grid = grid
        self.setEnabled(grid is not None)

    def _go(self) -> None:
        numbers = [float(part.replace("−", "-").replace(",", ".")) for part in _NUMBER.findall(self._typed())]
        if self._grid is None:
            return
        if len(numbers) != 3:
            self._mark("Type three numbers, e.g. -4.5 -20 -12.")
            return
        voxel = self._grid.voxel_at_mm((numbers[0], numbers[1], numbers[2]))
        if not self._grid.contains(voxel):
            self._mark("That place lies outside of the scan.")
            return
        self._mark("")
        self.placed.emit(voxel)

    def _typed(self) -> str:
        """Text with a space after a comma that parts numbers: ``1,2,3`` is three of them."""
        text = self.text()
        return text.replace(",", " ") if text.count(",") == 2 and "." not in text else text.replace(", ", " ")

    def _mark(self, problem: str) -> None:
        """Show that what is typed is no place, and say why under the pointer."""
        if bool(self.property("problem")) != bool(problem):
            self.setProperty("problem", bool(problem))
            restyle(self)
        if problem:
            self.setToolTip(problem)
            self.setAccessibleDescription(problem)
