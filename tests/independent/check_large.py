"""Compare the networks that the test suite has no time for, and build every decoder on their encoders.

Prints a line each and ends with status 1 if one differs. From the root, for all or for encoders by name:

    python tests/independent/check_large.py [ENCODER…]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "parity"
sys.path[:0] = [str(FOLDER), str(FOLDER.parent.parent)]

import formula_weights as formula  # noqa: E402
from test_parity import at_once, fill, logits_of  # noqa: E402

from kerasmodels import build_encoder, build_model, decoder_names  # noqa: E402

#: How far values may lie apart, beyond the same share of the value itself.
TOLERANCE = 1e-4


def excess(made: Any, expected: Any) -> float:
    """Largest difference, in units of what is tolerated."""
    expected = np.asarray(expected)
    return float(np.max(np.abs(made - expected) / (TOLERANCE + TOLERANCE * np.abs(expected))))


def maps_excess(case: dict[str, Any]) -> float:
    """Largest excess over all feature maps of an encoder."""
    encoder = build_encoder(case["encoder"], (*formula.SIZE, 1))
    fill(encoder)
    maps = at_once(encoder, formula.image(1))
    largest = 0.0
    for stride, expected in case["maps"].items():
        made = maps[f"stride_{stride}"][0]
        values = np.array([*made[0, 0, :4], *made[-1, -1, -4:], made.mean()])
        stored = [*expected["corner"], *expected["end"], expected["mean"]]
        largest = max(largest, excess(values, stored))
    return largest


def logits_excess(case: dict[str, Any]) -> float:
    """Largest excess over the stored pixels of a network's logits."""
    model = build_model(case["decoder"], case["encoder"], formula.CLASSES, (*formula.SIZE, case["channels"]))
    fill(model)
    logits = at_once(logits_of(model), formula.image(case["channels"]))[0]
    return excess(np.array([logits[row, column] for row, column in formula.POINTS]), case["points"])


def main(names: list[str]) -> int:
    """Check the encoders named, or all."""
    golden = json.loads((FOLDER / "golden.json").read_text())
    worst = 0.0
    for kind, measure in (("large_encoders", maps_excess), ("large_networks", logits_excess)):
        for case in golden[kind]:
            if names and case["encoder"] not in names:
                continue
            keras.config.set_dtype_policy(case["dtype"])
            found = measure(case)
            keras.config.set_dtype_policy("float32")
            worst = max(worst, found)
            what = case.get("decoder", "feature maps")
            print(f"{case['encoder']}, {what}: {found:.3f} of what is tolerated", flush=True)
            keras.utils.clear_session()
    for case in golden["large_encoders"]:
        for decoder in decoder_names() if not names or case["encoder"] in names else ():
            with keras.StatelessScope(initialize_variables=False):
                shape = build_model(decoder, case["encoder"], 34, (64, 96, 1)).output_shape
            print(f"{case['encoder']}, {decoder}: builds, {shape}", flush=True)
    return int(worst > 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
