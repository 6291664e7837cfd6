"""Open a network with ONNX Runtime on the device that computes it: a graphics card, or the processor.

DirectML is what ONNX Runtime offers on Windows for cards of every maker. Drivers differ, so a card computes
only after its answer to one image has agreed with the processor's.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from brainstem_app.errors import InputError
from brainstem_app.models.slices import FloatArray
from brainstem_app.onnx_runtime import load_onnxruntime

#: Largest difference of a probability by which card and processor may differ.
TOLERANCE = 0.01

_PROCESSOR = "CPUExecutionProvider"
_CARD = "DmlExecutionProvider"
# Each lane has its own memory, 0.1 GB.
_MOST_LANES = 4
#: Share of the memory that is free which a network may take on the processor; a few lines of a strange one
#: ask for more than there is, and the system would end the program, or another, without a word.
_MEMORY_SHARE = 0.5
#: Where in ONNX Runtime's source a message comes from.
_PLACE = re.compile(r"^.*?(?:CreateFromDeviceOptions |Status Message: (?:\S+\.cc:\d+ .*\) )?)")
# Of no use on the processor, and harmful: it turns the softmax over a map's last axis into one over its
# channels, which takes five times as long, a fifth of all the time.
_HARMFUL = ("TransposeOptimizer", f"TransposeOptimizer_{_PROCESSOR}")


@dataclass(frozen=True)
class OpenedNetwork:
    """A network ready to compute.

    Attributes
    ----------
    processor : onnxruntime.InferenceSession
        Computes on the processor; always there.
    card : onnxruntime.InferenceSession or None
        Computes on the graphics card, if it can.
    threads : int
        Threads of the processor, of all lanes together.
    why : str
        Why the card is not used; empty where there is nothing to say, or it is.
    """

    processor: Any
    card: Any
    threads: int
    why: str

    @property
    def lanes(self) -> int:
        """How many images, or batches of them, are best computed side by side."""
        return _lanes(self.threads) if self.card is None else 1

    @property
    def device(self) -> str:
        """What computes, for the manifest and the report."""
        if self.card is not None:
            return "graphics card by DirectML, ONNX Runtime"
        reason = f" ({self.why})" if self.why else ""
        return f"CPU, {self.threads} threads, ONNX Runtime{reason}"


def open_network(path: Path, threads: int | None = None) -> OpenedNetwork:
    """Load an ``.onnx`` file and choose the device.

    Parameters
    ----------
    threads : int, optional
        Threads of the processor; all usable cores by default.

    Raises
    ------
    InputError
        If ONNX Runtime cannot load the file.
    """
    onnxruntime = load_onnxruntime()
    threads = threads or _usable_cores()
    try:
        # Cores that compute an image each wait for nothing; cores that share one do, after each layer.
        processor = _session(path, max(1, threads // _lanes(threads)), _PROCESSOR)
    except Exception as error:  # ONNX Runtime's errors share no public base class
        raise InputError(
            f"ONNX Runtime cannot load the network: {first_line(error)}",
            path,
            "Export the model again with this version of Brainstem App.",
        ) from error
    if _CARD not in onnxruntime.get_available_providers():
        return OpenedNetwork(processor, None, threads, "")
    try:
        card = _session(path, threads, _CARD)
        difference = _largest_difference(card, processor)
    except Exception as error:  # noqa: BLE001 - as above; whatever a driver does, the processor works
        return OpenedNetwork(processor, None, threads, f"DirectML does not start: {first_line(error)}")
    if not difference <= TOLERANCE:
        return OpenedNetwork(processor, None, threads, f"DirectML's answer differs by {difference:.2g}")
    return OpenedNetwork(processor, card, threads, "")


def _session(path: Path, threads: int, provider: str) -> Any:
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait sleep: spinning would take a third more processor time for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # what fails is raised, and said by those who asked
    options.enable_mem_pattern = provider == _PROCESSOR  # DirectML allows none
    if provider == _PROCESSOR:
        _limit_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
    left_out = _HARMFUL if provider == _PROCESSOR else ()
    # No silent change of the device: that is for `open_network` to decide, and to say.
    return onnxruntime.InferenceSession(
        str(path), options, providers=[provider], enable_fallback=0, disabled_optimizers=left_out
    )


@cache
def _limit_memory() -> None:
    """Give the networks of this process one memory that does not grow beyond its limit."""
    onnxruntime = load_onnxruntime()
    limit = int(_MEMORY_SHARE * psutil.virtual_memory().available)
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    place = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg({"max_mem": limit}))


def _lanes(threads: int) -> int:
    return min(threads, _MOST_LANES)


def _largest_difference(card: Any, processor: Any) -> float:
    """Largest difference of the two answers to one image of noise."""
    (given, *_) = processor.get_inputs()
    shape = [1, *(int(size) for size in given.shape[1:])]
    image: FloatArray = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    answers = [np.asarray(session.run(None, {given.name: image})[0]) for session in (card, processor)]
    return float(np.abs(answers[0] - answers[1]).max())


def first_line(error: Exception) -> str:
    """First line of ONNX Runtime's message, without the place in its source that it begins with."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return _PLACE.sub("", line)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
