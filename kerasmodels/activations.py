"""What each layer of a network says of images: maps to look at, and numbers that tell how much it uses.

The paper explains by such maps why pretrained encoders do not help: its images are simpler than ImageNet's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kerasmodels.arguments import require, require_network, require_whole
from kerasmodels.names import require_known

if TYPE_CHECKING:
    import keras

#: A channel whose values differ by less than this share of the layer's largest value is silent.
_SILENT = 1e-6
_ACTIVATIONS = ("ReLU", "Activation")
_SUMS = ("Add", "Concatenate")
_LAST = "logits"


@dataclass(frozen=True)
class LayerActivation:
    """Activations of one layer on some images.

    Parameters
    ----------
    layer : str
        Its name.
    shape : tuple of int
        Height, width and channels of its output.
    strength : ndarray of float32, (N, height, width)
        Root of the mean square over the channels, for every image.
    channels : ndarray of float32, (N, height, width, M)
        The M channels that vary most, the strongest first.
    zeros : float
        Share of values that are exactly 0.
    silent : int
        Channels that say the same everywhere.
    effective : float
        How many uncorrelated channels of equal strength would vary as much: the participation ratio
        (Σλ)² / Σλ² of the eigenvalues λ of the channels' covariance. 1 if all channels say the same.
    """

    layer: str
    shape: tuple[int, int, int]
    strength: NDArray[np.float32]
    channels: NDArray[np.float32]
    zeros: float
    silent: int
    effective: float


def layer_names(model: keras.Model, *, every: bool = False) -> tuple[str, ...]:
    """Names of the layers worth looking at, from the image to the logits.

    Parameters
    ----------
    model : keras.Model
        From `build_model`.
    every : bool
        All layers that give maps; else the end of each block of the encoder (a sum, or the activation after
        it), the encoder's stem, the activations and sums of the decoder, and the logits.
    """
    require_network("model", model)
    layers = [layer for layer in model.layers if _gives_maps(layer)]
    if every:
        return tuple(layer.name for layer in layers if type(layer).__name__ != "InputLayer")
    sums = {id(layer.output) for layer in layers if type(layer).__name__ in _SUMS}
    after_sums = {id(layer.input) for layer in layers if _is(layer, _ACTIVATIONS) and id(layer.input) in sums}
    stem = next((layer.name for layer in layers if _is(layer, _ACTIVATIONS)), "")
    names = []
    for layer in layers:
        ends_block = id(layer.output) in sums - after_sums
        if _is(layer, _ACTIVATIONS):
            in_decoder = not layer.name.startswith("encoder_")
            ends_block = in_decoder or layer.name == stem or id(layer.input) in sums
        if ends_block or layer.name == _LAST:
            names.append(layer.name)
    return tuple(names)


def activations(
    model: keras.Model, images: NDArray[np.float32], names: tuple[str, ...], strongest: int = 7
) -> tuple[LayerActivation, ...]:
    """Run images through a network and take down what layers give.

    Parameters
    ----------
    model : keras.Model
        From `build_model` or `load_keras`.
    images : ndarray of float32, (N, height, width, channels)
        A few images: all maps of all layers are held in memory.
    names : tuple of str
        Layers, from `layer_names`.
    strongest : int
        How many channels of each layer are kept.

    Returns
    -------
    tuple of LayerActivation
        One a layer, in the order of `names`.

    Raises
    ------
    ModelError
        If the images are not of the network's size, or a name is none of a layer that gives maps.
    """
    require_network("model", model)
    strongest = require_whole("strongest", strongest, 1)
    require(isinstance(names, tuple | list) and bool(names), "names", names, "names from layer_names")
    maps = [layer.name for layer in model.layers if _gives_maps(layer)]
    for name in names:
        require_known("layer", name, maps)
    shape, wanted = np.shape(images), (None, *model.input_shape[1:])
    require(shape[1:] == wanted[1:], "the shape of images", shape, f"images of {wanted}")
    import keras

    outputs = [model.get_layer(name).output for name in names]
    values = keras.Model(model.input, outputs)(images, training=False)
    if not isinstance(values, list | tuple):
        values = [values]
    converted = (np.asarray(keras.ops.convert_to_numpy(value), np.float32) for value in values)
    return tuple(_describe(name, value, strongest) for name, value in zip(names, converted, strict=True))


def _describe(name: str, values: NDArray[np.float32], strongest: int) -> LayerActivation:
    _, height, width, channels = values.shape
    flat = values.reshape(-1, channels)
    spread = flat.std(axis=0)
    order = np.argsort(-spread, kind="stable")[:strongest]
    covariance = np.atleast_2d(np.cov(flat, rowvar=False, dtype=np.float64))
    total = float(np.trace(covariance))
    return LayerActivation(
        layer=name,
        shape=(height, width, channels),
        strength=np.sqrt((values**2).mean(axis=-1)),
        channels=values[..., order],
        zeros=float((values == 0).mean()),
        silent=int((spread <= _SILENT * max(float(np.abs(flat).max()), _SILENT)).sum()),
        effective=total**2 / float((covariance**2).sum()) if total > 0 else 0.0,
    )


def _gives_maps(layer: Any) -> bool:
    output = getattr(layer, "output", None)
    return len(getattr(output, "shape", ())) == 4


def _is(layer: Any, kinds: tuple[str, ...]) -> bool:
    return type(layer).__name__ in kinds and not isinstance(layer.input, list | tuple)
