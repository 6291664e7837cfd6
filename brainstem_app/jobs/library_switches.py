"""What libraries read from the environment when they are imported, and from nowhere else.

To be set before any of them is first imported; child processes inherit it.
"""

from __future__ import annotations

import os

from brainstem_app.jobs.quiet_tensorflow import keep_tensorflow_quiet
from brainstem_app.locations import user_data_folder
from brainstem_app.onnx_runtime import switch_off_telemetry

_LOG_LEVEL, _FATAL_ALONE = "TF_CPP_MIN_LOG_LEVEL", "3"
#: Levels at which a user wants to see the lines that TensorFlow writes when it starts.
_SPOKEN_LEVELS = frozenset({"0", "1"})


def set_library_switches() -> None:
    """Set all of them."""
    switch_off_telemetry()
    _keep_tensorflow_quiet()
    _switch_on_onednn()
    _keep_keras_here()
    _keep_matplotlib_here()


def _keep_tensorflow_quiet() -> None:
    """Leave out what TensorFlow writes about itself, unless the user wants to see it."""
    if os.environ.setdefault(_LOG_LEVEL, _FATAL_ALONE) not in _SPOKEN_LEVELS:
        keep_tensorflow_quiet()


def _switch_on_onednn() -> None:
    """Let TensorFlow compute convolutions with oneDNN on every processor, unless the user has said otherwise.

    TensorFlow does so by itself only where there is AVX-512; on the others a training step takes two to three
    times as long without (docs/results/onednn.md).
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def _keep_keras_here() -> None:
    """Let Keras keep its files in the program's own folder, unless the user has named another.

    A `keras.json` in a home may ask for channels first, or for another precision: networks would not open, or
    train as they do nowhere else.
    """
    os.environ.setdefault("KERAS_HOME", str(user_data_folder() / "keras"))


def _keep_matplotlib_here() -> None:
    """Keep Matplotlib's list of fonts in the program's own folder, and draw without the user's settings.

    So pictures of a report are the same whatever `matplotlibrc` lies in a home, nothing of the program lies
    outside its folder, and a frozen program makes the list once instead of at every start. Notebooks and
    terminals name a backend of their own, which may not be here.
    """
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MPLCONFIGDIR"] = str(user_data_folder() / "matplotlib")
