"""Label map in which every structure has the volume that its shares in the voxels come to.

The largest share alone makes small and thin structures shrink, and the more so the thicker the voxels: where
half of each voxel is something else, they win none. So each structure has a bonus on its share, one number
for all voxels, which makes it win as many voxels as its shares sum to. Among all maps with these volumes it
is the one that holds most of the shares: the optimal transport of labels to voxels, found on its dual by
coordinate descent, an auction (Bertsekas 1988, Ann. Oper. Res. 14:105–123, has each bidder's turn).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: A voxel is never given to a structure of which it holds less than this.
LEAST_SHARE = 0.15
# Of a voxel's structures only so many may win it: a fifth has less than 0.2 of it.
_CANDIDATES = 4
_SWEEPS = 20
# Shares that differ less are the same: they win or lose together, so that no rounding decides.
_DECIMALS = 5


class Candidates(NamedTuple):
    """Structures that may win each of N voxels, the largest share first.

    Attributes
    ----------
    labels : ndarray of uint8, shape (N, C)
    shares : ndarray of float32, shape (N, C)
        −inf of those that may not.
    """

    labels: NDArray[np.uint8]
    shares: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """Those of several sets of voxels, one after the other."""
        return cls(np.concatenate([p.labels for p in parts]), np.concatenate([p.shares for p in parts]))


def candidates(shares: NDArray[np.float32]) -> Candidates:
    """Structures that may win each voxel, from the share (N, K) of each structure: the largest always may."""
    number = min(_CANDIDATES, shares.shape[1])
    rest = shares.copy()
    rows = np.arange(len(shares))
    labels = np.empty((len(shares), number), dtype=np.uint8)
    best = np.empty((len(shares), number), dtype=np.float32)
    for place in range(number):
        labels[:, place] = rest.argmax(axis=1)
        best[:, place] = rest[rows, labels[:, place]]
        rest[rows, labels[:, place]] = -1
    best[:, 1:][best[:, 1:] < LEAST_SHARE] = -np.inf
    return Candidates(labels, best)


def assign_voxels(given: Candidates, volumes: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Give each voxel to one structure, and each structure as many voxels as it fills, to the nearest one.

    Parameters
    ----------
    given : Candidates
        Of N voxels.
    volumes : ndarray, shape (K,)
        Shares of each structure, summed over the voxels. Class 0 gets what is left over.

    Returns
    -------
    ndarray of uint8, shape (N,)
        A structure has fewer voxels where too few hold at least `LEAST_SHARE` of it.
    """
    quotas = np.rint(volumes).astype(int)
    wanted = [_wishes(given, k) for k in range(len(volumes))]
    bonus = np.zeros(len(volumes), dtype=np.float32)
    for _ in range(_SWEEPS):
        before = bonus.copy()
        for k in range(1, len(volumes)):
            rows, places = wanted[k]
            if len(rows):
                bonus[k] = _bonus(given, bonus, rows, places, quotas[k])
        if np.array_equal(before, bonus):
            break
    won = (given.shares + bonus[given.labels]).argmax(axis=1)
    return np.asarray(given.labels[np.arange(len(won)), won])


def _wishes(given: Candidates, label: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Voxels that a structure may win, and its place among their candidates."""
    rows, places = np.nonzero((given.labels == label) & np.isfinite(given.shares))
    return rows, places


def _bonus(
    given: Candidates,
    bonus: NDArray[np.float32],
    rows: NDArray[np.intp],
    places: NDArray[np.intp],
    quota: int,
) -> float:
    """Bonus with which a structure wins its quota, those of the others given: in the middle of the gap."""
    bids = given.shares[rows] + bonus[given.labels[rows]]
    here = np.arange(len(rows))
    bids[here, places] = -np.inf
    needed = np.sort(np.round(bids.max(axis=1) - given.shares[rows, places], _DECIMALS).clip(-1, 1))
    number = min(quota, len(needed))
    if number < len(needed):
        # Equal ones win or lose together.
        below, above = (int(np.searchsorted(needed, needed[number], side)) for side in ("left", "right"))
        number = below if number - below <= above - number else above
    step = np.float32(10.0**-_DECIMALS)
    gaps = np.concatenate([[needed[0] - step], needed, [needed[-1] + step]])
    return float((gaps[number] + gaps[number + 1]) / 2)
