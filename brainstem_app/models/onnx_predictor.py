"""Run a network with ONNX Runtime, on the processor: no TensorFlow to load."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.models.slices import FloatArray

INPUT_NAME = "image"
OUTPUT_NAME = "probabilities"


class OnnxPredictor:
    """A network loaded from an ``.onnx`` file; its graph is optimised once, when it is loaded.

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
        import onnxruntime

        threads = threads or _usable_cores()
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait sleep: spinning would take a third more processor time for nothing.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise InputError(
                f"ONNX Runtime cannot load the network: {str(error).splitlines()[0]}",
                path,
                "Export the model again with this version of Brainstem App.",
            ) from error
        names = {node.name for node in (*self._session.get_inputs(), *self._session.get_outputs())}
        if not {INPUT_NAME, OUTPUT_NAME} <= names:
            raise InputError(
                f"The network has no “{INPUT_NAME}” and “{OUTPUT_NAME}”, but {', '.join(sorted(names))}.",
                path,
                "Use a network exported by `brainstem-app models export`.",
            )
        self.device = f"CPU, {threads} threads, ONNX Runtime"

    def run(self, images: FloatArray) -> FloatArray:
        """Probabilities (N, size, size, K) of images (N, size, size, channels)."""
        (probabilities,) = self._session.run([OUTPUT_NAME], {INPUT_NAME: images})
        return np.asarray(probabilities, dtype=np.float32)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
