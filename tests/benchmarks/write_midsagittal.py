"""Write docs/results/midsagittal.md and .json: how far the midsagittal areas can be trusted.

    python tests/benchmarks/write_midsagittal.py --work FOLDER --head HEAD.nii.gz [--head …]
        [--pair FIRST.nii.gz SECOND.nii.gz …]

*Heads* are turned, and their midbrains shrunk by a known share; each goes the program's whole way again.
*Pairs* are one person scanned twice. Placed heads are kept in FOLDER by the hash of the code that places
them, so a run that was stopped goes on where it was, and another way to find the plane needs no new ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark_segment import machine
from midsagittal_heads import Placed, measure_head, measure_scan
from midsagittal_page import page

from brainstem_app.imaging.reading import read_scan
from brainstem_app.jobs.scans.loaded_model import load_model

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure what is not there yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where what is computed is kept")
    parser.add_argument("--head", type=Path, action="append", default=[])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[])
    given = parser.parse_args()
    model = load_model("brainstem31", "onnx")
    placed = Placed(given.work, model)
    pairs: dict[str, list[dict[str, Any]]] = {}
    for pair in given.pair:
        names = [_name_of(path) for path in pair]
        sys.stderr.write(f"{' and '.join(names)}\n")
        pairs["/".join(names)] = [
            measure_scan(placed, name, read_scan(path)) for name, path in zip(names, pair, strict=True)
        ]
    heads = {}
    for path in given.head:
        sys.stderr.write(f"{_name_of(path)}\n")
        heads[_name_of(path)] = measure_head(placed, _name_of(path), read_scan(path))
    figures = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "model": {"name": model.card.name, "version": model.card.version},
        "heads": heads,
        "pairs": pairs,
    }
    written = ROOT / "docs/results/midsagittal"
    written.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    written.with_suffix(".md").write_text(page(figures), encoding="utf-8")


def _name_of(path: Path) -> str:
    """Name of a scan, with its dataset where that is BIDS."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    dataset = path.parents[2].name if path.parent.name == "anat" else ""
    return f"{dataset}-{stem}" if dataset else stem


if __name__ == "__main__":
    main()
