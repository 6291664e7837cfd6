import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.imaging.orientation import affine_from_letters
from brainstem_app.imaging.resampling import resample


def _ramp(shape: tuple[int, int, int], affine: NDArray[np.float64]) -> NDArray[np.float32]:
    """Volume whose value is a linear function of the world position: exact under linear interpolation."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    world = grid @ affine[:3, :3].T + affine[:3, 3]
    return (world @ np.array([1.0, 2.0, -3.0]) + 500).astype(np.float32)


TARGET = np.array([[2.0, 0, 0, -6], [0, 2.0, 0, -4], [0, 0, 2.0, -5], [0, 0, 0, 1]])
SHEARED = np.array([[-1.0, 0.2, 0, 16], [0, 1.1, 0.3, -20], [0.1, 0, 0.9, -15], [0, 0, 0, 1]])


@pytest.mark.parametrize("affine", [SHEARED, affine_from_letters("PSL", (33, 34, 35), (1.0, 1.1, 0.9))])
def test_every_world_point_keeps_its_value(affine: NDArray[np.float64]) -> None:
    moved = resample(_ramp((33, 34, 35), affine), affine, (6, 5, 4), TARGET)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, _ramp((6, 5, 4), TARGET), rtol=1e-5)


def test_world_to_world_leads_from_the_target_to_the_source() -> None:
    shift = np.eye(4)
    shift[:3, 3] = [1.0, -2.0, 3.0]
    moved = resample(_ramp((33, 34, 35), SHEARED), SHEARED, (6, 5, 4), TARGET, world_to_world=shift)
    np.testing.assert_allclose(moved, _ramp((6, 5, 4), shift @ TARGET), rtol=1e-5)


def test_labels_keep_dtype_and_border_under_rounding_errors() -> None:
    labels = np.random.default_rng(0).integers(0, 34, (12, 13, 14)).astype(np.uint8)
    affine = np.array([[0.1, 0.7, 0, 3], [0.7, -0.1, 0, 1e3 / 3], [0, 0, 1 / 3, -70.1], [0, 0, 0, 1]])
    turned = np.eye(4)
    turned[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    same = resample(
        labels, affine, (12, 13, 14), turned @ affine, order=0, world_to_world=np.linalg.inv(turned)
    )
    assert same.dtype == np.uint8
    np.testing.assert_array_equal(same, labels)


def test_outside_of_the_source_is_zero() -> None:
    far = np.eye(4)
    far[:3, 3] = 100
    assert not resample(np.ones((5, 5, 5)), np.eye(4), (3, 3, 3), far).any()
