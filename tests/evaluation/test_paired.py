"""Two methods on the same subjects: hand-worked ranks, SciPy's p, Holm's textbook steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from brainstem_app.evaluation.paired import benjamini_hochberg, compare_pairs, holm, rank_biserial


def test_differences_of_five_subjects_as_worked_by_hand() -> None:
    first, second = [0.9, 0.8, 0.7, 0.6, 0.5], [0.8, 0.6, 0.4, 0.2, 0.52]
    found = compare_pairs(first, second, np.random.default_rng(0))
    # Differences 0.1, 0.2, 0.3, 0.4, -0.02: ranks 2 3 4 5 for, 1 against, of 15.
    assert found.rank_biserial == pytest.approx(13 / 15)
    assert found.p == pytest.approx(4 / 32)  # rank sums 0 and 1 in both tails: 2 x 2 of 2^5 signs
    assert found.p == pytest.approx(wilcoxon(first, second).pvalue)
    assert (found.n, found.difference) == (5, pytest.approx(0.196))
    assert found.interval is not None
    assert found.interval.low < 0.196 < found.interval.high


def test_subject_without_the_structure_is_left_out_and_a_missed_one_counts() -> None:
    found = compare_pairs([0.5, None, 0.0], [0.4, 0.9, 0.6], np.random.default_rng(0))
    assert (found.n, found.difference) == (2, pytest.approx(-0.25))


def test_equal_methods_do_not_differ_and_none_compares_none() -> None:
    same = compare_pairs([0.5, 0.6], [0.5, 0.6], np.random.default_rng(0))
    assert (same.p, same.rank_biserial, same.difference) == (1.0, 0.0, 0.0)
    assert compare_pairs([None], [0.5], np.random.default_rng(0)).p is None


def test_tied_differences_share_their_rank() -> None:
    assert rank_biserial(np.array([1.0, 1.0, -1.0, 0.0])) == pytest.approx((2 + 2 - 2) / 6)


def test_holm_steps_down_and_never_falls() -> None:
    assert holm([0.01, 0.04, None, 0.03, 0.005]) == pytest.approx([0.03, 0.06, None, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_false_discovery_rate_is_that_of_the_published_example() -> None:
    """Benjamini & Hochberg 1995, section 3.2: of fifteen tests the first four are found at .05."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    found = benjamini_hochberg([*p, None])
    assert found[-1] is None
    known = [value for value in found if value is not None]
    assert sum(value <= 0.05 for value in known) == 4
    assert known[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert known[14] == 1
    assert benjamini_hochberg([None]) == [None]
    assert benjamini_hochberg([]) == []
