"""CPU seconds of a scan's slices with each decoder by ONNX Runtime, into scan_seconds.json.

    python tests/paper/time_scans.py --sizes 96 224

One thread; the median of three runs. Random weights: the arithmetic does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from page_choice import SECONDS_FILE

from brainstem_app.jobs.many.grids import TABLE_DECODERS
from brainstem_app.models.onnx_predictor import OnnxPredictor

_SLICES, _CALL, _CLASSES = 73, 8, 34


def main() -> None:
    """Measure what is not measured yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", required=True)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    found: dict[str, float] = {}
    if SECONDS_FILE.exists():
        found = json.loads(SECONDS_FILE.read_text(encoding="utf-8"))["seconds"]
    for size in arguments.sizes:
        for decoder in TABLE_DECODERS:
            if f"{decoder}-{size}" not in found:
                found[f"{decoder}-{size}"] = round(seconds(decoder, size, arguments.repeats), 2)
                content = {"what": "CPU seconds of 73 slices, one thread", "seconds": found}
                SECONDS_FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def seconds(decoder: str, size: int, repeats: int) -> float:
    """Measure one decoder on ResNet-34."""
    from kerasmodels import build_model
    from kerasmodels.export import to_onnx

    slices = np.random.default_rng(0).normal(size=(_SLICES, size, size, 1)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        to_onnx(build_model(decoder, "resnet34", _CLASSES, (size, size, 1), seed=0), path)
        predictor = OnnxPredictor(path, threads=1)
    taken = []
    for _ in range(repeats + 1):
        start = time.process_time()
        for first in range(0, _SLICES, _CALL):
            predictor.run(slices[first : first + _CALL])
        taken.append(time.process_time() - start)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
