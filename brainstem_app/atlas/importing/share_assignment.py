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
    bidders = _bidders(given, len(volumes))
    bonus = np.zeros(len(volumes), dtype=np.float32)
    # Turns at which each bonus moved, and was looked for, last; the first are turns 1 to K.
    moved, sought = np.ones(len(volumes), dtype=int), np.zeros(len(volumes), dtype=int)
    turn = 1
    for _ in range(_SWEEPS):
        before = bonus.copy()
        for k, bidder in bidders.items():
            turn += 1
            # Where no rival's bonus has moved since, the same would come out.
            if (moved[bidder.rivals] > sought[k]).any() or not sought[k]:
                found = np.float32(bidder.bonus(bonus, quotas[k]))
                moved[k] = turn if found != bonus[k] else moved[k]
                bonus[k], sought[k] = found, turn
        if np.array_equal(before, bonus):
            break
    won = (given.shares + bonus[given.labels]).argmax(axis=1)
    return np.asarray(given.labels[np.arange(len(won)), won])


class _Bidder(NamedTuple):
    """One structure, and the N voxels that it may win.

    Attributes
    ----------
    rivals : ndarray of int
        Structures that may win one of them too.
    labels : ndarray of uint8, shape (C, N)
        The voxels' candidates.
    shares : ndarray of float32, shape (C, N)
        Their shares; −inf of the structure itself.
    own : ndarray of float32, shape (N,)
        Its share in each voxel.
    """

    rivals: NDArray[np.intp]
    labels: NDArray[np.uint8]
    shares: NDArray[np.float32]
    own: NDArray[np.float32]

    def bonus(self, bonus: NDArray[np.float32], quota: int) -> float:
        """Bonus with which it wins its quota, those of the others given: in the middle of the gap."""
        best = self.shares[0] + bonus[self.labels[0]]
        for labels, shares in zip(self.labels[1:], self.shares[1:], strict=True):
            np.maximum(best, shares + bonus[labels], out=best)
        needed = np.sort(np.round(best - self.own, _DECIMALS).clip(-1, 1))
        number = min(quota, len(needed))
        if number < len(needed):
            # Equal ones win or lose together.
            below, above = (int(np.searchsorted(needed, needed[number], side)) for side in ("left", "right"))
            number = below if number - below <= above - number else above
        step = np.float32(10.0**-_DECIMALS)
        gaps = np.concatenate([[needed[0] - step], needed, [needed[-1] + step]])
        return float((gaps[number] + gaps[number + 1]) / 2)


def _bidders(given: Candidates, classes: int) -> dict[int, _Bidder]:
    """Structures of the classes 1…K − 1 that may win a voxel at all."""
    may = np.isfinite(given.shares)
    rows = np.flatnonzero((may & (given.labels > 0)).any(axis=1))
    may, labels, shares = may[rows], given.labels[rows], given.shares[rows]
    found = {}
    for k in range(1, classes):
        wanted, places = np.nonzero((labels == k) & may)
        if not len(wanted):
            continue
        rivals, others = labels[wanted], shares[wanted]
        here = np.arange(len(wanted))
        own = others[here, places]
        others[here, places] = -np.inf
        among = np.unique(rivals[np.isfinite(others)]).astype(np.intp)
        found[k] = _Bidder(among, np.ascontiguousarray(rivals.T), np.ascontiguousarray(others.T), own)
    return found
