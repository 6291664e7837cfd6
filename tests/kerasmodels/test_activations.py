"""What layers say of images, on networks small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from kerasmodels import build_model
from kerasmodels.activations import activations, layer_names


@pytest.fixture
def doubled() -> keras.Model:
    """One channel becomes three: itself, its double, and nothing."""
    image = keras.Input((8, 8, 1), name="image")
    convolution = keras.layers.Conv2D(3, 1, use_bias=False, name="spread")
    maps = keras.layers.ReLU(name="spread_relu")(convolution(image))
    convolution.set_weights([np.array([1.0, 2.0, 0.0]).reshape(1, 1, 1, 3)])
    return keras.Model(image, maps)


def test_channels_that_say_the_same_count_as_one(doubled: keras.Model) -> None:
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype(np.float32)
    (found,) = activations(doubled, images, ("spread",), strongest=2)
    assert found.shape == (8, 8, 3)
    assert found.effective == pytest.approx(1.0, abs=1e-5)
    assert found.silent == 1
    np.testing.assert_allclose(found.channels[..., 0], 2 * images[..., 0], atol=1e-6)
    np.testing.assert_allclose(found.strength, np.abs(images[..., 0]) * (5 / 3) ** 0.5, atol=1e-5)


def test_zeros_after_a_relu_are_counted(doubled: keras.Model) -> None:
    images = np.ones((1, 8, 8, 1), np.float32)
    images[:, :4] = -1
    before, after = activations(doubled, images, ("spread", "spread_relu"))
    assert before.zeros == pytest.approx(1 / 3)
    assert after.zeros == pytest.approx(2 / 3)


def test_ends_of_blocks_are_shown_unless_every_layer_is_asked_for() -> None:
    model = build_model("n_deconet", "resnet18", classes=4, input_shape=(32, 32, 1))
    names = layer_names(model)
    blocks = [f"encoder_layer{stage}_{block}_relu" for stage in range(1, 5) for block in range(2)]
    assert names[:9] == ("encoder_bn1_relu", *blocks)
    assert set(names[9:]) == {
        *(f"decoder_stride{s}_bn_relu" for s in (4, 8, 16, 32)),
        "decoder_sum",
        "logits",
    }
    every = layer_names(model, every=True)
    assert set(names) < set(every)
    assert "encoder_layer1_0_conv1" in every
