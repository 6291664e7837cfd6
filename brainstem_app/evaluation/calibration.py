"""How far a network's confidence is what it says it is, and the temperature that brings it nearer.

A confidence is calibrated if, of the voxels with confidence 0.8, 80 % are labelled as in the reference. One
number, the temperature `T`, is fitted on subjects the network has not learned from: probabilities become
`p^(1/T)`, divided by their sum, which is the softmax of the logits divided by `T`. The most probable class
stays the same; above 1 the confidence falls, below 1 it rises.

It is fitted on the voxels that may be a nucleus, and applied to those that are labelled as one: a network can
be calibrated over the whole brainstem, most of which is easy, and still be too sure of the nuclei.

References
----------
Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, ICML 2017 (temperature, ECE).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.bootstrap import N_RESAMPLES, Interval, percentile_interval

FloatArray = NDArray[np.float32]
#: Voxels, summed confidence and right voxels of each bin, shape (N_BINS, 3); those of subjects may be added.
Bins = NDArray[np.float64]

#: Bins of equal width from 0 to 1, as in Guo et al.
N_BINS = 15
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.2, 5.0
#: Probabilities below it count as it: a float32 softmax says nothing about smaller ones.
FLOOR = 1e-7
#: A voxel may be a nucleus if the network's probabilities of all nuclei sum to more.
MAY_BE_NUCLEUS = 0.05
#: Share of the nuclei with a good overlap that is marked for its confidence all the same.
MARKED_GOOD = 0.05
#: Nuclei with a lower mean confidence are marked, where no threshold was chosen on validation subjects.
LOW_CONFIDENCE = 0.5


@dataclass(frozen=True)
class VoxelSample:
    """Voxels of one subject to fit the temperature on.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (N, K)
        Of each class, as the network gives them.
    reference : ndarray of integers, shape (N,)
        Class in the reference.
    """

    probabilities: FloatArray
    reference: NDArray[np.integer]


@dataclass(frozen=True)
class Temperature:
    """A fitted temperature, and the mean negative log-likelihood a voxel (nats) before and after."""

    value: float
    nll_before: float
    nll_after: float


def tempered(probabilities: FloatArray, temperature: float) -> FloatArray:
    """Probabilities (…, K) at a temperature; the same array if it is 1."""
    if temperature == 1.0:
        return probabilities
    powered = np.maximum(probabilities, FLOOR) ** np.float32(1 / temperature)
    powered /= powered.sum(axis=-1, keepdims=True)
    return np.asarray(powered, dtype=np.float32)


def confidence_of(
    probabilities: FloatArray,
    labels: NDArray[np.integer],
    temperature: float = 1.0,
    nuclei: Sequence[int] = (),
) -> FloatArray:
    """Probability (…) of the label (…) given to each voxel, from probabilities (…, K).

    Of voxels labelled as one of the `nuclei` it is the tempered one; others stay as the network says.
    """
    confidence = _of_labels(probabilities, labels)
    if temperature != 1.0:
        chosen = np.isin(labels, list(nuclei))
        confidence[chosen] = _of_labels(tempered(probabilities[chosen], temperature), labels[chosen])
    return confidence


def calibrated(probabilities: FloatArray, temperature: float = 1.0, nuclei: Sequence[int] = ()) -> FloatArray:
    """Confidence (…, K) that each class would have, from probabilities (…, K); see `confidence_of`."""
    if temperature == 1.0:
        return probabilities
    result = probabilities.copy()
    result[..., list(nuclei)] = tempered(probabilities, temperature)[..., list(nuclei)]
    return result


def _of_labels(probabilities: FloatArray, labels: NDArray[np.integer]) -> FloatArray:
    return np.take_along_axis(probabilities, labels[..., None].astype(np.intp), axis=-1)[..., 0]


def may_be_nucleus(probabilities: FloatArray, nuclei: Sequence[int]) -> NDArray[np.bool_]:
    """Voxels (…) on which the temperature is fitted, from probabilities (…, K)."""
    return np.asarray(probabilities[..., list(nuclei)].sum(axis=-1) > MAY_BE_NUCLEUS)


def fit_temperature(samples: Sequence[VoxelSample]) -> Temperature:
    """Find the temperature of the least negative log-likelihood, every subject weighing the same.

    Raises
    ------
    ValueError
        If there is no sample.
    """
    from scipy.optimize import minimize_scalar

    if not samples:
        raise ValueError("no voxels to fit a temperature on")
    bounds = (np.log(LEAST_TEMPERATURE), np.log(MOST_TEMPERATURE))
    logs = [np.log(np.maximum(sample.probabilities, FLOOR)) for sample in samples]

    def cost(log_temperature: float) -> float:
        scale = np.float32(np.exp(-log_temperature))
        return float(np.mean([_nll(log * scale, s.reference) for log, s in zip(logs, samples, strict=True)]))

    found = minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return Temperature(float(np.exp(found.x)), cost(0.0), float(found.fun))


def _nll(logits: FloatArray, reference: NDArray[np.integer]) -> float:
    highest = logits.max(axis=1)
    total = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    own = np.take_along_axis(logits, reference[:, None].astype(np.intp), axis=1)[:, 0]
    return float(np.mean(total - own, dtype=np.float64))


def reliability_bins(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> Bins:
    """Sort voxels by their confidence (0…1) into bins; an upper edge belongs to its bin."""
    values = np.asarray(confidence, dtype=np.float64).reshape(-1)
    which = np.clip(np.ceil(values * N_BINS).astype(np.intp) - 1, 0, N_BINS - 1)
    weights = (None, values, right.reshape(-1).astype(np.float64))
    return np.stack([np.bincount(which, weights=w, minlength=N_BINS) for w in weights], axis=1).astype(float)


def expected_calibration_error(bins: Bins) -> float | None:
    """Mean distance of confidence and share of right voxels over bins, by their voxels; None without any.

    `bins` may have more axes before the last two; then it is the error of their sum.
    """
    total = bins.reshape(-1, N_BINS, 3).sum(axis=0)
    voxels = total[:, 0].sum()
    return float(np.abs(total[:, 1] - total[:, 2]).sum() / voxels) if voxels else None


def bootstrap_ece(bins_of_subjects: Sequence[Bins], rng: np.random.Generator) -> Interval | None:
    """95 % percentile interval of the expected calibration error over subjects; None for fewer than two."""
    n = len(bins_of_subjects)
    if n < 2:
        return None
    stack = np.stack(bins_of_subjects)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES).astype(np.float64)
    total = np.einsum("rs,sbk->rbk", drawn, stack)
    voxels = total[..., 0].sum(axis=1)
    errors = np.abs(total[..., 1] - total[..., 2]).sum(axis=1) / np.maximum(voxels, 1)
    return percentile_interval(np.where(voxels > 0, errors, np.nan))


def low_confidence_threshold(
    confidence: NDArray[np.floating], good: NDArray[np.bool_], default: float = LOW_CONFIDENCE
) -> float:
    """Choose the confidence below which a nucleus is marked: 5 % of those with a good overlap lie below.

    Parameters
    ----------
    confidence : ndarray of floats, shape (N,)
        Of each nucleus of each subject.
    good : ndarray of bool, shape (N,)
        Whether its overlap is good.
    default : float
        Returned if none is.
    """
    return float(np.quantile(confidence[good], MARKED_GOOD)) if good.any() else default
