"""What the reports on people say: groups compared, and how well volumes repeat themselves."""

from __future__ import annotations

from math import ceil
from typing import Any

from brainstem_app.gui.report.report_content import Cell, Effect, Measured, OneDigit, ReportContent, Rounded
from brainstem_app.gui.report.report_entries import ReportEntry
from brainstem_app.reports.engine.formatting import difference_decimals


def cohort_content(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    """Comparisons of groups by region and nucleus; without groups the z-scores of each person."""
    people = [person for person in report["subjects"] if person["z"]]
    used = sum(person.get("in_model", True) for person in report["subjects"])
    left = f" ({used} in the models)" if used < len(report["subjects"]) else ""
    lines = [("people", f"{len(report['subjects'])}{left}")]
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
    reach = _reach(report)
    headers = (
        "Nucleus",
        *(("Group",) if several else ()),
        "Mean mm³",
        "Reference mm³",
        "Difference",
        "95 %",
        "d",
        f"d −{reach} … {reach}",
        "p",
        "p Holm",
        "n",
        "Not found",
        "Full name",
    )
    rows = tuple(
        (
            n["name"],
            *((c["group"],) if several else ()),
            _measured(n["mean_mm3"], n),
            _measured(n["reference_mean_mm3"], n),
            _rounded(n["difference_mm3"], n["reference_mean_mm3"]),
            _span(n["low_mm3"], n["high_mm3"], difference_decimals(n["reference_mean_mm3"])),
            n["d"],
            None if n["d"] is None else Effect(n["d"], n["d_low"], n["d_high"], reach),
            n["p"],
            n["p_holm"],
            f"{n.get('n', c['n'])} / {n.get('reference_n', c['reference_n'])}",
            n["not_found"] + n["reference_not_found"],
            n["full_name"],
        )
        for c in report["comparisons"]
        for n in _parts(c)
    )
    return headers, rows


def _parts(comparison: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Regions, areas and nuclei of a comparison or of repeated scans, in this order."""
    return (*comparison.get("regions", ()), *comparison.get("areas", ()), *comparison["nuclei"])


def _reach(report: dict[str, Any]) -> int:
    """Where the scale of d ends: all intervals are whole on it."""
    ends = [n[end] for c in report["comparisons"] for n in _parts(c) for end in ("d_low", "d_high")]
    return max(1, ceil(max((abs(end) for end in ends if end is not None), default=1)))


def _volumes(report: dict[str, Any]) -> dict[str, dict[str, tuple[float, ...]]]:
    """Volumes of each nucleus by group, the reference first."""
    names = {name for person in report["subjects"] for name in person["z"]}
    names |= {nucleus["name"] for c in report["comparisons"] for nucleus in _parts(c)}
    found: dict[str, dict[str, list[float]]] = {}
    people = sorted(report["subjects"], key=lambda p: (p["group"] != report["reference"], p["group"] or ""))
    for person in people:
        for name in person["volume_mm3"].keys() & names:
            if person["volume_mm3"][name] is None:
                continue
            group = person["group"] or ("unknown" if report["group"] else "all")
            found.setdefault(name, {}).setdefault(group, []).append(person["volume_mm3"][name])
    return {name: {g: tuple(v) for g, v in groups.items()} for name, groups in found.items()}


def retest_content(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    """How well each region and nucleus repeats itself, and all of them together."""
    lines = [("people", str(len(report["subjects"]))), ("model", report["model"] or "–")]
    lines += [("note", note) for note in report["notes"]]
    headers = (
        "Nucleus",
        "First mm³",
        "Second mm³",
        "Bias mm³",
        "95 %",
        "Limits of agreement",
        "Variation %",
        "Repeatability mm³",
        "ICC(A,1)",
        "ICC 95 %",
        "n",
        "Not found",
        "Full name",
    )
    rows = tuple(
        (
            n["name"],
            _measured(n["first_mm3"], n),
            _measured(n["second_mm3"], n),
            _rounded(n["bias_mm3"], n["first_mm3"]),
            _span(n["bias_low_mm3"], n["bias_high_mm3"], difference_decimals(n["first_mm3"])),
            _span(n["limit_low_mm3"], n["limit_high_mm3"], difference_decimals(n["first_mm3"])),
            None if n["within_cv"] is None else _one_digit(100 * n["within_cv"]),
            _one_digit(n["repeatability_mm3"]),
            n["icc_agreement"],
            _span(n["icc_agreement_low"], n["icc_agreement_high"], 2),
            n["n"],
            n["not_found_first"] + n["not_found_second"],
            n["full_name"],
        )
        for n in (*_parts(report), *report["totals"])
    )
    notes = (
        "Bias is second − first. Two results of one person differ by less than the repeatability in 95 %:"
        f" a smaller change says nothing. {report['limits']}"
    )
    volumes = {
        n["name"]: {
            when: tuple(v for p in report["subjects"] if (v := p[key].get(n["name"])) is not None)
            for when, key in (("first", "first_mm3"), ("second", "second_mm3"))
        }
        for n in _parts(report)
    }
    return ReportContent(entry, tuple(lines), headers, rows, notes, volumes)


def _one_digit(value: float | None) -> OneDigit | None:
    return None if value is None else OneDigit(value)


def _rounded(value: float | None, of: float | None) -> Rounded | None:
    return None if value is None else Rounded(value, difference_decimals(of))


def _measured(value: float | None, part: dict[str, Any]) -> OneDigit | None:
    """Write a size, with its unit where that is not the heading's mm³."""
    unit = part.get("unit", "mm³")
    return _one_digit(value) if value is None or unit == "mm³" else Measured(value, unit)


def _span(low: float | None, high: float | None, digits: int) -> str:
    return "" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"
