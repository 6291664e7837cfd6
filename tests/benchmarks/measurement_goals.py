"""What the measurement shall reach, and whether it does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brainstem_app.atlas.reliability import Detectability

REGIONS = ("midbrain", "pons", "medulla", "brainstem")
#: Nuclei that a T1-weighted scan shows best.
SEEN = ("PAG", "SC_L", "SC_R", "IC_L", "IC_R", "SN_L", "SN_R", "RN_L", "RN_R")
MET, MISSED, UNKNOWN = "met", "**not met**", "not measured here"


@dataclass(frozen=True)
class Goal:
    """A figure beside its goal; `measured` and `met` are empty and None where it is not measured."""

    figure: str
    goal: str
    measured: str = ""
    met: bool | None = None

    @property
    def row(self) -> str:
        """Row of the table."""
        verdict = UNKNOWN if self.met is None else MET if self.met else MISSED
        return f"| {self.figure} | {self.goal} | {self.measured or '–'} | {verdict} |"


def grade_of(entry: dict[str, Any]) -> str:
    """Grade of a nucleus by what can be detected of it."""
    return detectability_of(entry).grade(entry["atlas_grade"])


def detectability_of(entry: dict[str, Any]) -> Detectability:
    """What a model card says of a nucleus."""
    return Detectability(
        cv_percent=entry["cv_percent"],
        slope=entry["slope"],
        smallest_change_percent=entry["smallest_change_percent"],
    )


@dataclass(frozen=True)
class Elsewhere:
    """Figures of other pages, as the JSON beside them has them; None where there is none.

    Attributes
    ----------
    distances : dict or None
        What `tests/consensus/write_distances.py` writes.
    timing : dict or None
        What `tests/benchmarks/benchmark_segment.py` writes.
    independent : dict or None
        What `tests/independent/write_independent.py` writes.
    """

    distances: dict[str, Any] | None = None
    timing: dict[str, Any] | None = None
    independent: dict[str, Any] | None = None

    @classmethod
    def in_folder(cls, folder: Path) -> Elsewhere:
        """Figures in a folder of pages."""
        files = (folder / f"{page}.json" for page in ("distances", "time-and-memory", "independent"))
        found = [json.loads(f.read_text(encoding="utf-8")) if f.exists() else None for f in files]
        return cls(*found)


NOWHERE = Elsewhere()


def goals(result: dict[str, Any], way: str, elsewhere: Elsewhere = NOWHERE) -> list[Goal]:
    """Goals of the design's table, in its order."""
    parts = {entry["name"]: entry for entry in result["ways"][way]["structures"]}
    nuclei = [entry for entry in parts.values() if entry["kind"] == "nucleus"]
    regions = {name: parts[name] for name in REGIONS if name in parts}
    return [
        _rescans(nuclei),
        _slope("midbrain, pons, medulla, brainstem, each scan placed anew", regions, REGIONS, 0.95, 1.05),
        _slope("PAG, colliculi, SN, RN, each shrunk alone", parts, SEEN, 0.8, 1.2),
        _smallest_change(nuclei),
        _region_cv(regions),
        _outline(elsewhere.independent, result["model"]["version"]),
        _nearness(elsewhere.distances, result["model"]["version"]),
        *_label_maps(result["label_maps"]),
        _seconds(elsewhere.timing),
        _folds(result["ways"][way]["least_jacobian"]),
    ]


def _rescans(nuclei: list[dict[str, Any]]) -> Goal:
    figure, goal = "CV over real rescans, nuclei: median / worst", "≤ 2 % / ≤ 6 %"
    found = _known(nuclei, "cv_rescans_percent")
    if not found:
        return Goal(figure, goal)
    median, worst = float(np.median(found)), max(found)
    return Goal(figure, goal, f"{median:.2f} % / {worst:.2f} %", median <= 2 and worst <= 6)


def _outline(found: dict[str, Any] | None, version: str) -> Goal:
    figure, goal = "border facing fluid, against drawn outlines ([independent](independent.md))", "≤ 0.40 mm"
    if found is None:
        return Goal(figure, goal)
    people = found["outlines"]["by_way"]["as shipped"].values()
    value = float(np.mean([person["mean_mm"] for person in people]))
    of = found["model"]["version"]
    return Goal(
        figure, goal, f"{value:.3f} mm" + (f"; of version {of}" if of != version else ""), value <= 0.4
    )


