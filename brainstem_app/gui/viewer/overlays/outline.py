"""Outlines of labels on a slice, as lines along the voxels' edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.float32]
_INSET = 0.06


def outline_lines(labels: NDArray[np.uint8]) -> dict[int, Lines]:
    """Lines around each label of a slice.

    Parameters
    ----------
    labels : ndarray of uint8, shape (V, H)
        A slice; 0 is the background.

    Returns
    -------
    dict of int to ndarray of float32, shape (N, 4)
        For each label present its lines x0, y0, x1, y1 in voxels from the corner of the slice, a little
        inside the label, so that those of neighbours lie side by side. Edges in a row are one line.
    """
    rows, columns = np.flatnonzero(labels.any(axis=1)), np.flatnonzero(labels.any(axis=0))
    if rows.size == 0:
        return {}
    top, left = int(rows[0]), int(columns[0])
    padded = np.pad(labels[top : rows[-1] + 1, left : columns[-1] + 1], 1)
    parts = [(label, _shifted(lines, left, top)) for label, lines in _level(padded)]
    parts += [
        (label, _shifted(lines[:, (1, 0, 3, 2)], left, top)) for label, lines in _level(padded.T.copy())
    ]
    values = np.concatenate([label for label, _ in parts])
    lines = np.concatenate([line for _, line in parts])
    return {int(label): lines[values == label] for label in np.unique(values)}


def _shifted(lines: Lines, left: int, top: int) -> Lines:
    return lines + np.array((left, top, left, top), dtype=np.float32)


def _level(padded: NDArray[np.uint8]) -> list[tuple[NDArray[np.uint8], Lines]]:
    """Lines along the rows, before and behind each voxel of a slice with a border of background."""
    inside = padded[1:-1, 1:-1]
    parts = []
    for neighbour, place in ((padded[:-2, 1:-1], _INSET), (padded[2:, 1:-1], 1.0 - _INSET)):
        edge = np.where(inside != neighbour, inside, 0)
        starts = (edge > 0) & (edge != _moved(edge, 1))
        ends = (edge > 0) & (edge != _moved(edge, -1))
        row, first = np.nonzero(starts)
        _, last = np.nonzero(ends)
        y = row + place
        lines = np.stack([first + _INSET, y, last + 1 - _INSET, y], axis=1).astype(np.float32)
        parts.append((edge[starts], lines))
    return parts


def _moved(edge: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    moved = np.zeros_like(edge)
    if by > 0:
        moved[:, by:] = edge[:, :-by]
    else:
        moved[:, :by] = edge[:, -by:]
    return moved
