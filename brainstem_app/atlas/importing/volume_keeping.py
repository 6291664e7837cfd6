"""Label map of an imported atlas in which every structure keeps the volume it has on its own grid.

Where a grid is coarser than the template's, or lies askew to it, a threshold on interpolated shares makes
structures grow or shrink: on a 2 mm grid half the voxels of every surface lie just between two voxels. So
each structure gets as many voxels as its volume says, those where its share is largest; a voxel that several
want goes to the largest share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from brainstem_app.atlas.importing.resampled_map import ResampledMap
from brainstem_app.imaging.spaces import MNI_SHAPE
from brainstem_app.preprocessing.template import load_template

#: Change of a volume (a share of it) that is not worth a word.
VOLUME_TOLERANCE = 0.03
# Shares that differ less are the same: interpolation rounds.
_STEP = 1e-5
_SMOOTHED_VOXELS = 1.0
# A structure looks at so many times the voxels it will get, and some more: others may take the best.
_CANDIDATES = 4
_MORE_CANDIDATES = 200


@dataclass(frozen=True)
class KeptVolume:
    """Volume of a structure (mm³) on its way into the label map.

    Attributes
    ----------
    source : float
        At the threshold, on its own grid, in the template's world.
    without_overlap : float
        Without what is more probably another structure.
    placed : float
        On the template's grid.
    final : float
        In the label map: within the brainstem.
    outside : float
        Part of the source beyond the surroundings of the brainstem.
    """

    source: float
    without_overlap: float
    placed: float
    final: float
    outside: float

    @property
    def change(self) -> float:
        """Change from the source to the label map, as a share of the source."""
        return self.final / self.source - 1

    @property
    def lost_to_others(self) -> float:
        """Share of the source that is more probably another structure."""
        return 1 - self.without_overlap / self.source

    @property
    def cut_off(self) -> float:
        """Share of the source that lies outside the brainstem."""
        return (self.placed - self.final + self.outside) / self.source

    @property
    def off_by_grid(self) -> float:
        """Change that the grid alone makes, as a share of the source."""
        return (self.placed + self.outside - self.without_overlap) / self.source


def volume_warnings(names: Sequence[str], volumes: Sequence[KeptVolume]) -> tuple[str, ...]:
    """Say of every structure whose volume changed by more than 3 % by how much, and why."""
    reasons: dict[str, list[str]] = {
        "Smaller than in the source, for another structure is more probable there": [],
        "Cut off at the edge of the brainstem": [],
        "Changed by the template's grid, whose voxels are 1 mm³": [],
    }
    lost, cut, grid = reasons.values()
    for name, volume in zip(names, volumes, strict=True):
        if volume.lost_to_others > VOLUME_TOLERANCE:
            lost.append(f"{name} (−{100 * volume.lost_to_others:.0f} %)")
        if volume.cut_off > VOLUME_TOLERANCE:
            cut.append(f"{name} (−{100 * volume.cut_off:.0f} %)")
        if abs(volume.off_by_grid) > VOLUME_TOLERANCE:
            before = volume.without_overlap - volume.outside
            grid.append(f"{name} ({before:.1f} mm³ became {volume.placed:.0f})")
    return tuple(f"{reason}: {', '.join(found)}." for reason, found in reasons.items() if found)


def label_nuclei(resampled: Sequence[ResampledMap]) -> tuple[NDArray[np.uint8], tuple[KeptVolume, ...]]:
    """Label map of the nuclei on the ``mni`` grid, and what became of the volume of each.

    A voxel of the source belongs to the structure that is most probable there; at the same probability to the
    smaller one.

    Parameters
    ----------
    resampled : sequence of ResampledMap
        All in one region. The index of a structure is its place in the sequence plus 3.

    Returns
    -------
    labels : ndarray of uint8, shape (197, 233, 189)
    volumes : tuple of KeptVolume
    """
    region = resampled[0].region
    order = np.argsort([p.volume_mm3 for p in resampled], kind="stable")
    rank = np.empty(len(resampled), dtype=np.intp)
    rank[order] = np.arange(len(resampled))
    won = _won_voxels(resampled, rank)
    near = [n * p.voxels.size_mm3 for n, p in zip(won, resampled, strict=True)]
    quotas = [max(int(np.rint(volume)), 1) if volume else 0 for volume in near]
    brainstem = region.crop(load_template().brainstem)
    placed = _assign(resampled, quotas, rank, brainstem)
    inside = np.where(brainstem, placed, 0).astype(np.uint8)
    whole = np.zeros(MNI_SHAPE, dtype=np.uint8)
    whole[region.slices] = inside
    counts = [np.bincount(volume.ravel(), minlength=len(resampled) + 3)[3:] for volume in (placed, inside)]
    volumes = []
    for p, volume, n_placed, n_inside in zip(resampled, near, *counts, strict=True):
        far = p.volume_mm3 - len(p.voxels.places) * p.voxels.size_mm3
        far = max(far, 0.0)
        volumes.append(KeptVolume(p.volume_mm3, volume + far, float(n_placed), float(n_inside), far))
    return whole, tuple(volumes)


def _won_voxels(resampled: Sequence[ResampledMap], rank: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many voxels of the source's own grid each structure is the most probable in."""
    who = np.repeat(np.arange(len(resampled)), [len(p.voxels.places) for p in resampled])
    places = np.concatenate([p.voxels.places for p in resampled])
    probability = np.concatenate([p.voxels.probability for p in resampled])
    order = np.lexsort((rank[who], -probability, places))
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.diff(places[order]) != 0
    return np.bincount(who[order[first]], minlength=len(resampled)).astype(np.intp)


