"""The page of the measurement, from its figures: goals, ways side by side, every nucleus and region."""

from __future__ import annotations

from typing import Any

import numpy as np
from changed_heads import APART_MM, MOST_DEGREES, MOST_MM, NOISE
from changes_followed import BASELINES_LOST, NEAR_MM
from detectability import GROUP
from measured_heads import SHIPPED
from measurement_goals import MET, NOWHERE, SEEN, Elsewhere, detectability_of, goals, grade_of

from brainstem_app.atlas.reliability import (
    LEAST_SLOPE,
    MOST_CHANGE_A,
    MOST_CHANGE_B,
    MOST_CHANGE_SEEN,
)

Entry = dict[str, Any]


def page(result: dict[str, Any], elsewhere: Elsewhere = NOWHERE) -> list[str]:
    """Lines of the page, from what `write_measurement.py` writes as JSON and what other pages say."""
    structures = result["ways"][SHIPPED]["structures"]
    return [
        "# What the volumes are worth",
        "",
        _about(result),
        "",
        *_summary(result, elsewhere),
        "",
        "## Goals",
        "",
        "| figure | goal | measured | |",
        "|---|---|---|---|",
        *(goal.row for goal in goals(result, SHIPPED, elsewhere)),
        "",
        "## Each nucleus and region",
        "",
        *_every_part(structures),
        "",
        "## Ways side by side",
        "",
        *_ways(result),
        "",
        "## How it was measured",
        "",
        *_method(result),
        "",
    ]


def _about(result: dict[str, Any]) -> str:
    model = result["model"]
    return (
        f"{result['date']}, {result['machine']}. Written by `tests/benchmarks/write_measurement.py`, the "
        f"figures beside it as JSON; model `{model['name']}` {model['version']}. {result['about']}"
    ).rstrip()


def _summary(result: dict[str, Any], elsewhere: Elsewhere) -> list[str]:
    nuclei = [e for e in result["ways"][SHIPPED]["structures"] if e["kind"] == "nucleus"]
    seen = [e for e in nuclei if detectability_of(e).is_seen]
    unseen = sorted((e for e in nuclei if e not in seen), key=lambda e: e["slope"])
    told = [goal for goal in goals(result, SHIPPED, elsewhere) if goal.met is not None]
    reached = sum(bool(goal.met) for goal in told)
    lines = [f"{reached} of the {len(told)} goals are {MET}."]
    if seen:
        names = ", ".join(f"{e['name']} {e['smallest_change_percent']:.0f} %" for e in seen)
        lines += ["", f"**Change can be seen** (smallest change of one person) in {names}."]
    if unseen:
        names = ", ".join(e["name"] for e in unseen)
        lines += [
            "",
            f"**Change cannot be seen** in {names}, the blindest first: of one that shrinks alone less than "
            f"{100 * LEAST_SLOPE:.0f} % is measured, or not even {MOST_CHANGE_SEEN:g} % can be told from "
            "chance. Their volumes follow what is around them.",
        ]
    return lines


def _every_part(structures: list[Entry]) -> list[str]:
    head = (
        "name",
        "grade",
        "slope (± SE)",
        "slope, placed once",
        "scatter (%)",
        "CV rescans (%)",
        "CV moved (%)",
        "CV pooled (%)",
        "smallest change, a person (%)",
        f"two groups of {GROUP} (%)",
        "spread between people (%)",
        "ICC",
        "unchanged beside a change (%)",
    )
    rows: list[tuple[str, ...]] = [
        (
            entry["name"],
            _grade(entry),
            f"{_number(entry['slope'], 2)} ± {_number(entry['slope_error'], 2)}",
            _number(entry["slope_placed_once"], 2),
            _number(entry["scatter_percent"], 1),
            _number(entry["cv_rescans_percent"], 1),
            _number(entry["cv_moved_percent"], 1),
            _number(entry["cv_percent"], 1),
            _number(entry["smallest_change_percent"], 1),
            _number(entry["group_difference_percent"], 1),
            _number(entry["spread_percent"], 0),
            _number(entry["icc"], 2),
            _number(entry["drift_percent"], 1),
        )
        for entry in structures
    ]
    return [
        *_table(head, rows),
        "",
        f"Grade A: the smallest change of a person is {MOST_CHANGE_A:g} % or less; B: {MOST_CHANGE_B:g} % or "
        "less, or the atlas itself grades the nucleus C (small, or drawn around published coordinates); C: "
        "more. †: cannot be seen. A smallest change beyond 100 % is none.",
    ]


def _grade(entry: Entry) -> str:
    if entry["kind"] == "region":
        return "–"
    return grade_of(entry) + ("" if detectability_of(entry).is_seen else " †")


def _ways(result: dict[str, Any]) -> list[str]:
    head = (
        "way",
        "CV rescans, median / worst (%)",
        "CV moved, median (%)",
        "slope, median of nuclei",
        "PAG, SC, IC, SN, RN: mean slope",
        "brainstem: slope",
        "smallest change, PAG to RN, median (%)",
        "seen",
        "outline (mm)",
        "least Jacobian",
        "CPU (s)",
        "wall (s)",
    )
    return [
        *_table(head, [_way(name, figures) for name, figures in result["ways"].items()]),
        "",
        f"All ways but the shipped one saw heads with shrunken nuclei by {100 * BASELINES_LOST:.0f} % only. "
        "Slopes of regions, the brainstem's too, are those of scans placed anew: what the affine alone "
        "follows is its own scaling. Seconds are those of network and fit after the "
        "placing, on a machine that did other work too: compare CPU seconds. How far each way lies from ANTs "
        "and from a consensus of registrations: [distances](distances.md).",
    ]


