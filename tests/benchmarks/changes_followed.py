"""Real heads of which each nucleus and region is shrunk by known shares: what of it is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from changed_heads import shrunk
from detectability import STILL, Response, response
from measured_heads import SHIPPED, Bench, Target, Values, shrinking, targets_of

from brainstem_app.imaging.reading import read_scan

#: Shares of their volume that targets lose; the ways beside the shipped one see the middle one alone.
LOST = (0.05, 0.10, 0.20)
BASELINES_LOST = 0.10
#: Repeated without a change, for its noise: volumes before are their mean.
N_UNCHANGED = 2
#: A nucleus is a neighbour of what shrinks if their middles lie nearer, mm.
NEAR_MM = 15.0


@dataclass
class Changes:
    """Changes of the logarithms of volumes by one way; a row a shrunken head.

    Attributes
    ----------
    true, found : list of ndarray, shape (parts,)
        What was made, and what is measured.
    shrunken : list of ndarray of bool, shape (parts,)
        Which parts were meant to shrink.
    near : list of ndarray of bool, shape (parts,)
        Which parts lie near one that was.
    heads : list of int
    """

    true: list[Values] = field(default_factory=list)
    found: list[Values] = field(default_factory=list)
    shrunken: list[Values] = field(default_factory=list)
    near: list[Values] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)

    def response(self, part: int) -> Response:
        """How the measured volume of a part follows the true one where it was meant to shrink."""
        rows = np.array(self.shrunken)[:, part]
        true, found = np.array(self.true)[rows, part], np.array(self.found)[rows, part]
        return response(true, found, np.array(self.heads)[rows])

    def drift_percent(self, part: int) -> float:
        """Mean size of the change, %, that is measured of an unchanged part beside one that shrinks."""
        rows = np.array(self.near)[:, part] & (np.abs(np.array(self.true)[:, part]) < STILL)
        return float(100 * np.abs(np.array(self.found)[rows, part]).mean()) if rows.any() else float("nan")


def follow_changes(bench: Bench, heads: dict[str, Path], told: Callable[[str], None]) -> dict[str, Changes]:
    """Shrink everything in every head, and measure it by every way."""
    changes = {way: Changes() for way in bench.ways}
    sets = targets_of(bench.parts)
    for number, (name, path) in enumerate(heads.items()):
        whole = bench.scan(name, lambda path=path: read_scan(path))
        head = bench.standard(name, path)
        truth = whole.fields[SHIPPED]
        still = [
            bench.warped(f"{name}-still-{k}", lambda k=k: head.box([], 900 + k), whole.to_native, bench.all_ways)
            for k in range(N_UNCHANGED)
        ]
        before = {
            way: np.mean([bench.parts.log_volumes(each.fields[way]) for each in still], axis=0)
            for way in bench.ways
        }
        middles = [bench.parts.points_mm(p, truth).mean(axis=0) for p in range(len(bench.parts.names))]
        for index, targets in enumerate(sets):
            told(f"{name}: {', '.join(t.name for t in targets)}")
            rows = _rows(targets, np.array(middles), bench.parts.n_nuclei)
            for lost in LOST:
                ways = bench.all_ways if lost == BASELINES_LOST else (SHIPPED,)
                bells = [b for t in targets for b in shrinking(bench.parts, t, truth, lost)]
                seed = 1000 * number + 10 * index + round(100 * lost)
                small = bench.warped(
                    f"{name}-{index}-{round(100 * lost)}",
                    lambda bells=bells, seed=seed, head=head: head.box(bells, seed),
                    whole.to_native,
                    ways,
                )
                for way in ways:
                    base = whole.fields[way]
                    into = changes[way]
                    into.true.append(bench.parts.true_change(base, bells))
                    into.found.append(bench.parts.log_volumes(small.fields[way]) - before[way])
                    into.shrunken.append(rows[0])
                    into.near.append(rows[1])
                    into.heads.append(number)
    return changes


def placed_anew(bench: Bench, name: str, path: Path) -> dict[str, tuple[float, float]]:
    """Slopes of one head's regions and of its first nuclei, shrunk by 10 %: placed once, and placed anew.

    Anew, the scan itself is shrunk and goes the whole way: skull strip, bias field, both affines.
    """
    whole = bench.scan(name, lambda: read_scan(path))
    truth, parts = whole.fields[SHIPPED], bench.parts
    before = parts.log_volumes(truth) + whole.log_scale
    still = [bench.warped(f"{name}-still-{k}", _missing, whole.to_native, bench.all_ways) for k in range(2)]
    once_before = np.mean([parts.log_volumes(each.fields[SHIPPED]) for each in still], axis=0)
    found = {}
    for index, targets in enumerate(targets_of(parts)):
        if index and targets[0].parts[0] < parts.n_nuclei:
            continue
        bells = [b for t in targets for b in shrinking(parts, t, truth, BASELINES_LOST)]
        true = parts.true_change(truth, bells)
        percent = round(100 * BASELINES_LOST)
        once = bench.warped(f"{name}-{index}-{percent}", _missing, whole.to_native, bench.all_ways)
        anew = bench.scan(
            f"{name}-{index}-{percent}-anew",
            lambda bells=bells: shrunk(read_scan(path), bells, whole.to_native),
        )
        for target in targets:
            rows = list(target.parts)
            first = (parts.log_volumes(once.fields[SHIPPED]) - once_before)[rows].sum() / true[rows].sum()
            volumes = parts.log_volumes(anew.fields[SHIPPED]) + anew.log_scale
            found[target.name] = (float(first), float((volumes - before)[rows].sum() / true[rows].sum()))
    return found


def _rows(targets: list[Target], middles: Values, n_nuclei: int) -> tuple[Values, Values]:
    """Which parts are shrunk, and which nuclei lie near one of them."""
    shrunken = np.zeros(len(middles), dtype=bool)
    for target in targets:
        shrunken[list(target.parts)] = True
    apart = np.linalg.norm(middles[:, None] - middles[None, shrunken], axis=-1).min(axis=1)
    near = (apart < NEAR_MM) & ~shrunken & (np.arange(len(middles)) < n_nuclei)
    return shrunken, near


def _missing() -> np.ndarray:
    raise FileNotFoundError("follow_changes comes first")
