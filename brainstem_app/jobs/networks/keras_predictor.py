"""Run a network with Keras: the engine it was trained with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.models.slices import FloatArray


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
            self._model = load_keras(path)
        except ModelError as error:
            raise InputError(error.what, path, error.fix) from error
        self.device = f"Keras {keras.__version__} on {keras.backend.backend()}"

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities (N, size, size, K) of images (N, size, size, channels)."""
        import keras

        # Called directly: predict() keeps a copy of all outputs and traces anew for the last, smaller batch.
        return np.asarray(keras.ops.convert_to_numpy(self._model(images, training=False)), dtype=np.float32)
