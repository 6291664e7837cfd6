from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.atlas.building.fusion import largest_piece, threshold_of
from brainstem_app.atlas.building.registration import correlation_ratio, template_to_source
from brainstem_app.atlas.building.shapes import column
from brainstem_app.atlas.reliability import Detectability, dice_after_shift, grade
from brainstem_app.imaging.spaces import MNI_SHAPE
from tests.atlas.conftest import block


def ball(radius: int) -> np.ndarray:
    grid = np.indices((2 * radius + 3,) * 3) - (radius + 1)
    return (grid**2).sum(axis=0) <= radius**2


def test_cube_keeps_the_share_that_a_shift_of_one_voxel_leaves() -> None:
    assert dice_after_shift(np.ones((4, 4, 4), dtype=bool)) == pytest.approx(3 / 4)


def test_grade_rises_with_size_and_never_above_c_when_drawn() -> None:
    assert [grade(ball(radius), drawn=False) for radius in (2, 3, 5)] == ["C", "B", "A"]
    assert grade(ball(5), drawn=True) == "C"


def test_column_follows_an_oblique_centre_line() -> None:
    blurred = np.zeros(MNI_SHAPE, dtype=np.float32)
    for step in range(12):
        x, y, z = -8 - step // 2, -40 + step, -30 + step
        blurred[block((x, y, z), (x + 6, y + 6, z))] = 1.0
    thin = column(blurred, 1.5)
    used = np.flatnonzero(thin.any(axis=(0, 1)))
    assert used.tolist() == list(range(42, 54))
    assert (thin.sum(axis=(0, 1))[used] <= 9).all()
    assert (thin <= blurred).all()


def test_expected_threshold_keeps_the_volume_the_probabilities_add_up_to() -> None:
    volume = np.linspace(0, 1, 1001, dtype=np.float32).reshape(7, 11, 13)
    threshold = threshold_of(volume, "expected")
    assert np.count_nonzero(volume >= threshold) == pytest.approx(volume.sum(), abs=1)


def test_largest_piece_drops_crumbs() -> None:
    mask = np.zeros((9, 9, 9), dtype=bool)
    mask[1:4, 1:4, 1:4] = mask[7, 7, 7] = True
    assert np.count_nonzero(largest_piece(mask)) == 27


def test_correlation_ratio_is_one_where_groups_explain_everything() -> None:
    values = np.array([1.0, 1.0, 1.0, 5.0, 5.0, 5.0])
    exact = [np.array([1, 1, 1, 0, 0, 0], dtype=np.float32)]
    useless = [np.array([1, 0, 1, 0, 1, 0], dtype=np.float32) * 0 + 0.5]
    assert correlation_ratio(values, exact) == pytest.approx(1.0)
    assert correlation_ratio(values, useless) == pytest.approx(0.0, abs=1e-9)


def test_parameters_say_how_the_source_moves() -> None:
    matrix = template_to_source(("x", "z"), np.array([2.0, -1.0]))
    np.testing.assert_allclose(matrix @ [0, 0, 0, 1], [-2, 0, 1, 1])


@pytest.mark.parametrize(
    ("slope", "change", "by_shape", "expected"),
    [
        (0.9, 4.0, "B", "A"),
        (0.9, 4.0, "C", "B"),
        (0.9, 9.0, "A", "B"),
        (0.9, 15.0, "A", "C"),
        (0.4, 4.0, "A", "C"),
        (-0.1, None, "A", "C"),
    ],
)
def test_measured_grade_follows_what_can_be_detected(
    slope: float, change: float | None, by_shape: str, expected: str
) -> None:
    known = Detectability(cv_percent=1.0, slope=slope, smallest_change_percent=change)
    assert known.grade(by_shape) == expected


def test_nucleus_is_seen_if_half_of_a_change_and_a_change_of_a_fifth_show() -> None:
    seen = [
        Detectability(cv_percent=1.0, slope=slope, smallest_change_percent=change).is_seen
        for slope, change in ((0.5, 20.0), (0.49, 20.0), (0.5, 20.1), (0.5, None))
    ]
    assert seen == [True, False, False, False]
