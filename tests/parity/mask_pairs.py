"""Pairs of masks by formula, on which distances of surfaces are compared with those of other libraries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Triple = tuple[float, float, float]

SHAPE = (26, 24, 22)
#: Voxel sizes in mm: isotropic, those of a scan of ds000011, thick slices.
SPACINGS: tuple[Triple, ...] = ((1.0, 1.0, 1.0), (1.0, 4 / 3, 4 / 3), (0.7, 0.75, 2.5))


def ellipsoid(centre: Triple, radii: Triple) -> Mask:
    """Voxels of the grid inside an ellipsoid; both in voxels, neither placed so that a voxel lies on it."""
    axes = np.ogrid[tuple(slice(n) for n in SHAPE)]
    terms = (((a - c) / r) ** 2 for a, c, r in zip(axes, centre, radii, strict=True))
    return sum(terms) < 1  # type: ignore[return-value]


def pairs() -> Iterator[tuple[str, Mask, Mask]]:
    """Name, reference and prediction of each case."""
    nucleus = ellipsoid((12.1, 11.3, 10.2), (4.3, 3.1, 5.2))
    yield "moved by a voxel", nucleus, np.roll(nucleus, 1, axis=0)
    yield "moved along all axes", nucleus, np.roll(nucleus, (2, -1, 1), axis=(0, 1, 2))
    yield "too large", nucleus, ellipsoid((12.1, 11.3, 10.2), (5.4, 4.2, 6.3))
    yield "of another form", nucleus, ellipsoid((12.6, 10.7, 11.1), (3.2, 5.3, 4.1))
    thin = ellipsoid((12.1, 11.3, 10.2), (1.1, 1.2, 8.3))
    yield "thin", thin, np.roll(thin, (1, 1, 0), axis=(0, 1, 2))
    stray = nucleus.copy()
    stray[1, 2, 3] = True
    yield "with a stray voxel", nucleus, stray
    yield "in two parts", nucleus, nucleus & (np.arange(SHAPE[2]) != 10)
    at_edge = ellipsoid((0.2, 0.3, 10.1), (5.3, 4.4, 6.2))
    yield "at the edge of the grid", at_edge, np.roll(at_edge, 1, axis=2)
    far = ellipsoid((4.1, 4.2, 4.3), (2.3, 2.4, 2.2))
    yield "apart", far, ellipsoid((20.1, 18.2, 16.3), (2.3, 3.4, 2.2))
    voxel = np.zeros(SHAPE, dtype=bool)
    voxel[12, 11, 10] = True
    yield "one voxel", voxel, np.roll(voxel, (1, 0, 2), axis=(0, 1, 2))
    nothing = np.zeros(SHAPE, dtype=bool)
    yield "missed", nucleus, nothing
    yield "absent", nothing, nucleus
    yield "in neither", nothing, nothing
