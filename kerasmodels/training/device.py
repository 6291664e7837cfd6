"""Settings of the computing library that a run needs before its network is built.

``python -m kerasmodels.training.device`` prints how many GPUs it can see.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import keras

from kerasmodels.arguments import require_choice, require_whole
from kerasmodels.errors import ModelError
from kerasmodels.training.settings import Precision

#: TensorFlow's name of the pass over its graphs that puts what oneDNN is faster at into bfloat16.
_ONEDNN_BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"
#: Linux's names of the instructions without which bfloat16 is imitated, in twice the time of 32 bits.
_INSTRUCTIONS = frozenset({"avx512_bf16", "amx_bf16"})


def prepare_device(precision: Precision = "float32", *, deterministic: bool = False) -> Precision:
    """Set number format, determinism and growing GPU memory for this process.

    Parameters
    ----------
    precision : {"float32", "mixed"}
        With "mixed", layers compute in 16-bit numbers while weights and losses stay in 32 bits: float16 on a
        GPU, where it saves time and memory, bfloat16 on processors. There TensorFlow chooses the operations;
        JAX and PyTorch take it for all layers. A processor that is not known to have instructions for it,
        which would take twice as long, keeps 32 bits.
    deterministic : bool
        Take only operations that give the same result every time, also where they are slower. On a processor
        with one thread a step they are the same anyway.

    Returns
    -------
    {"float32", "mixed"}
        How this process computes now.
    """
    require_choice("precision", precision, ("float32", "mixed"))
    _grow_gpu_memory()
    on_gpu = gpu_count() > 0
    if not on_gpu and not processor_has_bfloat16():
        precision = "float32"
    is_mixed = precision == "mixed"
    chosen_by_graph = is_mixed and not on_gpu and keras.backend.backend() == "tensorflow"
    half = "mixed_float16" if on_gpu else "mixed_bfloat16"
    keras.mixed_precision.set_global_policy(half if is_mixed and not chosen_by_graph else "float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({_ONEDNN_BFLOAT16: chosen_by_graph})
        if deterministic:
            tf.config.experimental.enable_op_determinism()
    return precision


def processor_has_bfloat16(told: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has instructions for bfloat16, as far as Linux tells; other systems do not."""
    try:
        return not _INSTRUCTIONS.isdisjoint(told.read_text(encoding="utf-8").split())
    except OSError:
        return False


def gpus_to_use(wanted: int) -> tuple[str, ...]:
    """Names of so many GPUs, of all there are if 0 are wanted; empty where a processor is to train.

    Raises
    ------
    ModelError
        If there are fewer.
    """
    there, wanted = gpu_count(), require_whole("wanted", wanted, 0)
    if wanted > max(1, there):
        raise ModelError(
            f"Training on {wanted} GPUs is asked for; {keras.backend.backend()} sees {there}.",
            "Ask for no more than there are, or for all.",
        )
    letters = "gpu" if keras.backend.backend() == "jax" else "GPU"
    return tuple(f"{letters}:{number}" for number in range(min(wanted, there) if wanted else there))


def gpu_count() -> int:
    """Return how many GPUs the computing library that Keras uses can see."""
    backend = keras.backend.backend()
    if backend == "jax":
        # JAX knows no such platform where there is none.
        with suppress(RuntimeError):
            return len(keras.distribution.list_devices("gpu"))
        return 0
    if backend == "torch":
        # Keras has imported it; the package itself does not depend on it.
        return int(sys.modules["torch"].cuda.device_count())
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def _grow_gpu_memory() -> None:
    """Let TensorFlow take GPU memory as it needs it."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        # A GPU that is in use by this process already keeps the memory it has.
        with suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)


if __name__ == "__main__":
    sys.stdout.write(f"{gpu_count()}\n")
