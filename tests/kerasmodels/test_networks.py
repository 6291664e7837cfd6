"""Networks: exact sizes, readable errors, files that load again."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasmodels
from kerasmodels import ModelError, UnknownNameError, build_encoder, build_model

#: Trainable parameters of the public interface: ResNet-34, 34 classes, 1 and 3 channels.
PARAMETERS = {
    "n_deconet": (21_534_946, 21_541_218),
    "u_deconet": (21_534_946, 21_541_218),
    "unet": (24_434_882, 24_441_154),
    "unetplusplus": (26_077_122, 26_083_394),
    "manet": (31_782_146, 31_788_418),
    "pspnet": (21_583_810, 21_590_082),
    "fpn": (23_153_378, 23_159_650),
    "deeplabv3": (26_009_314, 26_015_586),
    "deeplabv3plus": (22_439_666, 22_445_938),
}

#: torchvision's networks without their classifier, 3 channels.
ENCODER_PARAMETERS = {
    "resnet18": 11_176_512,
    "resnet34": 21_284_672,
    "resnet50": 23_508_032,
    "resnet101": 42_500_160,
    "resnet152": 58_143_808,
}


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.mark.parametrize("decoder", kerasmodels.decoder_names())
@pytest.mark.parametrize("channels", [1, 3])
def test_decoder_has_exactly_the_papers_parameters(decoder: str, channels: int) -> None:
    with keras.StatelessScope(initialize_variables=False):
        model = build_model(decoder, input_shape=(224, 224, channels))
    assert trainable(model) == PARAMETERS[decoder][channels // 2]
    assert model.output_shape == (None, 224, 224, 34)


@pytest.mark.parametrize("name", ENCODER_PARAMETERS)
def test_encoder_has_torchvisions_parameters_and_strides(name: str) -> None:
    with keras.StatelessScope(initialize_variables=False):
        encoder = build_encoder(name, (64, 96, 3))
    assert trainable(encoder) == ENCODER_PARAMETERS[name]
    sizes = {key: x.shape[1:3] for key, x in encoder.output.items()}
    assert sizes == {f"stride_{s}": (64 // s, 96 // s) for s in (2, 4, 8, 16, 32)}


def test_encoder_alone_on_grey_images_is_the_papers() -> None:
    assert trainable(build_encoder("resnet34", (224, 224, 1))) == 21_278_400


def test_probabilities_sum_to_one(small_model: keras.Model, rng: np.random.Generator) -> None:
    probabilities = np.asarray(small_model(rng.random((2, 64, 64, 1), dtype=np.float32)))
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1.0, atol=1e-5)


def test_every_stage_reaches_the_output(small_model: keras.Model, rng: np.random.Generator) -> None:
    image = keras.ops.convert_to_tensor(rng.random((1, 64, 64, 1), dtype=np.float32))
    before = keras.ops.convert_to_numpy(small_model(image))
    for stride in (4, 8, 16, 32):
        kernel = small_model.get_layer(f"decoder_stride{stride}_conv").kernel
        kept = keras.ops.convert_to_numpy(kernel)
        kernel.assign(kept * 0)
        after = keras.ops.convert_to_numpy(small_model(image))
        kernel.assign(kept)
        assert np.abs(after - before).max() > 1e-6


def test_u_deconet_differs_from_n_deconet_with_the_same_weights(rng: np.random.Generator) -> None:
    n, u = (build_model(d, "resnet18", 4, (64, 64, 1), seed=5) for d in ("n_deconet", "u_deconet"))
    for layer in n.layers:
        u.get_layer(layer.name).set_weights(layer.get_weights())
    image = rng.random((1, 64, 64, 1), dtype=np.float32)
    assert np.abs(np.asarray(n(image)) - np.asarray(u(image))).max() > 1e-4


def test_same_seed_gives_the_same_weights_and_leaves_randomness_alone() -> None:
    random.seed(1)
    expected = random.random()
    random.seed(1)
    first, second = (
        build_model(encoder="resnet18", classes=3, input_shape=(32, 32, 1), seed=9) for _ in range(2)
    )
    assert random.random() == expected
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    kernels = [first.get_layer(f"encoder_layer1_{i}_conv1").get_weights()[0] for i in range(2)]
    assert not np.array_equal(*kernels)


@pytest.mark.parametrize(
    ("shape", "larger"), [((225, 224, 1), "256×224"), ((50, 50, 1), "64×64"), ((0, 32, 1), "32×32")]
)
def test_size_that_is_no_multiple_of_32_names_the_next_one(shape: tuple[int, int, int], larger: str) -> None:
    with pytest.raises(ModelError) as caught:
        build_model(input_shape=shape)
    assert larger in caught.value.fix


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        (lambda: build_model(decoder="n-deconet"), "n_deconet"),
        (lambda: build_model(encoder="ResNet34"), "resnet34"),
        (lambda: kerasmodels.make_loss("dice_ce"), "dicece"),
    ],
)
def test_unknown_name_offers_the_nearest(call: object, nearest: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        call()  # type: ignore[operator]
    assert nearest in caught.value.nearest
    assert nearest in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"classes": 1},
        {"input_shape": (224, 224, 0)},
        {"input_shape": (224, 224)},
        {"encoder_weights": "imagnet"},
    ],
)
def test_impossible_network_is_refused_with_a_remedy(arguments: dict[str, object]) -> None:
    with pytest.raises(ModelError) as caught:
        build_model(**arguments)  # type: ignore[arg-type]
    assert caught.value.fix
    assert isinstance(caught.value, ValueError)


def test_saved_network_needs_no_code_of_ours_to_load(small_model: keras.Model, tmp_path: Path) -> None:
    small_model.save(tmp_path / "net.keras")
    script = (
        "import sys, keras; m = keras.saving.load_model(sys.argv[1], safe_mode=True);"
        "assert not any(n.startswith('kerasmodels') for n in sys.modules); print(m.count_params())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "net.keras")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert int(done.stdout.split()[-1]) == small_model.count_params()


def test_mixed_precision_keeps_the_softmax_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build_model(encoder="resnet18", classes=3, input_shape=(32, 32, 1))
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("encoder_conv1").compute_dtype == "float16"
    assert {model.get_layer(name).compute_dtype for name in ("classifier", "logits", "probabilities")} == {
        "float32"
    }


def test_names_and_losses_are_listed_without_loading_keras() -> None:
    script = (
        "import sys, kerasmodels, kerasmodels.export, kerasmodels.data.volumes;"
        "import kerasmodels.training.settings;"
        "kerasmodels.decoder_names(), kerasmodels.encoder_names(), kerasmodels.loss_names();"
        "print([n for n in ('keras', 'tensorflow', 'h5py', 'onnx') if n in sys.modules])"
    )
    root = Path(kerasmodels.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "[]"
