"""Displacements of several scans of one person: symmetric, blind to noise, and they follow a shrinkage."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.atlas.library import load_atlas
from brainstem_app.atlas.warped import box_shares
from brainstem_app.imaging.spaces import BOX_SHAPE, crop_to_box
from brainstem_app.models.method import REFINED, PredictionContext
from brainstem_app.models.session_warps import SessionWarps, fit_sessions, joined, mean_probabilities
from brainstem_app.preprocessing.intensity import LIMIT
from kerasmodels.data.slice_input import SliceInput

Box = NDArray[np.float32]
_CENTRE, _SPREAD, _GROWTH = np.array([25.0, 28.0, 35.0]), 8.0, 0.06


def moves() -> Box:
    """Displacement (3, X, Y, Z) of a shrinkage in the pons, voxels."""
    away = np.indices(BOX_SHAPE, dtype=np.float64) - _CENTRE[:, None, None, None]
    return np.asarray(away * _GROWTH * np.exp(-(away**2).sum(axis=0) / 2 / _SPREAD**2), dtype=np.float32)


def shrunk(image: Box) -> Box:
    """Image whose pons has shrunk."""
    points = np.indices(BOX_SHAPE, dtype=np.float64) + moves()
    return np.asarray(map_coordinates(image, points, order=3, mode="nearest"), dtype=np.float32)


@pytest.fixture(scope="module")
def context() -> PredictionContext:
    return PredictionContext.of(load_atlas(), SliceInput(), REFINED)


@pytest.fixture(scope="module")
def scans(context: PredictionContext) -> tuple[list[Box], list[NDArray[np.bool_]], Box]:
    """Template before and after its pons has shrunk, with noise; what is brain; and certain probabilities."""
    image, rng = context.template(), np.random.default_rng(1)
    inside = image > -LIMIT
    noisy = [
        np.where(inside, each + rng.normal(0, 0.05, BOX_SHAPE), -LIMIT).astype(np.float32)
        for each in (image, shrunk(image))
    ]
    labels = crop_to_box(load_atlas().labels)
    sure = np.full((*BOX_SHAPE, context.classes), 0.002, dtype=np.float32)
    np.put_along_axis(sure, labels[..., None].astype(np.intp), 1.0, axis=-1)
    return noisy, [inside, inside], sure / sure.sum(axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def warps(scans: tuple[list[Box], list[NDArray[np.bool_]], Box], context: PredictionContext) -> SessionWarps:
    boxes, inside, sure = scans
    return fit_sessions(boxes, inside, sure, context)


def region_changes(before: Box, after: Box) -> NDArray[np.float64]:
    """Change of the logarithm of each region's volume between two displacements of the atlas."""
    regions = load_atlas().regions
    assert regions is not None
    labels = crop_to_box(regions.labels)
    volumes = [box_shares(labels, field).sum(axis=0)[1:] for field in (before, after)]
    return np.asarray(np.log(volumes[1] / volumes[0]), dtype=np.float64)


def test_displacements_of_all_scans_add_up_to_nothing(warps: SessionWarps) -> None:
    assert np.abs(np.sum(warps.own, axis=0)).max() < 1e-5


def test_shrunken_pons_is_followed_and_the_rest_is_not(warps: SessionWarps) -> None:
    midbrain, pons, medulla = region_changes(*warps.whole)
    _, true, _ = region_changes(warps.common, joined(moves(), warps.common))
    assert true < -0.01
    assert 0.5 < pons / true < 1.3
    assert abs(midbrain) < 0.01
    assert abs(medulla) < 0.01


def test_swapped_scans_have_swapped_displacements(
    warps: SessionWarps,
    scans: tuple[list[Box], list[NDArray[np.bool_]], Box],
    context: PredictionContext,
) -> None:
    boxes, inside, sure = scans
    swapped = fit_sessions(boxes[::-1], inside, sure, context)
    assert np.allclose(region_changes(*swapped.whole), -region_changes(*warps.whole), atol=1e-4)


def test_where_one_scan_ends_nothing_is_compared(
    scans: tuple[list[Box], list[NDArray[np.bool_]], Box], context: PredictionContext
) -> None:
    boxes, inside, sure = scans
    cut, empty = boxes[1].copy(), inside[1].copy()
    cut[:, :, :12], empty[:, :, :12] = -LIMIT, False
    found = fit_sessions([boxes[0], cut], [inside[0], empty], sure, context)
    assert not found.compared[:, :, :12].any()
    assert found.compared[:, :, 25:].any()


def test_mean_probabilities_are_what_both_say_and_sum_to_one() -> None:
    one = np.array([[[[0.8, 0.2]]]], dtype=np.float32)
    other = np.array([[[[0.2, 0.8]]]], dtype=np.float32)
    assert np.allclose(mean_probabilities([one, one]), one)
    assert np.allclose(mean_probabilities([one, other]), 0.5)


def test_joined_displacements_lead_where_one_after_the_other_does() -> None:
    first, then = (np.full((3, 6, 6, 6), step, dtype=np.float32) for step in (0.5, 0.25))
    assert np.allclose(joined(first, then), 0.75)
