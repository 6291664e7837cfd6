"""Training in 16 bits on a processor: TensorFlow chooses the operations, the network stays one of float32."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from kerasmodels.data.volumes import Volumes
from kerasmodels.training.device import gpu_count, prepare_device
from kerasmodels.training.fit import fit
from kerasmodels.training.settings import Precision

from .tiny_network import SETTINGS, tiny


@pytest.fixture(autouse=True)
def of_this_test() -> Iterator[None]:
    """Let the tests after these compute in 32 bits again."""
    if keras.backend.backend() != "tensorflow" or gpu_count():
        pytest.skip("TensorFlow on a processor is meant")
    yield
    prepare_device()


def _convolved(precision: Precision, rng: np.random.Generator) -> NDArray[np.float32]:
    prepare_device(precision)
    keras.utils.set_random_seed(1)
    image = keras.Input((32, 32, 16))
    x = keras.layers.Conv2D(32, 3, padding="same", activation="relu")(image)
    model = keras.Model(image, keras.layers.Conv2D(16, 3, padding="same")(x))
    return np.asarray(model.predict(rng.random((4, 32, 32, 16), dtype=np.float32), verbose=0))


def test_mixed_rounds_no_more_than_16_bits_do_and_32_bits_come_back() -> None:
    whole, mixed, again = (
        _convolved(precision, np.random.default_rng(0)) for precision in ("float32", "mixed", "float32")
    )
    np.testing.assert_array_equal(whole, again)
    assert np.abs(mixed - whole).max() < 2**-6 * np.abs(whole).max()
    if "avx512f" in _flags():
        assert np.abs(mixed - whole).max() > 2**-14 * np.abs(whole).max()


def test_network_trained_mixed_is_of_float32_numbers(volumes: Volumes, tmp_path: Path) -> None:
    prepare_device("mixed")
    model = tiny(dropout=0.0)
    result = fit(model, volumes, volumes, SETTINGS, tmp_path)
    assert result.finished
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert np.isfinite([row.loss for row in result.history]).all()
    assert result.history[-1].loss < result.history[0].loss


def _flags() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
