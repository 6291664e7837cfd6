"""Write docs/results/first-path.md: accuracy on the test subjects, and every scan segmented, with pictures.

    python tests/benchmarks/write_first_path.py --study STUDY --runs paper default --segmented FOLDER…

STUDY was made with `brainstem-app prepare … --repeat`, each run evaluated with `brainstem-app evaluate`;
FOLDER are output folders of `brainstem-app segment`.
"""

from __future__ import annotations

import argparse
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark_segment import machine
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURE_WIDTH = 1000
PICTURES_A_SHEET = 4
NETWORK_ALONE = "network alone"
EXPLAINED = (
    "Value and 95 % interval by bootstrap over subjects. Refined: the box is labelled mirrored too (the",
    "geometric mean of both is taken), and the atlas is bent to these probabilities. The network alone: the",
    "most probable class of the same mean.",
)


def main() -> None:
    """Read the arguments and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--runs", nargs="+", required=True)
    parser.add_argument("--segmented", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    runs = {name: _json(arguments.study / "runs" / name / "metrics.json") for name in arguments.runs}
    scans = [folder for parent in arguments.segmented for folder in _scan_folders(parent)]
    lines = [
        "# The first path: accuracy on the test subjects, and real scans segmented",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_first_path.py`.",
        "",
        *_accuracy(arguments.study, runs),
        *_segmented(scans, arguments.out),
    ]
    (arguments.out / "first-path.md").write_text("\n".join(lines), encoding="utf-8")


def _accuracy(study: Path, runs: dict[str, dict[str, Any]]) -> list[str]:
    first = next(iter(runs.values()))
    lines = ["## Accuracy against the reference labels", "", *(f"- {note}" for note in first["notes"]), ""]
    lines += ["| | macro mIoU (34) | nuclei mIoU | mean over subjects (34) | mean over subjects, nuclei |"]
    lines += ["|---|---|---|---|---|"]
    for name, metrics in runs.items():
        refined = metrics["settings"].get("refine", False)
        network = f"N-DecoNet/ResNet-34, run `{name}`"
        lines.append(_summary_row(f"{network}, refined" if refined else network, metrics["summary"]))
        alone = [row for row in _baselines(metrics) if row["name"] == NETWORK_ALONE]
        lines += [_summary_row(f"{network}, the network alone", row) for row in alone]
    lines += [_summary_row(row["name"], row) for row in _baselines(first) if row["name"] != NETWORK_ALONE]
    lines += ["", *EXPLAINED, ""]
    lines += [_against_baselines(name, metrics) for name, metrics in runs.items()]
    lines += ["", "How each run was trained:", ""]
    for name in runs:
        lines += _training(study, name)
    lines += ["", "### Each structure", "", *_structures(runs)]
    return lines


def _baselines(part: dict[str, Any]) -> Any:
    """Other methods beside a run; files of older versions call them yardsticks."""
    return part["baselines"] if "baselines" in part else part["yardsticks"]


def _against_baselines(name: str, metrics: dict[str, Any]) -> str:
    """Say where a run lies between the atlas alone (0 %) and the reference's own repeatability (100 %)."""
    run = metrics["summary"]["macro_miou_nuclei"]["value"]
    others = [row for row in _baselines(metrics) if row["name"] != NETWORK_ALONE]
    floor, *ceiling = (baseline["macro_miou_nuclei"]["value"] for baseline in others)
    text = f"- `{name}` gains {run - floor:+.3f} nuclei mIoU over the atlas placed by the same affine"
    if ceiling:
        share = 100 * (run - floor) / (ceiling[0] - floor)
        text += f": {share:.0f} % of the way to the reference's repeatability"
    return text + "."


