"""The line under the views: what lies under crosshair and pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.viewer.volume import CanonicalGrid, ImageVolume, LabelVolume, Voxel


class Readout(QWidget):
    """Two lines of text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.crosshair, self.pointed = self._line(self.tr("Crosshair")), self._line(self.tr("Pointer"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.crosshair)
        layout.addWidget(self.pointed)

    def show_crosshair(self, text: str) -> None:
        """Say what lies under the crosshair."""
        self.crosshair.setText(self.tr("Crosshair:  {0}").format(text) if text else "")

    def show_pointed(self, text: str) -> None:
        """Say what lies under the pointer."""
        self.pointed.setText(self.tr("Pointer:  {0}").format(text) if text else "")

    def show_busy(self, text: str) -> None:
        """Say what is being read, in place of what lies under the pointer."""
        self.pointed.setText(text)

    def _line(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setAccessibleName(name)
        # A long name must not widen the window while the pointer passes over it.
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setMinimumHeight(label.fontMetrics().height())
        return label


def place_text(
    grid: CanonicalGrid,
    voxel: Voxel,
    image: ImageVolume | None,
    table: LabelTable | None,
    labels: tuple[LabelVolume | None, LabelVolume | None],
    confidence: NDArray | None,
) -> str:
    """Coordinates of a voxel in mm, structure there and in the reference, confidence, intensity, if known."""
    x, y, z = grid.world_mm(voxel)
    words = [f"x {x:.1f}  y {y:.1f}  z {z:.1f} mm"]
    ours, reference = labels
    if ours is not None and table is not None:
        structure = table.structures[ours.label(voxel)]
        words.append(f"{structure.name}: {structure.full_name}" if structure.index else _tr("no label"))
    if reference is not None and table is not None:
        other = table.structures[reference.label(voxel)]
        words.append(_tr("reference {0}").format(other.name if other.index else _tr("no label")))
    if confidence is not None:
        value = int(confidence[voxel[2], voxel[1], voxel[0]])
        words += [_tr("confidence {0:.2f}").format(value / 255)] if value else []
    if image is not None:
        words.append(_tr("intensity {0:.4g}").format(image.intensity(voxel)))
    return "  ·  ".join(words)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Readout", text)
