"""Picture to check a segmentation by eye: label outlines on the scan at fixed levels of the brainstem."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from PIL import Image

from brainstem_app.atlas.label_table import Group, LabelTable
from brainstem_app.imaging.grey_range import grey_range
from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.orientation import axis_letters, to_canonical
from brainstem_app.imaging.spaces import Affine
from brainstem_app.plain_text import printable
from brainstem_app.reports.engine.drawing_alone import drawing_alone
from brainstem_app.reports.scan.levels import distinct_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONVENTION = "Radiological convention: the patient's right is on the left of axial and coronal pictures."
MARGIN_MM = 12.0
# Levels an anatomist knows: the middle of these nuclei; where they are missing, that share of the height.
_LANDMARKS = (
    ("Midbrain", "red nuclei", ("RN_L", "RN_R"), 0.90),
    ("Midbrain", "inferior colliculi", ("IC_L", "IC_R"), 0.83),
    ("Pons", "loci coerulei", ("LC_L", "LC_R"), 0.60),
    ("Medulla", "inferior olives", ("IO_L", "IO_R"), 0.25),
)
#: Left, bottom, width and height of the axial pictures, and of the coronal and sagittal one, in the figure.
AXIAL_PLACES = tuple((0.02 + 0.245 * number, 0.6, 0.225, 0.295) for number in range(len(_LANDMARKS)))
OTHER_PLACES = ((0.02, 0.055, 0.285, 0.49), (0.325, 0.055, 0.285, 0.49))
_BAR_MM = 10.0
_DOTS_PER_INCH = 130
_COMPRESSION = 3

_BACKGROUND = "#101418"
_INK = "#e8ecf0"
_OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}
_FILL = 0.30


@dataclass(frozen=True)
class _View:
    """Canonical volumes cropped around the labels, with what is drawn black and white of the scan."""

    scan: NDArray[np.float32] | None
    labels: NDArray[np.uint8]
    reference: NDArray[np.uint8] | None
    affine: Affine
    sizes: tuple[float, float, float]
    letters: tuple[str, str, str]
    greys: tuple[float, float]


@dataclass(frozen=True)
class _Panel:
    """One slice: across the ``axis``, at voxel ``index`` of it, titled."""

    axis: int
    index: int
    title: str


@dataclass(frozen=True)
class QcVolumes:
    """What the picture shows, all on one grid (X, Y, Z).

    Attributes
    ----------
    labels, reference : ndarray of uint8
        Label map, and another one to draw on top as white dots.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+).
    scan : ndarray of float32 or None
        Background.
    """

    labels: NDArray[np.uint8]
    affine: Affine
    scan: NDArray[np.float32] | None = None
    reference: NDArray[np.uint8] | None = None


@drawing_alone()
def qc_png(volumes: QcVolumes, table: LabelTable, title: str) -> bytes:
    """PNG of the scan with the outlines of its labels in three planes.

    Four axial levels (red nuclei, inferior colliculi, loci coerulei, inferior olives; at fixed shares of the
    height where a nucleus is missing; no two of them the same slice), one coronal and one sagittal picture
    through the middle of the labels, on the scan's own voxels in their true proportions, cropped to 12 mm
    around the labels, with the place in the scan's world, the letters of the directions from the affine, a
    bar of 10 mm, and the colours' legend.
    A reference is drawn as white dots.
    """
    view = _cropped_view(volumes)
    figure = Figure(figsize=(12, 8.4), facecolor=_BACKGROUND)
    panels = [*_axial_panels(view, table), *_other_panels(view)]
    for panel, place in zip(panels, AXIAL_PLACES + OTHER_PLACES, strict=True):
        if panel is None:
            continue
        axes = figure.add_axes(place)
        _draw(axes, view, panel, table)
    _legend(figure, table, volumes.labels)
    figure.text(0.02, 0.975, printable(title), color=_INK, fontsize=13, fontweight="bold", va="center")
    note = CONVENTION + ("  White dots: reference." if view.reference is not None else "")
    figure.text(0.02, 0.02, note, color=_INK, fontsize=9, va="center")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    """Draw without transparency, which there is none of, and compress a little less: half of the time."""
    figure.set_dpi(_DOTS_PER_INCH)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    buffer = io.BytesIO()
    picture.save(buffer, format="png", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH), compress_level=_COMPRESSION)
    return buffer.getvalue()


def _cropped_view(volumes: QcVolumes) -> _View:
    labels, affine = to_canonical(volumes.labels, volumes.affine)
    x, y, z = np.linalg.norm(affine[:3, :3], axis=0)
    sizes = (float(x), float(y), float(z))
    levels = None if volumes.scan is None else intensity_levels(volumes.scan)
    shown = None if volumes.scan is None or levels is None else above_floor(volumes.scan, levels)
    scan, reference = (
        None if volume is None else to_canonical(volume, volumes.affine)[0]
        for volume in (shown, volumes.reference)
    )
    box = _box(labels if reference is None else np.maximum(labels, reference), sizes)
    greys = None if scan is None else grey_range(scan[box], labels[box], float(np.prod(sizes)))
    cropped = affine.copy()
    cropped[:3, 3] += affine[:3, :3] @ [part.start or 0 for part in box]
    return _View(
        affine=cropped,
        scan=None if scan is None else scan[box],
        labels=labels[box],
        reference=None if reference is None else reference[box],
        sizes=sizes,
        letters=axis_letters(affine),
        greys=greys or (0.0, 1.0),
    )


def _box(labels: NDArray[np.uint8], sizes: tuple[float, float, float]) -> tuple[slice, ...]:
    """Bounding box of the labels and 20 mm more; the whole volume if there are none."""
    box = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        filled = np.flatnonzero(labels.any(axis=others))
        if not filled.size:
            return (slice(None),) * 3
        margin = round(MARGIN_MM / sizes[axis])
        box.append(slice(max(0, int(filled[0]) - margin), int(filled[-1]) + 1 + margin))
    return tuple(box)


def _axial_panels(view: _View, table: LabelTable) -> Iterator[_Panel | None]:
    """Panels of the levels, from above; None where the scan has fewer slices."""
    low, high = _extent(view.labels, 2)
    titles: list[str] = []
    wanted: list[float] = []
    index_of = {structure.name: structure.index for structure in table.nuclei}
    whole = any(structure.group is Group.TISSUE for structure in table.structures)
    for part, landmark, names, share in _LANDMARKS:
        known = [index_of[name] for name in names if name in index_of]
        heights = np.flatnonzero(np.isin(view.labels, known).any(axis=(0, 1)))
        # Labels of a few nuclei, without the tissue around them, do not reach from midbrain to medulla.
        otherwise = part if whole else "Axial"
        title = f"{part}, {landmark}" if heights.size else otherwise
        titles.append(title)
        wanted.append(float(heights.mean()) if heights.size else low + share * (high - low))
    levels = distinct_levels(wanted, (low, high), view.labels.shape[2], view.sizes[2])
    for title, index in zip(titles, levels, strict=True):
        yield None if index is None else _Panel(2, index, f"{title}\n{_place(view, 2, index)}")


def _other_panels(view: _View) -> Iterator[_Panel]:
    for axis, title in ((1, "Coronal"), (0, "Sagittal")):
        low, high = _extent(view.labels, axis)
        index = round((low + high) / 2)
        yield _Panel(axis, index, f"{title}, {_place(view, axis, index)}")


def _place(view: _View, axis: int, index: int) -> str:
    """Where a slice crosses the middle of the labels, in the scan's world."""
    middle = [sum(_extent(view.labels, other)) / 2 for other in range(3)]
    middle[axis] = index
    value = view.affine[axis, :3] @ middle + view.affine[axis, 3]
    return f"{'xyz'[axis]} = {round(float(value)):d} mm".replace("-", "−")


