from types import SimpleNamespace

import numpy as np

from brainstem_app.imaging.spaces import BOX_SHAPE, crop_to_box
from brainstem_app.simulation.box import BoxSettings, simulate_box

LEFT, RIGHT, STEM = 1, 2, 3


def test_box_is_deterministic_and_varies(template: SimpleNamespace, labels: np.ndarray) -> None:
    image, truth = simulate_box(np.random.default_rng(4), template, labels)
    again, same = simulate_box(np.random.default_rng(4), template, labels)
    _, other = simulate_box(np.random.default_rng(5), template, labels)
    assert image.shape == truth.shape == BOX_SHAPE
    assert (image.dtype, truth.dtype) == (np.float32, np.uint8)
    assert np.array_equal(image, again)
    assert np.array_equal(truth, same)
    assert not np.array_equal(truth, other)


def test_labels_lie_on_the_anatomy_they_name(template: SimpleNamespace, labels: np.ndarray) -> None:
    for seed in range(2):
        image, truth = simulate_box(np.random.default_rng(seed), template, labels)
        assert np.median(image[np.isin(truth, [LEFT, RIGHT])]) < np.median(image[truth == STEM]) - 0.5
        left, right = (np.argwhere(truth == side).mean(axis=0)[0] for side in (LEFT, RIGHT))
        assert left < right - 10


def test_misalignment_is_about_what_the_affine_leaves(template: SimpleNamespace, labels: np.ndarray) -> None:
    expected = np.argwhere(crop_to_box(labels) == LEFT).mean(axis=0)
    still = BoxSettings(shift_mm=0, rotation_degrees=0, scale=0, warp=())
    _, truth = simulate_box(np.random.default_rng(0), template, labels, still)
    assert np.array_equal(truth, crop_to_box(labels))
    shifts = [
        np.linalg.norm(
            np.argwhere(simulate_box(np.random.default_rng(s), template, labels)[1] == LEFT).mean(0)
            - expected
        )
        for s in range(8)
    ]
    assert 0.8 < np.mean(shifts) < 4
