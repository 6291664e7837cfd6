"""A network that is trained in a second, in the place of one of the library."""

from __future__ import annotations

import keras


def build_small(
    decoder: str,
    encoder: str,
    classes: int,
    shape: tuple[int, int, int],
    weights: str | None = None,
    *,
    library: str = "kerasmodels",
    seed: int | None = None,
) -> keras.Model:
    """Build a network with the ends, and the name, that one of `kerasmodels.build_model` has."""
    keras.utils.set_random_seed(seed or 0)
    image = keras.Input(shape, name="image")
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="encoder_conv1")(image)
    x = keras.layers.ReLU(name="encoder_relu")(keras.layers.BatchNormalization(name="encoder_bn1")(x))
    x = keras.layers.Conv2D(classes, 1, name="classifier")(x)
    logits = keras.layers.UpSampling2D(2, interpolation="bilinear", name="logits")(x)
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(image, probabilities, name=f"{decoder}_{encoder}")