def _extent(labels: NDArray[np.uint8], axis: int) -> tuple[int, int]:
    filled = np.flatnonzero(labels.any(axis=tuple(a for a in range(3) if a != axis)))
    return (int(filled[0]), int(filled[-1])) if filled.size else (0, labels.shape[axis] - 1)


def _draw(axes: Axes, view: _View, panel: _Panel, table: LabelTable) -> None:
    across, up = (a for a in range(3) if a != panel.axis)
    width, height = (view.labels.shape[a] * view.sizes[a] for a in (across, up))
    extent = (0.0, width, 0.0, height)
    if view.scan is not None:
        low, high = view.greys
        picture = _slice(view.scan, panel)
        axes.imshow(
            picture, cmap="gray", vmin=low, vmax=high, origin="lower", extent=extent, interpolation="bilinear"
        )
    labels = _slice(view.labels, panel)
    axes.imshow(_colours(labels, table), origin="lower", extent=extent, interpolation="nearest")
    scale = (view.sizes[across], view.sizes[up])
    for structure in table.structures[1:]:
        if structure.group is Group.NUCLEUS:
            _outline(axes, labels == structure.index, scale, structure.colour, 1.1)
    _outline(axes, labels > 0, scale, "#ffffff", 0.6)
    if view.reference is not None:
        reference = _slice(view.reference, panel)
        for structure in table.nuclei:
            _outline(axes, reference == structure.index, scale, "#ffffff", 1.2, dotted=True)
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_aspect("equal", anchor="N")
    axes.invert_xaxis()  # axial, coronal: the patient's right on the left; sagittal: anterior on the left
    axes.set_axis_off()
    axes.set_title(panel.title, color=_INK, fontsize=10, pad=5)
    _letters(axes, view.letters[across], view.letters[up])
    _bar(axes, width, height)


