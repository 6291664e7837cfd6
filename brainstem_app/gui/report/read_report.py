"""Read what a report says, on a thread."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from brainstem_app.errors import InputError
from brainstem_app.gui.report.change_content import change_content
from brainstem_app.gui.report.people_content import cohort_content, retest_content
from brainstem_app.gui.report.report_content import (
    Cell,
    Measured,
    Named,
    NotSeen,
    OneDigit,
    ReportContent,
)
from brainstem_app.gui.report.report_entries import ReportEntry
from brainstem_app.plain_text import without_apostrophe
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML
from brainstem_app.small_files import read_json, read_text

# Headings and names in report.json of the columns of a segmentation, and of one with a reference.
_SEGMENTED = (
    ("Nucleus", "name"),
    ("mm³", "volume_mm3"),
    ("Reliability", "reliability"),
    ("Smallest\nchange %", "smallest_change_percent"),
    ("Confidence", "confidence"),
    ("Asymmetry", "asymmetry_index"),
)
_SCORED = (
    ("Difference mm³", "volume_difference_mm3"),
    ("IoU", "iou"),
    ("Distance mm", "assd_mm"),
    ("References disagree mm", "references_disagree_mm"),
    ("Dice", "dice"),
    ("HD95 mm", "hd95_mm"),
    ("Status", "status"),
)

#: Of the areas of the midsagittal plane, whose names in files are for programs.
AREA_NAMES = {
    "midbrain_mm2": "midbrain area",
    "tegmentum_mm2": "tegmentum area",
    "pons_mm2": "pons area",
    "mp_ratio_percent": "midbrain by pons",
}


def read_report(entry: ReportEntry) -> ReportContent:
    """Read a report.

    Raises
    ------
    InputError
        If its file is damaged.
    """
    by_name = {file.name: file for file in entry.files}
    if "metrics.json" in by_name:
        return _run(entry, _json(by_name["metrics.json"]))
    if "report.json" in by_name:
        return _segmentation(entry, _json(by_name["report.json"]))
    if "cohort.json" in by_name:
        return cohort_content(entry, _json(by_name["cohort.json"]))
    if "retest.json" in by_name:
        return retest_content(entry, _json(by_name["retest.json"]))
    if "change.json" in by_name:
        return change_content(entry, _json(by_name["change.json"]))
    if "results.csv" in by_name:
        return _comparison(entry, by_name["results.csv"])
    return ReportContent(entry)


def _json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = dict(read_json(path))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            "The report is damaged or cannot be read.", path, "Measure the run again."
        ) from error
    return content


def _run(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    methods = [report["summary"], *_baselines(report)]
    lines = [
        (
            method["name"],
            f"nuclei {_interval(method['macro_miou_nuclei'])}{_distance(method)}, all classes "
            f"{_interval(method['macro_miou'])}",
        )
        for method in methods
    ]
    subjects = f"{report['summary']['n_subjects']} ({report['part']})"
    baselines = tuple(method["name"] for method in methods[1:])
    nuclei = [s for s in report["structures"] if s["group"] == "nucleus"]
    columns: list[tuple[str, list[Cell]]] = [
        ("Nucleus", [s["name"] for s in nuclei]),
        ("Full name", [s["full_name"] for s in nuclei]),
        ("IoU", [s["iou"]["value"] for s in nuclei]),
        ("95 %", [_range(s["iou"]) for s in nuclei]),
        *_distances(nuclei),
        ("Dice", [s["dice"] for s in nuclei]),
        ("Missed in", [s["missed_subjects"] for s in nuclei]),
        ("Reliability", [s["reliability"] for s in nuclei]),
        *((name, [_baselines(s).get(name) for s in nuclei]) for name in baselines),
    ]
    headers = tuple(name for name, _ in columns)
    rows = tuple(zip(*(values for _, values in columns), strict=True))
    notes = " ".join([*report.get("notes", ()), report.get("limits", "")])
    return ReportContent(entry, (("subjects", subjects), *lines), headers, rows, notes)


def _baselines(part: dict[str, Any]) -> Any:
    """Other methods beside a run; files of older versions call them yardsticks."""
    return part["baselines"] if "baselines" in part else part["yardsticks"]


def _segmentation(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    structures = [s for s in report.get("structures", ()) if s.get("group") == "nucleus"]
    scored = any(s.get("iou") is not None for s in structures)
    columns = _SEGMENTED + (_SCORED if scored else ())
    columns = tuple((name, key) for name, key in columns if any(s.get(key) is not None for s in structures))
    headers = tuple(name for name, _ in columns)
    areas = (report.get("midsagittal") or {}).get("areas", ())
    entries = (*report.get("regions", ()), *areas, *structures)
    rows = tuple(tuple(_segmented(s, key) for _, key in columns) for s in entries)
    lines = [
        ("scan", str((report.get("scan") or {}).get("file", ""))),
        *_head_size(report.get("scan") or {}),
        ("model", _model(entry)),
    ]
    if entry.is_edited:
        lines.append(
            ("edited", "The labels were corrected by hand since; these numbers are those of the original.")
        )
    lines += [
        (
            str(finding.get("level", "warning")),
            f"{finding.get('problem', '')} {finding.get('fix', '')}".strip(),
        )
        for finding in report.get("warnings", ())
    ]
    known = {file.name: file for file in entry.files}
    pictures = tuple(known[name] for name in ("qc.png", "midsagittal.png") if name in known)
    limits = str(report.get("limits", ""))
    return ReportContent(entry, tuple(lines), headers, rows, limits, pictures=pictures)


def _segmented(structure: dict[str, Any], key: str) -> Cell:
    value: Cell = structure.get(key)
    if key == "volume_mm3" and "unit" in structure:
        return Measured(float(structure["value"]), str(structure["unit"]))
    if key == "name":
        return _named(structure)
    if key != "smallest_change_percent":
        return value
    if structure.get("change_seen") is False:
        return NotSeen("none seen")
    return OneDigit(float(value)) if isinstance(value, int | float) else None


def _head_size(scan: dict[str, Any]) -> list[tuple[str, str]]:
    """Volumes of head and brain in ml, those that were measured."""
    inside, brain = scan.get(INTRACRANIAL_ML), scan.get(BRAIN_ML)
    parts = [] if inside is None else [f"{inside:,.0f} ml inside the skull"]
    parts += [] if brain is None else [f"{brain:,.0f} ml brain mask"]
    if inside is None and parts:
        parts.append("the volume inside the skull is not known")
    return [("head size", ", ".join(parts))] if parts else []


def _named(structure: dict[str, Any]) -> Named:
    """Name of a structure, or of an area in words; its full name is for who points at it."""
    name = str(structure.get("name", ""))
    return Named(AREA_NAMES.get(name, name), str(structure.get("full_name", name)))


def _model(entry: ReportEntry) -> str:
    return "–" if entry.model is None else f"{entry.model.title}, {entry.model.accuracy}"


def _comparison(entry: ReportEntry, path: Path) -> ReportContent:
    try:
        table = list(csv.reader(io.StringIO(read_text(path), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("The table of the comparison cannot be read.", path, "Start it again.") from error
    if not table:
        return ReportContent(entry)
    rows = tuple(tuple(_value(text) for text in row) for row in table[1:])
    return ReportContent(entry, (("cells", str(len(rows))),), tuple(table[0]), rows)


def _value(text: str) -> Cell:
    try:
        return float(text)
    except ValueError:
        return without_apostrophe(text) or None


def _interval(estimate: dict[str, Any]) -> str:
    value = estimate.get("value")
    return "–" if value is None else f"{value:.3f} ({_range(estimate)})"


def _distances(nuclei: list[dict[str, Any]]) -> list[tuple[str, list[Cell]]]:
    """Columns of distances in mm, those that have any number."""
    columns: list[tuple[str, list[Cell]]] = [
        ("Distance mm", [((s.get("of_subjects") or {}).get("assd_mm") or {}).get("value") for s in nuclei]),
        ("References disagree mm", [s.get("references_disagree_mm") for s in nuclei]),
    ]
    return [(name, values) for name, values in columns if any(value is not None for value in values)]


def _distance(method: dict[str, Any]) -> str:
    value = (method.get("distance_nuclei_mm") or {}).get("value")
    return "" if value is None else f" at {value:.2f} mm"


def _range(estimate: dict[str, Any]) -> str:
    low, high = estimate.get("low"), estimate.get("high")
    return "" if low is None or high is None else f"{low:.3f} – {high:.3f}"
