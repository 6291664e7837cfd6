"""Smooth surfaces of labels, cut by slices into curves that are as fine as any screen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.surfaces.surface import Surface

Loops = list[NDArray[np.float64]]
_MOST_KEPT = 256


@dataclass(frozen=True, eq=False)
class SmoothShapes:
    """Closed surfaces of labels in the voxels of a canonical grid.

    Attributes
    ----------
    points : ndarray of float32, shape (N, 3)
        In voxels, a voxel's centre at whole numbers.
    triangles : ndarray of int32, shape (M, 3)
        Three points each; every edge is shared by two triangles that run along it in opposite directions.
    labels : ndarray of uint8, shape (M,)
        Label of each triangle.
    in_space : Surface or None
        The nuclei again, coarser, for the view in space; None where the scan ends within them.
    known : frozenset of int
        Labels that the surfaces are of, or would be if they were there.
    around : Surface or None
        The regions of the brainstem around the nuclei, if the scan holds all of them.
    spans : two ndarrays of float32, shape (3, M)
        Lowest and highest place of each triangle along the axes.
    """

    points: NDArray[np.float32]
    triangles: NDArray[np.int32]
    labels: NDArray[np.uint8]
    in_space: Surface | None
    known: frozenset[int]
    around: Surface | None
    spans: tuple[NDArray[np.float32], NDArray[np.float32]]
    _kept: dict[tuple[Plane, int], dict[int, Loops]] = field(default_factory=dict)

    @classmethod
    def made(
        cls,
        points: NDArray[np.float32],
        triangles: NDArray[np.int32],
        labels: NDArray[np.uint8],
        in_space: Surface | None,
        known: frozenset[int],
        around: Surface | None = None,
    ) -> SmoothShapes:
        """Make them ready for slices."""
        corners = points.T[:, triangles]
        spans = corners.min(axis=2), corners.max(axis=2)
        return cls(points, triangles, labels, in_space, known, around, spans)

    def curves(self, plane: Plane, index: int, labels: Collection[int]) -> dict[int, Loops]:
        """Cut some labels by a slice into closed curves; those that it does not meet are left out.

        Returns
        -------
        dict of int to list of ndarray of float64, shape (N, 2)
            Points in voxels from the corner of the slice, horizontally and vertically.
        """
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        known = self._kept.setdefault((plane, index), {})
        new = [label for label in labels if label not in known]
        if new:
            known.update({label: [] for label in new} | self._cut(plane, float(index), new))
        return {label: known[label] for label in labels if known[label]}

    def _cut(self, plane: Plane, height: float, labels: list[int]) -> dict[int, Loops]:
        low, high = (span[plane.normal] for span in self.spans)
        cut = np.flatnonzero((low <= height) & (high > height))
        cut = cut[np.isin(self.labels[cut], labels)]
        corners = self.triangles[cut].astype(np.int64)
        above = self.points[corners, plane.normal] > height
        after, beyond = corners[:, (1, 2, 0)], above[:, (1, 2, 0)]
        # Going round a triangle, one side leads up through the slice, and one down.
        rows = np.arange(len(cut))
        up, down = (~above & beyond).argmax(axis=1), (above & ~beyond).argmax(axis=1)
        first, second = corners[rows, up], after[rows, up]
        begins = first * len(self.points) + second
        ends = after[rows, down] * len(self.points) + corners[rows, down]
        follows = np.empty(len(cut), dtype=np.intp)
        follows[ends.argsort(kind="stable")] = begins.argsort(kind="stable")
        one, other = (self.points[part].astype(np.float64) for part in (first, second))
        share = (height - one[:, plane.normal]) / (other - one)[:, plane.normal]
        places = (one + share[:, None] * (other - one))[:, (plane.horizontal, plane.vertical)] + 0.5
        found: dict[int, Loops] = {}
        for loop in _rings(follows.tolist()):
            found.setdefault(int(self.labels[cut[loop[0]]]), []).append(places[loop])
        return found


def _rings(follows: list[int]) -> list[list[int]]:
    """Rings of a permutation: each number, and the one that follows it, until the first comes again."""
    seen, rings = bytearray(len(follows)), []
    for start in range(len(follows)):
        if seen[start]:
            continue
        ring, here = [], start
        while not seen[here]:
            seen[here] = 1
            ring.append(here)
            here = follows[here]
        rings.append(ring)
    return rings
