"""Run a network with ONNX Runtime: no TensorFlow to load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.models.onnx_session import OpenedNetwork, first_line, open_network
from brainstem_app.models.slices import FloatArray

INPUT_NAME = "image"
OUTPUT_NAME = "probabilities"


class OnnxPredictor:
    """A network loaded from an ``.onnx`` file; its graph is optimised once, when it is loaded.

    On the processor several threads may ask at a time, `lanes` of them; a graphics card answers one.

    Parameters
    ----------
    path : Path
        Input ``image`` (N, size, size, channels), output ``probabilities`` (N, size, size, K), float32.
    threads : int, optional
        Threads to compute with; all usable cores by default.

    Raises
    ------
    InputError
        If the file is no such network.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self._path = path
        self._network = open_network(path, threads)
        self.device = self._network.device
        self.lanes = self._network.lanes
        processor = self._network.processor
        names = {node.name for node in (*processor.get_inputs(), *processor.get_outputs())}
        if not {INPUT_NAME, OUTPUT_NAME} <= names:
            raise InputError(
                f"The network has no “{INPUT_NAME}” and “{OUTPUT_NAME}”, but {', '.join(sorted(names))}.",
                path,
                "Use a network exported by `brainstem-app models export`.",
            )

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities (N, size, size, K) of images (N, size, size, channels).

        Raises
        ------
        InputError
            If the network cannot be computed, as when it asks for more memory than this computer has free.
        """
        card = self._network.card
        if card is not None:
            try:
                return _answer(card, images)
            except Exception as error:  # noqa: BLE001 - ONNX Runtime's errors share no public base class
                self._network = _without_card(self._network, error)
                self.device, self.lanes = self._network.device, self._network.lanes
        try:
            return _answer(self._network.processor, images)
        except Exception as error:  # as above
            raise InputError(
                f"The network cannot be computed: {first_line(error)}",
                self._path,
                "Use another model; if memory is missing, close other programs or take a larger computer.",
            ) from error


def _answer(session: Any, images: FloatArray) -> FloatArray:
    (probabilities,) = session.run([OUTPUT_NAME], {INPUT_NAME: images})
    return np.asarray(probabilities, dtype=np.float32)


def _without_card(network: OpenedNetwork, error: Exception) -> OpenedNetwork:
    """Go on with the processor where a card fails, as when its driver is updated or its memory is full."""
    return replace(network, card=None, why=f"the graphics card failed: {first_line(error)}")