def _assign(
    resampled: Sequence[ResampledMap],
    quotas: Sequence[int],
    rank: NDArray[np.intp],
    brainstem: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Give out the voxels of a region by falling share, until each structure has its number.

    Voxels of the brainstem that are half a structure come before those outside, which will be cut off: where
    the source's voxels straddle the edge of the brainstem, the structure lies within.
    """
    wishes = [_wishes(p, quota, brainstem) for p, quota in zip(resampled, quotas, strict=True)]
    voxels = np.concatenate([w[0] for w in wishes])
    shares = np.concatenate([w[1] for w in wishes])
    turn = np.concatenate([np.arange(len(w[0])) for w in wishes])
    who = np.repeat(np.arange(len(resampled)), [len(w[0]) for w in wishes])
    second = np.concatenate([w[2] for w in wishes])
    labels = np.zeros(brainstem.size, dtype=np.int32)
    left = list(quotas)
    order = np.lexsort((turn, rank[who], -shares, second))
    for voxel, k in zip(voxels[order].tolist(), who[order].tolist(), strict=True):
        if left[k] and not labels[voxel]:
            labels[voxel] = k + 3
            left[k] -= 1
    return labels.reshape(brainstem.shape)


def _wishes(
    resampled: ResampledMap, quota: int, brainstem: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.bool_]]:
    """Voxels that a structure may get, the best first, its share in them in steps, and which come second.

    Among equal shares come those first with more of the structure around them, so that it grows round rather
    than to one side, and left and right alike.
    """
    share = np.rint(resampled.probability / _STEP).astype(np.int64)
    x, y, z = np.nonzero(share)
    smooth = ndi.gaussian_filter(resampled.probability, _SMOOTHED_VOXELS)[x, y, z]
    around = np.rint(smooth / _STEP).astype(np.int64)
    mine = share[x, y, z]
    x_mm = x + resampled.region.affine[0, 3]
    second = ~brainstem[x, y, z] | (mine < np.rint(resampled.level / _STEP))
    best = np.lexsort((x_mm, z, y, np.abs(x_mm), -around, -mine, second))
    best = best[: _CANDIDATES * quota + _MORE_CANDIDATES]
    voxels = np.ravel_multi_index((x[best], y[best], z[best]), resampled.region.shape)
    return voxels, mine[best], second[best]
