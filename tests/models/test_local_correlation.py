"""Likeness of scan and template under a displacement: blind to brightness, exact in its slope."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from brainstem_app.models.local_correlation import LocalCorrelation

SHAPE = (20, 22, 18)
EVERYWHERE = np.ones(SHAPE, dtype=bool)


@pytest.fixture
def template() -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(0).normal(size=SHAPE), 1.5)
    return (noise / noise.std()).astype(np.float32)


def _still() -> np.ndarray:
    return np.zeros((3, *SHAPE), dtype=np.float32)


def test_image_that_is_the_template_is_as_alike_as_can_be(template: np.ndarray) -> None:
    cost, _ = LocalCorrelation(template, template, EVERYWHERE).cost(_still())
    assert -1 <= cost < -0.9


@pytest.mark.parametrize(
    "change",
    [lambda v: 1.3 * v, lambda v: v + 0.7, lambda v: v + np.linspace(0, 1, 18)],
    ids=["gain", "offset", "shading"],
)
def test_gain_offset_and_shading_change_little(template: np.ndarray, change) -> None:
    plain, _ = LocalCorrelation(template, template, EVERYWHERE).cost(_still())
    other, _ = LocalCorrelation(change(template).astype(np.float32), template, EVERYWHERE).cost(_still())
    assert other == pytest.approx(plain, abs=0.05)


def test_what_has_less_contrast_than_the_floor_counts_little(template: np.ndarray) -> None:
    faint = template * np.float32(0.05)
    sharp, dull = (LocalCorrelation(faint, faint, EVERYWHERE, 1.0, f).cost(_still())[0] for f in (1e-5, 0.05))
    assert sharp < -0.9
    assert dull > -0.1


def test_displacement_that_undoes_a_shift_is_the_best(template: np.ndarray) -> None:
    moved = shift(template, (1.5, 0, 0), order=1, mode="nearest").astype(np.float32)
    inner = np.zeros(SHAPE, dtype=bool)
    inner[4:-4, 4:-4, 4:-4] = True
    alike = LocalCorrelation(moved, template, inner)
    right = _still()
    right[0] = -1.5
    assert alike.cost(right)[0] < alike.cost(_still())[0] - 0.15
    assert alike.cost(right)[0] < alike.cost(2 * right)[0] - 0.15


def test_slope_is_that_of_the_cost_at_the_border_too(template: np.ndarray) -> None:
    image = gaussian_filter(template, 0.5) + np.float32(0.1)
    alike = LocalCorrelation(image, template, EVERYWHERE)
    random = np.random.default_rng(1)
    where = (0.3 + 0.1 * random.normal(size=(3, *SHAPE))).astype(np.float32)
    direction = random.normal(size=where.shape).astype(np.float32)
    _, slope = alike.cost(where)
    step = np.float32(3e-3)
    ahead, behind = (alike.cost(where + sign * step * direction)[0] for sign in (1, -1))
    assert (ahead - behind) / (2 * step) == pytest.approx(float((slope * direction).sum()), rel=0.03)
