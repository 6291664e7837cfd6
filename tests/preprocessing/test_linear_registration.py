from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation
from threadpoolctl import threadpool_limits

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine, ras_affine
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear

_SHAPE = (48, 48, 48)
_AFFINE = ras_affine(2.0, (-48.0, -48.0, -48.0))
_CENTRE = (0.0, 0.0, 0.0)
_LEVELS = (PyramidLevel(8.0, 2, rigid=True), PyramidLevel(4.0, 2), PyramidLevel(2.0))
_EVERYWHERE = np.ones(_SHAPE, dtype=bool)
_CORNERS = np.array([[x, y, z, 1.0] for x in (-20, 20) for y in (-20, 20) for z in (-20, 20)])


def _head() -> SampledVolume:
    """Something lopsided that ends inside its grid."""
    noise = gaussian_filter(np.random.default_rng(0).standard_normal(_SHAPE), 3.0)
    points = np.indices(_SHAPE).transpose(1, 2, 3, 0) * 2.0 - 48.0
    inside = np.linalg.norm(points / (36.0, 30.0, 26.0), axis=-1) < 1
    return SampledVolume(np.where(inside, 1 + 6 * noise, 0).astype(np.float32), _AFFINE)


def _moved(head: SampledVolume, matrix: Affine, gain: float = 1.0, offset: float = 0.0) -> SampledVolume:
    pulled = resample(head.data, _AFFINE, _SHAPE, _AFFINE, world_to_world=np.linalg.inv(matrix))
    return SampledVolume((gain * pulled + offset).astype(np.float32), _AFFINE)


def _turn(axis: str, degrees: float) -> Affine:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    return matrix


def _worst_mm(found: Affine, true: Affine) -> float:
    return float(np.linalg.norm((_CORNERS @ (found - true).T)[:, :3], axis=1).max())


@pytest.mark.parametrize("axis", ["x", "y", "z"])
@pytest.mark.parametrize("degrees", [-30.0, 12.0, 40.0])
def test_a_turned_head_is_found(axis: str, degrees: float) -> None:
    head, true = _head(), _turn(axis, degrees)
    found = register_linear(head, _moved(head, true), _EVERYWHERE, np.eye(4), _CENTRE, _LEVELS)
    assert _worst_mm(found, true) < 0.5


def test_scale_shear_and_shift_are_found_whatever_the_brightness() -> None:
    head = _head()
    true = np.array([[1.1, 0.05, 0, 3.0], [0, 0.9, -0.04, -6.0], [0.03, 0, 1.05, 4.0], [0, 0, 0, 1]])
    moving = _moved(head, true, gain=370.0)
    found = register_linear(head, moving, _EVERYWHERE, np.eye(4), _CENTRE, _LEVELS)
    assert _worst_mm(found, true) < 0.3


def test_an_offset_of_the_brightness_does_not_matter_inside_the_mask() -> None:
    head, true = _head(), _turn("x", 3.0)
    inside = gaussian_filter(head.data, 1.0) > 0.7
    plain, brighter = (
        register_linear(head, _moved(head, true, 1.0, offset), inside, np.eye(4), _CENTRE, _LEVELS[1:])
        for offset in (0.0, 5.0)
    )
    np.testing.assert_allclose(plain, brighter, atol=1e-3)


def test_a_rigid_registration_keeps_sizes() -> None:
    head = _head()
    moving = _moved(head, np.diag([1.2, 1.1, 0.9, 1.0]))
    found = register_linear(head, moving, _EVERYWHERE, np.eye(4), _CENTRE, _LEVELS[:1])
    np.testing.assert_allclose(np.linalg.svd(found[:3, :3], compute_uv=False), 1.0, atol=1e-9)


def test_the_result_repeats_to_the_bit_with_any_number_of_threads() -> None:
    head = _head()
    moving = _moved(head, _turn("z", 9.0))
    results = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            results.append(register_linear(head, moving, _EVERYWHERE, np.eye(4), _CENTRE, _LEVELS))
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("moving", [np.zeros(_SHAPE, np.float32), np.ones((3, 3, 3), np.float32)])
def test_the_start_is_kept_where_nothing_overlaps(moving: np.ndarray) -> None:
    far = np.eye(4)
    far[:3, 3] = 500.0
    found = register_linear(_head(), SampledVolume(moving, _AFFINE), _EVERYWHERE, far, _CENTRE, _LEVELS)
    np.testing.assert_array_equal(found, far)


def test_a_mask_of_a_few_points_changes_nothing() -> None:
    head, few = _head(), np.zeros(_SHAPE, dtype=bool)
    few[20, 20, 20] = True
    found = register_linear(head, _moved(head, _turn("x", 5.0)), few, np.eye(4), _CENTRE, _LEVELS)
    np.testing.assert_array_equal(found, np.eye(4))
