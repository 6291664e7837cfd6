"""The atlas is bent to what a network sees, smoothly, and stays where it sees nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from brainstem_app.atlas.warped import labels_under
from brainstem_app.models.atlas_fit import (
    LEAST_JACOBIAN,
    AtlasProblem,
    fit_atlas,
    neighbourhood,
    smallest_jacobian,
)
from brainstem_app.models.method import FitRound, FitSettings
from brainstem_app.preprocessing.intensity import LIMIT

SHAPE = (24, 26, 28)


@pytest.fixture
def atlas() -> np.ndarray:
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[5:19, 5:21, 4:24] = 1
    labels[8:12, 9:13, 8:14] = 3
    labels[13:17, 12:17, 14:20] = 4
    return labels


def _seen(labels: np.ndarray) -> np.ndarray:
    """What a network says that is right in 9 of 10 and else does not know."""
    return (np.eye(5, dtype=np.float32)[labels] * 0.875 + 0.025).astype(np.float32)


def _bent(atlas: np.ndarray, millimetres: float) -> np.ndarray:
    points = np.indices(SHAPE).astype(float)
    points[1] += millimetres * np.sin(np.pi * points[2] / SHAPE[2])
    return map_coordinates(atlas, points, order=0, mode="nearest")


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_smooth_displacement_is_found(atlas: np.ndarray) -> None:
    truth = _bent(atlas, 2.0)
    fitted = fit_atlas(_seen(truth), atlas)
    for nucleus in (3, 4):
        assert _iou(atlas == nucleus, truth == nucleus) < 0.5
        assert _iou(fitted.voted() == nucleus, truth == nucleus) > 0.85
    assert 1.0 < fitted.longest < 3.0


def test_atlas_that_fits_already_stays(atlas: np.ndarray) -> None:
    fitted = fit_atlas(_seen(atlas), atlas)
    assert (fitted.voted() == atlas).mean() > 0.995
    assert fitted.longest < 0.7


def test_network_that_knows_nothing_does_not_tear_the_atlas(atlas: np.ndarray) -> None:
    fitted = fit_atlas(np.full((*SHAPE, 5), 0.2, dtype=np.float32), atlas)
    assert (fitted.voted() == atlas).mean() > 0.97


def test_network_that_knows_nothing_leaves_the_atlas_where_it_usually_lies(atlas: np.ndarray) -> None:
    usual = np.zeros((3, *SHAPE), dtype=np.float32)
    usual[1] = 2.0
    fitted = fit_atlas(np.full((*SHAPE, 5), 0.2, dtype=np.float32), atlas, usual)
    assert (fitted.voted() == np.roll(atlas, -2, axis=1)).mean() > 0.97
    assert fitted.longest == pytest.approx(2.0, abs=0.5)


def test_what_is_seen_counts_more_than_what_is_usual(atlas: np.ndarray) -> None:
    usual = np.zeros((3, *SHAPE), dtype=np.float32)
    usual[1] = 2.0
    fitted = fit_atlas(_seen(atlas), atlas, usual)
    for nucleus in (3, 4):
        assert _iou(fitted.voted() == nucleus, atlas == nucleus) > 0.9


def test_stray_voxels_do_not_become_part_of_a_nucleus(atlas: np.ndarray) -> None:
    seen = atlas.copy()
    seen[6, 19, 22] = 3
    seen[9, 10, 10] = 1
    fitted = fit_atlas(_seen(seen), atlas).voted()
    assert fitted[6, 19, 22] == 1
    assert fitted[9, 10, 10] == 3


def _image(labels: np.ndarray) -> np.ndarray:
    """A scan in which structures differ a little, and nothing is outside."""
    return gaussian_filter(np.array([-3, 0.5, 0.5, 0.1, 0.9], dtype=np.float32)[labels], 0.7)


INTENSITIES = FitSettings(
    rounds=(FitRound(network_weight=0, intensity_weight=1, smoothness=0.03, iterations=40),), from_warp=True
)


def test_intensities_alone_find_a_smooth_displacement(atlas: np.ndarray) -> None:
    truth = _bent(atlas, 2.0)
    ignorant = np.full((*SHAPE, 5), 0.2, dtype=np.float32)
    fitted = fit_atlas(ignorant, atlas, None, INTENSITIES, (_image(truth), _image(atlas)))
    labels = labels_under(atlas, fitted.displacement)
    for nucleus in (3, 4):
        assert _iou(labels == nucleus, truth == nucleus) > 0.85


def test_scan_cut_off_inside_the_brainstem_moves_nothing_there(atlas: np.ndarray) -> None:
    scan = _image(atlas)
    scan[:, :12, :10] = -LIMIT  # half of the lower nucleus is not in the brain mask
    ignorant = np.full((*SHAPE, 5), 0.2, dtype=np.float32)
    whole, cut = (
        fit_atlas(ignorant, atlas, None, INTENSITIES, (image, _image(atlas)))
        for image in (_image(atlas), scan)
    )
    moved = np.linalg.norm(cut.displacement - whole.displacement, axis=0)
    assert moved[atlas > 0].mean() < 0.3


def test_displacement_never_folds(atlas: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    rough = FitSettings(rounds=(FitRound(network_weight=0, intensity_weight=1, smoothness=1e-4),))
    wild = np.full((*SHAPE, 5), 0.2, dtype=np.float32)
    folded = fit_atlas(wild, atlas, None, rough, (noise, _image(atlas)))
    assert smallest_jacobian(folded.displacement, neighbourhood(atlas)) < LEAST_JACOBIAN
    never = rough.model_copy(update={"from_warp": True})
    smooth = fit_atlas(wild, atlas, None, never, (noise, _image(atlas)))
    assert smallest_jacobian(smooth.displacement, neighbourhood(atlas)) >= LEAST_JACOBIAN


def test_round_beside_what_was_found_never_folds(atlas: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    wild = np.full((*SHAPE, 5), 0.2, dtype=np.float32)
    calm = FitRound(network_weight=0, intensity_weight=1, smoothness=1.0)
    rough = calm.model_copy(update={"smoothness": 1e-4, "beside_found": True})
    once, twice = (
        fit_atlas(wild, atlas, None, FitSettings(rounds=rounds, from_warp=True), (noise, _image(atlas)))
        for rounds in ((calm,), (calm, rough))
    )
    assert smallest_jacobian(twice.displacement, neighbourhood(atlas)) >= LEAST_JACOBIAN
    assert np.abs(twice.displacement - once.displacement).max() > 0.1


@pytest.mark.parametrize(
    "settings",
    [FitRound(), FitRound(network_weight=0, intensity_weight=1), FitRound(intensity_weight=0.5)],
    ids=["network", "intensities", "both"],
)
def test_gradient_is_that_of_the_cost(atlas: np.ndarray, settings: FitRound) -> None:
    seen = _bent(atlas, 1.5)
    problem = AtlasProblem(
        _seen(seen), atlas, np.ones(SHAPE, dtype=bool), None, (_image(seen), _image(atlas))
    )
    # Between grid points, where trilinear sampling has a slope.
    start = np.full(problem.size, 0.3) + np.random.default_rng(0).normal(0, 0.05, problem.size)
    cost, gradient = problem.cost(start, settings)
    direction = np.random.default_rng(1).normal(0, 1, problem.size)
    step = 1e-3
    ahead, behind = (problem.cost(start + sign * step * direction, settings)[0] for sign in (1, -1))
    assert np.isfinite(cost)
    assert (ahead - behind) / (2 * step) == pytest.approx(gradient @ direction, rel=0.05, abs=1e-3)


def test_round_beside_what_was_found_follows_a_small_change_further(atlas: np.ndarray) -> None:
    points = np.indices(SHAPE, dtype=np.float32)
    away = points - np.array([14.5, 14.0, 16.5], dtype=np.float32)[:, None, None, None]
    shrunk = (0.3 * away * np.exp(-(away**2).sum(axis=0) / 40)).astype(np.float32)

    def share(label: int, displacement: np.ndarray) -> np.ndarray:
        return np.asarray(
            map_coordinates((atlas == label).astype(np.float32), points + displacement, order=1)
        )

    said = np.stack([share(label, shrunk) for label in range(5)], axis=-1)
    first = FitRound(smoothness=0.03)
    again = first.model_copy(update={"beside_found": True})
    before, true = share(4, np.zeros_like(shrunk)).sum(), share(4, shrunk).sum()
    once, twice = (
        (share(4, fit_atlas(said, atlas, None, FitSettings(rounds=rounds)).displacement).sum() - before)
        / (true - before)
        for rounds in ((first,), (first, again))
    )
    assert 0.3 < once < 0.6
    assert once + 0.15 < twice < 1.0
