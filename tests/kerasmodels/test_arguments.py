"""Arguments that cannot be are refused, whatever they are, by a `ModelError` that names them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from pydantic import ValidationError

from kerasmodels import ModelError, build_encoder, build_model
from kerasmodels.activations import activations, layer_names
from kerasmodels.adapters import segmentation_models
from kerasmodels.data.augmentation import Augmentation
from kerasmodels.data.batches import slice_batches
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.ensemble import average_networks
from kerasmodels.export import load_keras, save_keras, to_onnx
from kerasmodels.layers import AdaptiveAveragePooling2D, CornerAlignedResize, HeadedAttention
from kerasmodels.multiply_adds import count_multiply_adds, expected_multiply_adds
from kerasmodels.training.device import prepare_device
from kerasmodels.training.device_strategy import DeviceStrategy
from kerasmodels.training.fit import fit
from kerasmodels.training.learning_rate import WarmCosine

from .tiny_network import SETTINGS, tiny

NO_NUMBERS = (None, "4", 2.5, True, math.nan, -1, [4])


def _refused(call: Callable[..., Any], *given: Any, said: str, **named: Any) -> None:
    with pytest.raises(ModelError) as caught:
        call(*given, **named)
    assert said in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize("build", [build_model, build_encoder])
@pytest.mark.parametrize(
    "shape",
    [
        None,
        64,
        "64",
        (None, None, 1),
        (64.0, 64.0, 1),
        (64, 64),
        (64, 64, None),
        (64, 64, True),
        (-32, 64, 1),
    ],
)
def test_size_of_images_that_is_none_is_refused(build: Callable[..., Any], shape: Any) -> None:
    _refused(build, input_shape=shape, said="input_shape")


@pytest.mark.parametrize("given", [*NO_NUMBERS, 1])
def test_number_of_classes_that_is_none_is_refused(given: Any) -> None:
    _refused(build_model, classes=given, said="classes")
    _refused(segmentation_models.build, "unet", "resnet18", given, (64, 64, 1), said="classes")


@pytest.mark.parametrize("given", [None, 3, ["unet"], b"unet", ""])
def test_name_of_a_network_that_is_none_is_refused(given: Any) -> None:
    for part in ("decoder", "encoder", "library"):
        _refused(build_model, **{part: given}, said=f"no {part}")
    _refused(build_encoder, given, said="no encoder")
    _refused(segmentation_models.build, given, "resnet18", 3, (64, 64, 1), said="no decoder")


def test_other_arguments_of_a_network_are_refused() -> None:
    for weights in (3, ["imagenet"], np.ones(2)):
        _refused(build_model, encoder_weights=weights, said="encoder_weights")
    _refused(build_model, encoder_weights="imagenet", weights_folder=3, said="weights_folder")
    for seed in ("1", 1.5, -1, True):
        _refused(build_encoder, "resnet18", (32, 32, 1), seed=seed, said="seed")


@pytest.mark.parametrize("write", [save_keras, to_onnx])
def test_files_that_cannot_be_written_are_refused_and_leave_nothing(
    write: Callable[..., None], tmp_path: Path
) -> None:
    network, ending = tiny(dropout=0), {save_keras: "keras", to_onnx: "onnx"}[write]
    taken = tmp_path / f"folder.{ending}"
    taken.mkdir()
    _refused(write, network, tmp_path / "nodir" / f"x.{ending}", said="no folder")
    _refused(write, network, taken, said="is a folder")
    for path in (None, 3, ""):
        _refused(write, network, path, said="path")
    for model in (None, "net", keras.Sequential(), keras.layers.ReLU()):
        _refused(write, model, tmp_path / f"x.{ending}", said="model")
    _refused(write, network, tmp_path / f"x.{ending}", half="no", said="half")
    assert list(tmp_path.iterdir()) == [taken]


def test_networks_that_are_no_map_to_map_are_not_written_as_onnx(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    layers = [keras.Input((8, 8, 1), name="image"), keras.layers.Conv2D(2, 1)]
    in_a_row = keras.Sequential(layers)
    _refused(to_onnx, in_a_row, path, said="model")
    _refused(to_onnx, build_encoder("resnet18", (32, 32, 1)), path, said="5 output(s)")
    numbers = keras.Input((4,))
    _refused(to_onnx, keras.Model(numbers, keras.layers.Dense(2)(numbers)), path, said="input(s)")
    assert not path.exists()
    to_onnx(keras.Model(in_a_row.inputs, in_a_row.outputs), str(path))  # what the error says
    assert path.exists()


def test_kernel_beyond_half_precision_is_refused_not_made_infinite(tmp_path: Path) -> None:
    network = tiny(dropout=0)
    first = network.get_layer("first")
    first.kernel.assign(first.kernel * 0 + 1e6)
    for write, name in ((save_keras, "net.keras"), (to_onnx, "net.onnx")):
        _refused(write, network, tmp_path / name, said="range of float16")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, 3, "", ".", "nowhere.keras"])
def test_file_that_is_not_there_is_not_loaded(path: Any) -> None:
    with pytest.raises(ModelError):
        load_keras(path)


def test_training_refuses_what_it_is_not_made_for(tmp_path: Path, volumes: Volumes) -> None:
    given: dict[str, Any] = {
        "model": tiny(),
        "train": volumes,
        "validation": volumes,
        "settings": SETTINGS,
        "folder": tmp_path / "run",
    }
    for name in given:
        for wrong in (None, 3, {}):
            _refused(fit, **{**given, name: wrong}, said=name)
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "run"):
        _refused(fit, **{**given, "folder": folder}, said="through a file")
    image = keras.Input((32, 32, 1))
    no_logits = keras.Model(image, keras.layers.Conv2D(4, 1, name="other")(image))
    _refused(fit, **{**given, "model": no_logits}, said="model")
    unknown = SETTINGS.model_copy(update={"nuclei": (1, 4)})
    _refused(fit, **{**given, "settings": unknown}, said="nuclei = 4")


@pytest.mark.parametrize("given", [*NO_NUMBERS, 0])
def test_whole_numbers_of_layers_batches_and_schedules_are_checked(given: Any, volumes: Volumes) -> None:
    _refused(AdaptiveAveragePooling2D, given, said="output_size")
    _refused(CornerAlignedResize, given, 4, said="height")
    _refused(HeadedAttention, given, said="heads")
    _refused(WarmCosine, 0.1, given, said="steps")
    _refused(expected_multiply_adds, "unet", "resnet34", given, said="size")
    _refused(slice_batches, volumes, np.arange(4), given, SliceInput(size=32), said="batch_size")


@pytest.mark.parametrize("given", [None, "GPU:0", 2])
def test_devices_are_a_list_and_precision_a_known_one(given: Any) -> None:
    _refused(DeviceStrategy, given, said="devices")
    _refused(prepare_device, given, said="precision")


def test_maps_of_layers_are_of_networks_layers_and_images_that_fit() -> None:
    network, images = tiny(), np.zeros((2, 32, 32, 1), np.float32)
    assert activations(network, images, layer_names(network))
    for wrong in (None, 3, keras.layers.ReLU()):
        for read in (layer_names, count_multiply_adds):
            _refused(read, wrong, said="model")
        _refused(average_networks, [network, wrong], said="a network")
        _refused(activations, wrong, images, ("first",), said="model")
        _refused(activations, network, wrong, ("first",), said="images")
    _refused(activations, network, images[:, :16], ("first",), said="images")
    _refused(activations, network, images, ("frist",), said="frist")
    _refused(activations, network, images, (), said="names")
    _refused(activations, network, images, ("first",), 0, said="strongest")
    _refused(average_networks, None, said="networks")


def test_volumes_are_arrays() -> None:
    images, labels = np.zeros((1, 1, 4, 4), np.float32), np.zeros((1, 1, 4, 4), np.uint8)
    for name in ("images", "labels", "weights"):
        given = {"images": images, "labels": labels} | {name: images.tolist()}
        _refused(Volumes, **given, said=name)


@pytest.mark.parametrize(
    "change",
    [
        {"noise": math.nan},
        {"scale": math.inf},
        {"mirror_plane": math.nan},
        {"elastic": ((1.0, 0.0),)},
        {"elastic": ((-1.0, 10.0),)},
        {"mirrored_indices": (0, -1)},
        {"mirrored_indices": (0, 300)},
    ],
)
def test_changes_of_volumes_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Augmentation(**change)
