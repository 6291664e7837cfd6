"""Ways to compute a dilated convolution, and DeepLabV3's training step with and without the quickest.

Prints a table.

    python tests/benchmarks/benchmark_atrous.py

CPU seconds of one thread, forward and backward, the median of four turns. What is printed stands in
docs/results/networks.md.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

os.environ |= {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

_TURNS = 4
#: Map (side, channels), filters and dilation: DeepLabV3's stages and pyramid at 224 pixels.
_CASES = ((28, 256, 256, 2), (28, 512, 512, 4), (28, 512, 256, 12), (28, 512, 256, 24), (28, 512, 256, 36))


def main() -> None:
    """Measure and print."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    print("| map, filters, dilation | TensorFlow's own (ms) | by places | one operator |\n|---|---|---|---|")
    for case in _CASES:
        print(_row(*case), flush=True)
    steps = {way: _step(is_one) for way, is_one in (("one operator", True), ("without", False))}
    found: dict[str, list[float]] = {way: [] for way in steps}
    for _ in range(_TURNS):
        for way, step in steps.items():
            found[way].append(_timed(step))
    told = ", ".join(f"{way} {statistics.median(seconds):.2f} s" for way, seconds in found.items())
    print(f"\nDeepLabV3's training step on 4 slices: {told}.")


def _row(side: int, channels: int, filters: int, rate: int) -> str:
    import tensorflow as tf

    from kerasmodels.layers import AtrousConv2D

    image = tf.random.normal((4, side, side, channels))
    layer = AtrousConv2D(filters, 3, padding="same", dilation_rate=rate, use_bias=False)
    layer(image)
    kernel = layer.kernel.value
    ways: tuple[Callable[[Any], Any], ...] = (
        lambda x: tf.nn.convolution(x, kernel, padding="SAME", dilations=[rate, rate]),
        lambda x: layer._by_places(x, kernel),
        lambda x: tf.nn.conv2d(x, kernel, strides=1, padding="SAME", dilations=[rate, rate]),
    )
    times = [1000 * statistics.median(_turns(_learnt(way, image, kernel))) for way in ways]
    cells = [f"{side} × {side} × {channels}, {filters}, {rate}", *(f"{ms:.0f}" for ms in times)]
    return f"| {' | '.join(cells)} |"


def _learnt(way: Callable[[Any], Any], image: Any, kernel: Any) -> Callable[[], object]:
    import tensorflow as tf

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def gradients(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(way(x) ** 2)
        return tape.gradient(total, [x, kernel])

    return lambda: gradients(image)


def _step(is_one_operator: bool) -> Callable[[], object]:
    """Make a training step of DeepLabV3, compiled with or without the one operator."""
    import keras
    from timed_networks import CLASSES, SIZE, images, labels

    from kerasmodels import build_model, make_loss
    from kerasmodels.layers import atrous_conv2d

    atrous_conv2d._is_one_operator = cache(lambda: is_one_operator)
    model = build_model("deeplabv3", "resnet34", CLASSES, (SIZE, SIZE, 1), seed=0)
    trained = keras.Model(model.inputs, model.get_layer("logits").output)
    trained.compile(optimizer=keras.optimizers.Adam(1e-4), loss=make_loss("dicece", from_logits=True))
    batch = images(4), labels(4)
    trained.train_on_batch(*batch)
    return lambda: trained.train_on_batch(*batch)


def _turns(what: Callable[[], object]) -> list[float]:
    what()
    return [_timed(what) for _ in range(_TURNS)]


def _timed(what: Callable[[], object]) -> float:
    start = time.process_time()
    what()
    return time.process_time() - start


if __name__ == "__main__":
    main()
