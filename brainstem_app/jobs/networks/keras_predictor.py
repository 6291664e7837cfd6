"""Run a network with Keras: the engine it was trained with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.models.slices import FloatArray

if TYPE_CHECKING:
    import keras


class KerasPredictor:
    """A network loaded from a ``.keras`` file; it divides its own work between the cores.

    Parameters
    ----------
    path : Path
        Written by ``kerasmodels.export.save_keras``.

    Raises
    ------
    InputError
        If the file is no such network.
    """

    lanes = 1

    def __init__(self, path: Path) -> None:
        import keras

        from kerasmodels.errors import ModelError
        from kerasmodels.export.keras_file import load_keras

        try:
            self._network = _compiled(load_keras(path))
        except ModelError as error:
            raise InputError(error.what, path, error.fix) from error
        self.device = f"Keras {keras.__version__} on {keras.backend.backend()}"

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities (N, size, size, K) of images (N, size, size, channels)."""
        import keras

        return np.asarray(keras.ops.convert_to_numpy(self._network(images)), dtype=np.float32)


def _compiled(model: keras.Model) -> Callable[[FloatArray], Any]:
    """Return a network as a function; TensorFlow joins its operators, for any number of images at once.

    `predict` would keep a copy of all outputs and compile anew for the last, smaller batch.
    """
    import keras

    def network(images: Any) -> Any:
        return model(images, training=False)

    if keras.backend.backend() != "tensorflow":
        return network
    import tensorflow as tf

    images = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    compiled: Callable[[FloatArray], Any] = tf.function(network, input_signature=[images], autograph=False)
    return compiled
