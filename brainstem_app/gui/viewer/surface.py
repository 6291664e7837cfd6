"""Surfaces of labels as meshes of quadrilaterals, by naive surface nets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.volume import LabelVolume, Voxel

_ROUNDS = 4
_Mask = NDArray[np.bool_]
_Points = NDArray[np.float32]
_Quads = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Surface:
    """Closed surfaces of several labels.

    Attributes
    ----------
    points : ndarray of float32, shape (N, 3)
        World coordinates in mm, RAS+.
    normals : ndarray of float32, shape (N, 3)
        Outwards, of length 1.
    quads : ndarray of int32, shape (M, 4)
        Four points each, counter-clockwise seen from outside.
    labels : ndarray of uint8, shape (M,)
        Label of each quadrilateral.
    """

    points: _Points
    normals: _Points
    quads: _Quads
    labels: NDArray[np.uint8]

    @property
    def centre(self) -> _Points:
        """Middle of the box around all points."""
        if not len(self.points):
            return np.zeros(3, dtype=np.float32)
        return (self.points.min(axis=0) + self.points.max(axis=0)) / 2


def surface_of(
    volume: LabelVolume, wanted: Collection[int], box: tuple[Voxel, Voxel] | None = None
) -> Surface:
    """Make the surfaces of the labels ``wanted``; those that are not there are left out.

    Parameters
    ----------
    volume : LabelVolume
    wanted : collection of int
    box : two tuples of int, optional
        Lowest and highest voxel (x, y, z) of a box that holds all labels; worked out if not given.

    References
    ----------
    Gibson, Constrained elastic surface nets, MICCAI 1998: one point in each cell that the surface crosses,
    then smoothed while it stays in its cell.
    """
    box = box or volume.extent
    if box is None:
        return _joined([], volume)
    low, high = (corner[::-1] for corner in box)
    part = volume.labels[tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))]
    present = np.flatnonzero(np.bincount(part.reshape(-1), minlength=256))
    parts = []
    for label in sorted(set(present.tolist()).intersection(wanted)):
        mask = part == label
        start, stop = _bounds(mask)
        inside = mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
        points, quads = _net(np.pad(inside.transpose(2, 1, 0), 1))
        points += (np.array(low) + start)[::-1].astype(np.float32) - 1
        parts.append((label, points, quads))
    return _joined(parts, volume)


def _joined(parts: list[tuple[int, _Points, _Quads]], volume: LabelVolume) -> Surface:
    first = np.cumsum([0, *(len(points) for _, points, _ in parts)])
    points = np.concatenate([np.zeros((0, 3), np.float32), *(points for _, points, _ in parts)])
    moved = [quads + start for (_, _, quads), start in zip(parts, first, strict=False)]
    quads = np.concatenate([np.zeros((0, 4), np.int32), *moved]).astype(np.int32)
    sizes = [np.full(len(quads), label, np.uint8) for label, _, quads in parts]
    labels = np.concatenate([np.zeros(0, np.uint8), *sizes])
    affine = volume.grid.affine
    world = (points @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
    return Surface(world, _normals(world, quads), quads, labels)


def _bounds(mask: _Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lowest and one past the highest index of what is true, along each axis."""
    along = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    return np.array([a[0] for a in along]), np.array([a[-1] + 1 for a in along])


def _net(mask: _Mask) -> tuple[_Points, _Quads]:
    """Points (in voxels, a voxel's centre at whole numbers) and quads of a mask with an empty border."""
    corners = [mask[tuple(slice(c, n - 1 + c) for c, n in zip(corner, mask.shape, strict=True))]
               for corner in product((0, 1), repeat=3)]  # fmt: skip
    crossed = np.logical_or.reduce(corners) & ~np.logical_and.reduce(corners)
    number = np.full(crossed.shape, -1, dtype=np.int32)
    cells = np.argwhere(crossed)
    number[crossed] = np.arange(len(cells), dtype=np.int32)
    points = (cells + 0.5).astype(np.float32)
    quads = np.concatenate([_quads_along(mask, number, axis) for axis in range(3)])
    return _smoothed(points, quads), quads


def _quads_along(mask: _Mask, number: NDArray[np.int32], axis: int) -> _Quads:
    """One quad around each pair of neighbours along an axis of which one is inside."""
    ahead = np.moveaxis(mask, axis, 0)
    cells = np.moveaxis(number, axis, 0)
    inside, beyond = ahead[:-1, 1:-1, 1:-1], ahead[1:, 1:-1, 1:-1]
    around = [cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, 1:, 1:], cells[:, :-1, 1:]]
    if axis == 1:  # moving the middle axis to the front turns a right-handed frame into a left-handed one
        around = around[::-1]
    parts = []
    for crossing, order in ((inside & ~beyond, around), (~inside & beyond, around[::-1])):
        parts.append(np.stack([part[crossing] for part in order], axis=1))
    return np.concatenate(parts).astype(np.int32)


def _smoothed(points: _Points, quads: _Quads) -> _Points:
    """Move each point to the middle of its neighbours, as far as its cell goes, some rounds long."""
    if not len(points):
        return points
    start, end = quads.reshape(-1), quads[:, (1, 2, 3, 0)].reshape(-1)
    first = points.copy()
    degree = np.bincount(start, minlength=len(points)) + np.bincount(end, minlength=len(points))
    for _ in range(_ROUNDS):
        total = np.stack(
            [
                np.bincount(start, points[end, axis], len(points))
                + np.bincount(end, points[start, axis], len(points))
                for axis in range(3)
            ],
            axis=1,
        )
        points = np.clip(total / degree[:, None], first - 0.5, first + 0.5).astype(np.float32)
    return points


def _normals(points: _Points, quads: _Quads) -> _Points:
    """Mean of the normals of the quads around each point."""
    a, b, c, d = (points[quads[:, corner]] for corner in range(4))
    faces = np.cross(c - a, d - b)
    total = np.stack(
        [
            sum(np.bincount(quads[:, corner], faces[:, axis], len(points)) for corner in range(4))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.maximum(length, 1e-9)).astype(np.float32)
