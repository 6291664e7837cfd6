"""Write docs/results/retest.md: how well volumes of nuclei repeat themselves when the head lies otherwise.

    python tests/benchmarks/write_retest.py --work FOLDER HEAD.nii.gz [HEAD.nii.gz ...]

There are no scans of one person twice here. So each head is turned by up to 8 degrees about every axis and
moved by up to 6 mm in the scanner, resampled once (cubic splines) onto the grid it was scanned on, and stored
as if it had been scanned so. Both are segmented and compared by `retest`, as a user would. What is done stays
in FOLDER.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from benchmark_segment import machine
from scipy.spatial.transform import Rotation

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.evaluation.structures import measure_structures
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine
from brainstem_app.reports.retest.model import RetestEntry, RetestReport

ROOT = Path(__file__).resolve().parents[2]
MOST_DEGREES, MOST_MM = 8.0, 6.0
MOVE_FILE = "moved_to_first_mm.txt"
GRADES = "ABC"


def main() -> None:
    """Read the arguments, segment what is not yet, compare and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    moved = [_moved(scan, arguments.work / "moved") for scan in arguments.scans]
    _segment(arguments.scans, arguments.work / "first")
    _segment(moved, arguments.work / "second")
    folders = [str(arguments.work / name) for name in ("first", "second")]
    _run(["retest", *folders, "--out", str(arguments.work / "retest")])
    text = (arguments.work / "retest" / "retest.json").read_text(encoding="utf-8")
    report = RetestReport.model_validate_json(text)
    overlap = _overlap(arguments.scans, arguments.work)
    (arguments.out / "retest.md").write_text(_page(report, overlap), encoding="utf-8")


def _moved(scan: Path, folder: Path) -> Path:
    """Write the scan of the head in another position; where each point came from is kept beside it."""
    path = folder / scan.name
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    head = read_scan(scan)
    number = int("".join(c for c in scan.name.split("_")[0] if c.isdigit()))
    back = _position(head.affine, head.data.shape, np.random.default_rng(number))
    data = resample(head.data, head.affine, head.data.shape, head.affine, order=3, world_to_world=back)
    image = nib.Nifti1Image(np.clip(np.rint(data), 0, None).astype(np.int16), head.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(head.affine, 1)
    image.set_qform(head.affine, 1)
    np.savetxt(folder / f"{scan.name}.{MOVE_FILE}", back)
    nib.save(image, path)
    return path


def _position(affine: Affine, shape: tuple[int, ...], rng: np.random.Generator) -> Affine:
    """Where a point (mm) of the moved head lies in the head as it was: turned about the grid's middle."""
    middle = (affine @ [*(np.array(shape) / 2), 1])[:3]
    turn = Rotation.from_euler("xyz", rng.uniform(-MOST_DEGREES, MOST_DEGREES, 3), degrees=True).as_matrix()
    back = np.eye(4)
    back[:3, :3] = turn
    back[:3, 3] = middle - turn @ middle + rng.uniform(-MOST_MM, MOST_MM, 3)
    return back


def _segment(scans: list[Path], out: Path) -> None:
    todo = [scan for scan in scans if not (out / _stem(scan) / "report.json").exists()]
    if todo:
        _run(["segment", *map(str, todo), "--out", str(out)])


def _run(words: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "brainstem_app", *words], check=True)


def _stem(scan: Path) -> str:
    return scan.name.removesuffix(".gz").removesuffix(".nii")


def _overlap(scans: list[Path], work: Path) -> dict[str, list[Any]]:
    """Dice and distance of the centres (mm) of each nucleus in every head, both on the first scan's grid."""
    table: LabelTable = load_atlas().table
    found: dict[str, list[Any]] = {s.name: [] for s in table.nuclei}
    for scan in scans:
        first, affine = load_label_map(work / "first" / _stem(scan) / "labels_native.nii.gz")
        labels, moved_affine = load_label_map(work / "second" / _stem(scan) / "labels_native.nii.gz")
        back = np.loadtxt(work / "moved" / f"{scan.name}.{MOVE_FILE}")
        forth = np.asarray(np.linalg.inv(back), dtype=np.float64)
        second = resample(labels, moved_affine, first.shape, affine, order=0, world_to_world=forth)
        for m in measure_structures(second, affine, table, first):
            if m.structure.name in found:
                found[m.structure.name].append((m.dice, m.centroid_error_mm))
    return found


