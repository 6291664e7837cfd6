"""Dilated convolutions: the numbers of Keras' own, without multiplying padding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import keras
import numpy as np
import pytest
from keras import ops

from kerasmodels import build_model
from kerasmodels.export import load_keras, save_keras
from kerasmodels.layers import atrous_conv2d
from kerasmodels.layers.atrous_conv2d import AtrousConv2D, AtrousDepthwiseConv2D

T = TypeVar("T", bound=keras.Layer)
#: Makes Keras' layer and ours of a dilation, a size, with or without a bias.
Pair = Callable[[int, int, bool], tuple[keras.Layer, keras.Layer]]


@pytest.fixture(params=[True, False], ids=["one operator", "by places"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without a processor that convolves so by one operator."""
    if request.param and not atrous_conv2d._is_one_operator():
        pytest.skip("TensorFlow has no such operator here")
    monkeypatch.setattr(atrous_conv2d, "_is_one_operator", lambda: request.param)


def _layers(dilation: int, size: int, bias: bool) -> tuple[keras.Layer, keras.Layer]:
    """Keras' layer and ours, with the same weights."""
    theirs, ours = (
        kind(4, size, padding="same", dilation_rate=dilation, use_bias=bias, name="c")
        for kind in (keras.layers.Conv2D, AtrousConv2D)
    )
    return _alike(theirs, ours)


def _depthwise_layers(dilation: int, size: int, bias: bool) -> tuple[keras.Layer, keras.Layer]:
    """Keras' layer and ours that convolve each channel by itself, with the same weights."""
    theirs, ours = (
        kind(size, padding="same", dilation_rate=dilation, use_bias=bias, activation="relu", name="c")
        for kind in (keras.layers.DepthwiseConv2D, AtrousDepthwiseConv2D)
    )
    return _alike(theirs, ours)


def _alike(theirs: T, ours: T) -> tuple[T, T]:
    for layer in (theirs, ours):
        layer.build((None, 9, 7, 3))
    rng = np.random.default_rng(9)
    theirs.set_weights([rng.standard_normal(w.shape) for w in theirs.weights])
    ours.set_weights(theirs.get_weights())
    return theirs, ours


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("dilation", [1, 2, 4, 6, 7, 8, 9, 36])
@pytest.mark.parametrize(("size", "bias"), [(3, False), (5, True)])
def test_atrous_convolution_is_keras_dilated_convolution(dilation: int, size: int, bias: bool) -> None:
    image = np.random.default_rng(1).standard_normal((2, 9, 7, 3)).astype(np.float32)
    for theirs, ours in (_layers(dilation, size, bias), _depthwise_layers(dilation, size, bias)):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours(image)), ops.convert_to_numpy(theirs(image)), atol=1e-4
        )
        assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("dilation", [3, 6, 36])
@pytest.mark.parametrize("layers", [_layers, _depthwise_layers])
def test_atrous_convolution_learns_as_keras_does(layers: Pair, dilation: int) -> None:
    rng = np.random.default_rng(2)
    images = rng.standard_normal((4, 9, 7, 3)).astype(np.float32)
    pair = layers(dilation, 3, True)
    targets = rng.standard_normal(pair[0].compute_output_shape(images.shape)).astype(np.float32)
    kernels = []
    for layer in pair:
        model = keras.Sequential([keras.Input((9, 7, 3)), layer])
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        model.fit(images, targets, batch_size=2, epochs=2, shuffle=False, verbose=0)
        kernels.append(layer.get_weights()[0])
    np.testing.assert_allclose(kernels[1], kernels[0], atol=1e-5)


def test_dilated_convolutions_of_a_network_stay_so_in_its_file(tmp_path: Path) -> None:
    model = build_model("deeplabv3", "resnet18", 5, (128, 128, 1), seed=0)
    dilated = {x.name for x in model.layers if isinstance(x, AtrousConv2D)}
    assert {f"decoder_aspp_convs_{n}_0" for n in (1, 2, 3)} < dilated
    assert all(max(x.dilation_rate) == 1 for x in model.layers if type(x) is keras.layers.Conv2D)
    save_keras(model, tmp_path / "net.keras")
    again = load_keras(tmp_path / "net.keras")
    assert {x.name for x in again.layers if isinstance(x, AtrousConv2D)} == dilated


@pytest.mark.parametrize("dilation", [2, 6])
@pytest.mark.parametrize("layers", [_layers, _depthwise_layers])
def test_half_precision_learns_without_the_one_operator(layers: Pair, dilation: int) -> None:
    _, float32 = layers(dilation, 3, False)
    policy = keras.mixed_precision.DTypePolicy("mixed_float16")
    layer = type(float32).from_config({**float32.get_config(), "dtype": policy})
    model = keras.Sequential([keras.Input((9, 7, 3)), layer])
    assert model.outputs[0].dtype == "float16"
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    targets = np.ones((2, *model.output_shape[1:]), np.float32)
    model.fit(np.ones((2, 9, 7, 3), np.float32), targets, verbose=0)
    assert np.isfinite(layer.get_weights()[0]).all()
