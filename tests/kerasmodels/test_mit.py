"""Mix Transformer: its attention, its stages, and every decoder without a map of stride 2.

That it computes what segmentation_models.pytorch's does is checked in tests/parity.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from kerasmodels import ModelError, build_encoder, build_model, decoder_names, make_loss
from kerasmodels.encoders.mit import mix_transformer
from kerasmodels.export import load_keras, save_keras, to_onnx
from kerasmodels.layers.headed_attention import HeadedAttention
from kerasmodels.names import DECODERS

CLASSES = 4
#: Height and width differ, so that a swap of the two shows.
SHAPE = (64, 96, 1)


def tiny_network(decoder: str) -> keras.Model:
    """A network on a Mix Transformer of one narrow block a stage."""
    place = DECODERS[decoder]
    image = keras.Input(SHAPE, name="image")
    maps = mix_transformer(image, (8, 16, 40, 64), (1, 1, 1, 1), place.output_stride)
    probabilities = keras.layers.Softmax(name="probabilities")(place.load()(maps, CLASSES))
    return keras.Model(image, probabilities, name=f"{decoder}_tiny_mit")


def onnx_output(model: keras.Model, images: NDArray[np.float32], folder: Path) -> NDArray[np.float32]:
    to_onnx(model, folder / "net.onnx", half=False)
    session = onnxruntime.InferenceSession(str(folder / "net.onnx"), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["probabilities"], {"image": images})[0])


def output(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return keras.ops.convert_to_numpy(model(images, training=False))


@pytest.mark.parametrize("name", [f"mit_b{size}" for size in range(6)])
def test_maps_have_the_published_channels_and_none_has_stride_2(name: str) -> None:
    with keras.StatelessScope(initialize_variables=False):
        maps = build_encoder(name, SHAPE).output
    channels = (32, 64, 160, 256) if name == "mit_b0" else (64, 128, 320, 512)
    assert {key: x.shape for key, x in maps.items()} == {
        f"stride_{s}": (None, 64 // s, 96 // s, c) for s, c in zip((4, 8, 16, 32), channels, strict=True)
    }


@pytest.mark.parametrize(("output_stride", "actual"), [(32, (16, 32)), (16, (16, 16)), (8, (8, 8))])
def test_output_stride_dilates_the_deep_stages(output_stride: int, actual: tuple[int, int]) -> None:
    with keras.StatelessScope(initialize_variables=False):
        maps = mix_transformer(keras.Input(SHAPE), (8, 16, 40, 64), (1, 1, 1, 1), output_stride)
    assert [maps[s].shape[1:3] for s in (4, 8)] == [(16, 24), (8, 12)]
    assert [maps[s].shape[1:3] for s in (16, 32)] == [(64 // s, 96 // s) for s in actual]


# PSPNet's idle stages have no gradient.
@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables:UserWarning")
@pytest.mark.parametrize("decoder", decoder_names())
def test_every_decoder_trains_and_gives_the_same_labels_in_onnx(
    decoder: str, rng: np.random.Generator, tmp_path: Path
) -> None:
    model = tiny_network(decoder)
    images = rng.random((2, *SHAPE), dtype=np.float32)
    labels = (images[..., 0] * CLASSES).astype(np.uint8)
    first = model.get_layer("encoder_patch_embed1_proj").kernel
    before = keras.ops.convert_to_numpy(first)
    model.compile(keras.optimizers.SGD(1.0), make_loss("dicece"), run_eagerly=True)
    assert np.isfinite(float(model.train_on_batch(images, labels)))
    assert np.abs(keras.ops.convert_to_numpy(first) - before).max() > 1e-7
    expected = output(model, images)
    assert expected.shape == (2, 64, 96, CLASSES)
    made = onnx_output(model, images, tmp_path)
    np.testing.assert_allclose(made, expected, atol=1e-4)
    assert np.mean(made.argmax(axis=-1) == expected.argmax(axis=-1)) > 0.999


def test_mit_b0_gives_the_same_labels_in_every_file(rng: np.random.Generator, tmp_path: Path) -> None:
    model = build_model("n_deconet", "mit_b0", CLASSES, SHAPE, seed=3)
    images = rng.normal(0, 1, (2, *SHAPE)).astype(np.float32)
    expected = output(model, images)
    assert len(np.unique(expected.argmax(axis=-1))) > 1
    save_keras(model, tmp_path / "net.keras", half=False)
    loaded = load_keras(tmp_path / "net.keras")
    np.testing.assert_array_equal(output(loaded, images), expected)
    made = onnx_output(loaded, images, tmp_path)
    np.testing.assert_allclose(made, expected, atol=1e-4)
    assert np.mean(made.argmax(axis=-1) == expected.argmax(axis=-1)) > 0.999


def test_attention_is_the_softmax_of_scaled_products_in_each_head(rng: np.random.Generator) -> None:
    queries = rng.normal(0, 1, (2, 3, 4, 6)).astype(np.float32)
    pairs = rng.normal(0, 1, (2, 1, 5, 12)).astype(np.float32)
    made = keras.ops.convert_to_numpy(HeadedAttention(2)([queries, pairs]))
    for sample in range(2):
        for head in range(2):
            q = queries[sample, :, :, 3 * head : 3 * head + 3].reshape(12, 3)
            k = pairs[sample, :, :, 3 * head : 3 * head + 3].reshape(5, 3)
            v = pairs[sample, :, :, 6 + 3 * head : 9 + 3 * head].reshape(5, 3)
            weights = np.exp(q @ k.T / np.sqrt(3))
            expected = (weights / weights.sum(axis=1, keepdims=True)) @ v
            np.testing.assert_allclose(
                made[sample, :, :, 3 * head : 3 * head + 3].reshape(12, 3), expected, atol=1e-4
            )


@pytest.mark.parametrize(("heads", "channels", "pairs"), [(4, 6, 12), (2, 6, 6)])
def test_channels_that_heads_cannot_share_are_refused(heads: int, channels: int, pairs: int) -> None:
    with pytest.raises(ModelError) as caught:
        HeadedAttention(heads)([np.zeros((1, 2, 2, channels)), np.zeros((1, 2, 2, pairs))])
    assert caught.value.fix


def test_drop_path_leaves_out_whole_images_in_training_and_none_in_prediction() -> None:
    model = tiny_network("n_deconet")
    last = model.get_layer("encoder_block4_0_mlp_drop_path")
    assert last.rate == pytest.approx(0.1)
    assert "encoder_block1_0_mlp_drop_path" not in {layer.name for layer in model.layers}
    ones = np.ones((200, 2, 3, 4), np.float32)
    kept = keras.ops.convert_to_numpy(last(ones, training=True))
    values = np.unique(kept.reshape(200, -1), axis=1)
    assert values.shape == (200, 1)
    assert 5 < np.sum(values == 0) < 45
    np.testing.assert_allclose(values[values != 0], 1 / 0.9, rtol=1e-6)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(last(ones, training=False)), ones)


def test_the_same_seed_drops_the_same_paths(rng: np.random.Generator) -> None:
    images = rng.random((8, 32, 32, 1), dtype=np.float32)
    first, second = (build_encoder("mit_b0", (32, 32, 1), seed=5) for _ in range(2))
    made = [
        keras.ops.convert_to_numpy(net(images, training=True)["stride_32"]) for net in (first, second, second)
    ]
    np.testing.assert_array_equal(made[0], made[1])
    assert np.abs(made[1] - made[2]).max() > 1e-3


def test_half_precision_agrees_with_single(rng: np.random.Generator) -> None:
    single = tiny_network("unet")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = tiny_network("unet")
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(single.get_weights())
    assert half.get_layer("encoder_block3_0_attn_heads").compute_dtype == "float16"
    images = rng.random((1, *SHAPE), dtype=np.float32)
    np.testing.assert_allclose(output(half, images), output(single, images), atol=5e-3)