def _page(report: RetestReport, overlap: dict[str, list[Any]]) -> str:
    n = len(report.subjects)
    cv = [100 * (e.within_cv or 0) for e in report.nuclei]
    worst = max(report.nuclei, key=lambda e: e.within_cv or 0)
    lines = [
        "# How well volumes repeat themselves",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_retest.py` from "
        f"{n} whole head{'s' if n > 1 else ''} of ds000011 (1 × 1.33 × 1.33 mm), model `{report.model}`.",
        "",
        "There are no scans of one person twice among the data. So each head was turned by up to "
        f"{MOST_DEGREES:.0f}° about every axis and moved by up to {MOST_MM:.0f} mm, resampled onto the grid "
        "it was scanned on, and segmented again as if it had been scanned so; `brainstem-app retest` "
        "compared both. What another scan adds (its own noise, movement, distortion, another day) is not in "
        "these numbers: real scans of one person differ by more. The resampling itself blurs the second "
        "a little.",
        "",
        f"The within-subject coefficient of variation is {np.median(cv):.1f} % in the median of the "
        f"{len(cv)} nuclei, and {max(cv):.1f} % at most ({worst.name}); "
        f"{_total(report, 'all nuclei'):.1f} % for all nuclei together. By grade of reliability: "
        f"{_by_grade(report)}.",
        "",
        "| nucleus | grade | first (mm³) | second (mm³) | bias (mm³, 95 %) | CV (%) | repeatability (mm³) "
        "| ICC(A,1) (95 %) | Dice | centres apart (mm) |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_row(entry, overlap.get(entry.name, [])) for entry in (*report.nuclei, *report.totals)),
        "",
        "*CV*: within-subject coefficient of variation. *Repeatability*: two results of one head differ by "
        "less in 95 %. *Dice*, *centres apart*: means over heads, the second labels brought back onto the "
        "first scan's grid by the known movement and nearest neighbour, which costs small nuclei some Dice "
        "by itself. How they are computed: [compare groups, people and runs](../how-to/compare-groups.md).",
        "",
        *(f"- {note}" for note in report.notes),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _total(report: RetestReport, name: str) -> float:
    return 100 * next(entry.within_cv or 0 for entry in report.totals if entry.name == name)


def _by_grade(report: RetestReport) -> str:
    parts = []
    for grade in GRADES:
        values = [100 * (e.within_cv or 0) for e in report.nuclei if e.reliability == grade]
        if values:
            parts.append(f"{grade} {np.median(values):.1f} % ({len(values)} nuclei)")
    return ", ".join(parts)


def _row(entry: RetestEntry, overlap: list[Any]) -> str:
    bias = _with_ends(entry.bias_mm3, entry.bias_low_mm3, entry.bias_high_mm3, 1, signed=True)
    icc = _with_ends(entry.icc_agreement, entry.icc_agreement_low, entry.icc_agreement_high, 2)
    place = ["–", "–"]
    if overlap:
        dice, apart = zip(*overlap, strict=True)
        place = [f"{np.mean(dice):.2f}", f"{np.mean([a for a in apart if a is not None]):.2f}"]
    cells = [
        entry.name,
        entry.reliability or "–",
        f"{entry.first_mm3:.1f}",
        f"{entry.second_mm3:.1f}",
        bias,
        "–" if entry.within_cv is None else f"{100 * entry.within_cv:.1f}",
        f"{entry.repeatability_mm3:.1f}",
        icc,
        *place,
    ]
    return f"| {' | '.join(cells)} |"


def _with_ends(
    value: float | None, low: float | None, high: float | None, decimals: int, *, signed: bool = False
) -> str:
    if value is None:
        return "–"
    form = f"{'+' if signed else ''}.{decimals}f"
    ends = "" if low is None or high is None else f" ({low:{form}} to {high:{form}})"
    return f"{value:{form}}{ends}".replace("-", "−")


if __name__ == "__main__":
    main()
