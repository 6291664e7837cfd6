"""Small networks and slices, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasmodels import build_model
from kerasmodels.data.volumes import Volumes

from .tiny_network import learnable


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def _shake(model: keras.Model, seed: int = 0) -> keras.Model:
    """Give every batch norm statistics as after training, so that a forgotten one shows."""
    draw = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            layer.gamma.assign(draw.uniform(0.7, 1.3, shape))
            layer.beta.assign(draw.normal(0, 0.3, shape))
            layer.moving_mean.assign(draw.normal(0, 0.2, shape))
            layer.moving_variance.assign(draw.uniform(0.5, 2.0, shape))
    return model


@pytest.fixture(scope="session")
def shake() -> Callable[[keras.Model], keras.Model]:
    """Give every batch norm of a network statistics as after training."""
    return _shake


@pytest.fixture(scope="session")
def small_model() -> keras.Model:
    """N-DecoNet on ResNet-18 for 4 classes and 64×64 images; tests must not change it."""
    return _shake(build_model(encoder="resnet18", classes=4, input_shape=(64, 64, 1), seed=3))


@pytest.fixture(scope="session")
def volumes() -> Volumes:
    """Volumes that can be learnt."""
    return learnable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let NumPy's notice about TensorFlow's variables pass: Keras causes it whenever it saves a file."""
    mark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(mark)
