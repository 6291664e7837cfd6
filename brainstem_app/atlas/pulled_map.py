"""A structure of a lab's own atlas on the ``mni`` grid, and how much of it lies in the brainstem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Side
from brainstem_app.atlas.side_names import with_side
from brainstem_app.atlas.source_maps import SourceMap
from brainstem_app.errors import InputError
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import AROUND_BOX, Affine, Region
from brainstem_app.preprocessing.template import load_template

# A structure is on both sides if each holds this share of it, and this share at most is near the midplane.
_LEAST_EACH_SIDE = 0.25
_MOST_AT_MIDPLANE = 0.1
_MIDPLANE_MM = 1.0


@dataclass(frozen=True)
class PulledMap:
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


def pull(source: SourceMap, template_to_source: Affine, threshold: float) -> PulledMap:
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
    to_mni = np.linalg.inv(template_to_source) @ source.affine
    volume = len(reached) * float(abs(np.linalg.det(to_mni[:3, :3])))
    centre = to_mni[:3, :3] @ reached.mean(axis=0) + to_mni[:3, 3]
    region = AROUND_BOX
    probability = np.asarray(
        resample(
            source.probability, source.affine, region.shape, region.affine, world_to_world=template_to_source
        ),
        dtype=np.float32,
    )
    mine = (probability >= threshold) & region.crop(load_template().brainstem)
    x = np.argwhere(mine)[:, 0] + region.affine[0, 3]
    count = max(len(x), 1)
    return PulledMap(
        name=source.name,
        full_name=source.full_name,
        colour=source.colour,
        side=source.side,
        region=region,
        probability=probability,
        volume_mm3=volume,
        inside=min(len(x) / volume, 1.0),
        centre_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
        left=np.count_nonzero(x < -_MIDPLANE_MM) / count,
        middle=np.count_nonzero(np.abs(x) <= _MIDPLANE_MM) / count,
        right=np.count_nonzero(x > _MIDPLANE_MM) / count,
        file=source.file,
    )


def split_at_midline(pulled: PulledMap) -> tuple[PulledMap, PulledMap]:
    """Left and right part of a structure that lies on both sides."""
    x = pulled.region.affine[0, 3] + np.arange(pulled.region.shape[0])
    parts = []
    for side, keep in ((Side.LEFT, x < 0), (Side.RIGHT, x > 0)):
        share = pulled.left if side is Side.LEFT else pulled.right
        probability = np.where(keep[:, None, None], pulled.probability, np.float32(0))
        parts.append(
            replace(
                pulled,
                side=side,
                probability=probability,
                volume_mm3=pulled.volume_mm3 * share,
                centre_mm=_centre_of(probability, pulled.region),
            )
        )
    return parts[0], parts[1]


def _centre_of(probability: NDArray[np.float32], region: Region) -> tuple[float, float, float]:
    """Centre of mass in the ``mni`` world; NaN where nothing is."""
    places = np.argwhere(probability > 0)
    if not len(places):
        return (float("nan"),) * 3
    voxel = np.average(places, axis=0, weights=probability[tuple(places.T)])
    x, y, z = region.affine[:3, :3] @ voxel + region.affine[:3, 3]
    return float(x), float(y), float(z)
