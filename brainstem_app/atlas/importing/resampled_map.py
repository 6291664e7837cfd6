"""A structure of a lab's own atlas on the ``mni`` grid, and how much of it lies in the brainstem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.importing.side_names import with_side
from brainstem_app.atlas.importing.source_maps import SourceMap
from brainstem_app.atlas.importing.voxel_shares import resample_shares
from brainstem_app.atlas.label_table import Side
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import AROUND_BOX, Affine, Region
from brainstem_app.preprocessing.template import load_template

# A structure is on both sides if each holds this share of it, and this share at most is near the midplane.
_LEAST_EACH_SIDE = 0.25
_MOST_AT_MIDPLANE = 0.1
_MIDPLANE_MM = 1.0
_ON_MIDPLANE_MM = 1e-3
_HALF = 0.5


@dataclass(frozen=True)
class SourceVoxels:
    """Voxels of the source's grid that reach the threshold and lie in the region.

    Attributes
    ----------
    places : ndarray of int64, shape (n,)
        Places on the grid that all maps of the source share, counted along it.
    probability : ndarray of float32, shape (n,)
        0…1.
    x_mm : ndarray of float64, shape (n,)
        How far to the right of the midplane their centres lie (``mni`` world).
    size_mm3 : float
        Volume of one.
    """

    places: NDArray[np.int64]
    probability: NDArray[np.float32]
    x_mm: NDArray[np.float64]
    size_mm3: float

    def only(self, kept: NDArray[Any]) -> SourceVoxels:
        """Return some of them, by a mask."""
        return replace(
            self, places=self.places[kept], probability=self.probability[kept], x_mm=self.x_mm[kept]
        )


@dataclass(frozen=True)
class ResampledMap:
    """One structure on the ``mni`` grid, in a region around the brainstem.

    Attributes
    ----------
    name, full_name, colour : str
        As in `SourceMap`.
    side : Side or None
        What the name says.
    region : Region
        Where on the ``mni`` grid `probability` lies.
    probability : ndarray of float32, shape `region.shape`
        0…1.
    volume_mm3 : float
        Volume at the threshold, wherever it lies.
    inside : float
        Share (0…1) of that volume in the brainstem.
    centre_mm : tuple of float
        Centre of the volume at the threshold (``mni`` world).
    left, middle, right : float
        Shares of the part inside left of the midplane, within 1 mm of it, right of it.
    file : Path
        Where it was read from.
    voxels : SourceVoxels
        What it is made of on its own grid.
    level : float
        Probability from which on a voxel of the ``mni`` grid may be taken for the structure.
    in_region : str
        As in `SourceMap`.
    """

    name: str
    full_name: str
    colour: str
    side: Side | None
    region: Region
    probability: NDArray[np.float32]
    volume_mm3: float
    inside: float
    centre_mm: tuple[float, float, float]
    left: float
    middle: float
    right: float
    file: Path
    voxels: SourceVoxels
    level: float
    in_region: str = ""

    @property
    def table_name(self) -> str:
        """Name in the label table."""
        return with_side(self.name, self.side)

    @property
    def other_side(self) -> Side | None:
        """The side that the name does not say."""
        return {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}.get(self.side or Side.MIDLINE)

    @property
    def is_bilateral(self) -> bool:
        """Whether a structure without a side lies on both, apart from each other."""
        apart = min(self.left, self.right) >= _LEAST_EACH_SIDE and self.middle <= _MOST_AT_MIDPLANE
        return self.side is None and apart


def resample_to_template(source: SourceMap, template_to_source: Affine, threshold: float) -> ResampledMap:
    """Pull a structure onto the ``mni`` grid around the brainstem, by one linear interpolation.

    Parameters
    ----------
    source : SourceMap
        A structure on its own grid.
    template_to_source : ndarray, shape (4, 4)
        Where a point of the ``mni`` world (mm) lies in the source's world (mm).
    threshold : float
        Least probability.

    Raises
    ------
    InputError
        If no voxel reaches the threshold.
    """
    reached = np.argwhere(source.probability >= threshold)
    if len(reached) == 0:
        raise InputError(
            f"No voxel of {source.table_name} reaches the threshold {threshold:g}; "
            f"its largest probability is {source.probability.max():.2f}.",
            source.file,
            "Give a lower --threshold, or remove the map.",
        )
    region = AROUND_BOX
    to_mni = np.linalg.inv(template_to_source) @ source.affine
    size = float(abs(np.linalg.det(to_mni[:3, :3])))
    volume = len(reached) * size
    centres = reached @ to_mni[:3, :3].T + to_mni[:3, 3]
    near = _is_in(region, centres)
    probability = resample_shares(source.probability, reached, to_mni, region)
    drawn, level = probability, _HALF
    if not np.isin(source.probability, (0, 1)).all():
        level = threshold
        mask = (source.probability >= threshold).astype(np.float32)
        drawn = resample_shares(mask, reached, to_mni, region)
    mine = drawn * region.crop(load_template().brainstem)
    x = np.arange(region.shape[0]) + region.affine[0, 3]
    by_x = mine.sum(axis=(1, 2), dtype=np.float64)
    total = max(float(by_x.sum()), np.finfo(np.float64).tiny)
    everywhere = float(drawn.sum(dtype=np.float64)) + np.count_nonzero(~near) * size
    centre = centres.mean(axis=0)
    return ResampledMap(
        name=source.name,
        full_name=source.full_name,
        colour=source.colour,
        side=source.side,
        region=region,
        probability=probability,
        volume_mm3=volume,
        inside=min(float(by_x.sum()) / max(everywhere, np.finfo(np.float64).tiny), 1.0),
        centre_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
        left=float(by_x[x < -_MIDPLANE_MM].sum()) / total,
        middle=float(by_x[np.abs(x) <= _MIDPLANE_MM].sum()) / total,
        right=float(by_x[x > _MIDPLANE_MM].sum()) / total,
        file=source.file,
        voxels=SourceVoxels(
            places=np.ravel_multi_index(tuple((reached[near] + source.start).T), source.grid),
            probability=source.probability[tuple(reached[near].T)],
            x_mm=centres[near, 0],
            size_mm3=size,
        ),
        level=level,
        in_region=source.in_region,
    )


def split_at_midline(resampled: ResampledMap) -> tuple[ResampledMap, ResampledMap]:
    """Left and right part of a structure that lies on both sides; they share what lies between."""
    x = resampled.region.affine[0, 3] + np.arange(resampled.region.shape[0])
    voxels = resampled.voxels
    on_plane = np.abs(voxels.x_mm) < _ON_MIDPLANE_MM
    every_other = np.cumsum(on_plane) % 2 == 0
    parts = []
    for side, keep, mine in (
        (Side.LEFT, x <= 0, np.where(on_plane, every_other, voxels.x_mm < 0)),
        (Side.RIGHT, x >= 0, np.where(on_plane, ~every_other, voxels.x_mm > 0)),
    ):
        probability = np.where(keep[:, None, None], resampled.probability, np.float32(0))
        parts.append(
            replace(
                resampled,
                side=side,
                probability=probability,
                volume_mm3=resampled.volume_mm3 * np.count_nonzero(mine) / max(len(mine), 1),
                centre_mm=_centre_of(probability, resampled.region),
                voxels=voxels.only(mine),
            )
        )
    return parts[0], parts[1]


def _is_in(region: Region, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each point (mm) lies in a voxel of a region."""
    places = points - region.affine[:3, 3] + 0.5
    return np.asarray(((places >= 0) & (places < region.shape)).all(axis=1))


def _centre_of(probability: NDArray[np.float32], region: Region) -> tuple[float, float, float]:
    """Centre of mass in the ``mni`` world; NaN where nothing is."""
    places = np.argwhere(probability > 0)
    if not len(places):
        return (float("nan"),) * 3
    voxel = np.average(places, axis=0, weights=probability[tuple(places.T)])
    x, y, z = region.affine[:3, :3] @ voxel + region.affine[:3, 3]
    return float(x), float(y), float(z)
