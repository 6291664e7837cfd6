"""Edits of a label map by strokes and other steps, with undo and redo."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.editing.part import Part, flat_indices
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slices import Corners, Voxel, joined
from brainstem_app.gui.viewer.volume import LabelVolume

_UNDO_VOXELS = 20_000_000


@dataclass(frozen=True)
class DrawnSlice:
    """What a step outlined by hand: a label on one slice of a plane."""

    label: int
    plane: Plane
    index: int


@dataclass(frozen=True, eq=False)
class Change:
    """One step: flat indices into the labels (Z, Y, X), what was and is there, the slice outlined by it."""

    voxels: NDArray[np.int64]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    drawn: DrawnSlice | None = None


class EditedVolume(LabelVolume):
    """Labels whose array changes in place; places and volumes are never asked for."""

    _box: Corners | None = None

    @property
    def extent(self) -> Corners | None:
        """Lowest and highest voxel of a box that holds all labels; it grows, and never shrinks."""
        return self._box

    def grow(self, box: Corners | None) -> None:
        """Let the extent hold a box too."""
        object.__setattr__(self, "_box", joined(self._box, box))  # only the other attributes are frozen


class LabelEdit:
    """A copy of a label map that can be painted.

    Parameters
    ----------
    volume : LabelVolume
        Stays as it is.

    Attributes
    ----------
    volume : EditedVolume
        The copy.
    counts : ndarray of int64, shape (256,)
        Voxels of each label, kept up to date.
    """

    def __init__(self, volume: LabelVolume) -> None:
        self.volume = EditedVolume(volume.grid, volume.labels.copy())
        self.volume.grow(volume.extent)
        self._flat = self.volume.labels.reshape(-1)
        self._voxel_mm3 = abs(float(np.linalg.det(volume.grid.affine[:3, :3])))
        self.counts = np.round(volume.volumes_mm3 / self._voxel_mm3).astype(np.int64)
        self.first_counts = self.counts.copy()
        self._done: deque[Change] = deque()
        self._undone: list[Change] = []
        self._stroke: list[Change] = []
        self._saved: Change | None = None

    @property
    def volumes_mm3(self) -> NDArray[np.float64]:
        """Volume of each label 0…255 now."""
        return self.counts * np.float64(self._voxel_mm3)

    @property
    def extent(self) -> Corners | None:
        """Lowest and highest voxel of a box that holds all labels; it grows, and never shrinks."""
        return self.volume.extent

    @property
    def differs(self) -> bool:
        """Whether there are strokes that make the labels others than those opened."""
        return bool(self._done or self._stroke)

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a stroke to do again."""
        return bool(self._undone)

    @property
    def is_changed(self) -> bool:
        """Whether the labels differ from those last saved, or from those opened."""
        return (self._done[-1] if self._done else None) is not self._saved

    def paint(
        self, voxels: NDArray[np.int64], label: int, protected: NDArray[np.bool_] | None = None
    ) -> bool:
        """Give voxels a label, as a part of the stroke that is being drawn.

        Parameters
        ----------
        voxels : ndarray of int64, shape (N,)
            Flat indices into (Z, Y, X), each once.
        label : int
            0 erases.
        protected : ndarray of bool, shape (256,), optional
            Labels that are not to be painted over.

        Returns
        -------
        bool
            Whether any voxel changed.
        """
        now = self._flat[voxels]
        return self._change(voxels, now, np.full(now.shape, label, dtype=np.uint8), protected)

    def paint_part(
        self, part: Part, mask: NDArray[np.bool_], label: int, protected: NDArray[np.bool_] | None = None
    ) -> bool:
        """Give the voxels a label that are true in a part of the label map, as `paint` does."""
        now = self.volume.labels[part]
        changes = mask & (now != label)
        if protected is not None:
            changes &= ~protected[now]
        voxels = flat_indices(changes, part, self.volume.labels.shape)
        return self._change(voxels, now[changes], np.full(voxels.size, label, dtype=np.uint8))

    def assign(self, voxels: NDArray[np.int64], values: NDArray[np.uint8]) -> bool:
        """Give voxels, each once, labels of their own, as a part of the step that is being made."""
        return self._change(voxels, self._flat[voxels], values)

    def _change(
        self,
        voxels: NDArray[np.int64],
        now: NDArray[np.uint8],
        values: NDArray[np.uint8],
        protected: NDArray[np.bool_] | None = None,
    ) -> bool:
        changes = now != values
        if protected is not None:
            changes &= ~protected[now]
        if not changes.any():
            return False
        change = Change(voxels[changes], now[changes], values[changes])
        self._apply(change.voxels, change.before, change.after)
        self._stroke.append(change)
        return True

    def end_stroke(self, drawn: DrawnSlice | None = None) -> bool:
        """Make one undo step of what was painted since the last call; False if that was nothing.

        `drawn` is the slice that was outlined by it, if it was one.
        """
        if not self._stroke:
            return False
        voxels, before = (np.concatenate(parts) for parts in zip(*self._parts(), strict=True))
        labels = {int(label) for change in self._stroke for label in (change.after.min(), change.after.max())}
        if len(labels) > 1 and len(self._stroke) > 1:  # else no voxel can have changed twice
            voxels, first = np.unique(voxels, return_index=True)
            before = before[first]
        self._stroke = []
        self._done.append(Change(voxels, before, self._flat[voxels], drawn))
        self._undone = []
        while sum(change.voxels.size for change in self._done) > _UNDO_VOXELS and len(self._done) > 1:
            forgotten = self._done.popleft()
            if self._saved is None:
                self._saved = forgotten  # the labels as opened can never be reached again
        return True

    def _parts(self) -> list[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        return [(change.voxels, change.before) for change in self._stroke]

    def drawn_slices(self, label: int, plane: Plane) -> tuple[int, ...]:
        """Slices of a plane on which a label was outlined by steps that were not undone, in their order."""
        drawn = (change.drawn for change in self._done)
        return tuple(sorted({one.index for one in drawn if one and (one.label, one.plane) == (label, plane)}))

    def undo(self) -> Change | None:
        """Take the last stroke back; returns it, None if there is none."""
        self.end_stroke()
        if not self._done:
            return None
        change = self._done.pop()
        self._apply(change.voxels, change.after, change.before)
        self._undone.append(change)
        return change

    def redo(self) -> Change | None:
        """Do the stroke taken back last again; returns it, None if there is none."""
        if not self._undone:
            return None
        change = self._undone.pop()
        self._apply(change.voxels, change.before, change.after)
        self._done.append(change)
        return change

    def mark(self) -> Change | None:
        """Return the state as it is, for `mark_saved`."""
        self.end_stroke()
        return self._done[-1] if self._done else None

    def mark_saved(self, state: Change | None) -> None:
        """Remember that the labels were saved in a state that `mark` returned."""
        self._saved = state

    def voxel_of(self, change: Change) -> Voxel:
        """Return a voxel (x, y, z) in the middle of a stroke, to show it."""
        x, y, z = self._places(change.voxels[change.voxels.size // 2 : change.voxels.size // 2 + 1])
        return int(x[0]), int(y[0]), int(z[0])

    def place(self, label: int) -> Voxel | None:
        """Return a voxel in the middle of the axial slice that holds most of a label; None without any."""
        if self.extent is None or self.counts[label] == 0:
            return None
        (x0, y0, z0), (x1, y1, z1) = self.extent
        part = LabelVolume(
            self.volume.grid,
            np.where(
                self.volume.labels[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1] == label, np.uint8(1), np.uint8(0)
            ),
        )
        place = part.places.get(1)
        return None if place is None else (place[0] + x0, place[1] + y0, place[2] + z0)

    def _apply(self, voxels: NDArray[np.int64], old: NDArray[np.uint8], new: NDArray[np.uint8]) -> None:
        self._flat[voxels] = new
        self.counts += np.bincount(new, minlength=256) - np.bincount(old, minlength=256)
        corners = [(int(places.min()), int(places.max())) for places in self._places(voxels)]
        (x0, x1), (y0, y1), (z0, z1) = corners
        self.volume.grow(((x0, y0, z0), (x1, y1, z1)))

    def _places(self, voxels: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        z, y, x = np.unravel_index(voxels, self.volume.labels.shape)
        return x, y, z
