"""Ways to compute a dilated convolution, and DeepLabV3's training step with and without the quickest.

    python tests/benchmarks/benchmark_atrous.py --page docs/results/networks.md

CPU seconds of one thread, forward and backward, the median of four turns. The section of the page that it
writes is kept when `benchmark_networks.py` writes the rest; printed without a page.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

os.environ |= {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

Way = Callable[[Any], Any]
HEADING = "## Dilated convolutions"
_TURNS = 4
#: Slices, map (side, channels), filters and dilation: DeepLabV3's stages and pyramid at 224 pixels.
_CASES = tuple(
    (4, 28, *case) for case in ((256, 256, 2), (512, 512, 4), *((512, 256, r) for r in (12, 24, 36)))
)
#: Slices, map (side, channels) and dilation: DeepLabV3+'s pyramid at 224 pixels, and at 96 with more slices.
_DEPTHWISE = tuple((slices, side, 512, rate) for slices, side in ((4, 14), (32, 6)) for rate in (12, 24, 36))


def main() -> None:
    """Measure, and write the section or print it."""
    import tensorflow as tf

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, help="page whose section is written; printed if not given")
    given = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    text = "\n".join(section())
    if given.page:
        before = given.page.read_text(encoding="utf-8").partition(HEADING)[0].rstrip()
        given.page.write_text(f"{before}\n\n{text}\n", encoding="utf-8")
    else:
        print(text)


def section() -> list[str]:
    """Lines of the section."""
    told = (
        f"{datetime.now(UTC):%Y-%m-%d}, by `tests/benchmarks/benchmark_atrous.py` at a load of "
        f"{os.getloadavg()[0]:.0f}: CPU milliseconds of one thread, forward and backward, the median of "
        f"{_TURNS} turns. *By places*: a sum over the places of the kernel that meet more than padding. *One "
        "operator*: TensorFlow's `conv2d` with oneDNN, which has none for a convolution of each channel by "
        "itself. Networks take the one operator, but by places where the kernel meets its middle alone, and "
        "where there is no one operator and the kernel is wider than half of the map."
    )
    return [
        HEADING,
        "",
        textwrap.fill(told, 115),
        "",
        "| slices | map | filters | dilation | TensorFlow's own | by places | one operator |",
        "|---|---|---|---|---|---|---|",
        *(_row(*case) for case in _CASES),
        *(_depthwise_row(*case) for case in _DEPTHWISE),
        "",
        _steps(),
    ]


def _steps() -> str:
    """DeepLabV3's training step with and without the one operator, in turns."""
    steps = {way: _step(is_one) for way, is_one in (("with the one operator", True), ("without", False))}
    found: dict[str, list[float]] = {way: [] for way in steps}
    for _ in range(_TURNS):
        for way, step in steps.items():
            found[way].append(_timed(step))
    told = ", ".join(f"{way} {statistics.median(seconds):.2f} s" for way, seconds in found.items())
    return f"DeepLabV3's training step on 4 slices of 224 pixels, in turns: {told}."


def _row(slices: int, side: int, channels: int, filters: int, rate: int) -> str:
    import tensorflow as tf

    from kerasmodels.layers import AtrousConv2D

    image = tf.random.normal((slices, side, side, channels))
    layer = AtrousConv2D(filters, 3, padding="same", dilation_rate=rate, use_bias=False)
    layer(image)
    kernel = layer.kernel.value
    ways: tuple[Way, ...] = (
        lambda x: tf.nn.convolution(x, kernel, padding="SAME", dilations=[rate, rate]),
        lambda x: layer._by_places(x, kernel),
        lambda x: tf.nn.conv2d(x, kernel, strides=1, padding="SAME", dilations=[rate, rate]),
    )
    return _cells(slices, side, channels, str(filters), rate, [_milliseconds(w, image, kernel) for w in ways])


def _depthwise_row(slices: int, side: int, channels: int, rate: int) -> str:
    import keras
    import tensorflow as tf

    from kerasmodels.layers import AtrousDepthwiseConv2D

    image, times = tf.random.normal((slices, side, side, channels)), []
    for kind in (keras.layers.DepthwiseConv2D, AtrousDepthwiseConv2D):
        layer = kind(3, padding="same", dilation_rate=rate, use_bias=False)
        layer(image)
        times.append(_milliseconds(layer, image, layer.kernel.value))
    return _cells(slices, side, channels, "each channel", rate, times)


def _cells(slices: int, side: int, channels: int, filters: str, rate: int, times: list[float]) -> str:
    told = [*(f"{ms:.0f}" for ms in times), "–"][:3]
    return f"| {slices} | {side} × {side} × {channels} | {filters} | {rate} | {' | '.join(told)} |"


def _milliseconds(way: Way, image: Any, kernel: Any) -> float:
    return 1000 * statistics.median(_turns(_learnt(way, image, kernel)))


def _learnt(way: Way, image: Any, kernel: Any) -> Callable[[], object]:
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
