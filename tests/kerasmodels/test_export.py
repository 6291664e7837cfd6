"""Exported networks give the same labels, at half the size, and say what cannot be exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from kerasmodels import ModelError, build_model, decoder_names
from kerasmodels.export import load_keras, save_keras, to_onnx


@pytest.fixture
def images(rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise, waves, an edge, and nothing."""
    y, x = np.mgrid[:64, :64].astype(np.float32)
    made = [
        rng.random((64, 64)),
        np.sin(x / 5) * np.cos(y / 9),
        np.where(x > y, 1.0, 0.0),
        np.zeros((64, 64)),
    ]
    return np.stack(made).astype(np.float32)[..., None]


def run(path: Path, images: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {"image": images})
    return np.asarray(probabilities)


@pytest.mark.parametrize("decoder", decoder_names())
def test_onnx_runtime_gives_the_same_probabilities(
    decoder: str, images: NDArray[np.float32], shake: Callable[[keras.Model], keras.Model], tmp_path: Path
) -> None:
    model = shake(build_model(decoder, "resnet18", 5, (64, 64, 1), seed=4))
    to_onnx(model, tmp_path / "net.onnx", half=False)
    expected = np.asarray(model(images))
    made = run(tmp_path / "net.onnx", images)
    np.testing.assert_allclose(made, expected, atol=1e-4)
    assert np.mean(made.argmax(axis=-1) == expected.argmax(axis=-1)) > 0.9999


def test_half_precision_files_agree_with_each_other(
    small_model: keras.Model, images: NDArray[np.float32], tmp_path: Path
) -> None:
    to_onnx(small_model, tmp_path / "net.onnx")
    save_keras(small_model, tmp_path / "net.keras")
    expected = np.asarray(load_keras(tmp_path / "net.keras")(images))
    made = run(tmp_path / "net.onnx", images)
    np.testing.assert_allclose(made, expected, atol=1e-4)
    assert np.mean(made.argmax(axis=-1) == expected.argmax(axis=-1)) > 0.9999


def test_half_precision_halves_the_files(small_model: keras.Model, tmp_path: Path) -> None:
    for half in (True, False):
        save_keras(small_model, tmp_path / f"{half}.keras", half=half)
        to_onnx(small_model, tmp_path / f"{half}.onnx", half=half)
    for kind in ("keras", "onnx"):
        small, large = (tmp_path / f"{half}.{kind}" for half in (True, False))
        assert small.stat().st_size < 0.52 * large.stat().st_size


def test_half_precision_keras_file_loads_as_float32_rounded_to_half(
    small_model: keras.Model, tmp_path: Path
) -> None:
    save_keras(small_model, tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    for mine, original in zip(loaded.weights, small_model.weights, strict=True):
        assert keras.backend.standardize_dtype(mine.dtype) == "float32"
        expected = keras.ops.convert_to_numpy(original)
        if expected.ndim >= 2:
            expected = expected.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(mine), expected)


def test_onnx_file_is_valid_with_the_agreed_names_and_any_batch(
    small_model: keras.Model, tmp_path: Path
) -> None:
    to_onnx(small_model, tmp_path / "net.onnx")
    onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    ends = [(end.name, end.shape, end.type) for end in (*session.get_inputs(), *session.get_outputs())]
    assert ends == [
        ("image", ["N", 64, 64, 1], "tensor(float)"),
        ("probabilities", ["N", 64, 64, 4], "tensor(float)"),
    ]
    assert onnx.load(tmp_path / "net.onnx").opset_import[0].version >= 17


@pytest.mark.parametrize("decoder", ["pspnet", "fpn"])
def test_network_with_layers_of_ours_loads_in_safe_mode(
    decoder: str, images: NDArray[np.float32], shake: Callable[[keras.Model], keras.Model], tmp_path: Path
) -> None:
    model = shake(build_model(decoder, "resnet18", 4, (64, 64, 1), seed=2))
    save_keras(model, tmp_path / "net.keras", half=False)
    loaded = load_keras(tmp_path / "net.keras")
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    np.testing.assert_array_equal(np.asarray(loaded(images)), np.asarray(model(images)))


def test_loaded_network_exports_like_the_original(
    small_model: keras.Model, images: NDArray[np.float32], tmp_path: Path
) -> None:
    save_keras(small_model, tmp_path / "net.keras", half=False)
    to_onnx(load_keras(tmp_path / "net.keras"), tmp_path / "again.onnx", half=False)
    to_onnx(small_model, tmp_path / "net.onnx", half=False)
    np.testing.assert_array_equal(run(tmp_path / "again.onnx", images), run(tmp_path / "net.onnx", images))


def test_layer_without_translation_is_named(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 1))
    model = keras.Model(image, keras.layers.GaussianNoise(0.1, name="odd_one")(image))
    with pytest.raises(ModelError, match="odd_one"):
        to_onnx(model, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_layer_used_twice_is_named(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 1))
    twice = keras.layers.ReLU(name="twice")
    with pytest.raises(ModelError, match="twice"):
        to_onnx(keras.Model(image, twice(twice(image))), tmp_path / "net.onnx")


@pytest.mark.parametrize("write", [save_keras, to_onnx])
def test_wrong_ending_is_refused(
    write: Callable[..., None], small_model: keras.Model, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"net\.bin"):
        write(small_model, tmp_path / "net.bin")


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_file_that_is_no_network_is_an_error_that_names_it(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"net\.keras"):
        load_keras(path)


def test_file_with_code_inside_is_not_run(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 1))
    keras.Model(image, keras.layers.Lambda(lambda x: x * 2)(image)).save(tmp_path / "net.keras")
    with pytest.raises(ModelError):
        load_keras(tmp_path / "net.keras")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_network_of_mixed_precision_loads_as_float32_and_gives_the_probabilities_of_its_onnx_file(
    policy: str,
    images: NDArray[np.float32],
    shake: Callable[[keras.Model], keras.Model],
    tmp_path: Path,
) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        # PSPNet has stages within a layer.
        model = shake(build_model("pspnet", "resnet18", 4, (64, 64, 1), seed=2))
        assert model.get_layer("encoder_conv1").compute_dtype.endswith("float16")
        save_keras(model, tmp_path / "net.keras", half=False)
        to_onnx(model, tmp_path / "net.onnx", half=False)
        loaded = load_keras(tmp_path / "net.keras")
        assert keras.config.dtype_policy().name == policy
    finally:
        keras.config.set_dtype_policy("float32")
    layers = loaded._flatten_layers()
    assert {(layer.dtype_policy.name, layer.compute_dtype) for layer in layers} == {("float32", "float32")}
    for mine, original in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(original))
    expected = np.asarray(loaded(images))
    assert expected.dtype == np.float32
    np.testing.assert_allclose(run(tmp_path / "net.onnx", images), expected, atol=1e-5)
