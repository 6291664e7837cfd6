from __future__ import annotations

import numpy as np

from brainstem_app.preprocessing.n4 import correct_bias


def test_a_smooth_bias_field_is_mostly_removed() -> None:
    rng = np.random.default_rng(0)
    shape = (48, 48, 48)
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    mask = x**2 + y**2 + z**2 < 0.8
    tissue = np.where(np.sin(6 * x) * np.cos(5 * y) > 0, 100.0, 60.0)
    clean = (tissue * mask + rng.normal(0, 1, shape) * mask).clip(0).astype(np.float32)
    biased = (clean * np.exp(0.35 * x + 0.2 * z)).astype(np.float32)
    corrected = correct_bias(biased, mask, (2.0, 2.0, 2.0))
    bright = mask & (tissue == 100.0)

    def unevenness(volume: np.ndarray) -> float:
        return float(volume[bright].std() / volume[bright].mean())

    assert unevenness(corrected) < 0.5 * unevenness(biased)
    assert corrected.dtype == np.float32
    assert np.isfinite(corrected).all()
