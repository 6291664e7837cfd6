"""Voxels given out by shares: volumes kept, by as few changes as can be, never against the shares."""

from __future__ import annotations

import numpy as np

from brainstem_app.atlas.importing.share_assignment import LEAST_SHARE, assign_voxels, candidates


def _assigned(shares: np.ndarray) -> np.ndarray:
    given = shares.astype(np.float32)
    return assign_voxels(candidates(given), given.sum(axis=0, dtype=np.float64))


def test_structure_that_holds_no_majority_wins_the_voxels_of_which_it_holds_most() -> None:
    second = np.array([0.49, 0.4, 0.45, 0.2, 0.46])
    labels = _assigned(np.stack([1 - second, second], axis=1))
    assert labels.tolist() == [1, 0, 0, 0, 1]


def test_clear_voxels_stay_what_they_are() -> None:
    shares = np.repeat(np.eye(3), 20, axis=0)
    assert _assigned(shares).tolist() == [0] * 20 + [1] * 20 + [2] * 20


def test_no_voxel_goes_to_a_structure_that_is_hardly_in_it() -> None:
    share = LEAST_SHARE - 0.01
    assert not _assigned(np.tile([1 - share, share], (100, 1))).any()


def test_volumes_are_kept_among_many_structures() -> None:
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.full(4, 0.7), size=4000)
    counts = np.bincount(_assigned(shares), minlength=4)
    assert np.abs(counts - shares.sum(axis=0)).max() <= 3


def test_as_much_of_the_shares_is_shown_as_can_be() -> None:
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(8)
    shares = rng.dirichlet(np.full(3, 0.8), size=60)
    shares = shares[(shares > LEAST_SHARE).all(axis=1) | (shares.max(axis=1) > 0.5)]
    labels = _assigned(shares)
    places = np.repeat(np.arange(3), np.bincount(labels, minlength=3))
    rows, columns = linear_sum_assignment(-shares[:, places])
    best = shares[rows, places[columns]].sum()
    assert shares[np.arange(len(labels)), labels].sum() >= best - 0.05


def test_equal_voxels_win_or_lose_together() -> None:
    labels = _assigned(np.tile([0.6, 0.4], (10, 1)))
    assert len(set(labels.tolist())) == 1


def test_no_voxels_are_no_error() -> None:
    assert _assigned(np.zeros((0, 3))).shape == (0,)
