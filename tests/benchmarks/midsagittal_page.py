"""docs/results/midsagittal.md as text."""

from __future__ import annotations

from typing import Any

import numpy as np

Figures = dict[str, Any]
NAMES = {
    "midbrain": "midbrain",
    "midbrain_tegmentum": "midbrain before the aqueduct",
    "pons": "pons",
    "ratio": "ratio of these two",
}
# Healthy people in the abstract of Oba et al., Neurology 64, 2050–2055 (2005): mm², and the ratio in %.
_OBA = {"midbrain_tegmentum": 117.7, "ratio": 23.7}


def page(figures: Figures) -> str:
    """Text of the page."""
    heads: dict[str, Figures] = figures["heads"]
    return "\n".join(
        [
            "# Midsagittal areas",
            "",
            f"{figures['date']}, {figures['machine']}. Written by `tests/benchmarks/write_midsagittal.py`, "
            "the "
            f"figures beside it as JSON; model `{figures['model']['name']}` {figures['model']['version']}. "
            f"{len(heads)} heads of validation subjects and "
            f"{'one pair' if len(figures['pairs']) == 1 else str(len(figures['pairs'])) + ' pairs'} of "
            "rescans; every scan went the program's whole way, each time anew.",
            "",
            "*In brief.* " + _brief(figures),
            "",
            "## Repeated, turned, shrunk",
            "",
            _summary(figures),
            "",
            "- *Rescans*: within-person coefficient of variation of one person scanned twice "
            f"({', '.join(figures['pairs'])}).",
            "- *Turned*: the same head turned by 8° about each axis, moved by up to 5 mm, resampled once, "
            "with "
            "noise of 2 %; mean and largest size of the change.",
            "- *Shrunk*: the midbrain alone shrunk smoothly (a point x comes from c + (x − c)(1 + "
            "0.08·exp(−|x − "
            "c|²/2s²)), c its middle, s its own radius), the head placed anew. The true change is worked "
            "out from the "
            "known deformation; slope: measured over true change by regression through zero. Of the pons, "
            "which "
            "shrinks only at its upper end, the difference from the true change.",
            "- *On the template's plane*: the same on the plane x = 0 of the template where the affine "
            "puts it, "
            "without the scan's symmetry.",
            "",
            "## The plane",
            "",
            _planes(heads),
            "",
            "*Found again*: how far the plane of the turned head, turned back, lies from that of the head "
            "itself. "
            "*Put wrong*: what an area changes by if the plane lies wrong by so much, mean over heads: the "
            "aqueduct, the cleft between the peduncles and the floor of the fourth ventricle lie in it, so "
            "that the "
            "midbrain grows beside it.",
            "",
            _wrong(heads),
            "",
            "## Beside the literature",
            "",
            _literature(figures),
            "",
        ]
    )


def _brief(figures: Figures) -> str:
    turned = _turned(figures["heads"], "areas")
    worst = max(float(np.abs(changes).max()) for changes in turned.values())
    degrees = max(head["turned"]["plane_degrees"] for head in figures["heads"].values())
    slopes = [_slope(figures["heads"], name) for name in ("midbrain", "midbrain_tegmentum")]
    return (
        f"A head that is turned by 8° about each axis gives the same areas within {worst:.1f} %, and its "
        "plane "
        f"is found again within {degrees:.1f}°. Of a known shrinkage of the midbrain {100 * slopes[0]:.0f} "
        "% is "
        f"measured, before the aqueduct {100 * slopes[1]:.0f} %."
    )


def _summary(figures: Figures) -> str:
    heads = figures["heads"]
    rows = [
        "| measure | mean (mm², %) | CV rescans (%) | turned: mean / largest (%) | on the template's plane "
        "(%) | midbrain shrunk: true → measured (%) | slope |",
        "|---|---|---|---|---|---|---|",
    ]
    here, there = _turned(heads, "areas"), _turned(heads, "areas on the template's plane")
    for name, words in NAMES.items():
        true, found = _changes(heads, name)
        slope = f"{_slope(heads, name):.2f}" if name != "pons" else f"{(found - true).mean():+.1f} %"
        mean = np.mean([head["areas"][name] for head in heads.values()])
        rows.append(
            f"| {words} | {mean:.0f} | {_cv(figures, name):.2f} | {np.abs(here[name]).mean():.1f} / "
            f"{np.abs(here[name]).max():.1f} | {np.abs(there[name]).mean():.1f} / "
            f"{np.abs(there[name]).max():.1f} "
            f"| {true.mean():.1f} → {found.mean():.1f} | {slope} |"
        )
    return "\n".join(rows)


