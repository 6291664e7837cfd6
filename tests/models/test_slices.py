from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.models.slices import area_matrix, box_to_slices, enlarge, shrink


def test_slices_of_a_box_are_axial_from_below_upwards() -> None:
    box = np.random.default_rng(0).random((50, 50, 73)).astype(np.float32)
    slices = box_to_slices(box)
    assert slices.shape == (73, 50, 50)
    for height in (0, 10, 72):
        np.testing.assert_array_equal(slices[height], box[:, :, height])


@pytest.mark.slow
def test_enlarging_is_the_same_as_in_training() -> None:
    keras = pytest.importorskip("keras")
    slices = np.random.default_rng(1).random((3, 50, 50)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(
        keras.ops.image.resize(slices[..., None], (224, 224), interpolation="bilinear")
    )
    np.testing.assert_allclose(enlarge(slices[..., None]), expected, atol=1e-5)


def test_enlarging_keeps_a_ramp_straight_away_from_the_edges() -> None:
    ramp = np.tile(np.arange(50, dtype=np.float32)[:, None], (1, 50))[None, ..., None]
    large = enlarge(ramp)[0, :, 0, 0]
    expected = (np.arange(224) + 0.5) * 50 / 224 - 0.5
    np.testing.assert_allclose(large[5:-5], expected[5:-5], atol=1e-4)
    assert large[0] == 0
    assert large[-1] == 49


def test_shrunk_probabilities_still_sum_to_one() -> None:
    rng = np.random.default_rng(2)
    probabilities = rng.random((2, 224, 224, 5)).astype(np.float32)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    small = shrink(probabilities)
    assert small.shape == (2, 50, 50, 5)
    np.testing.assert_allclose(small.sum(axis=-1), 1, atol=1e-5)


def test_shrinking_is_the_mean_over_each_pixels_area() -> None:
    image = np.random.default_rng(3).random((1, 200, 200, 1)).astype(np.float32)
    expected = image.reshape(50, 4, 50, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(shrink(image)[0, :, :, 0], expected, atol=1e-5)


def test_area_matrix_uses_every_pixel_equally() -> None:
    np.testing.assert_allclose(area_matrix(224, 50).sum(axis=0), 50 / 224, atol=1e-5)


def test_labels_come_back_where_they_were() -> None:
    labels = np.random.default_rng(4).integers(0, 4, (1, 50, 50))
    nearest = np.floor((np.arange(224) + 0.5) * 50 / 224).astype(int)
    large = labels[:, nearest][:, :, nearest]
    one_hot = np.eye(4, dtype=np.float32)[large]
    np.testing.assert_array_equal(shrink(one_hot).argmax(axis=-1), labels)
