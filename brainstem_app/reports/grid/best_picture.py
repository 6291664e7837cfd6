"""Picture of the reference and of each decoder's best cell on three axial slices, as the paper's figure 3."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.reports.engine.drawing_alone import drawing_alone
from brainstem_app.reports.grid.results import BestPicture
from brainstem_app.reports.scan.levels import levels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BACKGROUND, _INK = "#101418", "#e8ecf0"
_FILL = 0.35
_PANEL_INCHES = 1.9
_TISSUE = 2
_WINDOW = (-2.5, 2.5)


@drawing_alone()
def best_png(picture: BestPicture, table: LabelTable) -> bytes:
    """PNG: a column for the reference and for each prediction, a row for midbrain, pons and medulla.

    Nuclei are filled and outlined in their colours, the reference is drawn as white dots over predictions.
    The patient's right is on the left.
    """
    columns = {"Reference": picture.reference, **picture.predictions}
    levels = levels_of(picture.reference > _TISSUE)
    figure = Figure(
        figsize=(_PANEL_INCHES * len(columns) + 0.5, _PANEL_INCHES * len(levels) + 0.4), facecolor=_BACKGROUND
    )
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(levels),
        len(columns),
        squeeze=False,
        gridspec_kw={
            "left": 0.04,
            "right": 0.995,
            "top": 0.93,
            "bottom": 0.01,
            "wspace": 0.03,
            "hspace": 0.03,
        },
    )
    for row, (level, z) in enumerate(levels.items()):
        for column, (title, labels) in enumerate(columns.items()):
            axes = grid[row][column]
            reference = None if title == "Reference" else picture.reference[:, :, z]
            _draw(axes, picture.image[:, :, z], labels[:, :, z], reference, table)
            if not row:
                axes.set_title(title, color=_INK, fontsize=8.5, pad=4)
            if not column:
                axes.set_ylabel(level, color=_INK, fontsize=9)
                _letters(axes)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, facecolor=_BACKGROUND, metadata={"Software": None})
    return buffer.getvalue()


def _draw(
    axes: Axes,
    image: NDArray[np.float32],
    labels: NDArray[np.uint8],
    reference: NDArray[np.uint8] | None,
    table: LabelTable,
) -> None:
    width, height = image.shape
    extent = (0.0, float(width), 0.0, float(height))
    low, high = _WINDOW
    axes.imshow(
        image.T, cmap="gray", vmin=low, vmax=high, origin="lower", extent=extent, interpolation="bilinear"
    )
    palette = np.zeros((256, 4))
    for structure in table.nuclei:
        palette[structure.index] = (*(c / 255 for c in structure.rgb), _FILL)
    axes.imshow(palette[labels.T], origin="lower", extent=extent, interpolation="nearest")
    for structure in table.nuclei:
        _outline(axes, labels == structure.index, structure.colour, 1.0)
        if reference is not None:
            _outline(axes, reference == structure.index, "#ffffff", 0.7, dotted=True)
    axes.set_xlim(width, 0)  # the patient's right on the left
    axes.set_ylim(0, height)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _letters(axes: Axes) -> None:
    for x, letter in ((0.06, "R"), (0.94, "L")):
        axes.text(x, 0.5, letter, transform=axes.transAxes, color="#ffd84d", ha="center", va="center")


def _outline(axes: Axes, mask: NDArray[np.bool_], colour: str, width: float, *, dotted: bool = False) -> None:
    """Draw the edges of the pixels (x, y) of a mask."""
    if not mask.any():
        return
    padded = np.pad(mask, 1)
    lines: list[Any] = []
    across, up = np.nonzero(padded[1:] != padded[:-1])
    lines += [((x, y - 1), (x, y)) for x, y in zip(across, up, strict=True)]
    across, up = np.nonzero(padded[:, 1:] != padded[:, :-1])
    lines += [((x - 1, y), (x, y)) for x, y in zip(across, up, strict=True)]
    style: Any = (0, (1, 1.5)) if dotted else "solid"
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, linestyles=[style]))
