"""Drawing tools and their settings: what the left button does, how large the brush is, what is left alone."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from brainstem_app.gui.document.brush import Brush
    from brainstem_app.gui.viewer.volume import ImageVolume

SMALLEST_MM, LARGEST_MM = 0.5, 30.0
LEAST_WIDTH_MM, MOST_WIDTH_MM = 0.2, 5.0
#: Intensities have 65,536 steps.
LAST_STEP = 65535


class Tool(Enum):
    """What the left button does."""

    LOOK = auto()
    BRUSH = auto()
    ERASER = auto()
    FILL = auto()
    POLYGON = auto()
    RULER = auto()


class DrawingTools(QObject):
    """Tool and settings.

    Attributes
    ----------
    tool : Tool
    diameter_mm : float
        Of the brush, on the patient.
    in_3d : bool
        Whether the brush is a ball and the fill goes through all slices.
    label : int
        What is drawn; 0 for nothing.
    protects : bool
        Whether other nuclei are left as they are.
    limits_intensity : bool
        Whether only voxels of some intensities are drawn on.
    levels : tuple of int
        Lowest and highest step of these.
    width_mm : float
        Standard deviation of the Gaussian that smooths.
    image : ImageVolume or None
        The scan whose intensities are meant.

    Signals
    -------
    brush_changed
        Tool, size, label or what is left alone.
    """

    brush_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool = Tool.LOOK
        self.diameter_mm = 3.0
        self.in_3d = False
        self.label = 0
        self.protects = True
        self.limits_intensity = False
        self.levels = (0, LAST_STEP)
        self.width_mm = 1.0
        self.image: ImageVolume | None = None

    @property
    def brush(self) -> Brush | None:
        """The brush as it is set; None where the tool is none."""
        if self.tool not in (Tool.BRUSH, Tool.ERASER):
            return None
        from brainstem_app.gui.document.brush import Brush

        return Brush(self.diameter_mm, self.in_3d)

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left button does."""
        self.tool = tool
        self.brush_changed.emit()

    def set_diameter(self, diameter_mm: float) -> None:
        """Set the size of the brush."""
        self.diameter_mm = min(max(round(diameter_mm, 1), SMALLEST_MM), LARGEST_MM)
        self.brush_changed.emit()

    def set_in_3d(self, in_3d: bool) -> None:
        """Paint with a ball and fill all slices, or in the plane of the view alone."""
        self.in_3d = in_3d
        self.brush_changed.emit()

    def set_label(self, label: int) -> None:
        """Choose what is drawn."""
        self.label = label
        self.brush_changed.emit()

    def set_protects(self, protects: bool) -> None:
        """Leave other nuclei as they are."""
        self.protects = protects
        self.brush_changed.emit()

    def set_width(self, width_mm: float) -> None:
        """Set how much is smoothed."""
        self.width_mm = min(max(round(width_mm, 1), LEAST_WIDTH_MM), MOST_WIDTH_MM)

    def set_image(self, image: ImageVolume | None) -> None:
        """Take another scan's intensities; all of them are drawn on at first."""
        self.image = image
        self.limits_intensity, self.levels = False, (0, LAST_STEP)
        self.brush_changed.emit()

    def set_limits_intensity(self, limits: bool) -> None:
        """Draw only on voxels of some intensities."""
        self.limits_intensity = limits
        self.brush_changed.emit()

    def set_levels(self, low: int, high: int) -> None:
        """Set the steps of the intensities that are drawn on."""
        self.levels = (min(low, high), max(low, high))
        self.brush_changed.emit()
