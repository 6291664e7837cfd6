"""Networks of the package segmentation-models, with this package's input, output and names.

segmentation-models 1.0.1 (P. Iakubovskii, 2020) is older than Keras 3. It runs on it when told to use
`tf.keras`, which this adapter does. What it brings beside this package's own networks: Linknet, and
encoders such as VGG, Inception, MobileNet and EfficientNet B5 to B7.

Limits, all of them the older package's:

- Its networks differ from the paper's and from segmentation_models.pytorch's under the same names: its PSPNet
  has 2.9 million parameters with ResNet-34, where the paper's has 21.6.
- Its PSPNet takes only images whose sides are multiples of 48, so none of 224×224.
- ResNeXt, SE-ResNeXt, SENet and Inception-ResNet are left out: they contain Python functions, with which a
  network cannot be opened again in Keras' safe mode. DenseNet is left out because its names of layers are
  none for Keras 3.
- ImageNet weights are for images of 3 channels, and are downloaded by the package itself.
- It needs TensorFlow, also where Keras computes with another backend.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kerasmodels.arguments import require_image_shape, require_whole
from kerasmodels.errors import ModelError
from kerasmodels.names import require_known

if TYPE_CHECKING:
    import keras

#: What the package must be told to use, in the environment variable SM_FRAMEWORK and by `set_framework`.
FRAMEWORK = "tf.keras"

#: The package's decoders, and what the sides of the image must be multiples of.
DECODERS = {"unet": ("Unet", 32), "fpn": ("FPN", 32), "pspnet": ("PSPNet", 48), "linknet": ("Linknet", 32)}

#: The package's encoders that work.
ENCODERS = (
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *(f"seresnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *("vgg16", "vgg19", "inceptionv3", "mobilenet", "mobilenetv2"),
    *(f"efficientnetb{size}" for size in range(8)),
)


def build(
    decoder: str,
    encoder: str,
    classes: int,
    input_shape: tuple[int, int, int],
    encoder_weights: object = None,
) -> keras.Model:
    """Build a network of segmentation-models.

    Parameters
    ----------
    decoder, encoder : str
        One of `DECODERS`, one of `ENCODERS`.
    classes : int
        Number of classes, background included.
    input_shape : tuple of int
        Height, width and channels.
    encoder_weights : None or "imagenet"
        Random weights, or those that the package downloads.

    Returns
    -------
    keras.Model
        As from `kerasmodels.build_model`: input `image`, layer `logits`, output `probabilities`, float32. It
        consists of Keras' own layers alone, so its files load without segmentation-models.

    Raises
    ------
    ModelError
        If the package is not installed, a name is unknown, or size, channels or weights are impossible.
    """
    require_known("decoder in segmentation_models", decoder, DECODERS)
    require_known("encoder in segmentation_models", encoder, ENCODERS)
    classes = require_whole("classes", classes, 2)
    builder, multiple = DECODERS[decoder]
    needs = f", which {decoder} of segmentation_models needs"
    input_shape = require_image_shape(input_shape, multiple, needs)
    _check_weights(encoder_weights, input_shape[-1])
    package = _package()
    try:
        theirs = getattr(package, builder)(
            encoder,
            input_shape=input_shape,
            classes=classes,
            activation="linear",
            encoder_weights=encoder_weights,
        )
    # Keras raises a plain Exception when a download fails.
    except Exception as error:
        if encoder_weights is None:
            raise
        raise ModelError(
            f"segmentation_models could not get the ImageNet weights of {encoder} ({error}).",
            f"Download the file that is named there into {_keras_home() / 'models'}, or start from random "
            "weights: encoder_weights=None.",
        ) from error
    return _with_our_ends(theirs, input_shape, f"segmentation_models_{decoder}_{encoder}")


def _keras_home() -> Path:
    """Folder of Keras' own files, as Keras finds it."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def _check_weights(encoder_weights: object, channels: int) -> None:
    if encoder_weights not in (None, "imagenet"):
        raise ModelError(
            f"segmentation_models cannot start from {str(encoder_weights)!r}.",
            'Give "imagenet" or None, or build the network with library="kerasmodels".',
        )
    if encoder_weights == "imagenet" and channels != 3:
        raise ModelError(
            f"The ImageNet weights of segmentation_models are for 3 channels, not for {channels}.",
            'Give the grey image three times, or take library="kerasmodels", which fits its weights.',
        )


def _package() -> ModuleType:
    """Import segmentation-models so that it uses the Keras that is here, and says nothing."""
    try:
        with _framework_named(), contextlib.redirect_stdout(io.StringIO()):
            package = importlib.import_module("segmentation_models")
            package.set_framework(FRAMEWORK)
    except ImportError as error:
        raise ModelError(
            f"The package segmentation-models cannot be used ({error}).",
            "Install it: pip install 'brainstem-app[segmentation-models]'.",
        ) from error
    return package


@contextmanager
def _framework_named() -> Iterator[None]:
    """Set SM_FRAMEWORK, which the package reads when it is imported; put it back after."""
    before = os.environ.get("SM_FRAMEWORK")
    os.environ["SM_FRAMEWORK"] = FRAMEWORK
    try:
        yield
    finally:
        if before is None:
            del os.environ["SM_FRAMEWORK"]
        else:
            os.environ["SM_FRAMEWORK"] = before


def _with_our_ends(theirs: keras.Model, input_shape: tuple[int, int, int], name: str) -> keras.Model:
    """Copy a network: between our input and softmax, of Keras' own layers, with the same weights."""
    import keras

    last = theirs.layers[-1]

    def copied(layer: keras.Layer) -> keras.Layer:
        if layer is last:
            return keras.layers.Activation("linear", dtype="float32", name="logits")
        return _of_keras(layer)

    def called(layer: keras.Layer, *inputs: Any, **given: Any) -> Any:
        given.pop("mask", None)  # Lambda takes one, and what replaces it does not; no network here has masks.
        return layer(*inputs, **given)

    image = keras.Input(input_shape, name="image")
    copy = keras.models.clone_model(theirs, input_tensors=image, clone_function=copied, call_function=called)
    copy.set_weights(theirs.get_weights())
    probabilities = keras.layers.Softmax(axis=-1, dtype="float32", name="probabilities")
    return keras.Model(image, probabilities(copy.outputs[0]), name=name)


def _of_keras(layer: keras.Layer) -> keras.Layer:
    """Copy a layer; what the package made itself becomes the layer of Keras that does the same."""
    import keras

    config: dict[str, Any] = layer.get_config()
    if isinstance(layer, keras.layers.Lambda):
        # SE-ResNet's is the only one among these encoders: (N, channels) to (N, 1, 1, channels).
        return keras.layers.Reshape(layer.output.shape[1:], name=layer.name)
    if isinstance(layer, keras.layers.Dropout) and not type(layer).__module__.startswith("keras."):
        return keras.layers.Dropout(layer.rate, noise_shape=layer.noise_shape, name=layer.name)
    if getattr(getattr(layer, "activation", None), "__name__", "") == "swish":
        config["activation"] = "silu"
    return type(layer).from_config(config)
