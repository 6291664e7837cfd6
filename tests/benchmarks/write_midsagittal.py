"""Write docs/results/midsagittal.md and .json: how far the midsagittal areas can be trusted.

    python tests/benchmarks/write_midsagittal.py --work FOLDER --head HEAD.nii.gz [--head …]
        [--pair FIRST.nii.gz SECOND.nii.gz …]

*Heads* are turned, and their midbrains shrunk by a known share; each goes the program's whole way again.
*Pairs* are one person scanned twice. What is computed is kept in
FOLDER by the hash of the code that computes it, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark_segment import machine
from measured_heads import hash_of_code
from midsagittal_heads import kept_figures, measure_head, measure_scan
from midsagittal_page import page

from brainstem_app.imaging.reading import read_scan
from brainstem_app.jobs.scans.loaded_model import load_model

ROOT = Path(__file__).resolve().parents[2]
_CODE = (
    "atlas/midsagittal.py",
    "atlas/warped.py",
    "preprocessing/*.py",
    "models/atlas_fit.py",
    "models/local_correlation.py",
)


def main() -> None:
    """Measure what is not there yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where what is computed is kept")
    parser.add_argument("--head", type=Path, action="append", default=[])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[])
    given = parser.parse_args()
    model = load_model("brainstem31", "onnx")
    own = hashlib.sha256((Path(__file__).parent / "midsagittal_heads.py").read_bytes()).hexdigest()[:8]
    told = hashlib.sha256(repr((sorted(model.card.sha256.items()), model.card.method)).encode()).hexdigest()
    folder = given.work / f"midsagittal-{hash_of_code(_CODE)}-{own}-{told[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    pairs: dict[str, list[dict[str, Any]]] = {}
    for pair in given.pair:
        names = [_name_of(path) for path in pair]
        sys.stderr.write(f"{' and '.join(names)}\n")
        pairs["/".join(names)] = [
            kept_figures(folder / f"{name}-scan.json", lambda path=path: measure_scan(model, read_scan(path)))
            for name, path in zip(names, pair, strict=True)
        ]
    heads = {}
    for path in given.head:
        sys.stderr.write(f"{_name_of(path)}\n")
        heads[_name_of(path)] = kept_figures(
            folder / f"{_name_of(path)}.json", lambda path=path: measure_head(model, read_scan(path))
        )
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