def _planes(heads: dict[str, Figures]) -> str:
    rows = [
        "| head | symmetry | from the template's plane | found again | midbrain | before the aqueduct | "
        "pons | ratio (%) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, head in heads.items():
        areas = head["areas"]
        rows.append(
            f"| {name} | {head['symmetry']:.2f} | {abs(head['shifted_mm']):.1f} mm, "
            f"{head['turned_degrees']:.1f}° | "
            f"{head['turned']['plane_mm']:.2f} mm, {head['turned']['plane_degrees']:.2f}° | "
            f"{areas['midbrain']:.0f} | "
            f"{areas['midbrain_tegmentum']:.0f} | {areas['pons']:.0f} | {areas['ratio']:.1f} |"
        )
    return "\n".join(rows)


def _wrong(heads: dict[str, Figures]) -> str:
    cases = list(next(iter(heads.values()))["wrong"])
    rows = [f"| put wrong | {' | '.join(NAMES.values())} |", "|---" * (len(NAMES) + 1) + "|"]
    for case in cases:
        changes = [
            np.mean([100 * (h["wrong"][case][n] / h["areas"][n] - 1) for h in heads.values()]) for n in NAMES
        ]
        rows.append(f"| {case} | {' | '.join(f'{change:+.1f} %' for change in changes)} |")
    return "\n".join(rows)


def _literature(figures: Figures) -> str:
    scans = [head["areas"] for head in figures["heads"].values()]
    scans += [scan["areas"] for pair in figures["pairs"].values() for scan in pair[:1]]
    tegmentum, ratio, pons = (
        np.array([scan[name] for scan in scans]) for name in ("midbrain_tegmentum", "ratio", "pons")
    )
    theirs = 100 * _OBA["midbrain_tegmentum"] / _OBA["ratio"]
    return (
        f"Oba 2005 measured, by hand, {_OBA['midbrain_tegmentum']} mm² of midbrain tegmentum in 31 healthy "
        "people of "
        f"the age of patients with parkinsonism, and a ratio to the pons of {_OBA['ratio']} %, so about "
        f"{theirs:.0f} "
        f"mm² of pons (means; the abstract alone was at hand). Here, in {len(scans)} adults, "
        f"{tegmentum.mean():.0f} mm² "
        f"({tegmentum.min():.0f}–{tegmentum.max():.0f}), {ratio.mean():.0f} % "
        f"({ratio.min():.0f}–{ratio.max():.0f}) and "
        f"{pons.mean():.0f} mm² ({pons.min():.0f}–{pons.max():.0f}). The pons is "
        f"{100 * (pons.mean() / theirs - 1):.0f} % larger. The midbrain is larger by its upper end: the "
        "atlas' midbrain goes up to the diencephalon and forward to the mammillary bodies, and "
        "the people "
        "are not of that age. So published limits do not apply to these areas; compare them with each other."
    )


def _turned(heads: dict[str, Figures], plane: str) -> dict[str, np.ndarray]:
    """Changes (%) of each measure when a head is turned, a value a head."""
    return {
        name: np.array([100 * (h["turned"][plane][name] / h[plane][name] - 1) for h in heads.values()])
        for name in NAMES
    }


def _changes(heads: dict[str, Figures], name: str) -> tuple[np.ndarray, np.ndarray]:
    """True and measured changes (%) when the midbrain shrinks, a value a head."""
    changes = [
        [100 * (head["shrunk"][which][name] / head["areas"][name] - 1) for head in heads.values()]
        for which in ("truth", "areas")
    ]
    return np.array(changes[0]), np.array(changes[1])


def _slope(heads: dict[str, Figures], name: str) -> float:
    true, found = _changes(heads, name)
    return float((true * found).sum() / (true**2).sum())


def _cv(figures: Figures, name: str) -> float:
    """Within-person coefficient of variation over the pairs, %."""
    logs = [np.log(a["areas"][name] / b["areas"][name]) for a, b in figures["pairs"].values()]
    return float(100 * np.sqrt(np.mean(np.square(logs)) / 2))
