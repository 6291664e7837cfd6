"""A training step on a processor with 32 bits and in three ways with 16; writes docs/results/bfloat16.md.

    python tests/benchmarks/benchmark_bfloat16.py --kept docs/results/bfloat16.json

Each measurement is a process of its own; the ways take turns. What other machines have measured stays in the
file, and on the page beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmark_onednn import BATCH, STEPS, measure, spread
from benchmark_segment import machine

#: How the layers compute, and what the page calls it.
WAYS = {
    "float32": "32 bits",
    "layers": "all layers bfloat16",
    "mixed": "TensorFlow's choice",
    "imitated": "the same, imitated",
}
#: Decoder, encoder, size of the slices.
CASES = (
    ("n_deconet", "resnet34", 96),
    ("deeplabv3", "resnet34", 96),
)
#: What oneDNN may use at most where 16 bits are imitated: AVX-512 without instructions for them.
_IMITATED = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}


def in_child(case: tuple[str, str, int], way: str) -> float:
    """Seconds of a step in a new process."""
    done = subprocess.run(
        [sys.executable, __file__, "--here", json.dumps(case), "--way", way],
        env=os.environ | (_IMITATED if way == "imitated" else {}),
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


def prepare(way: str) -> None:
    """Let this process compute in a way."""
    import keras

    from kerasmodels.training import device

    if way == "layers":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    elif way == "float32":
        device.prepare_device()
    else:
        device.processor_has_bfloat16 = lambda told=Path(): True
        device.prepare_device("mixed")


def instructions() -> str:
    """Which instructions for bfloat16 the processor has, as far as Linux tells."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "instructions unknown"
    there = [name for flag, name in (("avx512_bf16", "AVX-512 BF16"), ("amx_bf16", "AMX")) if flag in flags]
    return " and ".join(there) or "no instructions for bfloat16"


def page(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Write what was measured as Markdown, a table a machine."""
    how = (
        f"Seconds of a training step (forward, DiceCE, backward, Adam) on {BATCH} slices of one channel; "
        f"median of two processes or more of {STEPS} steps each, in turns (smallest–largest), and its share "
        "of the seconds with 32 bits. *All layers bfloat16*: Keras' policy `mixed_bfloat16`. *TensorFlow's "
        "choice*: it chooses the operations in its graph; so does `--precision mixed`. *Imitated*: the same "
        "where oneDNN may use AVX-512 but no instructions for 16 bits, as on older processors; there "
        "`--precision mixed` keeps 32 bits, and says so. Weights have 32 bits in all."
    )
    lines = ["# 16-bit numbers in training on a processor", ""]
    lines += ["Written by `tests/benchmarks/benchmark_bfloat16.py`.", "", textwrap.fill(how, 115), ""]
    for name, own in measured.items():
        lines += [
            f"{own['date']}, {name}, {own['instructions']}:",
            "",
            f"| network | slices | {' | '.join(WAYS.values())} |",
            f"|---|---|{'---|' * len(WAYS)}",
            *(_row(case, seconds) for case, seconds in own["seconds"].items()),
            "",
        ]
    return "\n".join(lines)


def _row(case: str, seconds: Mapping[str, list[float]]) -> str:
    """Row of a table: a case, and its seconds in each way that was measured."""
    network, size = case.rsplit("/", 1)
    whole = median(seconds["float32"])
    told = [
        "–"
        if way not in seconds
        else spread(seconds[way]) + ("" if way == "float32" else f", {median(seconds[way]) / whole:.2f}")
        for way in WAYS
    ]
    return f"| {network} | {size}×{size} | {' | '.join(told)} |"


def main() -> None:
    """Measure every case in turns, keep it, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kept", type=Path, help="file of what was measured; the page lies beside it")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        prepare(given.way)
        decoder, encoder, size = json.loads(given.here)
        print(measure(decoder, encoder, size, time.perf_counter))
        return
    measured: dict[str, dict[str, list[float]]] = {}
    for case in CASES:
        own = measured["/".join(map(str, case))] = {way: [] for way in WAYS}
        for _ in range(given.repeats):
            for way in WAYS:
                own[way].append(round(in_child(case, way), 4))
        print(case, own, flush=True)
    if given.kept:
        kept = json.loads(given.kept.read_text(encoding="utf-8")) if given.kept.exists() else {}
        kept[machine()] = {
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "instructions": instructions(),
            "seconds": measured,
        }
        given.kept.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        given.kept.with_suffix(".md").write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
