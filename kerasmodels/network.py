"""A whole network: an encoder, a decoder and the softmax, from their names."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kerasmodels.arguments import require_image_shape, require_path, require_whole
from kerasmodels.names import DECODERS, ENCODERS, require_known, resolve

if TYPE_CHECKING:
    import keras
    from keras import KerasTensor

    from kerasmodels.blocks import FeatureMaps

#: The deepest feature map of every encoder is this many times smaller than the image.
DEEPEST_STRIDE = 32
#: Whose networks `build_model` builds.
LIBRARIES = ("kerasmodels", "segmentation_models")


def build_model(
    decoder: str = "n_deconet",
    encoder: str = "resnet34",
    classes: int = 34,
    input_shape: tuple[int, int, int] = (224, 224, 1),
    encoder_weights: str | Path | None = None,
    *,
    library: str = "kerasmodels",
    weights_folder: str | Path | None = None,
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
    encoder_weights : str or Path, optional
        What the encoder starts from: ``"imagenet"`` (published weights, downloaded once), a
        `.safetensors` file with torchvision's or timm's names, or the `.keras` file of a network with the
        same encoder. None: random weights. The first convolution is fitted to the channels of the image,
        by the sum over the colours for one channel.
    library : str
        Whose network: ``"kerasmodels"``, or ``"segmentation_models"`` for Unet, FPN, PSPNet and Linknet of
        the package segmentation-models; see `kerasmodels.adapters.segmentation_models` for its names and
        limits.
    weights_folder : str or Path, optional
        Where downloaded weights are kept; the user's cache folder if not given.
    seed : int, optional
        Makes the random weights repeatable. The global random state is left as it was.

    Returns
    -------
    keras.Model
        Input `image`, (N, height, width, channels) float32; output `probabilities`, (N, height, width,
        classes) float32, summing to 1 over the classes. The layer `logits` holds the values before
        the softmax. N-DecoNet, U-DecoNet, U-Net, UNet++ and MA-Net on a ResNet or SENet consist of Keras'
        own layers, so their files load without this package; others need `kerasmodels.export.load_keras`.

    Raises
    ------
    ModelError
        If a name is unknown (with the nearest ones), the size is not a multiple of 32 (with the next
        size that is), an argument is of the wrong type or out of its range, or the weights cannot be had or
        do not fit in any name or shape (with what to do; never random weights instead).

    Examples
    --------
    >>> model = build_model(classes=4, input_shape=(64, 64, 1))
    >>> model.output_shape
    (None, 64, 64, 4)
    """
    require_known("library", library, LIBRARIES)
    classes = require_whole("classes", classes, 2)
    if library == "segmentation_models":
        from kerasmodels.adapters import segmentation_models

        with _repeatable(seed):
            return segmentation_models.build(decoder, encoder, classes, input_shape, encoder_weights)
    encode = resolve("encoder", encoder, ENCODERS)
    decode = resolve("decoder", decoder, DECODERS)
    input_shape = require_image_shape(input_shape, DEEPEST_STRIDE)
    put_weights = _weights_for(encoder, encoder_weights, weights_folder)
    import keras

    with _repeatable(seed):
        image = keras.Input(input_shape, name="image")
        maps = encode(image, DECODERS[decoder].output_stride)
        put_weights(image, maps)
        logits = decode(maps, classes)
        # float32 also under mixed precision: small probabilities decide about small nuclei.
        probabilities = keras.layers.Softmax(axis=-1, dtype="float32", name="probabilities")(logits)
        return keras.Model(image, probabilities, name=f"{decoder}_{encoder}")


def build_encoder(
    name: str = "resnet34",
    input_shape: tuple[int, int, int] = (224, 224, 1),
    encoder_weights: str | Path | None = None,
    *,
    weights_folder: str | Path | None = None,
    seed: int | None = None,
) -> keras.Model:
    """Build an encoder alone.

    Parameters
    ----------
    name : str
        One of `encoder_names()`.
    input_shape : tuple of int
        Height, width (multiples of 32) and channels.
    encoder_weights, weights_folder
        As in `build_model`.
    seed : int, optional
        Makes the random weights repeatable.

    Returns
    -------
    keras.Model
        Its output is a dict of feature maps named by stride: `stride_2`, `stride_4` … `stride_32`; MiT has
        none of stride 2.

    Raises
    ------
    ModelError
        As `build_model`.
    """
    encode = resolve("encoder", name, ENCODERS)
    input_shape = require_image_shape(input_shape, DEEPEST_STRIDE)
    put_weights = _weights_for(name, encoder_weights, weights_folder)
    import keras

    with _repeatable(seed):
        image = keras.Input(input_shape, name="image")
        maps = encode(image)
        put_weights(image, maps)
        named = {f"stride_{stride}": x for stride, x in maps.items() if stride > 1}
        return keras.Model(image, named, name=name)


def _weights_for(
    encoder: str, weights: str | Path | None, folder: str | Path | None
) -> Callable[[KerasTensor, FeatureMaps], None]:
    """Read weights, and return what puts them into the encoder between an image and its maps."""
    if weights is None:
        return lambda image, maps: None
    from kerasmodels.weights.encoder_weights import find_encoder_weights, put_in

    kept = None if folder is None else require_path("weights_folder", folder)
    stored = find_encoder_weights(encoder, weights, kept)

    def put(image: KerasTensor, maps: FeatureMaps) -> None:
        import keras

        put_in(stored, keras.Model(image, [x for stride, x in maps.items() if stride > 1], name=encoder))

    return put


@contextmanager
def _repeatable(seed: int | None) -> Iterator[None]:
    """Seed Python's `random`, where Keras takes the seeds of initializers and dropout; put it back after."""
    if seed is None:
        yield
        return
    before = random.getstate()
    random.seed(require_whole("seed", seed, 0))
    try:
        yield
    finally:
        random.setstate(before)
