"""Differences of sites taken out: as neuroCombat does it, and with what is to be kept kept."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.evaluation.combat import harmonised


def _simulated(people: tuple[int, ...], measures: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `simulated` of ``tests/independent/check_combat.py``."""
    rng = np.random.default_rng(20)
    site = np.repeat(np.arange(len(people)), people)
    kept = np.column_stack([rng.integers(0, 2, len(site)), rng.integers(20, 80, len(site))]).astype(float)
    scale = rng.uniform(0.5, 3, measures)
    values = rng.normal(100, 10, (len(site), measures)) * scale - 5 * kept[:, :1] + 0.2 * kept[:, 1:]
    shift = np.array([0.0, 8.0, -5.0])[site][:, None] * rng.normal(1, 0.3, measures)
    spread = np.array([1.0, 1.4, 0.8])[site][:, None]
    return np.round(values.mean(axis=0) + spread * (values - values.mean(axis=0)) + shift, 2), site, kept


def test_values_are_those_of_neurocombat() -> None:
    """Numbers of neuroCombat 0.2.12, iterated to the end; printed by ``check_combat.py``."""
    found = harmonised(*_simulated((6, 7), 3))
    known = [
        [75.271734, 72.228148, 238.414374],
        [86.818861, 88.123159, 203.785276],
        [86.185551, 89.145374, 283.382084],
        [80.416978, 83.086789, 284.016869],
    ]
    assert found[[0, 5, 6, 12]] == pytest.approx(np.array(known), abs=1e-6)


def test_difference_of_groups_outlives_sites_that_have_them_in_unlike_numbers() -> None:
    """Patients are 10 smaller, and mostly at site 1, which measures 15 more: raw they look larger."""
    rng = np.random.default_rng(4)
    site = np.repeat([0, 1], 40)
    patient = np.concatenate([np.arange(40) < 6, np.arange(40) < 34]).astype(float)
    values = rng.normal(100, 4, (80, 30)) - 10 * patient[:, None] + 15 * site[:, None]
    raw = values[patient == 1].mean() - values[patient == 0].mean()
    kept = harmonised(values, site, patient[:, None])
    lost = harmonised(values, site, np.zeros((80, 0)))
    assert raw > -1
    assert kept[patient == 1].mean() - kept[patient == 0].mean() == pytest.approx(-10, abs=1)
    assert lost[patient == 1].mean() - lost[patient == 0].mean() > -7, "patients taken for the site"
    assert kept.mean() == pytest.approx(values.mean(), abs=0.5)


def test_what_is_unknown_stays_so_and_a_measure_known_in_too_few_of_a_site_is_unknown_there() -> None:
    values, site, kept = _simulated((12, 15, 13), 8)
    values[3, 2] = np.nan
    values[np.flatnonzero(site == 1)[4:], 5] = np.nan
    values[:, 7] = 50.0
    found = harmonised(values, site, kept, least=5)
    assert np.isnan(found[3, 2])
    assert np.isfinite(np.delete(found[:, 2], 3)).all()
    assert np.isnan(found[site == 1, 5]).all()
    assert np.isfinite(found[site != 1, 5]).all()
    assert (found[:, 7] == 50).all(), "what never varies has no site"


def test_site_that_is_one_group_cannot_be_told_apart_and_gives_no_numbers() -> None:
    values, site, _ = _simulated((12, 15), 4)
    assert np.isnan(harmonised(values, site, (site == 1).astype(float)[:, None])).all()