def _nearness(found: dict[str, Any] | None, version: str) -> Goal:
    figure = "against ANTs and the consensus: distance of surfaces of nuclei ([distances](distances.md))"
    goal = "nearer than the affine and than the network's bend, as in version 2"
    if found is None:
        return Goal(figure, goal)
    told, met = [], True
    for key, name in (("to_ants_mm", "ANTs"), ("to_consensus_mm", "the consensus")):
        own, affine, before = (found["ways"][way][key] for way in ("warp", "affine", "network"))
        told.append(f"to {name} {own:.3f} mm (affine {affine:.3f}, the network's bend {before:.3f})")
        met &= own < min(affine, before)
    of = found["model"]["version"]
    return Goal(figure, goal, "; ".join(told) + (f"; of version {of}" if of != version else ""), met)


def _seconds(found: dict[str, Any] | None) -> Goal:
    figure, goal = "file to report ([time and memory](time-and-memory.md))", "≤ 10 s wall, ≤ 15 CPU-s, ≤ 1 GB"
    if found is None or not found["scans"]:
        return Goal(figure, goal)
    wall, cpu, peak = (max(scan[key] for scan in found["scans"]) for key in ("wall_s", "cpu_s", "peak_gb"))
    told = f"{wall:.1f} s wall, {cpu:.1f} CPU-s, {peak:.2f} GB (load of the machine {found['load']:.1f})"
    return Goal(figure, goal, told, wall <= 10 and cpu <= 15 and peak <= 1)


def _slope(what: str, parts: dict[str, Any], names: tuple[str, ...], low: float, high: float) -> Goal:
    figure, goal = f"slope of measured against true change: {what}", f"{low:g} to {high:g}"
    found = {name: parts[name]["slope"] for name in names if name in parts}
    if not found or any(value is None for value in found.values()):
        return Goal(figure, goal)
    told = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    met = all(low <= value <= high for value in found.values())
    missing = [name for name in names if name not in found]
    if missing:
        return Goal(figure, goal, f"{told}; not measured: {', '.join(missing)}", None if met else False)
    return Goal(figure, goal, told, met)


def _smallest_change(nuclei: list[dict[str, Any]]) -> Goal:
    figure = "smallest detectable change of a person, median of the nuclei graded A or B"
    found = [n["smallest_change_percent"] for n in nuclei if grade_of(n) in "AB"]
    if not found:
        return Goal(figure, "≤ 6 %", "no nucleus is graded A or B", False)
    median = float(np.median(found))
    return Goal(figure, "≤ 6 %", f"{median:.2f} % ({len(found)} of {len(nuclei)} nuclei)", median <= 6)


def _region_cv(regions: dict[str, Any]) -> Goal:
    figure, goal = "CV over real rescans: midbrain, pons, medulla, brainstem", "≤ 1.5 %"
    found = {name: entry["cv_rescans_percent"] for name, entry in regions.items()}
    if not found or any(value is None for value in found.values()):
        return Goal(figure, goal)
    told, met = ", ".join(f"{n} {v:.2f} %" for n, v in found.items()), max(found.values()) <= 1.5
    return Goal(figure, goal, told, met if len(found) == len(REGIONS) or not met else None)


def _label_maps(grids: dict[str, dict[str, float]]) -> list[Goal]:
    fine = "native label map against its own warp: IoU on a turned grid of 1 mm, mean of the nuclei"
    thick = "on slices of 3 mm: its volumes from the soft ones, median of the nuclei"
    if not grids:
        return [Goal(fine, "≥ 0.9"), Goal(thick, "within 5 %")]
    first, second = grids.values()
    return [
        Goal(fine, "≥ 0.9", f"{first['iou']:.2f} (least {first['least_iou']:.2f})", first["iou"] >= 0.9),
        Goal(
            thick,
            "within 5 %",
            f"{second['volume_error_percent']:.1f} % (worst {second['worst_volume_error_percent']:.0f} %)",
            second["volume_error_percent"] <= 5,
        ),
    ]


def _folds(least: float) -> Goal:
    return Goal("folds in any warp", "none", f"least Jacobian {least:.2f}", least > 0)


def _known(entries: list[dict[str, Any]], key: str) -> list[float]:
    return [entry[key] for entry in entries if entry[key] is not None]
