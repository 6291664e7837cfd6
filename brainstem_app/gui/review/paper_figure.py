"""Figure for a paper: slices with labels, letters, scale bar and legend; no control is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.design.tokens import BLACK, RULER, WHITE
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.orientation_letters import edge_letters, is_mirrored
from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer, layer_table, value_text
from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
from brainstem_app.gui.viewer.ruler import Ruler, ruler_text
from brainstem_app.gui.viewer.scale_bar import bar_length_mm
from brainstem_app.gui.viewer.slices import slice_of
from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume
from brainstem_app.imaging.orientation import axis_letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

#: Widths of one and of two columns of most journals, mm.
ONE_COLUMN_MM, TWO_COLUMNS_MM = 85.0, 174.0
DPI = 300
FORMATS = (".png", ".svg", ".pdf")
_MM = 1 / 25.4
_GAP_MM, _WORDS_MM, _LEGEND_ROW_MM = 1.2, 4.0, 3.6
_POINTS = 7.0
_NAME = 14  # letters of an image's name that have room beside its scale


@dataclass(frozen=True, eq=False)
class FigureContent:
    """What is drawn, as the views show it.

    Attributes
    ----------
    image : ImageVolume
    labels : LabelVolume or None
    colours : ndarray of uint8, shape (256, 4)
        Of the labels that are drawn; the others are transparent.
    names : mapping of int to str
        What the legend calls each label.
    window : tuple of float
        Darkest and brightest intensity step.
    convention : Convention
    opacity : float
        Of the labels, 0…1.
    is_outlined : bool
        Whether labels are outlined instead of filled.
    rulers : tuple of Ruler
    shapes : SmoothShapes or None
        Drawn in place of the voxels of the labels.
    layers : tuple of ImageLayer
        Images over the scan, the lowest first.
    """

    image: ImageVolume
    labels: LabelVolume | None
    colours: NDArray[np.uint8]
    names: Mapping[int, str]
    window: tuple[float, float]
    convention: Convention
    opacity: float = 0.6
    is_outlined: bool = False
    rulers: tuple[Ruler, ...] = ()
    shapes: SmoothShapes | None = None
    layers: tuple[ImageLayer, ...] = ()


@dataclass(frozen=True)
class FigureCell:
    """One slice: its plane, its number, and the part of it that is shown, in mm across and up."""

    plane: Plane
    index: int
    across: tuple[float, float]
    up: tuple[float, float]


@dataclass(frozen=True)
class FigureStyle:
    """How the figure is made up; `columns` cells stand beside each other."""

    width_mm: float = TWO_COLUMNS_MM
    columns: int = 3
    is_dark: bool = False
    has_legend: bool = True
    has_letters: bool = True
    has_scale: bool = True
    has_rulers: bool = True


def series_of(
    content: FigureContent, plane: Plane, count: int, margin_mm: float = 12.0
) -> tuple[FigureCell, ...]:
    """Slices evenly spaced through the labels, each showing the part that holds them."""
    if content.labels is None or content.labels.extent is None:
        return ()
    low, high = content.labels.extent
    sizes = content.image.grid.voxel_size_mm
    h, v, n = plane.horizontal, plane.vertical, plane.normal
    across = (low[h] * sizes[h] - margin_mm, (high[h] + 1) * sizes[h] + margin_mm)
    up = (low[v] * sizes[v] - margin_mm, (high[v] + 1) * sizes[v] + margin_mm)
    places = np.linspace(low[n], high[n], count + 2)[1:-1]
    order = places[::-1] if plane is Plane.AXIAL else places  # from the head down
    return tuple(FigureCell(plane, round(float(place)), across, up) for place in order)


def draw_figure(content: FigureContent, cells: Sequence[FigureCell], style: FigureStyle) -> Figure:
    """Draw the figure.

    Raises
    ------
    ValueError
        If there is no cell to draw.
    """
    from brainstem_app.reports.engine.drawing_alone import drawing_alone

    if not cells:
        raise ValueError("there is no slice to draw")
    with drawing_alone():
        return _drawn(content, cells, style)


def _drawn(content: FigureContent, cells: Sequence[FigureCell], style: FigureStyle) -> Figure:
    from matplotlib.figure import Figure

    columns = min(style.columns, len(cells))
    width = (style.width_mm - (columns - 1) * _GAP_MM) / columns
    rows = [cells[first : first + columns] for first in range(0, len(cells), columns)]
    heights = [max(width * _aspect(cell) for cell in row) for row in rows]
    shown = _labels_in(content, cells) if style.has_legend else []
    legend_rows = -(-len(shown) // _legend_columns(style.width_mm)) if shown else 0
    foot = (legend_rows + len(content.layers)) * _LEGEND_ROW_MM
    height = sum(heights) + len(rows) * _WORDS_MM + (len(rows) - 1) * _GAP_MM + foot
    ink, ground = (WHITE, BLACK) if style.is_dark else (BLACK, WHITE)
    figure = Figure(figsize=(style.width_mm * _MM, height * _MM), dpi=DPI, facecolor=ground)
    top = height
    for number, (row, row_height) in enumerate(zip(rows, heights, strict=True)):
        top -= row_height + _WORDS_MM
        for place, cell in enumerate(row):
            left = place * (width + _GAP_MM)
            box = (left / style.width_mm, top / height, width / style.width_mm, row_height / height)
            _draw_cell(figure.add_axes(box), content, cell, style)
            letter = f"{chr(65 + number * columns + place)}  " if len(cells) > 1 and style.has_letters else ""
            figure.text(
                left / style.width_mm,
                (top + row_height + 1.0) / height,
                f"{letter}{_place_words(content, cell)}",
                color=ink,
                fontsize=_POINTS,
                va="bottom",
            )
        top -= _GAP_MM
    for number, layer in enumerate(reversed(content.layers)):
        bottom = foot - (number + 1) * _LEGEND_ROW_MM
        _draw_values(figure, layer, (bottom / height, _LEGEND_ROW_MM / height), style, ink)
    if shown:
        _draw_legend(figure, content, shown, style, ink)
    return figure


def _aspect(cell: FigureCell) -> float:
    return (cell.up[1] - cell.up[0]) / (cell.across[1] - cell.across[0])


def _place_words(content: FigureContent, cell: FigureCell) -> str:
    """Say where the middle of what is seen lies: in a tilted scan a slice has no one coordinate."""
    plane, grid = cell.plane, content.image.grid
    voxel = np.zeros(3)
    voxel[plane.normal] = cell.index
    for axis, (low, high) in ((plane.horizontal, cell.across), (plane.vertical, cell.up)):
        voxel[axis] = (low + high) / 2 / grid.voxel_size_mm[axis] - 0.5
    place = float((grid.affine[:3, :3] @ voxel + grid.affine[:3, 3])[plane.normal])
    return f"{'xyz'[cell.plane.normal]} = {place:.1f} mm".replace("-", "−")


def _labels_in(content: FigureContent, cells: Sequence[FigureCell]) -> list[int]:
    """Labels that are seen in some cell."""
    if content.labels is None:
        return []
    found: set[int] = set()
    for cell in cells:
        found |= set(np.unique(slice_of(content.labels.labels, cell.plane, cell.index)).tolist())
    return [label for label in sorted(found) if content.colours[label, 3] and label in content.names]


def _draw_cell(axes: Axes, content: FigureContent, cell: FigureCell, style: FigureStyle) -> None:
    plane, grid = cell.plane, content.image.grid
    sizes = grid.voxel_size_mm
    width, height = (grid.shape[axis] * sizes[axis] for axis in (plane.horizontal, plane.vertical))
    extent = (0.0, width, 0.0, height)
    axes.imshow(
        content.image.slice(plane, cell.index),
        cmap="gray",
        vmin=content.window[0],
        vmax=content.window[1],
        origin="lower",
        extent=extent,
        interpolation="lanczos",
        aspect="equal",
    )
    for layer in content.layers:
        table = layer_table(layer.style.colours)
        picture = table[layer.steps(plane, cell.index)]
        axes.imshow(
            picture, origin="lower", extent=extent, interpolation="bilinear", aspect="equal",
            alpha=(picture[..., 3] / 255) * (layer.style.opacity / 100),
        )  # fmt: skip
    if content.labels is not None and content.shapes is not None:
        _draw_curves(axes, content, content.shapes, cell)
    elif content.labels is not None:
        _draw_labels(axes, content, slice_of(content.labels.labels, plane, cell.index), extent)
    across = cell.across[::-1] if is_mirrored(plane, content.convention) else cell.across
    axes.set_xlim(*across)
    axes.set_ylim(*cell.up)
    axes.set_facecolor(BLACK)
    axes.set_axis_off()
    axes.add_patch(_ground(axes))
    if style.has_letters:
        letters = edge_letters(axis_letters(grid.affine), plane, content.convention)
        for text, x, y in ((letters.left, 0.05, 0.5), (letters.right, 0.95, 0.5), (letters.top, 0.5, 0.95)):
            axes.text(
                x, y, text, color=WHITE, fontsize=_POINTS, ha="center", va="center", transform=axes.transAxes
            )
    if style.has_scale:
        _draw_scale(axes, cell)
    if style.has_rulers:
        for ruler in content.rulers:
            if ruler.is_on(plane, cell.index):
                _draw_ruler(axes, content, ruler)


def _ground(axes: Axes) -> Rectangle:
    """Black behind what the scan does not fill: axes that are off draw no ground of their own."""
    from matplotlib.patches import Rectangle as Box

    return Box((0, 0), 1, 1, transform=axes.transAxes, facecolor=BLACK, zorder=-10)


def _draw_labels(
    axes: Axes, content: FigureContent, labels: NDArray[np.uint8], extent: tuple[float, float, float, float]
) -> None:
    for label in np.unique(labels):
        if not content.colours[label, 3]:
            continue
        colour = tuple(content.colours[label, :3] / 255)
        inside = np.pad((labels == label).astype(float), 1)
        step_x, step_y = extent[1] / labels.shape[1], extent[3] / labels.shape[0]
        x = (np.arange(inside.shape[1]) - 0.5) * step_x
        y = (np.arange(inside.shape[0]) - 0.5) * step_y
        if not content.is_outlined:
            axes.contourf(x, y, inside, levels=(0.5, 2.0), colors=[colour], alpha=content.opacity)
        axes.contour(x, y, inside, levels=(0.5,), colors=[colour], linewidths=0.7)


def _draw_curves(axes: Axes, content: FigureContent, shapes: SmoothShapes, cell: FigureCell) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    plane, sizes = cell.plane, content.image.grid.voxel_size_mm
    scale = np.array((sizes[plane.horizontal], sizes[plane.vertical]))
    visible = np.flatnonzero(content.colours[:, 3]).tolist()
    for label, loops in shapes.curves(plane, cell.index, visible).items():
        closed = [Curve(np.concatenate([loop, loop[:1]]) * scale, closed=True) for loop in loops]
        curve, colour = Curve.make_compound_path(*closed), tuple(content.colours[label, :3] / 255)
        if not content.is_outlined:
            axes.add_patch(PathPatch(curve, facecolor=colour, edgecolor="none", alpha=content.opacity))
        axes.add_patch(PathPatch(curve, facecolor="none", edgecolor=colour, linewidth=0.7))


def _draw_scale(axes: Axes, cell: FigureCell) -> None:
    shown = cell.across[1] - cell.across[0]
    length = bar_length_mm(shown / 400)
    share = length / shown
    axes.plot([0.95 - share, 0.95], [0.05, 0.05], color=WHITE, linewidth=1.2, transform=axes.transAxes)
    axes.text(
        0.95 - share / 2, 0.07, f"{length} mm", color=WHITE, fontsize=_POINTS - 1, ha="center", va="bottom",
        transform=axes.transAxes,
    )  # fmt: skip


def _draw_values(
    figure: Figure, layer: ImageLayer, place: tuple[float, float], style: FigureStyle, ink: str
) -> None:
    """Draw the scale of an image's values in a row: name, lowest value, colours, highest value."""
    (bottom, height), width = place, style.width_mm
    values = layer_table(layer.style.colours)[None, 1:, :3]
    bar = figure.add_axes((28 / width, bottom + 0.2 * height, 22 / width, 0.6 * height))
    bar.imshow(values, aspect="auto")
    bar.set_axis_off()
    middle = bottom + height / 2
    low, high = (value_text(value, 3).replace("-", "−") for value in (layer.style.low, layer.style.high))
    for x, text, side in ((0.5, layer.name[:_NAME], "left"), (27, low, "right"), (51, high, "left")):
        figure.text(
            x / width, middle, text, color=ink, fontsize=_POINTS - 0.5, ha=side, va="center"
        )  # fmt: skip


