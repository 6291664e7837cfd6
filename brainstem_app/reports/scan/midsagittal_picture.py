"""Picture of a scan's midsagittal plane with the outlines of the regions whose areas are measured on it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from brainstem_app.imaging.grey_range import grey_range
from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.reports.engine.drawing_alone import drawing_alone
from brainstem_app.reports.scan.regions import RegionsOnScan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from brainstem_app.atlas.midsagittal import Midsagittal
    from brainstem_app.imaging.scan import Scan

_BACKGROUND, _INK, _LETTERS = "#101418", "#e8ecf0", "#ffd84d"
_MARGIN_MM, _STEP_MM, _SMOOTH_PIXELS = 14.0, 0.4, 1.5
_FILL, _BAR_MM, _DPI, _INCHES_A_MM = 0.22, 10.0, 110, 0.055


@drawing_alone()
def midsagittal_png(regions: RegionsOnScan | None, scan: Scan | None) -> bytes:
    """PNG of the midsagittal plane; empty where no areas were measured on one.

    The scan is sampled once on the plane, the front on the left; the regions are outlined and filled in
    their colours, with the letters of the patient's directions and a bar of 10 mm.
    """
    if regions is None or regions.midsagittal is None:
        return b""
    found = regions.midsagittal
    front, up = found.axes_mm
    left, right = float(front[0]) - _MARGIN_MM, float(front[-1]) + _MARGIN_MM
    low, high = float(up[0]) - _MARGIN_MM, float(up[-1]) + _MARGIN_MM
    size = (_INCHES_A_MM * (right - left), _INCHES_A_MM * (high - low))
    figure = Figure(figsize=size, facecolor=_BACKGROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    if scan is not None:
        _draw_scan(axes, regions, scan, (left, right, low, high))
    _draw_regions(axes, regions, found)
    axes.set_xlim(right, left)  # the front on the left, as in the other sagittal picture
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.set_axis_off()
    _draw_signs(axes, right, low)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor=_BACKGROUND, metadata={"Software": None})
    return buffer.getvalue()


def _draw_scan(
    axes: Axes, regions: RegionsOnScan, scan: Scan, extent: tuple[float, float, float, float]
) -> None:
    found = regions.midsagittal
    if found is None:
        return
    left, right, low, high = extent
    front, up = np.arange(left, right, _STEP_MM), np.arange(low, high, _STEP_MM)
    across, along = (part.ravel() for part in np.meshgrid(front, up, indexing="ij"))
    points = found.plane.points_mm(across, along, np.zeros(len(across)))
    back = np.linalg.inv(scan.affine)
    voxels = points @ back[:3, :3].T + back[:3, 3]
    levels = intensity_levels(scan.data)
    data = scan.data if levels is None else above_floor(scan.data, levels)
    picture = map_coordinates(data, voxels.T, order=1, mode="grid-constant", cval=0.0)
    picture = picture.reshape(len(front), len(up)).T
    voxel_mm3 = abs(float(np.linalg.det(scan.affine[:3, :3])))
    black, white = grey_range(data, regions.labels, voxel_mm3) or (0.0, 1.0)
    axes.imshow(
        picture, cmap="gray", vmin=black, vmax=white, origin="lower", extent=extent, interpolation="bilinear"
    )


def _draw_regions(axes: Axes, regions: RegionsOnScan, found: Midsagittal) -> None:
    """Fill and outline each region in its colour."""
    front, up = found.axes_mm
    colours: NDArray[np.float64] = np.zeros((regions.table.n_classes, 4))
    for region in regions.table.structures[1:]:
        colours[region.index] = (*to_rgba(region.colour)[:3], _FILL)
        mask = (found.regions == region.index).T.astype(np.float32)
        if mask.any():
            # The atlas's own voxels are four pixels wide: without their steps.
            smooth = gaussian_filter(mask, _SMOOTH_PIXELS)
            axes.contour(front, up, smooth, levels=[0.5], colors=[region.colour], linewidths=1.4)
    extent = (float(front[0]), float(front[-1]), float(up[0]), float(up[-1]))
    axes.imshow(colours[found.regions.T], origin="lower", extent=extent, interpolation="nearest")


def _draw_signs(axes: Axes, behind: float, low: float) -> None:
    """Draw the letters of the directions and a bar; the horizontal axis is inverted."""
    for x, y, letter in ((0.03, 0.5, "A"), (0.97, 0.5, "P"), (0.5, 0.97, "S"), (0.5, 0.03, "I")):
        axes.text(
            x, y, letter, transform=axes.transAxes, color=_LETTERS, fontsize=11, fontweight="bold",
            ha="center", va="center", path_effects=[withStroke(linewidth=2.5, foreground=_BACKGROUND)],
        )  # fmt: skip
    start, level = behind - 4.0, low + 4.0
    axes.plot([start, start - _BAR_MM], [level, level], color=_INK, linewidth=2.5, solid_capstyle="butt")
    axes.text(start - _BAR_MM / 2, level + 1.5, "10 mm", color=_INK, fontsize=7, ha="center")
