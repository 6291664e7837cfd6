"""A training step on a processor with 32 bits and in two ways with 16; writes docs/results/bfloat16.md.

    python tests/benchmarks/benchmark_bfloat16.py --page docs/results/bfloat16.md

Each measurement is a process of its own; the three take turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmark_onednn import BATCH, STEPS, measure, spread
from benchmark_segment import machine

#: How the layers compute, and what the page calls it.
WAYS = {
    "float32": "32 bits",
    "layers": "all layers bfloat16",
    "mixed": "`--precision mixed`",
}
#: Decoder, encoder, size of the slices.
CASES = (
    ("n_deconet", "resnet34", 96),
    ("deeplabv3", "resnet34", 96),
)


def in_child(case: tuple[str, str, int], way: str) -> float:
    """Seconds of a step in a new process."""
    done = subprocess.run(
        [sys.executable, __file__, "--here", json.dumps(case), "--way", way],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


def prepare(way: str) -> None:
    """Let this process compute in a way."""
    import keras

    from kerasmodels.training.device import prepare_device

    if way == "layers":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    else:
        prepare_device("mixed" if way == "mixed" else "float32")


def instructions() -> str:
    """Whether the processor has instructions for bfloat16, as far as Linux tells."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "instructions unknown"
    there = [name for flag, name in (("avx512_bf16", "AVX-512 BF16"), ("amx_bf16", "AMX")) if flag in flags]
    return " and ".join(there) or "no instructions for bfloat16"


def page(rows: dict[tuple[str, str, int], dict[str, list[float]]]) -> str:
    """Write what was measured as Markdown."""
    repeats = len(next(iter(next(iter(rows.values())).values())))
    how = (
        f"Seconds of a training step (forward, DiceCE, backward, Adam) on {BATCH} slices of one channel; "
        f"median of {repeats} processes of {STEPS} steps each, in turns (smallest–largest), and its share of "
        "the seconds with 32 bits. *All layers bfloat16*: Keras' policy `mixed_bfloat16`, which was `mixed` "
        "before; now TensorFlow chooses the operations in its graph. Weights have 32 bits in all three."
    )
    lines = ["# 16-bit numbers in training on a processor", ""]
    lines += [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, {instructions()}. Written by "
        "`tests/benchmarks/benchmark_bfloat16.py`.",
        "",
        textwrap.fill(how, 115),
        "",
        f"| network | slices | {' | '.join(WAYS.values())} |",
        f"|---|---|{'---|' * len(WAYS)}",
    ]
    for (decoder, encoder, size), seconds in rows.items():
        whole = median(seconds["float32"])
        told = [
            spread(own) + ("" if way == "float32" else f", {median(own) / whole:.2f}")
            for way, own in seconds.items()
        ]
        lines.append(f"| {decoder}/{encoder} | {size}×{size} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every case in turns and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--here", help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        prepare(given.way)
        decoder, encoder, size = json.loads(given.here)
        print(measure(decoder, encoder, size, time.perf_counter))
        return
    rows: dict[tuple[str, str, int], dict[str, list[float]]] = {}
    for case in CASES:
        rows[case] = {way: [] for way in WAYS}
        for _ in range(given.repeats):
            for way in WAYS:
                rows[case][way].append(in_child(case, way))
        print(case, rows[case], flush=True)
    if given.page:
        given.page.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
