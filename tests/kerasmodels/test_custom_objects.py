"""Networks saved by one process and read by another that has imported the loader alone."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from kerasmodels import build_model, decoder_names, make_loss
from kerasmodels.custom_objects import CUSTOM_OBJECTS, LOSSES
from kerasmodels.export import load_keras, save_keras
from kerasmodels.metrics.confusion import ConfusionMatrix
from kerasmodels.names import loss_names
from kerasmodels.training.learning_rate import WarmCosine

SIZE, SMALL, CLASSES = 224, 64, 5
#: Files that version 0.1.0 wrote, with what its networks and losses gave.
SAVED_BY_0_1 = Path(__file__).with_name("saved_by_0_1")
#: Names of classes in files of version 0.1 that have another name today.
FORMER_NAMES = ("DiceCE", "DiceFocal", "FieldAverage", "TverskyCE")
#: One encoder of every family; a minute or two each.
ENCODERS = ("efficientnetlite0", "resnet34", "seresnet50", "efficientnetb0", "mit_b0")
#: The only import of ours is the loader.
LOAD_AND_PREDICT = """
import sys
from pathlib import Path
import numpy as np
from kerasmodels.export.keras_file import load_keras
folder = Path(sys.argv[1])
images = np.load(folder / "images.npy")
for path in sorted(folder.glob("*.keras")):
    network = load_keras(path)
    np.save(path.with_suffix(".npy"), np.asarray(network(images, training=False)))
"""
#: What the named module registers, then what all modules of the package do, and classes that do not register.
REGISTERED = """
import importlib, json, pkgutil, keras
import kerasmodels.custom_objects
named = sorted(keras.saving.get_custom_objects())
import kerasmodels
for module in pkgutil.walk_packages(kerasmodels.__path__, "kerasmodels."):
    importlib.import_module(module.name)
kinds = (keras.Layer, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer,
         keras.optimizers.schedules.LearningRateSchedule, keras.Initializer, keras.regularizers.Regularizer,
         keras.constraints.Constraint)
waiting, forgotten = list(kinds), []
while waiting:
    kind = waiting.pop()
    waiting += kind.__subclasses__()
    ours = kind.__module__.startswith("kerasmodels.") and not kind.__subclasses__()
    if ours and keras.saving.get_registered_object(keras.saving.get_registered_name(kind)) is None:
        forgotten.append(kind.__name__)
print(json.dumps([named, sorted(keras.saving.get_custom_objects()), forgotten]))
"""
DESERIALIZE = """
import json, sys, keras
import kerasmodels.custom_objects
for config in json.load(sys.stdin):
    assert keras.saving.deserialize_keras_object(config).get_config() == config["config"], config
