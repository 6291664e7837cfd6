"""The page of what changes between scans of one person are worth, and the table that ships with a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmark_segment import machine
from detectability import pooled_cv_percent, response
from measured_heads import Parts, Values

from brainstem_app.atlas.change_table import METHOD, ChangeTable, Repeats
from brainstem_app.counting import counted
from brainstem_app.jobs.scans.loaded_model import LoadedModel


@dataclass(frozen=True)
class Outcome:
    """Changes of the logarithms of all volumes between two scans.

    Attributes
    ----------
    kind : {"rescan", "moved", "shrunk"}
    name : str
    together, alone : ndarray, shape (parts,)
        Scans measured together (NaN where they could not be compared), and segmented each by itself.
    true : ndarray, shape (parts,)
    shrunken : tuple of int
        Parts that were meant to shrink.
    """

    kind: str
    name: str
    together: Values
    alone: Values
    true: Values
    shrunken: tuple[int, ...]

    def figures(self, parts: Parts) -> dict[str, Any]:
        """All of it, %, for the file beside the page."""
        rows = {
            name: [None if np.isnan(v) else round(float(100 * v), 3) for v in (t, a, w)]
            for name, t, a, w in zip(parts.names, self.together, self.alone, self.true, strict=True)
        }
        shrunken = [parts.names[part] for part in self.shrunken]
        return {"kind": self.kind, "scans": self.name, "shrunken": shrunken, "together, alone, true, %": rows}


def table_of(outcomes: list[Outcome], parts: Parts, model: LoadedModel, day: str) -> ChangeTable:
    """Make the model's table: pooled variation, slopes where something was meant to shrink."""
    cv = _at_least_usual(_cv(outcomes, parts, together=True), parts)
    heads = sorted({o.name.split("-moved-")[0] for o in outcomes if o.kind == "moved"})
    pairs = [o.name for o in outcomes if o.kind == "rescan"]
    found = {}
    for part, name in enumerate(parts.names):
        slope = _slope(outcomes, part, together=True)
        known = None if slope is None else round(slope, 4)
        found[name] = Repeats(cv_percent=round(float(cv[part]), 4), slope=known)
    moves = f"{counted(len(heads), 'head')} moved twice ({', '.join(heads)})"
    told = f"{moves} and {counted(len(pairs), 'person')} scanned twice ({', '.join(pairs)})"
    card = model.card
    return ChangeTable(
        model=card.name, version=card.version, method=METHOD, date=day, measured_on=told, structures=found
    )


def _rows(outcomes: list[Outcome], kind: str, *, together: bool) -> Values:
    rows = [o.together if together else o.alone for o in outcomes if o.kind == kind]
    return np.array(rows) if rows else np.zeros((0, 0))


def _cv(outcomes: list[Outcome], parts: Parts, *, together: bool) -> Values:
    """Pooled variation, %; where a rescan could not be compared, the mean of what was takes its place."""
    empty = np.zeros((0, len(parts.names)))
    rescans, moves = (_rows(outcomes, kind, together=together) for kind in ("rescan", "moved"))
    rescans, moves = (rows if len(rows) else empty for rows in (rescans, moves))
    if len(rescans):
        usual = np.sqrt(np.nanmean(rescans**2, axis=1, keepdims=True))
        rescans = np.where(np.isnan(rescans), usual, rescans)
    return pooled_cv_percent(rescans, np.nan_to_num(moves))


def _at_least_usual(cv: Values, parts: Parts) -> Values:
    """Variation of each part, and never less than is usual: of so few scans one part may agree by chance."""
    nuclei = np.arange(len(cv)) < parts.n_nuclei
    usual = np.where(nuclei, np.sqrt((cv[nuclei] ** 2).mean()), np.sqrt((cv[~nuclei] ** 2).mean()))
    return np.asarray(np.maximum(cv, usual), dtype=np.float64)


def _slope(outcomes: list[Outcome], part: int, *, together: bool) -> float | None:
    rows = [o for o in outcomes if o.kind == "shrunk" and part in o.shrunken]
    if not rows:
        return None
    found = np.array([(o.together if together else o.alone)[part] for o in rows])
    if np.isnan(found).any():
        return None
    return response(np.array([o.true[part] for o in rows]), found, np.arange(len(rows))).slope


