"""Steps of drawing on a label map: fill, polygon, interpolation, smoothing, copy to the next slice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.editing.between_slices import gaps_to_fill, slices_between
from brainstem_app.gui.editing.part import Part, box_of_label, flat_indices, given_back, part_of_box
from brainstem_app.gui.editing.polygon import inside_polygon
from brainstem_app.gui.editing.region_fill import bounded_region, connected_piece
from brainstem_app.gui.editing.smoothing import smoothed
from brainstem_app.gui.viewer.slices import joined, slice_of

if TYPE_CHECKING:
    from brainstem_app.gui.document.label_edit import LabelEdit
    from brainstem_app.gui.viewer.convention import Plane
    from brainstem_app.gui.viewer.slices import Voxel

_REACH_OF_WIDTH = 4  # as far as scipy's Gaussian reaches
_AROUND = 5


class Refusal(Enum):
    """Why a step draws nothing."""

    NO_NUCLEUS = auto()
    OPEN_OUTLINE = auto()
    ON_OUTLINE = auto()
    NOT_HIT = auto()
    NO_GAP = auto()
    NOT_ON_SLICE = auto()
    NO_SLICE = auto()
    UNCHANGED = auto()


@dataclass(frozen=True, eq=False)
class Pen:
    """What is drawn, and what is left as it is.

    Attributes
    ----------
    label : int
        The nucleus that is drawn.
    nuclei : tuple of int
        Labels of nuclei; all others are background and tissue.
    protects : bool
        Whether other nuclei are left as they are.
    steps : ndarray of uint16, shape (Z, Y, X), or None
        Intensities of the scan.
    levels : tuple of int or None
        Lowest and highest step of the intensities that are drawn on; None for all.
    """

    label: int
    nuclei: tuple[int, ...]
    protects: bool = True
    steps: NDArray[np.uint16] | None = None
    levels: tuple[int, int] | None = None

    @property
    def is_tissue(self) -> NDArray[np.bool_]:
        """Which labels (256,) are background or tissue."""
        tissue = np.ones(256, dtype=bool)
        tissue[list(self.nuclei)] = False
        tissue[self.label] = False
        return tissue

    def kept(self, *, erases: bool = False) -> NDArray[np.bool_] | None:
        """Which labels (256,) stay as they are: other nuclei; of an eraser all but the chosen one."""
        if not self.protects:
            return None
        kept = ~self.is_tissue
        if erases:
            kept[1:] = True
        kept[self.label] = False
        return kept

    def in_range(self, mask: NDArray[np.bool_], part: Part) -> NDArray[np.bool_]:
        """Those voxels of a mask on a part of the scan whose intensity is drawn on."""
        if self.levels is None or self.steps is None:
            return mask
        low, high = self.levels
        steps = self.steps[part]
        within: NDArray[np.bool_] = mask & (steps >= low) & (steps <= high)
        return within


def part_of_slice(plane: Plane, index: int, shape: tuple[int, ...]) -> Part:
    """Part of an array (Z, Y, X) that is one slice of a plane."""
    rows = [slice(0, size) for size in shape]
    rows[2 - plane.normal] = slice(index, index + 1)
    return rows[0], rows[1], rows[2]


def as_part(mask: NDArray[np.bool_], plane: Plane) -> NDArray[np.bool_]:
    """Turn a slice (V, H) into a part (Z, Y, X) of one slice."""
    return np.expand_dims(mask, 2 - plane.normal)


def fill(
    edit: LabelEdit, pen: Pen, plane: Plane, voxel: Voxel, *, in_3d: bool, erases: bool
) -> Refusal | None:
    """Fill the region around a voxel that the nucleus closes, or erase the piece that hangs together with it.

    Other nuclei close a region too if they are protected.

    Parameters
    ----------
    in_3d : bool
        Whether in all slices; else in that of the plane alone.
    """
    labels = edit.volume.labels
    if in_3d:
        part = part_of_box(_extent_with(edit, voxel), (0, 0, 0), labels.shape)
    else:
        part = part_of_slice(plane, voxel[plane.normal], labels.shape)
    here = labels[part] if in_3d else slice_of(labels, plane, voxel[plane.normal])
    seed = tuple(
        place - rows.start
        for axis, (place, rows) in enumerate(zip(voxel[::-1], part, strict=True))
        if in_3d or axis != 2 - plane.normal
    )
    found = _piece(pen, here, seed) if erases else _closed(pen, here, seed)
    if isinstance(found, Refusal):
        return found
    mask = found if in_3d else as_part(found, plane)
    new = 0 if erases else pen.label
    changed = edit.paint_part(part, pen.in_range(mask, part), new, pen.kept(erases=erases))
    return None if changed else Refusal.UNCHANGED


def _piece(pen: Pen, labels: NDArray[np.uint8], seed: tuple[int, ...]) -> NDArray[np.bool_] | Refusal:
    label = int(labels[seed])
    if label == 0 or (pen.protects and label != pen.label):
        return Refusal.NOT_HIT
    piece = connected_piece(labels == label, seed)
    return Refusal.NOT_HIT if piece is None else piece


def _closed(pen: Pen, labels: NDArray[np.uint8], seed: tuple[int, ...]) -> NDArray[np.bool_] | Refusal:
    kept = pen.kept()
    walls = labels == pen.label
    if kept is not None:
        walls |= kept[labels]
    if walls[seed]:
        return Refusal.ON_OUTLINE
    region = bounded_region(walls, seed)
    return Refusal.OPEN_OUTLINE if region is None else region


def _extent_with(edit: LabelEdit, voxel: Voxel) -> tuple[Voxel, Voxel]:
    return joined(edit.extent, (voxel, voxel)) or (voxel, voxel)


def outline(
    edit: LabelEdit, pen: Pen, plane: Plane, index: int, points: NDArray[np.float64], *, erases: bool
) -> Refusal | None:
    """Paint or erase what lies inside a polygon on a slice.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 2)
        Horizontally and vertically, in voxels from the corner of the slice.
    """
    shape = edit.volume.grid.shape
    inside = inside_polygon(points, (shape[plane.vertical], shape[plane.horizontal]))
    part = part_of_slice(plane, index, edit.volume.labels.shape)
    mask = pen.in_range(as_part(inside, plane), part)
    changed = edit.paint_part(part, mask, 0 if erases else pen.label, pen.kept(erases=erases))
    return None if changed else Refusal.UNCHANGED


def interpolate(edit: LabelEdit, pen: Pen, plane: Plane) -> list[tuple[int, int]] | Refusal:
    """Make the nucleus between its outlined slices; returns the pairs of slices it was made between."""
    labels, grid = edit.volume.labels, edit.volume.grid
    box = None if edit.extent is None else box_of_label(labels, pen.label, edit.extent)
    if box is None:
        return Refusal.NO_NUCLEUS
    part = part_of_box(box, (2, 2, 2), labels.shape)
    here = labels[part]
    stack = np.moveaxis(here == pen.label, 2 - plane.normal, 0)
    first = part[2 - plane.normal].start
    present = (np.flatnonzero(stack.any(axis=(1, 2))) + first).tolist()
    pairs = gaps_to_fill(edit.drawn_slices(pen.label, plane), present)
    if not pairs:
        return Refusal.NO_GAP
    sizes = grid.voxel_size_mm
    made = stack.copy()
    for low, high in pairs:
        between = slices_between(
            stack[low - first],
            stack[high - first],
            high - low - 1,
            (sizes[plane.vertical], sizes[plane.horizontal]),
        )
        for index, shape in enumerate(between, low + 1 - first):
            made[index] = shape
    changed = _become(edit, pen, part, np.moveaxis(made, 0, 2 - plane.normal))
    return pairs if changed else Refusal.UNCHANGED


def smooth(edit: LabelEdit, pen: Pen, width_mm: float) -> Refusal | None:
    """Smooth the nucleus by a Gaussian of this standard deviation; it keeps its volume."""
    labels, sizes = edit.volume.labels, edit.volume.grid.voxel_size_mm
    box = None if edit.extent is None else box_of_label(labels, pen.label, edit.extent)
    if box is None:
        return Refusal.NO_NUCLEUS
    x, y, z = (int(np.ceil(_REACH_OF_WIDTH * width_mm / size)) + 1 for size in sizes)
    part = part_of_box(box, (x, y, z), labels.shape)
    here, kept = labels[part], pen.kept()
    free = np.ones(here.shape, dtype=bool) if kept is None else ~kept[here]
    changed = _become(edit, pen, part, smoothed(here == pen.label, free, width_mm, sizes))
    return None if changed else Refusal.UNCHANGED


def copy_slice(edit: LabelEdit, pen: Pen, plane: Plane, index: int, by: int) -> Refusal | None:
    """Give the nucleus on the next slice (by = 1, or −1) the shape that it has on this one."""
    labels = edit.volume.labels
    target = index + by
    if not 0 <= target < edit.volume.grid.shape[plane.normal]:
        return Refusal.NO_SLICE
    shape = slice_of(labels, plane, index) == pen.label
    if not shape.any():
        return Refusal.NOT_ON_SLICE
    part = part_of_slice(plane, target, labels.shape)
    changed = _become(edit, pen, part, as_part(shape, plane))
    return None if changed else Refusal.UNCHANGED


def _become(edit: LabelEdit, pen: Pen, part: Part, mask: NDArray[np.bool_]) -> bool:
    """Make a nucleus what a mask says of a part of the label map; False if it is that already.

    What it gives up goes to the tissue around it.
    """
    labels = edit.volume.labels
    part, mask = _cropped(part, mask, labels[part] == pen.label)
    here, kept = labels[part], pen.kept()
    own = here == pen.label
    added = mask & ~own if kept is None else mask & ~own & ~kept[here]
    removed = own & ~mask
    if not (added.any() or removed.any()):
        return False
    sizes = edit.volume.grid.voxel_size_mm
    values = given_back(here, removed, pen.is_tissue, sizes) if removed.any() else np.zeros(0, np.uint8)
    voxels = [flat_indices(changed, part, labels.shape) for changed in (removed, added)]
    new = np.full(voxels[1].size, pen.label, dtype=np.uint8)
    return edit.assign(np.concatenate(voxels), np.concatenate([values, new]))


def _cropped(part: Part, mask: NDArray[np.bool_], own: NDArray[np.bool_]) -> tuple[Part, NDArray[np.bool_]]:
    """Crop a part, and a mask on it, to where either of two masks is, with some tissue around."""
    inside = []
    for axis, size in enumerate(mask.shape):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        found = np.flatnonzero(mask.any(axis=others) | own.any(axis=others))
        low, high = (int(found[0]), int(found[-1])) if found.size else (0, 0)
        inside.append(slice(max(low - _AROUND, 0), min(high + _AROUND + 1, size)))
    z, y, x = (
        slice(rows.start + within.start, rows.start + within.stop)
        for rows, within in zip(part, inside, strict=True)
    )
    return (z, y, x), mask[tuple(inside)]
