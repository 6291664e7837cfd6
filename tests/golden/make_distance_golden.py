"""Write what panoptica and DeepMind's surface-distance make of pairs of masks.

Runs in an environment of its own: panoptica needs an older NumPy than the program, and surface-distance
needs NumPy 1 for masks that are empty. No test needs panoptica. From the root:

    python -m venv ELSEWHERE && ELSEWHERE/bin/pip install numpy==1.26.4 panoptica==2.1.7 surface-distance==0.1
    ELSEWHERE/bin/python tests/golden/make_distance_golden.py
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import surface_distance
from panoptica.metrics import Metric
from panoptica.metrics._surface_distances import _surface_distance_pair

FOLDER = Path(__file__).resolve().parents[1] / "parity"
sys.path.insert(0, str(FOLDER))

from mask_pairs import SPACINGS, Mask, Triple, pairs  # noqa: E402

#: Distances of whole voxels are compared with a tolerance of whole voxels; rounding must not decide.
TOLERANCE_MM = 1 + 1e-6
LIBRARIES = ("panoptica", "surface-distance", "numpy", "scipy")
METRICS: dict[str, tuple[Metric, dict[str, float]]] = {
    "iou": (Metric.IOU, {}),
    "dice": (Metric.DSC, {}),
    "assd": (Metric.ASSD, {}),
    "hd95": (Metric.HD95, {}),
    "nsd": (Metric.NSD, {"threshold": TOLERANCE_MM}),
}


def of_panoptica(reference: Mask, predicted: Mask, spacing: Triple) -> dict[str, Any]:
    """Panoptica's metrics, and the distances of each direction that it makes them of."""
    masks = reference.astype(np.uint8), predicted.astype(np.uint8)
    found: dict[str, Any] = {
        name: float(metric(*masks, voxelspacing=spacing, **options))
        for name, (metric, options) in METRICS.items()
    }
    for name, distances in zip(
        ("from_reference", "from_predicted"),
        _surface_distance_pair(reference, predicted, spacing),
        strict=True,
    ):
        found[name] = {
            "voxels": len(distances),
            "mean": float(distances.mean()),
            "percentile_95": float(np.percentile(distances, 95)),
            "within": int((distances <= TOLERANCE_MM).sum()),
        }
    return found


def of_deepmind(reference: Mask, predicted: Mask, spacing: Triple) -> dict[str, float]:
    """DeepMind's metrics; infinite or no number where a mask is empty."""
    distances = surface_distance.compute_surface_distances(reference, predicted, spacing)
    there, back = surface_distance.compute_average_surface_distance(distances)
    return {
        "surface_dice": float(surface_distance.compute_surface_dice_at_tolerance(distances, TOLERANCE_MM)),
        "hd95": float(surface_distance.compute_robust_hausdorff(distances, 95)),
        "mean_from_reference": float(there),
        "mean_from_predicted": float(back),
        "dice": float(surface_distance.compute_dice_coefficient(reference, predicted)),
    }


def main() -> None:
    """Measure every pair on every grid and write the file."""
    warnings.simplefilter("ignore")
    cases = []
    for name, reference, predicted in pairs():
        for spacing in SPACINGS:
            case: dict[str, Any] = {"name": name, "spacing": spacing}
            if reference.any() and predicted.any():
                case["panoptica"] = of_panoptica(reference, predicted, spacing)
            case["deepmind"] = {
                key: value if np.isfinite(value) else str(value)
                for key, value in of_deepmind(reference, predicted, spacing).items()
            }
            cases.append(case)
    golden = {"versions": {name: version(name) for name in LIBRARIES}, "cases": cases}
    (FOLDER / "golden_distances.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
