"""A training step with and without oneDNN's convolutions in TensorFlow; writes docs/results/onednn.md.

    python tests/benchmarks/benchmark_onednn.py --page docs/results/onednn.md

Each measurement is a process of its own, for TensorFlow reads its switch when it is imported; the two take
turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmark_segment import machine

BATCH, STEPS = 16, 4
#: Decoder, encoder, size of the slices.
CASES = (
    ("n_deconet", "resnet34", 64),
    ("n_deconet", "resnet34", 128),
    ("unet", "resnet34", 64),
)


def measure(decoder: str, encoder: str, size: int, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of a training step in this process by a clock, after two that build and warm it."""
    import keras
    import numpy as np

    from kerasmodels import build_model, make_loss

    model = build_model(decoder, encoder, 34, (size, size, 1))
    model.compile(optimizer=keras.optimizers.Adam(1e-4), loss=make_loss("dicece"))
    draw = np.random.default_rng(0)
    images = draw.random((BATCH, size, size, 1), dtype=np.float32)
    labels = draw.integers(0, 34, (BATCH, size, size), dtype=np.uint8)
    for _ in range(2):
        model.train_on_batch(images, labels)
    began = clock()
    for _ in range(STEPS):
        model.train_on_batch(images, labels)
    return (clock() - began) / STEPS


def in_child(case: tuple[str, str, int], onednn: bool) -> float:
    """Measure in a new process of one thread."""
    switches = {"TF_ENABLE_ONEDNN_OPTS": str(int(onednn)), "TF_CPP_MIN_LOG_LEVEL": "3"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, __file__, "--here", json.dumps(case)],
        env=os.environ | switches | threads,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


def instructions() -> str:
    """Which wide instructions the processor has, as far as Linux tells."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    return "AVX-512" if re.search(r"\bavx512f\b", flags) else "no AVX-512"


def page(rows: list[tuple[tuple[str, str, int], list[float], list[float]]]) -> str:
    """Write what was measured as Markdown."""
    how = (
        f"CPU seconds of a training step (forward, DiceCE, backward, Adam) on {BATCH} slices of one channel, "
        f"one thread; median of {len(rows[0][1])} processes of {STEPS} steps each, with and without in turns "
        "(smallest–largest). TensorFlow switches oneDNN on by itself only where the processor has AVX-512; "
        "the program asks for it everywhere."
    )
    lines = ["# oneDNN in TensorFlow: what it saves in training", ""]
    lines += [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, {instructions()}. Written by "
        "`tests/benchmarks/benchmark_onednn.py`.",
        "",
        textwrap.fill(how, 115),
        "",
        "| network | slices | without | with | with/without |",
        "|---|---|---|---|---|",
    ]
    for (decoder, encoder, size), without, with_it in rows:
        ratio = median(with_it) / median(without)
        lines.append(
            f"| {decoder}/{encoder} | {size}×{size} | {spread(without)} | {spread(with_it)} | {ratio:.2f} |"
        )
    return "\n".join(lines) + "\n"


def spread(values: list[float]) -> str:
    """Median, smallest and largest."""
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def main() -> None:
    """Measure every case in turns and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--here", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(measure(*json.loads(given.here)))
        return
    rows = []
    for case in CASES:
        pairs = [(in_child(case, False), in_child(case, True)) for _ in range(given.repeats)]
        rows.append((case, [pair[0] for pair in pairs], [pair[1] for pair in pairs]))
        print(case, pairs, flush=True)
    if given.page:
        given.page.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
