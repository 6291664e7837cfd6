"""Several networks as one: the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerasmodels.arguments import require, require_network
from kerasmodels.errors import ModelError

if TYPE_CHECKING:
    import keras


def average_networks(networks: Sequence[keras.Model], name: str = "ensemble") -> keras.Model:
    """Put networks of one input and as many classes side by side, and average what they say.

    Lakshminarayanan et al., Simple and scalable predictive uncertainty estimation using deep ensembles,
    NeurIPS 2017.

    Parameters
    ----------
    networks : sequence of keras.Model
        From `build_model` or `load_keras`; two or more. They stay as they are.
    name : str
        Name of the whole.

    Returns
    -------
    keras.Model
        Probabilities (N, height, width, classes), the mean of the networks'. It is computed as long as all of
        them together, and can be saved and exported as any other.

    Raises
    ------
    ModelError
        If there are fewer than two, one is no network, or they differ in input or classes.
    """
    require(isinstance(networks, Sequence), "networks", networks, "a list of networks")
    require(isinstance(name, str), "name", name, "a text")
    for network in networks:
        require_network("a network", network)
    import keras

    if len(networks) < 2:
        raise ModelError(f"An ensemble of {len(networks)} network is none.", "Give two or more.")
    shapes = {(network.input_shape, network.output_shape) for network in networks}
    if len(shapes) > 1:
        found = "; ".join(f"{shown[1:]} to {made[1:]}" for shown, made in sorted(shapes, key=str))
        raise ModelError(
            f"The networks differ in their input or their classes: {found}.",
            "Give networks that were trained with the same input on the same labels.",
        )
    image = keras.Input(networks[0].input_shape[1:], name="image")
    said = [_copied(network, image, f"m{k}_") for k, network in enumerate(networks, start=1)]
    mean = keras.layers.Average(name="mean_probability", dtype="float32")(said)
    return keras.Model(image, mean, name=name)


def _copied(network: keras.Model, image: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    """Output of a copy of a network whose layers have names of their own."""
    import keras

    def renamed(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        return type(layer).from_config({**config, "name": prefix + layer.name})

    # Weights are in the order of the layers, which is kept.
    copy = keras.models.clone_model(network, input_tensors=image, clone_function=renamed)
    copy.set_weights(network.get_weights())
    return copy.outputs[0]
