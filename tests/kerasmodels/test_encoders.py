"""Encoders beside ResNet: their maps, every decoder on them, drop connect, and files.

That they compute what segmentation_models.pytorch's do is checked in tests/parity.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from kerasmodels import build_encoder, build_model, decoder_names
from kerasmodels.encoders.efficientnet import Block, Variant, efficientnet, inverted_bottleneck, same_padding
from kerasmodels.encoders.senet import grouped_bottleneck, se_bottleneck
from kerasmodels.export import load_keras, save_keras, to_onnx

if TYPE_CHECKING:
    from keras import KerasTensor

#: Channels at strides 2, 4, 8, 16 and 32.
CHANNELS = {
    "seresnet50": (64, 256, 512, 1024, 2048),
    "seresnet101": (64, 256, 512, 1024, 2048),
    "senet154": (128, 256, 512, 1024, 2048),
    "efficientnetb0": (32, 24, 40, 112, 320),
    "efficientnetb1": (32, 24, 40, 112, 320),
    "efficientnetb2": (32, 24, 48, 120, 352),
    "efficientnetb3": (40, 32, 48, 136, 384),
    "efficientnetb4": (48, 32, 56, 160, 448),
}

#: Decoders whose logits on these encoders tests/parity compares.
COMPARED = ("unet", "deeplabv3plus", "n_deconet")

#: The classifier's name, without and with an enlargement after it.
ENDS = ("logits", "classifier")


def without_values() -> keras.StatelessScope:
    """Scope in which variables get shapes and no values: large networks are built at once."""
    return keras.StatelessScope(initialize_variables=False)


@pytest.mark.parametrize("name", CHANNELS)
def test_maps_have_the_published_channels_and_strides(name: str) -> None:
    with without_values():
        maps = build_encoder(name, (64, 96, 1)).output
    expected = {
        f"stride_{s}": (None, 64 // s, 96 // s, c)
        for s, c in zip((2, 4, 8, 16, 32), CHANNELS[name], strict=True)
    }
    assert {key: x.shape for key, x in maps.items()} == expected


@pytest.mark.parametrize("encoder", ["seresnet50", "efficientnetb0"])
@pytest.mark.parametrize("decoder", [d for d in decoder_names() if d not in COMPARED])
def test_every_decoder_takes_the_maps(decoder: str, encoder: str) -> None:
    with without_values():
        model = build_model(decoder, encoder, 4, (64, 96, 1))
    assert model.output_shape == (None, 64, 96, 4)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [(224, 3, 2, (0, 1)), (112, 5, 2, (1, 2)), (65, 5, 2, (2, 2)), (75, 3, 2, (1, 1)), (28, 5, 1, (2, 2))],
)
def test_padding_is_tensorflows(size: int, kernel: int, stride: int, padding: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == padding


def test_drop_connect_leaves_out_whole_images_in_training_and_none_in_prediction(
    shake: Callable[[keras.Model], keras.Model], rng: np.random.Generator
) -> None:
    image = keras.Input((8, 8, 4))
    block = Block(3, 1, 6, 4, 4, (1, 1))
    model = shake(
        keras.Model(image, inverted_bottleneck(image, block, dilation=1, drop=0.5, lite=False, name="b"))
    )
    normalized = keras.Model(image, model.get_layer("b__bn2").output)
    x = rng.random((64, 8, 8, 4), dtype=np.float32)
    added = keras.ops.convert_to_numpy(model.get_layer("b_drop_connect")(normalized(x), training=True))
    whole = keras.ops.convert_to_numpy(normalized(x))
    left_out = np.abs(added).max(axis=(1, 2, 3)) == 0
    assert 0 < left_out.sum() < len(x)
    np.testing.assert_allclose(added[~left_out], 2 * whole[~left_out], rtol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x)), x + whole, atol=1e-5)


def tiny_efficientnet(image: KerasTensor, lite: bool) -> KerasTensor:
    # 260 pixels: some convolutions are padded by the same on both sides, some are not.
    return efficientnet(image, Variant(0.25, 0.5, 260, (1, 2, 6, 9), lite=lite))[32]


def tiny_senet(image: KerasTensor) -> KerasTensor:
    x = se_bottleneck(image, 16, 2, 1, "encoder_layer1_0")
    x = keras.layers.MaxPooling2D(3, strides=2, padding="same", name="encoder_layer0_pool")(x)
    return grouped_bottleneck(x, 128, 2, 1, "encoder_layer2_0")


TINY = {
    "efficientnet": lambda image: tiny_efficientnet(image, lite=False),
    "efficientnet-lite": lambda image: tiny_efficientnet(image, lite=True),
    "senet": tiny_senet,
}


@pytest.mark.parametrize("kind", TINY)
def test_blocks_give_the_same_labels_in_every_file(
    kind: str, shake: Callable[[keras.Model], keras.Model], rng: np.random.Generator, tmp_path: Path
) -> None:
    image = keras.Input((64, 96, 2), name="image")
    logits = keras.layers.Conv2D(5, 1, name="logits")(TINY[kind](image))
    model = shake(keras.Model(image, keras.layers.Softmax(name="probabilities")(logits)))
    check_files(model, rng.random((3, 64, 96, 2), dtype=np.float32), tmp_path)


def test_whole_network_gives_the_same_labels_in_every_file(
    shake: Callable[[keras.Model], keras.Model], rng: np.random.Generator, tmp_path: Path
) -> None:
    # PSPNet keeps the deeper stages idle, and in them the head that is idle everywhere.
    model = shake(build_model("pspnet", "efficientnetb0", 4, (64, 64, 1), seed=1))
    check_files(model, rng.random((2, 64, 64, 1), dtype=np.float32), tmp_path)


def sharpen(model: keras.Model, images: NDArray[np.float32]) -> keras.Model:
    """Let the classifier tell the pixels of these images apart, as one that was trained would."""
    (layer,) = (x for x in model.layers if isinstance(x, keras.layers.Conv2D) and x.name in ENDS)
    logits = keras.ops.convert_to_numpy(keras.Model(model.input, layer.output)(images))
    mean, spread = logits.mean(axis=(0, 1, 2)), logits.std(axis=(0, 1, 2))
    layer.kernel.assign(layer.kernel / spread)
    layer.bias.assign(-mean / spread)
    return model


def check_files(model: keras.Model, images: NDArray[np.float32], folder: Path) -> None:
    """Save and load in safe mode, export and run; probabilities and labels stay."""
    expected = keras.ops.convert_to_numpy(sharpen(model, images)(images))
    assert len(np.unique(expected.argmax(axis=-1))) > 1
    save_keras(model, folder / "net.keras", half=False)
    loaded = load_keras(folder / "net.keras")
    assert [v.shape for v in loaded.trainable_variables] == [v.shape for v in model.trainable_variables]
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(loaded(images)), expected)
    to_onnx(loaded, folder / "net.onnx", half=False)
    session = onnxruntime.InferenceSession(str(folder / "net.onnx"), providers=["CPUExecutionProvider"])
    (made,) = session.run(["probabilities"], {"image": images})
    np.testing.assert_allclose(made, expected, atol=1e-4)
    assert np.mean(made.argmax(axis=-1) == expected.argmax(axis=-1)) > 0.999