def page_of(outcomes: list[Outcome], parts: Parts, model: LoadedModel, table: ChangeTable) -> str:
    """Markdown of the page."""
    nuclei = slice(parts.n_nuclei)
    lines = [
        "# What changes over time are worth",
        "",
        f"{table.date}, {machine()}. Written by `tests/benchmarks/write_change.py`, the figures beside it as "
        f"JSON; model `{model.card.name}` {model.card.version}, method `{METHOD}`. Measured on few scans: "
        f"{table.measured_on}. Validation heads and the pair 1003/1023, on which settings were chosen too: "
        "others will do a little worse.",
        "",
        "*Together*: as `brainstem-app change` measures two scans. *Alone*: the same scans segmented each by "
        "itself, and the volumes set against each other. Both see the same files.",
        "",
        "## Nothing has changed",
        "",
        "Size of the change that is measured all the same, %:",
        "",
        "| scans | | nuclei, median | nuclei, worst | midbrain | pons | medulla | brainstem |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for o in (o for o in outcomes if o.kind != "shrunk"):
        for way, row in (("together", o.together), ("alone", o.alone)):
            size = 100 * np.abs(row)
            regions = [_number(value) for value in size[parts.n_nuclei :]]
            head = f"{np.nanmedian(size[nuclei]):.2f} | {np.nanmax(size[nuclei]):.2f}"
            lines.append(f"| {o.name} | {way} | {head} | {' | '.join(regions)} |")
    lines += [
        "",
        "–: could not be compared, for one of the scans ends, or was stripped, within it.",
        "",
        "## Something has shrunk",
        "",
        "By 10 % in the scan itself, which is then moved, given new noise and taken the whole way. Measured "
        "over true change; 1 is all of it. Below: what is seen of nuclei that truly change by less than "
        "0.5 %.",
        "",
        "| shrunken | true (%) | together (%) | alone (%) | together: part seen | alone: part seen |",
        "|---|---|---|---|---|---|",
    ]
    for o in (o for o in outcomes if o.kind == "shrunk"):
        for part in o.shrunken:
            values = [100 * float(row[part]) for row in (o.true, o.together, o.alone)]
            seen = [value / values[0] for value in values[1:]]
            shown = " | ".join(_number(value, 1) for value in values)
            told = " | ".join(_number(value) for value in seen)
            lines.append(
                f"| {parts.names[part]} in {o.name.split(' / ')[0].split('-moved')[0]} | {shown} | {told} |"
            )
    lines += ["", *_still(outcomes, parts), "", "## Each structure", ""]
    lines += [
        "| name | CV together (%) | CV alone (%) | seen together | seen alone |",
        "|---|---|---|---|---|",
    ]
    alone = _cv(outcomes, parts, together=False)
    for part, name in enumerate(parts.names):
        slopes = [_slope(outcomes, part, together=way) for way in (True, False)]
        told = " | ".join("–" if s is None else f"{s:.2f}" for s in slopes)
        lines.append(f"| {name} | {table.structures[name].cv_percent:.2f} | {alone[part]:.2f} | {told} |")
    lines += [
        "",
        "CV: within-subject coefficient of variation, of rescans and moved heads pooled as in "
        "[what the volumes are worth](measurement.md); the standard error of two scans comes from that of "
        "*together*. From so few scans one structure may agree by chance, so that none is given less than "
        "the root mean square of all nuclei, or of all regions; in other scans it may be half or twice as "
        "large.",
    ]
    return "\n".join(lines) + "\n"


def _still(outcomes: list[Outcome], parts: Parts) -> list[str]:
    sizes: dict[str, list[float]] = {"together": [], "alone": []}
    for o in (o for o in outcomes if o.kind == "shrunk"):
        still = (np.abs(o.true) < 0.005) & (np.arange(len(parts.names)) < parts.n_nuclei)
        sizes["together"] += (100 * np.abs(o.together[still])).tolist()
        sizes["alone"] += (100 * np.abs(o.alone[still])).tolist()
    if not sizes["alone"]:
        return []
    told = ", ".join(f"{way} {np.nanmedian(values):.2f} % in the median" for way, values in sizes.items())
    return [f"Nuclei that did not change: {told}."]


def _number(value: float, decimals: int = 2) -> str:
    return "–" if np.isnan(value) else f"{value:.{decimals}f}".replace("-", "−")
