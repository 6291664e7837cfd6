"""The surface of a mask as a mesh of quadrilaterals, by naive surface nets."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Points = NDArray[np.float32]
Quads = NDArray[np.int32]
#: Share of the way to the middle of its neighbours that a point goes in a round.
_SHARE = 0.6
_ROUNDS = 4
_OUTWARD_ROUNDS = 8
_FARTHEST_OUTWARD = 0.2


def surface_net(mask: Mask) -> tuple[Points, Quads]:
    """Make the closed surface of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (X, Y, Z)
        With an empty border of one voxel.

    Returns
    -------
    points : ndarray of float32, shape (N, 3)
        In voxels, a voxel's centre at whole numbers.
    quads : ndarray of int32, shape (M, 4)
        Four points each, counter-clockwise seen from outside where x, y, z are right-handed.

    References
    ----------
    Gibson, Constrained elastic surface nets, MICCAI 1998: one point in each cell that the surface crosses,
    then smoothed while it stays in its cell. What small and thin masks shrink by, up to a third, is given
    back: in the end the surface is moved outwards until it holds the mask's volume.
    """
    corners = [mask[tuple(slice(c, n - 1 + c) for c, n in zip(corner, mask.shape, strict=True))]
               for corner in product((0, 1), repeat=3)]  # fmt: skip
    crossed = np.logical_or.reduce(corners) & ~np.logical_and.reduce(corners)
    number = np.full(crossed.shape, -1, dtype=np.int32)
    cells = np.argwhere(crossed)
    number[crossed] = np.arange(len(cells), dtype=np.int32)
    points = (cells + 0.5).astype(np.float32)
    quads = np.concatenate([_quads_along(mask, number, axis) for axis in range(3)])
    return _holding(_smoothed(points, quads), quads, float(mask.sum())), quads


def fine_surface_net(mask: Mask, rounds: int = 1) -> tuple[Points, Quads]:
    """Make the surface of a mask as `surface_net` does, with quads of half the size a round, and rounder.

    References
    ----------
    Catmull and Clark, Recursively generated B-spline surfaces on arbitrary topological meshes, Computer-Aided
    Design 10 (1978). What rounding takes is given back: the surface holds the mask's volume.
    """
    points, quads = surface_net(mask)
    for _ in range(rounds):
        points, quads = _subdivided(points, quads)
    return _holding(points, quads, float(mask.sum())), quads


def _subdivided(points: Points, quads: Quads) -> tuple[Points, Quads]:
    """Replace each quad by four, and move the points to the surface of splines."""
    count = len(points)
    sides = np.sort(np.stack([quads, quads[:, (1, 2, 3, 0)]], axis=-1).reshape(-1, 2), axis=1)
    edges, number = np.unique(sides[:, 0].astype(np.int64) * count + sides[:, 1], return_inverse=True)
    ends = np.stack(np.divmod(edges, max(count, 1)), axis=1)
    faces = points[quads].mean(axis=1)
    middles = points[ends].mean(axis=1)
    on_edges = (middles + _means(number, np.repeat(faces, 4, axis=0), len(edges))) / 2
    corner = quads.reshape(-1)
    degree = np.maximum(np.bincount(corner, minlength=count), 1)[:, None]
    around = _means(corner, np.repeat(faces, 4, axis=0), count)
    along = _means(ends.T.reshape(-1), np.concatenate([middles, middles]), count)
    moved = (around + 2 * along + (degree - 3) * points) / degree
    number = number.reshape(-1, 4) + count
    middle = np.arange(len(quads)) + count + len(edges)
    parts = [np.stack([quads[:, k], number[:, k], middle, number[:, k - 1]], axis=1) for k in range(4)]
    made = np.concatenate([moved, on_edges, faces]).astype(np.float32)
    return made, np.concatenate(parts).astype(np.int32)


def _means(where: NDArray[np.integer], values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Mean (count, 3) of the values (N, 3) that have each number."""
    total = np.stack([np.bincount(where, values[:, axis], count) for axis in range(3)], axis=1)
    return np.asarray(total / np.maximum(np.bincount(where, minlength=count), 1)[:, None])


def _quads_along(mask: Mask, number: NDArray[np.int32], axis: int) -> Quads:
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


def _smoothed(points: Points, quads: Quads) -> Points:
    """Move each point towards the middle of its neighbours, as far as its cell goes, some rounds long."""
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
        moved = points + _SHARE * (total / degree[:, None] - points)
        points = np.clip(moved, first - 0.5, first + 0.5).astype(np.float32)
    return points


def _holding(points: Points, quads: Quads, volume: float) -> Points:
    """Move all points equally far along their normals until the surface holds a volume, in voxels."""
    if not len(points):
        return points
    for _ in range(_OUTWARD_ROUNDS):
        one, two, three, four = (points[quads[:, corner]].astype(np.float64) for corner in range(4))
        first, second = np.cross(two - one, three - one) / 2, np.cross(three - one, four - one) / 2
        held = float(((one + two + three) * first + (one + three + four) * second).sum()) / 9
        share = np.repeat((first + second) / 4, 4, axis=0)
        normals = np.stack(
            [np.bincount(quads.reshape(-1), share[:, axis], len(points)) for axis in range(3)], axis=1
        )
        areas = np.linalg.norm(normals, axis=1)
        if not areas.sum():
            return points
        outwards = normals / np.maximum(areas, 1e-12)[:, None]
        step = np.clip((volume - held) / areas.sum(), -_FARTHEST_OUTWARD, _FARTHEST_OUTWARD)
        points = (points + step * outwards).astype(np.float32)
    return points