def _way(name: str, figures: dict[str, Any]) -> tuple[str, ...]:
    parts = {entry["name"]: entry for entry in figures["structures"]}
    nuclei = [entry for entry in parts.values() if entry["kind"] == "nucleus"]
    watched = [parts[each] for each in SEEN if each in parts]
    again = _known(nuclei, "cv_rescans_percent")
    change = [e["smallest_change_percent"] for e in watched]
    return (
        name,
        f"{np.median(again):.1f} / {max(again):.1f}" if again else "–",
        _number(_median(_known(nuclei, "cv_moved_percent")), 1),
        _number(_median(_known(nuclei, "slope")), 2),
        _number(float(np.mean(_known(watched, "slope"))), 2) if _known(watched, "slope") else "–",
        _number(parts["brainstem"]["slope"], 2),
        _number(_median([np.inf if each is None else each for each in change]), 1),
        f"{sum(detectability_of(e).is_seen for e in nuclei)} of {len(nuclei)}",
        _number(figures["outline_mm"], 2),
        _number(figures["least_jacobian"], 2),
        _number(figures["cpu_s"], 1),
        _number(figures["wall_s"], 1),
    )


def _method(result: dict[str, Any]) -> list[str]:
    heads, persons, pairs = result["people"]
    more = [f"{each:.0f}" for each in result["lost_percent"] if each != 100 * BASELINES_LOST]
    also = (
        f", and PAG, colliculi, SN and RN, with what shares a head with them, by {' and '.join(more)} % too"
    )
    anew = "; ".join(f"{name} {a:.2f} → {b:.2f}" for name, (a, b) in result["nuclei_placed_anew"].items())
    told = f" ({', '.join(result['pairs'])})" if result["pairs"] else ""
    return [
        f"- *Rescans*: people scanned twice: {pairs}{told}. *Moved*: {heads} real heads turned by up to "
        f"{MOST_DEGREES:g}°, moved by up to {MOST_MM:g} mm, resampled once, with noise of {100 * NOISE:g} %. "
        "*Pooled*: rescans are few, and moved heads lack what another scan adds, so the variances over moved "
        "heads are multiplied by one factor for all (mean variance over rescans by that over moved heads) "
        "and averaged with those over rescans by the number of pairs.",
        "- *Slope*: in the same heads each nucleus, both of a pair at once, was shrunk alone by "
        f"{100 * BASELINES_LOST:.0f} %{also if more else ''}: a point x comes from "
        "c + (x − c)(1 + a·exp(−|x − c|²/2s²)) with c in the middle of "
        "the nucleus as the network's bend lays it on that head and s its own radius (a long nucleus is two "
        f"such places). Nuclei at least {APART_MM:g} mm apart share a head. The corrected scan is "
        "interpolated once, with new noise. "
        "Slope: measured over true change by regression through zero over heads and amounts; the true one is "
        "worked out from the known deformation. ± is the standard error over heads, scatter the standard "
        "deviation about the line.",
        "- *Smallest change of a person*: 1.96·√2·CV/slope, with the pooled CV. *Two groups*: what a t-test "
        f"finds between two groups of {GROUP} with a power of 80 % (two-sided 5 %), from the standard "
        "deviation between people, head size not adjusted for, over the slope. *Spread*: standard deviation "
        f"between people of one data set, pooled over data sets ({heads + persons + pairs} people). *ICC*: "
        "1 − within / total variance.",
        "- *Unchanged beside a change*: mean size of the change that is measured of a nucleus that truly "
        f"changes by less than 0.5 % while one within {NEAR_MM:g} mm shrinks; scatter of the scan included.",
        "- *Regions* were shrunk in the scans themselves, on their own grids, and taken the whole way as the "
        f"program does (by {100 * BASELINES_LOST:.0f} %; skull strip, bias field and both affines anew): the "
        "affine follows a part of such a change. Slope, ± and scatter of regions are those; *placed once* is "
        "how the warp alone follows the same change, shrunk and placed as nuclei are.",
        "- Heads with shrunken nuclei are not placed anew. What that would change was looked at in the first "
        f"head, shrunk by {100 * BASELINES_LOST:.0f} % (slope placed once → anew): {anew}.",
        f"- *Outline*: mean distance from brainstems drawn by hand ({result['outlines']} scans) where they "
        "face fluid or the outside, counted in steps of a voxel, so that no way comes below 0.25 mm; the "
        "goal is judged by the distance between voxels ([independent](independent.md)).",
    ]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def _number(value: float | None, decimals: int) -> str:
    if value is None or not np.isfinite(value):
        return "–"
    return "> 100" if decimals < 2 and value > 100 else f"{value:.{decimals}f}"


def _known(entries: list[Entry], key: str) -> list[float]:
    return [entry[key] for entry in entries if entry[key] is not None]


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None
