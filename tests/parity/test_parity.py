"""The same weights give the same numbers as in segmentation_models.pytorch.

Weights and images come from a formula (`formula_weights.py`), the expected numbers from `golden.json`,
which `tests/golden/make_golden.py` writes with the versions it names.
"""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from kerasmodels import build_encoder, build_model, decoder_names, encoder_names, make_loss

FOLDER = Path(__file__).resolve().parent
GOLDEN = json.loads((FOLDER / "golden.json").read_text())

#: PyTorch's name of each of a Keras layer's variables.
KINDS = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _load_formula() -> ModuleType:
    spec = importlib.util.spec_from_file_location("formula_weights", FOLDER / "formula_weights.py")
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


formula = _load_formula()


def fill(model: keras.Model) -> None:
    """Set every weight by formula, under PyTorch's names."""
    for layer in model._flatten_layers(include_self=False):
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            name = variable.path.split("/")[-1]
            if name not in KINDS:
                continue
            owner = layer.name
            if owner == "classifier" or (owner == "logits" and isinstance(layer, keras.layers.Conv2D)):
                owner = "segmentation_head_0"
            shape = tuple(variable.shape)
            if isinstance(layer, keras.layers.DepthwiseConv2D) and len(shape) == 4:
                values = formula.weights(owner, "weight", (shape[2], 1, *shape[:2])).transpose(2, 3, 0, 1)
            elif len(shape) == 4:
                values = formula.weights(owner, "weight", (shape[3], shape[2], *shape[:2])).transpose(
                    2, 3, 1, 0
                )
            else:
                values = formula.weights(owner, KINDS[name], shape)
            variable.assign(values)


def logits_of(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.get_layer("logits").output)


def at_once(model: keras.Model, image: NDArray[np.float32]) -> Any:
    """Output of a network, layer by layer: `predict` would first compile it, for one image."""
    output = model(keras.ops.convert_to_tensor(image), training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, output)


def built(case: dict[str, Any]) -> bool:
    return case["decoder"] in decoder_names() and case["encoder"] in encoder_names()


@pytest.mark.parametrize(
    "case", [c for c in GOLDEN["networks"] if built(c)], ids=lambda c: f"{c['decoder']}-{c['encoder']}"
)
def test_network_gives_the_same_logits(case: dict[str, Any]) -> None:
    shape = (*formula.SIZE, case["channels"])
    model = build_model(case["decoder"], case["encoder"], formula.CLASSES, shape)
    fill(model)
    logits = at_once(logits_of(model), formula.image(case["channels"]))[0]
    points = np.array([logits[row, column] for row, column in formula.POINTS])
    np.testing.assert_allclose(points, case["points"], atol=1e-4, rtol=1e-4)
    assert logits.mean() == pytest.approx(case["mean"], abs=1e-4)
    assert logits.std() == pytest.approx(case["spread"], abs=1e-4)


@pytest.mark.parametrize("case", GOLDEN["encoders"], ids=lambda c: c["encoder"])
def test_encoder_gives_the_same_feature_maps(case: dict[str, Any]) -> None:
    encoder = build_encoder(case["encoder"], (*formula.SIZE, 1))
    fill(encoder)
    maps = at_once(encoder, formula.image(1))
    for stride, expected in case["maps"].items():
        made = maps[f"stride_{stride}"][0]
        np.testing.assert_allclose(made[0, 0, :4], expected["corner"], atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(made[-1, -1, -4:], expected["end"], atol=1e-4, rtol=1e-4)
        assert made.mean() == pytest.approx(expected["mean"], abs=1e-4, rel=1e-4)


@pytest.mark.parametrize("encoder", GOLDEN["unet_parameters"])
def test_unet_has_the_same_number_of_parameters(encoder: str) -> None:
    # Inside this scope no variable gets its values, which would take longer than all the rest.
    with keras.StatelessScope(initialize_variables=False):
        model = build_model("unet", encoder, 34, (64, 64, 1))
    counted = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    assert counted == GOLDEN["unet_parameters"][encoder]


@pytest.mark.parametrize("case", GOLDEN["losses"], ids=lambda c: f"{c['loss']} {c['settings'] or ''}")
def test_loss_has_the_same_value(case: dict[str, Any]) -> None:
    draw = np.random.default_rng(11)
    logits = draw.normal(0, 2, (2, 6, 5, 5)).astype(np.float32)
    labels = draw.integers(0, 4, (2, 6, 5)).astype(np.uint8)
    loss = make_loss(case["loss"], from_logits=True, **case["settings"])
    assert float(loss(labels, logits)) == pytest.approx(case["value"], abs=1e-5)
