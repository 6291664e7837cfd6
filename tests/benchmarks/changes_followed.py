"""Real heads of which each nucleus and region is shrunk by known shares: what of it is measured."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from changed_heads import Bell, shrunk
from detectability import STILL, Response, response
from measured_heads import SHIPPED, Bench, Target, Values, Warped, shrinking, targets_of

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
        truth, before = whole.fields[SHIPPED], _before(bench, name, path)
        middles = [bench.parts.points_mm(p, truth).mean(axis=0) for p in range(len(bench.parts.names))]
        for targets in sets:
            told(f"{name}: {', '.join(t.name for t in targets)}")
            rows = _rows(targets, np.array(middles), bench.parts.n_nuclei)
            for lost in LOST:
                ways = bench.all_ways if lost == BASELINES_LOST else (SHIPPED,)
                bells = [b for t in targets for b in shrinking(bench.parts, t, truth, lost)]
                small = shrunken(bench, name, path, _case(targets, lost), bells, ways)
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
    once_before = _before(bench, name, path)[SHIPPED]
    found = {}
    for index, targets in enumerate(targets_of(parts)):
        if index and targets[0].parts[0] < parts.n_nuclei:
            continue
        bells = [b for t in targets for b in shrinking(parts, t, truth, BASELINES_LOST)]
        true = parts.true_change(truth, bells)
        case = _case(targets, BASELINES_LOST)
        once = shrunken(bench, name, path, case, bells, bench.all_ways)
        anew = bench.scan(
            f"{name}-{case}-anew",
            lambda bells=bells: shrunk(read_scan(path), bells, whole.to_native),
        )
        for target in targets:
            rows = list(target.parts)
            first = (parts.log_volumes(once.fields[SHIPPED]) - once_before)[rows].sum() / true[rows].sum()
            volumes = parts.log_volumes(anew.fields[SHIPPED]) + anew.log_scale
            found[target.name] = (float(first), float((volumes - before)[rows].sum() / true[rows].sum()))
    return found


def shrunken(
    bench: Bench, name: str, path: Path, case: str, bells: list[Bell], ways: tuple[str, ...]
) -> Warped:
    """Warp a head that has shrunk, with noise of its own."""
    to_native = bench.placed(name, lambda: read_scan(path))[1]
    seed = zlib.crc32(case.encode())
    return bench.warped(
        f"{name}-{case}", lambda: bench.standard(name, path).box(bells, seed), to_native, ways
    )


def _before(bench: Bench, name: str, path: Path) -> dict[str, Values]:
    """Logarithms of volumes, by each way, of a head that has not shrunk."""
    still = [shrunken(bench, name, path, f"still-{k}", [], bench.all_ways) for k in range(N_UNCHANGED)]
    return {
        way: np.mean([bench.parts.log_volumes(each.fields[way]) for each in still], axis=0)
        for way in bench.ways
    }


def _case(targets: list[Target], lost: float) -> str:
    return f"{'-'.join(target.name for target in targets)}-{round(100 * lost)}"


def _rows(targets: list[Target], middles: Values, n_nuclei: int) -> tuple[Values, Values]:
    """Which parts are shrunk, and which nuclei lie near one of them."""
    shrunken = np.zeros(len(middles), dtype=bool)
    for target in targets:
        shrunken[list(target.parts)] = True
    apart = np.linalg.norm(middles[:, None] - middles[None, shrunken], axis=-1).min(axis=1)
    near = (apart < NEAR_MM) & ~shrunken & (np.arange(len(middles)) < n_nuclei)
    return shrunken, near
