"""Write docs/results/independent.md and .json: labels held against what others drew, placed and registered.

    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    python tests/independent/write_independent.py --data DATA --work WORK [--ants-python PYTHON]
        [--freesurfer FOLDER] [--model brainstem31] [--kept]

Warps are kept in WORK by model and code, ANTs' registrations by scan (`ants/`), so that a second run takes
minutes, and one after a change of model the time of placing and warping eight scans. Without an interpreter
that has antspyx only those of ANTs that are kept are shown. Test–retest is that of
docs/results/measurement.json. Pictures of Eve and Colin27 are drawn into WORK.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hand_drawn_parts
import landmarks
import numpy as np
import outlines
from ants_fields import ANTS_WAYS
from draw_independent import draw_colin27, draw_eve
from independent_claims import claims
from independent_page import page
from laid_atlas import AFFINE, Layer, arguments, layer_of
from measured_heads import SHIPPED

from brainstem_app.imaging.atomic import write_text

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))
from benchmark_segment import machine  # noqa: E402

SCRIPTS = {"outlines": outlines, "hand_drawn_parts": hand_drawn_parts, "landmarks": landmarks}
REGIONS = ("midbrain", "pons", "medulla", "brainstem")


def main() -> None:
    """Measure everything, draw, and write the page."""
    parser = arguments(str(__doc__))
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results" / "independent.md")
    parser.add_argument(
        "--kept", action="store_true", help="take what the scripts found before with this model"
    )
    given = parser.parse_args()
    layer = layer_of(given)
    measured: dict[str, Any] = {}
    for name, script in SCRIPTS.items():
        print(name, file=sys.stderr, flush=True)
        measured[name] = (
            kept(name, script.measure, layer) if given.kept else measure(name, script.measure, layer)
        )
    card = layer.bench.model.card
    result = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "model": {"name": card.name, "version": card.version, "sha256": card.sha256},
        **measured,
        "retest": retest(ROOT / "docs" / "results" / "measurement.json"),
        "cpu_s": _cpu_s(layer, measured),
    }
    result = _plain(result)
    # The scans' owners were not asked whether pictures of them may travel with the program.
    if not given.kept:
        draw_eve(layer, given.work / "eve.png")
        draw_colin27(layer, given.work / "colin27.png")
    write_text(given.page.with_suffix(".json"), json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    write_text(given.page, "\n".join(page(result, claims(result))))


def kept(name: str, script: Callable[[Layer], Any], layer: Layer) -> Any:
    """What a script has found with this model before; measured now if it has not."""
    path = layer.work / "results" / f"{name}.json"
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if before["sha256"] == layer.bench.model.card.sha256:
            return before["found"]
    return measure(name, script, layer)


def measure(name: str, script: Callable[[Layer], Any], layer: Layer) -> Any:
    """What a script finds, kept in ``WORK/results``."""
    found = script(layer)
    (layer.work / "results").mkdir(parents=True, exist_ok=True)
    told = {"sha256": layer.bench.model.card.sha256, "found": found}
    write_text(layer.work / "results" / f"{name}.json", json.dumps(told, indent=1))
    return found


def retest(path: Path) -> dict[str, Any]:
    """What `write_measurement.py` found in people scanned twice."""
    found = json.loads(path.read_text(encoding="utf-8"))
    by_way = {}
    for way in (way for way in found["ways"] if way in (AFFINE, SHIPPED)):
        structures = found["ways"][way]["structures"]
        nuclei = [each["cv_rescans_percent"] for each in structures if each["kind"] == "nucleus"]
        regions = {each["name"]: each["cv_rescans_percent"] for each in structures if each["name"] in REGIONS}
        by_way[way] = {
            "median_nucleus": float(np.median(nuclei)),
            "worst_nucleus": max(nuclei),
            "regions": regions,
        }
    return {"pairs": found["pairs"], "model": found["model"], "by_way": by_way}


def _cpu_s(layer: Layer, measured: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """CPU seconds of ANTs, by way and scan."""
    scans = (*measured["outlines"]["people"], "eve", "colin27")
    found: dict[str, dict[str, float]] = {}
    for way in ANTS_WAYS:
        fields = {name: layer.ants.kept(way, name) for name in scans}
        known = {name: each.cpu_s for name, each in fields.items() if each is not None}
        if known:
            found[way] = known
    return found


def _plain(value: Any) -> Any:
    """Value as JSON has it: numbers to five digits."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float | np.floating) else value


if __name__ == "__main__":
    main()