def _slice(volume: NDArray[Any], panel: _Panel) -> NDArray[Any]:
    return np.asarray(np.take(volume, panel.index, axis=panel.axis).T)


def _colours(labels: NDArray[np.uint8], table: LabelTable) -> NDArray[np.float64]:
    palette = np.zeros((256, 4))
    for structure in table.nuclei:
        palette[structure.index] = (*(c / 255 for c in structure.rgb), _FILL)
    return np.asarray(palette[labels])


def _outline(
    axes: Axes,
    mask: NDArray[np.bool_],
    scale: tuple[float, float],
    colour: str,
    width: float,
    *,
    dotted: bool = False,
) -> None:
    """Draw the edges between voxels in and out of a mask (rows up, columns across), in mm."""
    if not mask.any():
        return
    padded = np.pad(mask, 1)
    rows, columns = np.nonzero(padded[:, 1:] != padded[:, :-1])
    upright = [((c, r - 1), (c, r)) for r, c in zip(rows, columns, strict=True)]
    rows, columns = np.nonzero(padded[1:] != padded[:-1])
    flat = [((c - 1, r), (c, r)) for r, c in zip(rows, columns, strict=True)]
    lines = np.array(upright + flat, dtype=np.float64) * scale
    style = (0, (1, 1.5)) if dotted else "solid"
    axes.add_collection(LineCollection(list(lines), colors=colour, linewidths=width, linestyles=[style]))


def _letters(axes: Axes, towards_end: str, up: str) -> None:
    # The picture's horizontal axis is inverted: its end is on the left.
    places = {
        (0.02, 0.5): (towards_end, "left", "center"),
        (0.98, 0.5): (_OPPOSITE[towards_end], "right", "center"),
        (0.5, 0.985): (up, "center", "top"),
        (0.5, 0.015): (_OPPOSITE[up], "center", "bottom"),
    }
    for (x, y), (letter, horizontal, vertical) in places.items():
        axes.text(
            x, y, letter, transform=axes.transAxes, color="#ffd84d", fontsize=12, fontweight="bold",
            path_effects=[withStroke(linewidth=2.5, foreground=_BACKGROUND)], ha=horizontal, va=vertical,
        )  # fmt: skip


def _bar(axes: Axes, width: float, height: float) -> None:
    """Draw a bar of 10 mm at the lower right; the picture's horizontal axis is inverted."""
    start, level = 0.04 * width, 0.045 * height
    axes.plot([start, start + _BAR_MM], [level, level], color=_INK, linewidth=2.5, solid_capstyle="butt")
    axes.text(start + _BAR_MM / 2, level + 0.02 * height, "10 mm", color=_INK, fontsize=7, ha="center")


def _legend(figure: Figure, table: LabelTable, labels: NDArray[np.uint8]) -> None:
    present = np.bincount(labels[labels > 0], minlength=256) > 0
    handles = [
        Patch(facecolor=s.colour, edgecolor="none", label=s.name if present[s.index] else f"{s.name} (none)")
        for s in table.nuclei
    ]
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.635, 0.54), ncols=3, frameon=False,
        labelcolor=_INK, fontsize=9, handlelength=1.1, handleheight=1.1, columnspacing=1.2, borderaxespad=0,
    )  # fmt: skip
