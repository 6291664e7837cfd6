"""A whole network: an encoder, a decoder and the softmax, from their names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kerasmodels.errors import ModelError
from kerasmodels.names import DECODERS, ENCODERS, find

if TYPE_CHECKING:
    import keras

#: The deepest feature map of every encoder is this many times smaller than the image.
DEEPEST_STRIDE = 32


def build_model(
    decoder: str = "n_deconet",
    encoder: str = "resnet34",
    classes: int = 34,
    input_shape: tuple[int, int, int] = (224, 224, 1),
    encoder_weights: None = None,
    *,
    seed: int | None = None,
) -> keras.Model:
    """Build a segmentation network.

    Parameters
    ----------
    decoder, encoder : str
        One of `decoder_names()`, one of `encoder_names()`.
    classes : int
        Number of classes, background included; at least 2.
    input_shape : tuple of int
        Height, width and channels of the image; height and width are multiples of 32.
    encoder_weights : None
        Random weights. No other choice is there yet.
    seed : int, optional
        Makes the random weights repeatable. The global random state is left as it was.

    Returns
    -------
    keras.Model
        Input `image`, (N, height, width, channels) float32; output `probabilities`, (N, height, width,
        classes) float32, summing to 1 over the classes. The layer `logits` holds the values before
        the softmax. N-DecoNet, U-DecoNet,
        U-Net, UNet++ and MA-Net consist of Keras' own layers, so their files load without this package.

    Raises
    ------
    ModelError
        If a name is unknown (with the nearest ones), the size is not a multiple of 32 (with the next
        size that is), or the channels, classes or weights are impossible.

    Examples
    --------
    >>> model = build_model(classes=4, input_shape=(64, 64, 1))
    >>> model.output_shape
    (None, 64, 64, 4)
    """
    encode = find("encoder", encoder, ENCODERS)
    decode = find("decoder", decoder, DECODERS)
    _check_shape(input_shape)
    _check_weights(encoder_weights)
    if classes < 2:
        raise ModelError(
            f"A network for {classes} class(es) has nothing to tell apart.", "Give at least 2 classes."
        )
    import keras

    with _repeatable(seed):
        image = keras.Input(input_shape, name="image")
        logits = decode(encode(image, DECODERS[decoder].output_stride), classes)
        # float32 also under mixed precision: small probabilities decide about small nuclei.
        probabilities = keras.layers.Softmax(axis=-1, dtype="float32", name="probabilities")(logits)
        return keras.Model(image, probabilities, name=f"{decoder}_{encoder}")


def build_encoder(
    name: str = "resnet34", input_shape: tuple[int, int, int] = (224, 224, 1), *, seed: int | None = None
) -> keras.Model:
    """Build an encoder alone.

    Parameters
    ----------
    name : str
        One of `encoder_names()`.
    input_shape : tuple of int
        Height, width (multiples of 32) and channels.
    seed : int, optional
        Makes the random weights repeatable.

    Returns
    -------
    keras.Model
        Its output is a dict of feature maps named by stride: `stride_2`, `stride_4` … `stride_32`.

    Raises
    ------
    ModelError
        As `build_model`.
    """
    encode = find("encoder", name, ENCODERS)
    _check_shape(input_shape)
    import keras

    with _repeatable(seed):
        image = keras.Input(input_shape, name="image")
        maps = encode(image)
        named = {f"stride_{stride}": x for stride, x in maps.items() if stride > 1}
        return keras.Model(image, named, name=name)


def _check_shape(input_shape: tuple[int, int, int]) -> None:
    if len(input_shape) != 3:
        raise ModelError(
            f"The input shape {tuple(input_shape)} has {len(input_shape)} numbers.",
            "Give height, width and channels, for example (224, 224, 1).",
        )
    height, width, channels = input_shape
    if channels < 1:
        raise ModelError(f"An image of {channels} channels holds nothing.", "Give 1 channel (grey) or more.")
    if min(height, width) < 1 or height % DEEPEST_STRIDE or width % DEEPEST_STRIDE:
        larger = tuple(max(1, -(-size // DEEPEST_STRIDE)) * DEEPEST_STRIDE for size in (height, width))
        raise ModelError(
            f"The image size {height}×{width} is not a multiple of {DEEPEST_STRIDE} in both directions.",
            f"Pad or resize the images to {larger[0]}×{larger[1]}.",
        )


def _check_weights(encoder_weights: object) -> None:
    if encoder_weights is not None:
        raise ModelError(
            f"Encoder weights {encoder_weights!r} are not there: networks start from random weights.",
            "Leave encoder_weights at None.",
        )


@contextmanager
def _repeatable(seed: int | None) -> Iterator[None]:
    """Seed Python's `random`, where Keras takes the seeds of initializers and dropout; put it back after."""
    if seed is None:
        yield
        return
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