print(type(keras.saving.load_model(sys.argv[1]).optimizer._learning_rate).__name__)
"""


def _in_another_process(script: str, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _check_in_another_process(
    expected: Mapping[str, NDArray[np.float32]], images: NDArray[np.float32], folder: Path
) -> None:
    """Load every network of a folder in one fresh process, and compare what it gives."""
    np.save(folder / "images.npy", images)
    _in_another_process(LOAD_AND_PREDICT, str(folder))
    assert expected
    for name, values in expected.items():
        np.testing.assert_allclose(np.load(folder / f"{name}.npy"), values, atol=1e-5, err_msg=name)
    for path in folder.glob("*.keras"):
        path.unlink()


def _predict(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(model(images, training=False)))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_decoder_is_read_by_a_process_that_imports_the_loader_alone(
    encoder: str, rng: np.random.Generator, tmp_path: Path
) -> None:
    images = rng.random((1, SIZE, SIZE, 1), dtype=np.float32)
    expected = {}
    for decoder in decoder_names():
        model = build_model(decoder, encoder, CLASSES, (SIZE, SIZE, 1), seed=1)
        save_keras(model, tmp_path / f"{decoder}.keras", half=False)
        expected[decoder] = _predict(model, images)
        keras.backend.clear_session()
    _check_in_another_process(expected, images, tmp_path)


@pytest.mark.parametrize(
    ("decoder", "encoder"),
    [*((name, "resnet34") for name in decoder_names()), *(("n_deconet", name) for name in ENCODERS)],
)
def test_network_has_no_layer_but_keras_and_the_custom_ones(decoder: str, encoder: str) -> None:
    with keras.StatelessScope(initialize_variables=False):
        layers = build_model(decoder, encoder, CLASSES, (SMALL, SMALL, 1)).layers
    assert {type(x) for x in layers if not type(x).__module__.startswith("keras.")} <= set(CUSTOM_OBJECTS)


def test_small_networks_of_every_custom_layer_and_library_are_read_by_another_process(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    images = rng.random((1, SMALL, SMALL, 1), dtype=np.float32)
    networks = [
        ("deeplabv3", "resnet18", "kerasmodels"),  # AtrousConv2D, CornerAlignedResize
        ("deeplabv3plus", "resnet18", "kerasmodels"),  # AtrousDepthwiseConv2D
        ("pspnet", "efficientnetlite0", "kerasmodels"),  # AdaptiveAveragePooling2D, IdleStages
        ("unet", "mit_b0", "kerasmodels"),  # HeadedAttention
    ]
    if importlib.util.find_spec("segmentation_models") is not None:
        theirs = (("unet", "seresnet18"), ("fpn", "efficientnetb0"), ("linknet", "mobilenetv2"))
        networks += [(*pair, "segmentation_models") for pair in theirs]
    expected, found = {}, set()
    for decoder, encoder, library in networks:
        model = build_model(decoder, encoder, CLASSES, (SMALL, SMALL, 1), seed=1, library=library)
        save_keras(model, tmp_path / f"{decoder}-{encoder}.keras", half=False)
        expected[f"{decoder}-{encoder}"] = _predict(model, images)
        found |= {type(layer) for layer in model.layers}
        keras.backend.clear_session()
    assert found >= {kind for kind in CUSTOM_OBJECTS if issubclass(kind, keras.Layer)}
    _check_in_another_process(expected, images, tmp_path)


def test_every_loss_metric_and_schedule_is_made_again_by_another_process_alone_and_with_a_network(
    tmp_path: Path,
) -> None:
    losses = [make_loss(name, from_logits=True) for name in loss_names()]
    assert {type(loss) for loss in losses} == set(LOSSES)
    objects = [*losses, ConfusionMatrix(4), WarmCosine(1e-3, 10)]
    configs = [keras.saving.serialize_keras_object(one) for one in objects]
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 1)])
    optimizer = keras.optimizers.Adam(WarmCosine(1e-3, 10))
    model.compile(optimizer=optimizer, loss=make_loss(from_logits=True), metrics=[ConfusionMatrix(3)])
    model.save(tmp_path / "net.keras")
    assert load_keras(tmp_path / "net.keras").output_shape == (None, 8, 8, 3)
    said = _in_another_process(DESERIALIZE, str(tmp_path / "net.keras"), given=json.dumps(configs))
    assert said.split()[-1] == "WarmCosine"


def test_no_class_that_a_file_may_name_is_missing_from_the_custom_objects() -> None:
    named, all_of_them, forgotten = json.loads(_in_another_process(REGISTERED).splitlines()[-1])
    assert named == all_of_them
    today = {f"kerasmodels>{kind.__name__}" for kind in CUSTOM_OBJECTS}
    assert set(all_of_them) - today == {f"kerasmodels>{name}" for name in FORMER_NAMES}
    assert today <= set(all_of_them)
    assert forgotten == []


def test_network_saved_by_version_0_1_gives_the_numbers_that_it_gave_then() -> None:
    with np.load(SAVED_BY_0_1 / "expected.npz") as arrays:
        expected = dict(arrays)
    network = load_keras(SAVED_BY_0_1 / "pooled.keras")  # names FieldAverage
    np.testing.assert_allclose(_predict(network, expected["images"]), expected["logits"], atol=1e-5)


def test_network_saved_by_version_0_1_is_read_with_its_loss_metric_and_schedule() -> None:
    numbers = json.loads((SAVED_BY_0_1 / "losses.json").read_text(encoding="utf-8"))
    with np.load(SAVED_BY_0_1 / "expected.npz") as arrays:
        images, labels = arrays["images"], arrays["labels"]
    network = keras.saving.load_model(SAVED_BY_0_1 / "pooled.keras")
    measured = network.evaluate(images, labels, batch_size=2, verbose=0, return_dict=True)
    assert measured["loss"] == pytest.approx(numbers["loss_of_network"], abs=1e-5)
    assert measured["macro_miou"] == pytest.approx(numbers["macro_miou_of_network"], abs=1e-5)
    assert network.optimizer.iterations == 2


def test_losses_saved_by_version_0_1_are_the_same_losses() -> None:
    with np.load(SAVED_BY_0_1 / "expected.npz") as arrays:
        logits, labels = arrays["logits"], arrays["labels"]
    probabilities = np.asarray(keras.ops.softmax(logits))
    saved = json.loads((SAVED_BY_0_1 / "losses.json").read_text(encoding="utf-8"))["losses"]
    assert {case["saved"]["class_name"] for case in saved} >= set(FORMER_NAMES) - {"FieldAverage"}
    for case in saved:
        loss = keras.saving.deserialize_keras_object(case["saved"])
        value = float(loss(labels, logits if loss.from_logits else probabilities))
        assert value == pytest.approx(case["value"], abs=1e-6), case["saved"]
        assert loss.name == case["saved"]["config"]["name"]
