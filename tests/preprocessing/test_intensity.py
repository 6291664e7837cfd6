from __future__ import annotations

import numpy as np

from brainstem_app.preprocessing.intensity import LIMIT, normalise


def _brain() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    volume = rng.normal(100.0, 15.0, (20, 20, 20)).astype(np.float32)
    mask = np.zeros(volume.shape, dtype=bool)
    mask[4:16, 4:16, 4:16] = True
    return volume, mask


def test_scanner_units_do_not_matter() -> None:
    volume, mask = _brain()
    np.testing.assert_allclose(normalise(volume, mask), normalise(37.0 * volume + 500.0, mask), atol=1e-3)


def test_a_bright_vessel_does_not_move_the_rest() -> None:
    volume, mask = _brain()
    with_vessel = volume.copy()
    with_vessel[5, 5, 5:12] = 1e5
    rest = mask.copy()
    rest[5, 5, 5:12] = False
    assert np.abs(normalise(volume, mask) - normalise(with_vessel, mask))[rest].max() < 0.05


def test_outside_of_the_brain_is_one_value() -> None:
    volume, mask = _brain()
    assert (normalise(volume, mask)[~mask] == -LIMIT).all()


def test_a_constant_brain_stays_finite() -> None:
    _, mask = _brain()
    assert np.isfinite(normalise(np.full(mask.shape, 5.0, np.float32), mask)).all()
