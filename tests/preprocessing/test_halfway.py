"""The place between several scans of one head: no scan is favoured, whatever their order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine, mni_affine, ras_affine
from brainstem_app.preprocessing.halfway import HalfWay, mean_matrix, place_half_way
from brainstem_app.preprocessing.normalise import CorrectedBrain
from brainstem_app.preprocessing.template import load_template


def rigid(degrees: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> Affine:
    """Turn and shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


def scanned(move: Affine) -> CorrectedBrain:
    """Template as a scanner of 2 mm sees it after a move: what lies at x in the template lies at move·x."""
    affine = ras_affine(2.0, (-110.0, -146.0, -90.0))
    back = np.asarray(np.linalg.inv(move), dtype=np.float64)
    bright = resample(load_template().t1, mni_affine(), (112, 128, 104), affine, world_to_world=back)
    return CorrectedBrain(bright, bright, bright > 0.05, affine)


MOVES = (rigid((4, -3, 5), (3, -2, 4)), rigid((-2, 5, 1), (-4, 1, 2)))


@pytest.fixture(scope="module")
def placed() -> HalfWay:
    """Two scans of the template, moved, each placed with an error of its own."""
    brains, starts = [scanned(move) for move in MOVES], [m @ rigid((0.2, 0, 0), (0.3, 0, 0)) for m in MOVES]
    return place_half_way(brains, starts)


def test_one_head_moved_between_two_scans_is_found_in_one_place(placed: HalfWay) -> None:
    one, other = placed.mni_to_native
    between = np.linalg.inv(MOVES[1]) @ other @ np.linalg.inv(one) @ MOVES[0]
    corners = np.array([[x, y, z, 1] for x in (-60, 60) for y in (-90, 50) for z in (-60, 60)], dtype=float)
    assert np.abs(corners @ between.T - corners).max() < 0.1
    assert placed.likeness > 0.99


def test_placements_differ_by_turning_and_shifting_alone(placed: HalfWay) -> None:
    one, other = placed.mni_to_native
    between = (other @ np.linalg.inv(one))[:3, :3]
    assert np.allclose(between @ between.T, np.eye(3), atol=1e-9)


def test_swapped_scans_are_placed_alike(placed: HalfWay) -> None:
    brains, starts = [scanned(move) for move in MOVES], [m @ rigid((0.2, 0, 0), (0.3, 0, 0)) for m in MOVES]
    swapped = place_half_way(brains[::-1], starts[::-1])
    for one, other in zip(placed.mni_to_native, swapped.mni_to_native[::-1], strict=True):
        assert np.allclose(one, other, atol=1e-8)


def test_mean_of_two_matrices_lies_half_way() -> None:
    step = np.zeros((4, 4))
    step[:3, :3] = [[0, -0.2, 0.1], [0.2, 0, 0], [-0.1, 0, 0]]
    step[:3, 3] = 3, 1, 2
    there = expm(step)
    assert np.allclose(mean_matrix([np.eye(4), there]), expm(step / 2), atol=1e-9)
    assert np.allclose(mean_matrix([there, np.eye(4)]), mean_matrix([np.eye(4), there]), atol=1e-12)
