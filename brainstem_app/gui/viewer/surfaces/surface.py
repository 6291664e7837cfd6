"""Surfaces of labels as meshes of quadrilaterals, by naive surface nets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.regions import follow_edit
from brainstem_app.gui.viewer.slices import Voxel
from brainstem_app.gui.viewer.volume import LabelVolume
from brainstem_app.imaging.surface_net import Mask, Points, Quads, surface_net

# Of a brainstem without regions.
_GREY = (170, 178, 188)


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

    points: Points
    normals: Points
    quads: Quads
    labels: NDArray[np.uint8]

    @classmethod
    def made(cls, points: Points, quads: Quads, labels: NDArray[np.uint8]) -> Surface:
        """Make it of points (mm), quads and their labels."""
        return cls(points, _normals(points, quads), quads, labels)

    @property
    def centre(self) -> Points:
        """Middle of the box around all points."""
        if not len(self.points):
            return np.zeros(3, dtype=np.float32)
        middle: Points = (self.points.min(axis=0) + self.points.max(axis=0)) / 2
        return middle


@dataclass(frozen=True, eq=False)
class Shell:
    """What lies around the nuclei: the brainstem, by regions where they are known.

    Attributes
    ----------
    surface : Surface
    colours : ndarray of uint8, shape (256, 4)
        Of its labels.
    """

    surface: Surface
    colours: NDArray[np.uint8]

    @classmethod
    def of_regions(cls, surface: Surface, colours: Mapping[int, tuple[int, int, int]]) -> Shell:
        """Colour the surfaces of regions, 0…255; of a brainstem without regions, which is label 1, grey."""
        table = np.zeros((256, 4), dtype=np.uint8)
        table[1] = (*_GREY, 255)
        for label, colour in colours.items():
            table[label] = (*colour, 255)
        return cls(surface, table)


def shell_of(
    labels: LabelVolume,
    regions: LabelVolume | None,
    colours: Mapping[int, tuple[int, int, int]],
    box: tuple[Voxel, Voxel] | None,
) -> Shell:
    """Make the surface of all that is labelled.

    Parameters
    ----------
    labels : LabelVolume
    regions : LabelVolume or None
        Region of each voxel as the labels were, on the same grid; those that were edited follow.
    colours : mapping of int to tuple of int
        Colour of each region, 0…255.
    box : two tuples of int or None
        A box that holds all labels.
    """
    box = box or labels.extent
    if regions is None or box is None:
        whole = LabelVolume(labels.grid, (labels.labels > 0).astype(np.uint8))
        return Shell.of_regions(surface_of(whole, [1], box), colours)
    part = tuple(slice(a, b + 1) for a, b in zip(*(corner[::-1] for corner in box), strict=True))
    followed = np.zeros_like(labels.labels)
    followed[part] = follow_edit(regions.labels[part], labels.labels[part])
    return Shell.of_regions(surface_of(LabelVolume(labels.grid, followed), list(colours), box), colours)


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
        points, quads = surface_net(np.pad(inside.transpose(2, 1, 0), 1))
        points += (np.array(low) + start)[::-1].astype(np.float32) - 1
        parts.append((label, points, quads))
    return _joined(parts, volume)


def _joined(parts: list[tuple[int, Points, Quads]], volume: LabelVolume) -> Surface:
    first = np.cumsum([0, *(len(points) for _, points, _ in parts)])
    points = np.concatenate([np.zeros((0, 3), np.float32), *(points for _, points, _ in parts)])
    moved = [quads + start for (_, _, quads), start in zip(parts, first, strict=False)]
    quads = np.concatenate([np.zeros((0, 4), np.int32), *moved]).astype(np.int32)
    sizes = [np.full(len(quads), label, np.uint8) for label, _, quads in parts]
    labels = np.concatenate([np.zeros(0, np.uint8), *sizes])
    affine = volume.grid.affine
    world = (points @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
    return Surface.made(world, quads, labels)


def _bounds(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lowest and one past the highest index of what is true, along each axis."""
    along = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    return np.array([a[0] for a in along]), np.array([a[-1] + 1 for a in along])


def _normals(points: Points, quads: Quads) -> Points:
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
    normals: Points = (total / np.maximum(length, 1e-9)).astype(np.float32)
    return normals
