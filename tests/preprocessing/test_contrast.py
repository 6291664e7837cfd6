"""Contrasts that are not T1 are told by name, however they lie."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.imaging.intensity_levels import IntensityLevels, above_floor
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, ras_affine
from brainstem_app.preprocessing.contrast import judge_contrast, placed_by_shape
from brainstem_app.preprocessing.template import load_template

GRID = ras_affine(2.0, MNI_ORIGIN_MM)
BRAIN = load_template().brain[::2, ::2, ::2]
USUAL = IntensityLevels(0.0, 1000.0)


def _head(white: float, grey: float, fluid: float) -> np.ndarray:
    template = load_template()
    is_white, is_grey = (v[::2, ::2, ::2] for v in (template.white_matter, template.grey_matter))
    level = np.where(is_white, white, np.where(is_grey, grey, fluid))
    noise = np.random.default_rng(0).normal(0, 0.01 * max(white, grey, fluid), level.shape)
    return np.where(BRAIN, level + noise, 0).astype(np.float32)


@pytest.mark.parametrize(
    ("levels", "name"),
    [
        ((320, 500, 1000), "T2-weighted or echo-planar"),
        ((770, 830, 150), "FLAIR"),
        ((790, 920, 880), "proton density"),
        ((310, 580, 200), "another contrast, or an inverted one"),
    ],
)
def test_contrast_is_told_by_which_tissue_is_brightest(levels: tuple[float, ...], name: str) -> None:
    finding = judge_contrast(_head(*levels), BRAIN, GRID, np.eye(4), USUAL)
    assert finding is not None
    assert finding.level is Level.ERROR
    assert name in finding.problem


@pytest.mark.parametrize("levels", [(900, 550, 200), (900, 780, 500), (900, 600, 420)])
def test_t1_weighted_scans_are_let_through(levels: tuple[float, ...]) -> None:
    assert judge_contrast(_head(*levels), BRAIN, GRID, np.eye(4), USUAL) is None


def test_hounsfield_units_are_a_ct() -> None:
    stored = np.where(BRAIN, _head(28, 37, 5), -1000).astype(np.float32)
    levels = IntensityLevels(-1000.0, 900.0)
    finding = judge_contrast(above_floor(stored, levels), BRAIN, GRID, np.eye(4), levels)
    assert finding is not None
    assert "like a CT" in finding.problem


def test_values_around_zero_are_a_map_of_susceptibility_unless_white_is_brightest() -> None:
    levels = IntensityLevels(-0.1, 0.1, painted=0.0)
    for tissues, is_map in (((-0.03, 0.03, 0.0), True), ((0.04, -0.01, -0.05), False)):
        head = above_floor(np.where(BRAIN, _head(*tissues), 0).astype(np.float32), levels)
        finding = judge_contrast(head, BRAIN, GRID, np.eye(4), levels)
        assert (finding is not None) is is_map
        assert finding is None or "susceptibility" in finding.problem


def test_anisotropy_is_told_from_t1_by_its_range_and_dark_grey_matter() -> None:
    levels = IntensityLevels(0.0, 0.9)
    head = above_floor(_head(0.5, 0.15, 0.05), levels)
    finding = judge_contrast(head, BRAIN, GRID, np.eye(4), levels)
    assert finding is not None
    assert "fractional anisotropy" in finding.problem
    assert judge_contrast(above_floor(_head(0.9, 0.55, 0.2), levels), BRAIN, GRID, np.eye(4), levels) is None


def test_brain_is_placed_by_its_shape_whatever_its_contrast() -> None:
    moved = np.eye(4)
    moved[:3, 3] = 12.0, -9.0, 7.0
    moved[:3, :3] *= 0.9
    found = placed_by_shape(BRAIN, moved @ GRID)
    for point in ([0.0, -25.0, -20.0, 1.0], [40.0, 30.0, 30.0, 1.0]):
        np.testing.assert_allclose((found @ point)[:3], (moved @ point)[:3], atol=1.0)
