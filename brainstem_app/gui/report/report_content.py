"""What a report says, as text and one table; read on a thread."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brainstem_app.errors import InputError
from brainstem_app.gui.report.report_entries import ReportEntry


@dataclass(frozen=True)
class Effect:
    """A difference with its interval, to be drawn."""

    value: float
    low: float
    high: float


# Headings and names in report.json of the columns of a segmentation, and of one with a reference.
_SEGMENTED = (
    ("Nucleus", "name"),
    ("Side", "side"),
    ("mm³", "volume_mm3"),
    ("Asymmetry", "asymmetry_index"),
    ("Confidence", "confidence"),
)
_SCORED = (
    ("Difference mm³", "volume_difference_mm3"),
    ("IoU", "iou"),
    ("Dice", "dice"),
    ("HD95 mm", "hd95_mm"),
    ("Status", "status"),
)


class OneDigit(float):
    """A number that is written with one digit behind the point."""


Cell = str | float | Effect | None


@dataclass(frozen=True)
class ReportContent:
    """A report as the window shows it.

    Attributes
    ----------
    lines : tuple of (str, str)
        What stands above the table: what, value.
    headers : tuple of str
        Of the table.
    rows : tuple of tuple
        Text or number by column; None where there is none.
    notes : str
        What the reader must know.
    volumes : dict of str to dict of str to tuple of float
        Of a cohort: for each nucleus the volumes (mm³) of the people of each group, to be drawn.
    picture : Path or None
        Of the labels on the scan.
    """

    entry: ReportEntry
    lines: tuple[tuple[str, str], ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: str = ""
    volumes: dict[str, dict[str, tuple[float, ...]]] = field(default_factory=dict)
    picture: Path | None = None


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
        return _cohort(entry, _json(by_name["cohort.json"]))
    if "results.csv" in by_name:
        return _comparison(entry, by_name["results.csv"])
    return ReportContent(entry)


def _json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            "The report is damaged or cannot be read.", path, "Measure the run again."
        ) from error
    return content


def _run(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    methods = [report["summary"], *report["yardsticks"]]
    lines = [
        (
            method["name"],
            f"nuclei {_interval(method['macro_miou_nuclei'])}, all classes {_interval(method['macro_miou'])}",
        )
        for method in methods
    ]
    subjects = f"{report['summary']['n_subjects']} ({report['part']})"
    yardsticks = tuple(method["name"] for method in report["yardsticks"])
    rows = tuple(
        (
            s["name"],
            s["full_name"],
            s["iou"]["value"],
            _range(s["iou"]),
            s["dice"],
            s["missed_subjects"],
            s["reliability"],
            *(s["yardsticks"].get(name) for name in yardsticks),
        )
        for s in report["structures"]
        if s["group"] == "nucleus"
    )
    headers = ("Nucleus", "Full name", "IoU", "95 %", "Dice", "Missed in", "Reliability", *yardsticks)
    notes = " ".join([*report.get("notes", ()), report.get("limits", "")])
    return ReportContent(entry, (("subjects", subjects), *lines), headers, rows, notes)


def _segmentation(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    structures = [s for s in report.get("structures", ()) if s.get("group") == "nucleus"]
    scored = any(s.get("iou") is not None for s in structures)
    columns = _SEGMENTED + (_SCORED if scored else ())
    columns = tuple((name, key) for name, key in columns if any(s.get(key) is not None for s in structures))
    headers = tuple(name for name, _ in columns)
    rows = tuple(tuple(s.get(key) for _, key in columns) for s in structures)
    lines = [
        ("scan", str((report.get("scan") or {}).get("file", ""))),
        ("model", str((report.get("model") or {}).get("name", "–"))),
    ]
    lines += [
        (
            str(finding.get("level", "warning")),
            f"{finding.get('problem', '')} {finding.get('fix', '')}".strip(),
        )
        for finding in report.get("warnings", ())
    ]
    picture = next((file for file in entry.files if file.name == "qc.png"), None)
    limits = str(report.get("limits", ""))
    return ReportContent(entry, tuple(lines), headers, rows, limits, picture=picture)


def _cohort(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    """Comparisons of groups nucleus by nucleus; without groups the z-scores of each person."""
    people = [person for person in report["subjects"] if person["z"]]
    lines = [("people", str(len(report["subjects"])))]
    if report["group"]:
        lines.append((report["group"], _groups_text(report)))
    if report["covariates"]:
        lines.append(("adjusted for", ", ".join(report["covariates"])))
    lines += [("note", note) for note in report["notes"]]
    if report["comparisons"]:
        headers, rows = _effects(report)
    else:
        names = list(people[0]["z"]) if people else []
        headers = ("Person", *names)
        rows = tuple((p["subject"], *(p["z"][name] for name in names)) for p in people)
    limits = f"The means are as measured; the difference is adjusted. {report['limits']}"
    return ReportContent(entry, tuple(lines), headers, rows, limits, _volumes(report))


def _groups_text(report: dict[str, Any]) -> str:
    others = ", ".join(f"{c['group']} ({c['n']})" for c in report["comparisons"])
    size = report["comparisons"][0]["reference_n"] if report["comparisons"] else 0
    return f"{others} against {report['reference']} ({size})"


def _effects(report: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    several = len(report["comparisons"]) > 1
    headers = (
        "Nucleus",
        *(("Group",) if several else ()),
        "Mean mm³",
        "Reference mm³",
        "Difference",
        "95 %",
        "d",
        "d −2 … 2",
        "p",
        "p Holm",
        "Not found",
        "Full name",
    )
    rows = tuple(
        (
            n["name"],
            *((c["group"],) if several else ()),
            OneDigit(n["mean_mm3"]),
            OneDigit(n["reference_mean_mm3"]),
            OneDigit(n["difference_mm3"]),
            "" if n["low_mm3"] is None else f"{n['low_mm3']:.1f} to {n['high_mm3']:.1f}",
            n["d"],
            None if n["d"] is None else Effect(n["d"], n["d_low"], n["d_high"]),
            n["p"],
            n["p_holm"],
            n["not_found"] + n["reference_not_found"],
            n["full_name"],
        )
        for c in report["comparisons"]
        for n in c["nuclei"]
    )
    return headers, rows


def _volumes(report: dict[str, Any]) -> dict[str, dict[str, tuple[float, ...]]]:
    """Volumes of each nucleus by group, the reference first."""
    names = {name for person in report["subjects"] for name in person["z"]}
    names |= {nucleus["name"] for c in report["comparisons"] for nucleus in c["nuclei"]}
    found: dict[str, dict[str, list[float]]] = {}
    people = sorted(report["subjects"], key=lambda p: (p["group"] != report["reference"], p["group"] or ""))
    for person in people:
        for name in person["volume_mm3"].keys() & names:
            group = person["group"] or ("unknown" if report["group"] else "all")
            found.setdefault(name, {}).setdefault(group, []).append(person["volume_mm3"][name])
    return {name: {g: tuple(v) for g, v in groups.items()} for name, groups in found.items()}


def _comparison(entry: ReportEntry, path: Path) -> ReportContent:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = list(csv.reader(file))
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
        return text or None


def _interval(estimate: dict[str, Any]) -> str:
    value = estimate.get("value")
    return "–" if value is None else f"{value:.3f} ({_range(estimate)})"


def _range(estimate: dict[str, Any]) -> str:
    low, high = estimate.get("low"), estimate.get("high")
    return "" if low is None or high is None else f"{low:.3f} – {high:.3f}"
