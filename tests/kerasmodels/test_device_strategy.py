"""A network trained on two devices is the one trained on one, but for rounding."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasmodels import ModelError, build_model
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.export import load_keras
from kerasmodels.training.device_strategy import DeviceStrategy
from kerasmodels.training.fit import fit
from kerasmodels.training.settings import TrainingSettings

CHILD = Path(__file__).with_name("train_on_devices.py")
ROOT = CHILD.parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["", "weighted"])
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_learn_what_one_does(backend: str, weights: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    subprocess.run(
        [sys.executable, str(CHILD), str(tmp_path), weights],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    one, two = (dict(np.load(tmp_path / f"{count}.npz")) for count in (1, 2))
    np.testing.assert_allclose(two["history"], one["history"], rtol=1e-3)
    np.testing.assert_allclose(two["statistics"], one["statistics"], rtol=1e-3)
    # Gradients, by Adam's means of them: the length of the difference over the length.
    assert np.linalg.norm(two["momenta"] - one["momenta"]) < 0.01 * np.linalg.norm(one["momenta"])
    # The network's file does not tell how many devices made it.
    for count in (1, 2):
        network = load_keras(tmp_path / str(count) / "best.keras")
        assert network(np.zeros((1, 32, 32, 1))).shape == (1, 32, 32, 4)


def test_batches_that_cannot_be_divided_evenly_are_refused(volumes: Volumes, tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=1, batch_size=5, slice_input=SliceInput(size=32))
    model = build_model(encoder="resnet18", classes=4, input_shape=(32, 32, 1))
    two = DeviceStrategy()
    two.devices = ("GPU:0", "GPU:1")  # this machine may have neither; refused before they are looked for
    with pytest.raises(ModelError, match="2 devices") as caught:
        fit(model, volumes, volumes, settings, tmp_path, strategy=two)
    assert "6" in caught.value.fix
