"""Interpolation between voxels: the quick ways against the plain one, and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from brainstem_app.imaging import trilinear
from brainstem_app.imaging.trilinear import corners, interpolated, interpolated_with_slope

SHAPE = (9, 8, 7)


@pytest.fixture
def volume() -> np.ndarray:
    return np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)


@pytest.fixture
def points() -> np.ndarray:
    """Points in the volume, and some around it."""
    return np.random.default_rng(1).uniform(-2, 10, (3, 500)).astype(np.float32)


def _inner(points: np.ndarray) -> np.ndarray:
    return ((points > 0) & (points < np.array(SHAPE)[:, None] - 1.01)).all(axis=0)


def test_corners_are_weighted_as_scipy_does(volume: np.ndarray, points: np.ndarray) -> None:
    found = sum(corner.weight * corner.values for corner in corners(volume, points))
    expected = map_coordinates(volume, points, order=1, mode="nearest")
    np.testing.assert_allclose(found, expected, atol=0.01)  # 1.001 from the border, it is the border's
    inner = _inner(points)
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-5)


def test_value_is_the_sum_of_the_corners_to_the_bit(
    volume: np.ndarray, points: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bend of the atlas ends elsewhere for other last digits: 0.5 % of a nucleus's volume (measured)."""
    monkeypatch.setattr(trilinear, "_CHUNK", 64)
    expected = np.zeros(points.shape[1], dtype=np.float32)
    for corner in corners(volume, points):
        expected += corner.weight * corner.values
    value, _ = interpolated_with_slope(volume, points)
    np.testing.assert_array_equal(value, expected)


def test_slope_is_the_change_of_the_value(volume: np.ndarray, points: np.ndarray) -> None:
    inner = _inner(points) & (np.abs(points - np.rint(points)) > 0.02).all(axis=0)
    _, slope = interpolated_with_slope(volume, points)
    for axis in range(3):
        step = np.zeros((3, 1), dtype=np.float32)
        step[axis] = 0.01
        ahead, behind = (interpolated_with_slope(volume, points + way * step)[0] for way in (1, -1))
        np.testing.assert_allclose(slope[axis, inner], ((ahead - behind) / 0.02)[inner], atol=2e-3)


def test_outside_nothing_changes(volume: np.ndarray) -> None:
    points = np.array([[-1.0, 4.5, 4.5], [4.5, 20.0, 4.5], [3.5, 3.5, -9.0]], dtype=np.float32).T
    _, slope = interpolated_with_slope(volume, points)
    assert [slope[axis, axis] for axis in range(3)] == [0, 0, 0]
    assert slope[1, 0] != 0


def test_what_a_voxel_means_may_depend_on_the_point() -> None:
    labels = np.random.default_rng(2).integers(0, 4, SHAPE).astype(np.uint8)
    points = np.random.default_rng(3).uniform(0, 5, (3, 40)).astype(np.float32)
    meaning = np.random.default_rng(4).uniform(size=(40, 4)).astype(np.float32)
    value, _ = interpolated_with_slope(
        labels, points, lambda found, part: meaning[part][np.arange(40), found]
    )
    expected = sum(c.weight * meaning[np.arange(40), c.values] for c in corners(labels, points))
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_several_volumes_at_once_are_each_interpolated(
    points: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trilinear, "_CHUNK", 100)
    volumes = np.random.default_rng(5).normal(size=(3, *SHAPE)).astype(np.float32)
    found, inner = interpolated(volumes, points), _inner(points)
    for volume, values in zip(volumes, found, strict=True):
        expected = map_coordinates(volume, points, order=1, mode="nearest")
        np.testing.assert_allclose(values[inner], expected[inner], atol=1e-5)
