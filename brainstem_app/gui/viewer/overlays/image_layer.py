"""Images laid over a scan: their values on its grid, and how they are coloured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.slices import Voxel, slice_of

_STEPS = 255


class LayerColours(StrEnum):
    """Colours that an image can have; each name is that of a map of pyqtgraph's, but for grey."""

    GREY = "grey"
    VIRIDIS = "viridis"
    INFERNO = "inferno"
    TURBO = "turbo"
    BLUE_RED = "CET-D1A"


@dataclass(frozen=True, eq=False)
class LayerImage:
    """An image on the grid of a scan.

    Attributes
    ----------
    path : Path
        Its file.
    values : ndarray of float32, shape (Z, Y, X)
        In its own units; NaN where it has none.
    covered : float
        Part of the scan's voxels that it reaches, 0…1.
    was_resampled : bool
        Whether its grid is another than the scan's.
    """

    path: Path
    values: NDArray[np.float32]
    covered: float
    was_resampled: bool

    def value(self, voxel: Voxel) -> float:
        """Value at a voxel (x, y, z); NaN where the image has none."""
        x, y, z = voxel
        return float(self.values[z, y, x])


@dataclass(frozen=True)
class LayerStyle:
    """How an image is drawn.

    Attributes
    ----------
    colours : LayerColours
    low, high : float
        Values that have the first and the last colour.
    opacity : int
        Percent.
    is_visible : bool
    is_clear_below : bool
        Whether what is smaller than `low` is not drawn.
    """

    colours: LayerColours
    low: float
    high: float
    opacity: int = 60
    is_visible: bool = True
    is_clear_below: bool = False


@dataclass(frozen=True, eq=False)
class ImageLayer:
    """An image and its style."""

    image: LayerImage
    style: LayerStyle

    @property
    def name(self) -> str:
        """Name of its file without the endings; of one named as BIDS has it what it shows, e.g. ``T2w``."""
        stem = self.image.path.name.split(".")[0]
        return stem.rpartition("_")[2] if stem.startswith("sub-") else stem

    def steps(self, plane: Plane, index: int) -> NDArray[np.uint8]:
        """Places in `layer_table` of one slice (V, H): 0 where nothing is drawn."""
        values, style = slice_of(self.image.values, plane, index), self.style
        scale = (_STEPS - 1) / max(style.high - style.low, 1e-30)
        drawn = np.isfinite(values)
        if style.is_clear_below:
            drawn &= values >= style.low
        steps = 1 + np.clip((np.where(drawn, values, style.low) - style.low) * scale + 0.5, 0, _STEPS - 1)
        return np.where(drawn, steps, 0).astype(np.uint8)


@cache
def layer_table(colours: LayerColours) -> NDArray[np.uint8]:
    """Look-up table (256, 4): nothing, then the colours from the lowest value to the highest."""
    table = np.zeros((_STEPS + 1, 4), dtype=np.uint8)
    table[1:, 3] = 255
    if colours is LayerColours.GREY:
        table[1:, :3] = np.linspace(0, 255, _STEPS).round()[:, None]
    else:
        table[1:, :3] = pg.colormap.get(str(colours)).getLookupTable(nPts=_STEPS, alpha=False)
    table.setflags(write=False)
    return table


def value_text(value: float, digits: int = 4) -> str:
    """Value of an image in words; one of scanner units is written out."""
    return f"{value:.0f}" if 10 ** (digits - 1) <= abs(value) < 1e7 else f"{value:.{digits}g}"