def _training(study: Path, name: str) -> list[str]:
    """Say how a run was trained, and before it the run whose weights it began from."""
    folder = study / "runs" / name
    job = _json(folder / "config.json")
    with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    minutes = sum(float(row["seconds"]) for row in rows) / 60
    began = Path(job.pop("start_from", None) or "").parent.name
    left_out = ("version", "kind", "study", "run")
    settings = ", ".join(f"{key} {value}" for key, value in job.items() if key not in left_out)
    took = f"{len(rows)} of {job['epochs']} epochs in {minutes:.0f} minutes, on a machine that did more"
    line = f"- `{name}`: {settings}{f', begun from the best epoch of `{began}`' if began else ''}; {took}."
    return [*(_training(study, began) if began else []), line]


def _structures(runs: dict[str, dict[str, Any]]) -> list[str]:
    first = next(iter(runs.values()))
    others = [baseline["name"] for baseline in _baselines(first)]
    head = ["structure", "grade", *(f"`{name}`" for name in runs), *others, "missed in"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for number, row in enumerate(first["structures"]):
        mine = [_number(metrics["structures"][number]["iou"]["value"]) for metrics in runs.values()]
        theirs = [_number(_baselines(row)[name]) for name in others]
        missed = "/".join(str(metrics["structures"][number]["missed_subjects"]) for metrics in runs.values())
        lines.append("| " + " | ".join([row["full_name"], row["reliability"], *mine, *theirs, missed]) + " |")
    return [*lines, ""]


def _segmented(folders: list[Path], out: Path) -> list[str]:
    if not folders:
        return []
    lines = ["## Real scans, segmented with the shipped model", ""]
    head = [
        "scan",
        "nuclei found",
        "brainstem (ml)",
        "smallest / mean confidence of a nucleus",
        "warnings",
        "notes",
    ]
    lines += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += [_scan_row(folder) for folder in folders]
    lines += ["", "Pictures: outlines on the scan in three planes, as each report shows them.", ""]
    for number, start in enumerate(range(0, len(folders), PICTURES_A_SHEET), start=1):
        name = f"first-path-{number}.jpg"
        part = folders[start : start + PICTURES_A_SHEET]
        _sheet([folder / "qc.png" for folder in part], out / name)
        lines += [f"![{', '.join(folder.name for folder in part)}]({name})", ""]
    return lines


def _scan_row(folder: Path) -> str:
    report = _json(folder / "report.json")
    nuclei = [s for s in report["structures"] if s["group"] == "nucleus"]
    found = [s for s in nuclei if s["voxels"]]
    volume = sum(s["volume_mm3"] for s in report["structures"] if s["group"] != "background") / 1000
    confidence = [s["confidence"] for s in found if s["confidence"] is not None]
    low, mean = min(confidence), sum(confidence) / len(confidence)
    words = ["; ".join(finding["problem"] for finding in report[key]) or "–" for key in ("warnings", "notes")]
    numbers = f"{len(found)} of {len(nuclei)} | {volume:.1f} | {low:.2f} / {mean:.2f}"
    return f"| {folder.name} | {numbers} | {' | '.join(words)} |"


def _sheet(pictures: list[Path], target: Path) -> None:
    opened = [Image.open(path).convert("RGB") for path in pictures]
    scaled = [p.resize((PICTURE_WIDTH, round(p.height * PICTURE_WIDTH / p.width))) for p in opened]
    sheet = Image.new("RGB", (PICTURE_WIDTH, sum(p.height for p in scaled)), "white")
    top = 0
    for picture in scaled:
        sheet.paste(picture, (0, top))
        top += picture.height
    sheet.save(target, quality=80)


def _summary_row(name: str, summary: dict[str, Any]) -> str:
    keys = ("macro_miou", "macro_miou_nuclei", "mean_subject_miou", "mean_subject_miou_nuclei")
    return "| " + " | ".join([name, *(_estimate(summary[key]) for key in keys)]) + " |"


def _estimate(estimate: dict[str, float | None]) -> str:
    if estimate["low"] is None:
        return _number(estimate["value"])
    return f"{_number(estimate['value'])} ({_number(estimate['low'])}–{_number(estimate['high'])})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _scan_folders(parent: Path) -> list[Path]:
    return sorted(path.parent for path in parent.glob("*/report.json"))


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    main()
