"""Training in 16 bits on a processor: TensorFlow chooses the operations, the network stays one of float32."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from kerasmodels.data.volumes import Volumes
from kerasmodels.errors import ModelError
from kerasmodels.training import device
from kerasmodels.training.checkpoint import RunState, restore, write_checkpoint
from kerasmodels.training.device import gpu_count, prepare_device, processor_has_bfloat16
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
    if processor_has_bfloat16():
        assert np.abs(mixed - whole).max() > 2**-14 * np.abs(whole).max()


def test_network_trained_mixed_is_of_float32_numbers(volumes: Volumes, tmp_path: Path) -> None:
    prepare_device("mixed")
    model = tiny(dropout=0.0)
    result = fit(model, volumes, volumes, SETTINGS, tmp_path)
    assert result.finished
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert np.isfinite([row.loss for row in result.history]).all()
    assert result.history[-1].loss < result.history[0].loss


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx512f avx512_bf16 sha_ni", True),
        ("fpu avx512f amx_bf16 amx_tile", True),
        ("fpu avx512f avx512_vnni", False),
        ("fpu avx2 no_avx512_bf16_here", False),
    ],
)
def test_processor_has_bfloat16_where_linux_names_its_instructions(
    flags: str, expected: bool, tmp_path: Path
) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: spectre_v1\n", encoding="utf-8")
    assert processor_has_bfloat16(told) is expected
    assert processor_has_bfloat16(tmp_path / "none") is False


def test_processor_without_the_instructions_keeps_32_bits_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = _convolved("float32", np.random.default_rng(0))
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: False)
    assert prepare_device("mixed") == "float32"
    np.testing.assert_array_equal(_convolved("mixed", np.random.default_rng(0)), whole)
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: True)
    assert prepare_device("mixed") == "mixed"


def test_run_of_scaled_losses_is_not_gone_on_with_where_none_is_scaled_and_stays_whole(
    tmp_path: Path,
) -> None:
    path, model = tmp_path / "last.keras", tiny()
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    plain = keras.optimizers.Adam()
    for optimizer in (scaled, plain):
        optimizer.build(model.trainable_variables)
    write_checkpoint(path, model, scaled, RunState({}, []))
    before = path.read_bytes()
    with pytest.raises(ModelError, match="another format") as caught:
        restore(path, model, plain)
    assert "of the kind that it was begun on" in caught.value.fix
    assert path.read_bytes() == before
    restore(path, model, scaled)
