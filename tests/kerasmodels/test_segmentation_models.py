"""The adapter for the package segmentation-models: built for real, with our conventions."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasmodels import ModelError, UnknownNameError, build_model, make_loss
from kerasmodels.adapters.segmentation_models import DECODERS, ENCODERS, _package
from kerasmodels.export.keras_file import load_keras, save_keras

#: Smallest images that every decoder takes.
SIDE = 96

INSTALLED = importlib.util.find_spec("segmentation_models") is not None
needs_package = pytest.mark.skipif(not INSTALLED, reason="the extra segmentation-models is not installed")


def answer(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """Probabilities, without compiling the network for one batch."""
    return keras.ops.convert_to_numpy(model(image, training=False))


@needs_package
@pytest.mark.parametrize("decoder", DECODERS)
def test_decoder_keeps_the_conventions_and_its_file_needs_no_package(
    decoder: str, rng: np.random.Generator, tmp_path: Path
) -> None:
    model = build_model(decoder, "resnet18", 5, (SIDE, SIDE, 1), library="segmentation_models", seed=1)
    assert [tensor.name for tensor in model.inputs] == ["image"]
    assert (
        model.get_layer("logits").compute_dtype == model.get_layer("probabilities").compute_dtype == "float32"
    )
    assert {type(layer).__module__.partition(".")[0] for layer in model.layers} == {"keras"}
    image = rng.random((2, SIDE, SIDE, 1), dtype=np.float32)
    probabilities = answer(model, image)
    assert probabilities.shape == (2, SIDE, SIDE, 5)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)
    save_keras(model, tmp_path / "net.keras", half=False)
    again = load_keras(tmp_path / "net.keras")
    np.testing.assert_allclose(answer(again, image), probabilities, atol=1e-6)


@needs_package
def test_network_learns_from_integer_labels(rng: np.random.Generator) -> None:
    model = build_model("linknet", "resnet18", 34, (32, 32, 1), library="segmentation_models", seed=2)
    model.compile(keras.optimizers.Adam(1e-3), make_loss("dicece"), run_eagerly=True)
    image = rng.random((2, 32, 32, 1), dtype=np.float32)
    labels = (image[..., 0] * 34).astype(np.uint8)
    losses = model.fit(image, labels, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@needs_package
@pytest.mark.parametrize("encoder", ["seresnet18", "efficientnetb0"])
def test_copy_of_keras_own_layers_gives_what_the_packages_network_gives(
    encoder: str, rng: np.random.Generator
) -> None:
    """The package's network, with its functions and layers, and the copy have the same weights."""
    model = build_model("linknet", encoder, 3, (32, 32, 1), library="segmentation_models", seed=4)
    assert {type(layer).__module__.partition(".")[0] for layer in model.layers} == {"keras"}
    assert not [layer.name for layer in model.layers if isinstance(layer, keras.layers.Lambda)]
    keras.Model.from_config(model.get_config())
    import segmentation_models

    theirs = segmentation_models.Linknet(encoder, (32, 32, 1), 3, "softmax", encoder_weights=None)
    theirs.set_weights(model.get_weights())
    image = rng.random((1, 32, 32, 1), dtype=np.float32)
    np.testing.assert_allclose(answer(model, image), answer(theirs, image), atol=1e-6)


@needs_package
def test_package_says_nothing_on_standard_output_and_leaves_no_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Imported anew: it prints when it is imported, and a worker's output is read by the window."""
    monkeypatch.delenv("SM_FRAMEWORK", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "segmentation_models"]:
        monkeypatch.delitem(sys.modules, name)
    assert _package().framework() == "tf.keras"
    assert "SM_FRAMEWORK" not in os.environ
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"decoder": "pspnet"}, "240×240"),
        ({"decoder": "unet", "input_shape": (50, 64, 1)}, "64×64"),
        ({"decoder": "unet", "encoder_weights": "imagenet"}, "kerasmodels"),
        ({"decoder": "unet", "encoder_weights": "net.keras"}, "imagenet"),
        ({"decoder": "unet", "classes": 1}, "whole number of 2"),
        ({"decoder": "unet", "input_shape": (64, 64)}, "channels"),
    ],
)
def test_what_the_package_cannot_do_is_refused_with_a_remedy(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ModelError) as caught:
        build_model(**arguments, library="segmentation_models")  # type: ignore[arg-type]
    assert said in caught.value.fix


def test_unknown_names_offer_the_nearest() -> None:
    for arguments, nearest in (
        ({"decoder": "link_net"}, "linknet"),
        ({"decoder": "fpn", "encoder": "efficientnet-b0"}, "efficientnetb0"),
        ({"decoder": "fpn", "encoder": "seresnext50"}, "seresnet50"),
    ):
        with pytest.raises(UnknownNameError) as caught:
            build_model(**arguments, library="segmentation_models")  # type: ignore[arg-type]
        assert nearest in caught.value.nearest
    with pytest.raises(UnknownNameError, match="library"):
        build_model(library="segmentation-models")
    assert len(set(ENCODERS)) == len(ENCODERS)


def test_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segmentation_models", None)
    with pytest.raises(ModelError) as caught:
        build_model("unet", library="segmentation_models")
    assert "brainstem-app[segmentation-models]" in caught.value.fix
