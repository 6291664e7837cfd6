"""What the reports on people say: groups compared, and how well volumes repeat themselves."""

from __future__ import annotations

from math import ceil
from typing import Any

from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.report.report_content import (
    Cell,
    ContentTable,
    Effect,
    Measured,
    OneDigit,
    ReportContent,
    Rounded,
)
from brainstem_app.gui.report.report_entries import ReportEntry
from brainstem_app.reports.cohort.who_is_in import STATE_IN_WORDS
from brainstem_app.reports.engine.formatting import difference_decimals


def cohort_content(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    """Comparisons of groups by region and nucleus, z-scores of each person, and who is in."""
    used = sum(person.get("in_model", True) for person in report["subjects"])
    left = f" ({used} in the models)" if used < len(report["subjects"]) else ""
    lines = [("people", f"{len(report['subjects'])}{left}")]
    if report["group"]:
        lines.append((report["group"], _groups_text(report)))
    if report["covariates"]:
        lines.append(("adjusted for", ", ".join(report["covariates"])))
    if report.get("sites"):
        sizes = ", ".join(f"{site} ({n})" for site, n in report["sites"].items())
        lines.append(("sites taken out", f"{report['site']}: {sizes}"))
    if report.get("against"):
        saved = report["against"]
        lines.append(("against", f"the saved reference group “{saved['name']}” ({saved['n']} people)"))
    lines += [("note", window_words(note, "cohort")) for note in report["notes"]]
    tables = [
        *([ContentTable("Comparisons", *_effects(report))] if report["comparisons"] else []),
        *_scores(report),
        ContentTable("People", *_people(report)),
    ]
    first, *more = tables
    limits = f"{_what_means_are(report)} {report['limits']}"
    return ReportContent(
        entry,
        tuple(lines),
        first.headers,
        first.rows,
        limits,
        _volumes(report),
        title=first.title,
        more=tuple(more),
    )


def _what_means_are(report: dict[str, Any]) -> str:
    if not report["comparisons"]:
        return ""
    means = "without the differences of sites" if report.get("sites") else "as measured"
    return (
        f"The means are {means}; the difference is adjusted. p Holm: even one false finding among all is "
        "rare; p FDR: of those below .05 one in twenty is expected to be false."
    )


def _scores(report: dict[str, Any]) -> list[ContentTable]:
    """z-scores of each person, and centiles against a saved reference group; none where nobody has one."""
    found = []
    for title, key in (("z-scores", "z"), ("Centiles", "centile")):
        people = [person for person in report["subjects"] if person.get(key)]
        if people:
            names = list(dict.fromkeys(name for person in people for name in person[key]))
            rows = tuple((p["subject"], *map(p[key].get, names)) for p in people)
            found.append(ContentTable(title, ("Person", *names), rows))
    return found


def _people(report: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """Who is in, and who is not and why; columns that say nothing of anybody are left out."""
    columns = {
        "Dataset": "dataset",
        "Session": "session",
        str(report["group"] or ""): "group",
        str(report.get("site") or ""): "site",
        "Model": "model",
        "Version": "version",
    }
    rows = [*report["subjects"], *report.get("left_out", ())]
    shown = {head: key for head, key in columns.items() if head and any(row.get(key) for row in rows)}
    has_state, warned = any(r.get("state") for r in rows), any(r.get("warnings") for r in rows)
    headers = (
        "Person",
        *shown,
        *(["State"] if has_state else []),
        "In the models",
        *(["Warnings"] if warned else []),
    )
    cells = tuple(
        (
            row["subject"],
            *(row.get(key) or "" for key in shown.values()),
            *([_state(row)] if has_state else []),
            _part(row),
            *([" ".join(row.get("warnings", ()))] if warned else []),
        )
        for row in rows
    )
    return headers, cells


def _state(row: dict[str, Any]) -> str:
    words = STATE_IN_WORDS.get(row.get("state") or "", "")
    return f"{words}, corrected" if row.get("corrected") and row.get("state") != "edited" else words


def _part(row: dict[str, Any]) -> str:
    """Whether somebody is in the models, and why not."""
    if row.get("in_model", "why" not in row):
        return "yes"
    why = row.get("why_not") or row.get("why")
    return f"no: {why}" if why else "no"


def _groups_text(report: dict[str, Any]) -> str:
    against: dict[str, list[str]] = {}
    for c in report["comparisons"]:
        reference = f"{c.get('reference') or report['reference']} ({c['reference_n']})"
        against.setdefault(reference, []).append(f"{c['group']} ({c['n']})")
    told = "; ".join(f"{', '.join(groups)} against {reference}" for reference, groups in against.items())
    return told or str(report["reference"])


def _effects(report: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    several = len(report["comparisons"]) > 1
    mixed = len({c.get("reference") or report["reference"] for c in report["comparisons"]}) > 1
    reach = _reach(report)
    unit = next((n.get("unit", "mm³") for c in report["comparisons"] for n in c["nuclei"]), "mm³")
    headers = (
        "Nucleus",
        *(("Group",) if several else ()),
        *(("Against",) if mixed else ()),
        f"Mean {unit}",
        f"Reference {unit}",
        "Difference",
        "95 %",
        "d",
        f"d −{reach} … {reach}",
        "p",
        "p Holm",
        "p FDR",
        "n",
        "Not found",
        "Full name",
    )
    rows = tuple(
        (
            n["name"],
            *((c["group"],) if several else ()),
            *((c.get("reference") or report["reference"],) if mixed else ()),
            _measured(n["mean_mm3"], n),
            _measured(n["reference_mean_mm3"], n),
            _rounded(n["difference_mm3"], n["reference_mean_mm3"]),
            _span(n["low_mm3"], n["high_mm3"], difference_decimals(n["reference_mean_mm3"])),
            n["d"],
            None if n["d"] is None else Effect(n["d"], n["d_low"], n["d_high"], reach),
            n["p"],
            n["p_holm"],
            n.get("p_fdr"),
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
        # What was compared, where differences of sites were taken out.
        volumes = person.get("harmonised") or person["volume_mm3"]
        for name in volumes.keys() & names:
            if volumes[name] is None:
                continue
            group = person["group"] or ("unknown" if report["group"] else "all")
            found.setdefault(name, {}).setdefault(group, []).append(volumes[name])
    return {name: {g: tuple(v) for g, v in groups.items()} for name, groups in found.items()}


def retest_content(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    """How well each region and nucleus repeats itself, and all of them together."""
    lines = [("people", str(len(report["subjects"]))), ("model", report["model"] or "–")]
    lines += [("note", window_words(note, "retest")) for note in report["notes"]]
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
