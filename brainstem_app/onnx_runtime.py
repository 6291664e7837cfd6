"""The only place that imports ONNX Runtime, so that its telemetry is off wherever it computes.

Since 1.32 ONNX Runtime makes a lasting device id and a queue of events in the user's cache as soon as it is
imported, and sends them to Microsoft. Its own function stops the sending alone; the environment variable, set
before the import, stops all of it.
"""

from __future__ import annotations

import os
from typing import Any


def switch_off_telemetry() -> None:
    """Tell an ONNX Runtime that is imported later, here or in a child process, to record nothing."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def load_onnxruntime() -> Any:
    """Import ONNX Runtime without its telemetry; returns the module.

    Raises
    ------
    ImportError
        If it is not installed, or a library that it needs is missing.
    """
    switch_off_telemetry()
    import onnxruntime

    # Windows has another channel of events; and all that is left where someone else imported it first.
    onnxruntime.disable_telemetry_events()
    return onnxruntime