def _draw_ruler(axes: Axes, content: FigureContent, ruler: Ruler) -> None:
    """Draw the part of a ruler that the picture has, its length beside the middle of that."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.patheffects import withStroke

    grid, plane = content.image.grid, ruler.plane
    sizes = grid.voxel_size_mm[plane.horizontal], grid.voxel_size_mm[plane.vertical]
    line = np.linspace(ruler.start, ruler.end, 201) * sizes
    seen = line[[axes.viewLim.contains(*point) for point in line]]
    if not len(seen):
        return
    axes.add_artist(
        FancyArrowPatch(
            tuple(line[0]), tuple(line[-1]), arrowstyle="|-|, widthA=0.25, widthB=0.25", color=RULER,
            linewidth=0.9, shrinkA=0, shrinkB=0, mutation_scale=_POINTS,
        )
    )  # fmt: skip
    axes.annotate(
        ruler_text(ruler.length_mm(grid)), tuple(seen[len(seen) // 2]), (3, -3), textcoords="offset points",
        color=RULER, fontsize=_POINTS - 1, va="top",
        path_effects=[withStroke(linewidth=1.2, foreground=BLACK)],
    )  # fmt: skip


def _legend_columns(width_mm: float) -> int:
    return max(2, int(width_mm // 29))


def _draw_legend(
    figure: Figure, content: FigureContent, shown: Sequence[int], style: FigureStyle, ink: str
) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=tuple(content.colours[n, :3] / 255), label=content.names[n]) for n in shown]
    figure.legend(
        handles=patches,
        loc="lower left",
        ncols=_legend_columns(style.width_mm),
        frameon=False,
        fontsize=_POINTS - 0.5,
        labelcolor=ink,
        borderpad=0,
        borderaxespad=0.1,
        handlelength=0.9,
        handleheight=0.9,
        handletextpad=0.4,
        columnspacing=1.0,
        labelspacing=0.35,
    )


def figure_target(chosen: Path, kind: str = "") -> Path:
    """Path to save a figure to: what the user chose, with the ending of the kind if it has none of them."""
    if chosen.suffix.lower() in FORMATS:
        return chosen
    ending = next((one for one in FORMATS if f"*{one}" in kind), FORMATS[0])
    return chosen.with_name(chosen.name + ending)


def save_figure(figure: Figure, target: Path) -> Path:
    """Write a figure as PNG of 300 dpi, SVG or PDF with text that is text, complete or not at all.

    Raises
    ------
    BrainstemError
        If it cannot be written.
    """
    from matplotlib.backends import backend_agg, backend_pdf, backend_svg

    from brainstem_app.imaging.atomic import atomic_path
    from brainstem_app.reports.engine.drawing_alone import PLAIN_NAMES, drawing_alone

    # Named, so that packages hold them: matplotlib looks them up by the ending of the file.
    canvases = {
        "png": backend_agg.FigureCanvasAgg,
        "svg": backend_svg.FigureCanvasSVG,
        "pdf": backend_pdf.FigureCanvasPdf,
    }
    kind = target.suffix.lower().removeprefix(".")
    dates: dict[str, dict[str, None]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    texts = {"svg.fonttype": "none", "pdf.fonttype": 42, "font.family": "DejaVu Sans", **PLAIN_NAMES}
    try:
        with drawing_alone(texts), atomic_path(target) as temporary:
            canvases[kind](figure)
            figure.savefig(temporary, format=kind, dpi=DPI, metadata=dates[kind])
    except OSError as error:
        reason = error.strerror or str(error)
        fix = "Choose another folder, or make room on the disk."
        raise BrainstemError(f"The figure could not be saved: {reason}.", target, fix) from error
    return target
