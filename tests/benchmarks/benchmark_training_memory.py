"""Estimated against measured memory of training steps, each network in a process of its own.

    python tests/benchmarks/benchmark_training_memory.py [--size 224] [--batch 16] DECODER…

Prints one line a network: the estimate of `kerasmodels.training.memory` and the largest resident memory after
three steps, in GB.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

ALL = (
    "n_deconet",
    "u_deconet",
    "unet",
    "unetplusplus",
    "manet",
    "pspnet",
    "fpn",
    "deeplabv3",
    "deeplabv3plus",
)


def measure(decoder: str, size: int, batch: int) -> tuple[float, float]:
    """Estimated and measured GB of three training steps in this process."""
    import keras
    import numpy as np

    from kerasmodels import build_model, make_loss
    from kerasmodels.training.memory import training_bytes

    model = build_model(decoder, input_shape=(size, size, 1))
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    logits.compile(optimizer=keras.optimizers.Adam(1e-4), loss=make_loss("dicece", from_logits=True))
    images = np.random.default_rng(0).random((3 * batch, size, size, 1), dtype=np.float32)
    logits.fit(images, np.zeros(images.shape[:3], np.uint8), batch_size=batch, verbose=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return training_bytes(model, batch) / 1e9, peak / 1e9


def main() -> None:
    """Measure each decoder in a child process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoders", nargs="*", default=ALL)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--here", action="store_true", help="measure in this process")
    given = parser.parse_args()
    if given.here:
        estimated, measured = measure(given.decoders[0], given.size, given.batch)
        print(f"{given.decoders[0]:14} {estimated:6.2f} GB estimated {measured:6.2f} GB measured", flush=True)
        return
    for decoder in given.decoders:
        sizes = ["--size", str(given.size), "--batch", str(given.batch)]
        subprocess.run([sys.executable, __file__, decoder, *sizes, "--here"], check=True)


if __name__ == "__main__":
    main()
