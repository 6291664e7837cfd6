from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine
from brainstem_app.preprocessing.affine import (
    NEAR_BRAINSTEM,
    correlation,
    is_plausible_correction,
    register_brain,
    register_brainstem,
)
from brainstem_app.preprocessing.template import load_template

_BRAINSTEM_MM = np.array([0.0, -28.0, -35.0, 1.0])


@pytest.mark.slow
def test_the_brainstem_step_finds_a_shift_that_the_brain_left() -> None:
    template = load_template()
    hidden = np.eye(4)
    hidden[:3, 3] = (0.5, -1.5, 3.5)
    noise = gaussian_filter(np.random.default_rng(0).standard_normal(MNI_SHAPE), 0.7).astype(np.float32)
    moved = resample(template.t1, mni_affine(), MNI_SHAPE, mni_affine(), world_to_world=np.linalg.inv(hidden))
    found = register_brainstem(NEAR_BRAINSTEM.crop(moved + 0.05 * noise), template)
    assert np.linalg.norm((found @ _BRAINSTEM_MM - hidden @ _BRAINSTEM_MM)[:3]) < 0.5


@pytest.mark.slow
def test_the_brain_step_finds_a_turned_and_scaled_head_in_an_oblique_left_handed_grid() -> None:
    template = load_template()
    angle = np.deg2rad(9.0)
    head = np.array(
        [
            [0.92 * np.cos(angle), -np.sin(angle), 0, 6.0],
            [np.sin(angle), 0.95 * np.cos(angle), 0, -12.0],
            [0, 0, 0.9, 20.0],
            [0, 0, 0, 1],
        ]
    )
    shape, affine = (100, 116, 100), np.diag([-2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (105.0, -150.0, -65.0)
    native = resample(template.t1, mni_affine(), shape, affine, world_to_world=np.linalg.inv(head))
    found = register_brain(native, native > 0.05, affine, template)
    for point in ([0, -28, -35, 1], [40, -20, 20, 1], [-30, 40, 10, 1]):
        assert np.linalg.norm((found @ point - head @ point)[:3]) < 2.0


@pytest.mark.slow
def test_noise_is_left_where_it_is() -> None:
    noise = np.random.default_rng(0).random(NEAR_BRAINSTEM.shape).astype(np.float32)
    assert is_plausible_correction(register_brainstem(noise, load_template()))


@pytest.mark.parametrize(("axis", "mm", "plausible"), [(0, 3.0, True), (2, 14.0, True), (2, 16.0, False)])
def test_a_shift_beyond_fifteen_millimetres_is_implausible(axis: int, mm: float, plausible: bool) -> None:
    matrix = np.eye(4)
    matrix[axis, 3] = mm
    assert is_plausible_correction(matrix) is plausible


def test_correlation_of_a_constant_is_zero() -> None:
    assert correlation(np.ones(5, np.float32), np.arange(5, dtype=np.float32)) == 0.0
