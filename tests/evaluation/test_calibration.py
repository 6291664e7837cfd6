"""Temperature and calibration error, on voxels whose truth is drawn from known probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.evaluation.calibration import (
    N_BINS,
    VoxelSample,
    bootstrap_ece,
    confidence_of,
    expected_calibration_error,
    fit_temperature,
    low_confidence_threshold,
    may_be_nucleus,
    reliability_bins,
    tempered,
)


def _calibrated(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, 4), and classes drawn from them: calibrated by construction."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([2.0, 1, 0.5, 0.5], size=n).astype(np.float32)
    drawn = (rng.random(n)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1)
    return probabilities, np.minimum(drawn, 3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_fitted_temperature_undoes_one_that_was_applied(temperature: float) -> None:
    samples = []
    for seed in range(3):
        probabilities, classes = _calibrated(4000, seed)
        samples.append(VoxelSample(tempered(probabilities, 1 / temperature), classes))
    fitted = fit_temperature(samples)
    assert fitted.value == pytest.approx(temperature, rel=0.06)
    assert fitted.nll_after <= fitted.nll_before + 1e-9


def test_temperature_is_the_softmax_of_divided_logits_and_keeps_the_order() -> None:
    logits = np.array([[2.0, 0.5, -1.0]])
    softmax = np.exp(logits) / np.exp(logits).sum()
    expected = np.exp(logits / 2) / np.exp(logits / 2).sum()
    found = tempered(softmax.astype(np.float32), 2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert tempered(found, 1.0) is found


def test_confidence_is_that_of_the_label_given_not_of_the_most_probable_class() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1]], dtype=np.float32)
    assert confidence_of(probabilities, np.array([1])) == pytest.approx(0.2)
    assert confidence_of(probabilities, np.array([1]), 100.0, (1,)) == pytest.approx(1 / 3, abs=0.01)
    assert confidence_of(probabilities, np.array([1]), 100.0, (2,)) == pytest.approx(0.2)


def test_calibration_error_as_worked_by_hand() -> None:
    """Four voxels at 0.9 of which half are right, one at 0.5 that is right: (4 · 0.4 + 1 · 0.5) / 5."""
    confidence, right = np.array([0.9, 0.9, 0.9, 0.9, 0.5]), np.array([True, True, False, False, True])
    bins = reliability_bins(confidence, right)
    assert bins[:, 0].sum() == 5
    assert expected_calibration_error(bins) == pytest.approx((4 * 0.4 + 0.5) / 5)
    assert expected_calibration_error(np.stack([bins, bins])) == pytest.approx((4 * 0.4 + 0.5) / 5)
    assert expected_calibration_error(np.zeros((N_BINS, 3))) is None


def test_ends_of_the_scale_fall_into_the_first_and_the_last_bin() -> None:
    bins = reliability_bins(np.array([0.0, 1.0, 1 / N_BINS]), np.array([False, True, True]))
    assert (bins[0, 0], bins[-1, 0]) == (2, 1)


def test_calibrated_voxels_have_a_small_error_and_an_interval_over_subjects() -> None:
    subjects = []
    for seed in range(5):
        probabilities, classes = _calibrated(4000, seed)
        labels = probabilities.argmax(axis=1)
        subjects.append(reliability_bins(confidence_of(probabilities, labels), labels == classes))
    assert expected_calibration_error(np.stack(subjects)) == pytest.approx(0, abs=0.02)
    interval = bootstrap_ece(subjects, np.random.default_rng(0))
    assert interval is not None
    assert 0 <= interval.low < interval.high < 0.05
    assert bootstrap_ece(subjects[:1], np.random.default_rng(0)) is None


def test_threshold_marks_one_in_twenty_of_the_good_nuclei() -> None:
    confidence = np.concatenate([np.linspace(0.5, 0.9, 201), [0.1, 0.2]])
    good = np.arange(203) < 201
    threshold = low_confidence_threshold(confidence, good)
    assert (confidence[good] < threshold).sum() == 10
    assert threshold == pytest.approx(0.52)
    assert low_confidence_threshold(confidence, ~good & False, 0.4) == 0.4


def test_voxels_that_may_be_a_nucleus_are_those_where_the_network_sees_some() -> None:
    probabilities = np.array([[0.9, 0.06, 0.04], [0.96, 0.02, 0.02]], dtype=np.float32)
    np.testing.assert_array_equal(may_be_nucleus(probabilities, (1, 2)), [True, False])
