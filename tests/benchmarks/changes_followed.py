"""Real heads of which each nucleus and region is shrunk by known shares: what of it is measured."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from changed_heads import Bell, shrunk
from detectability import STILL, Response, response
from measured_heads import (
    LABELLING,
    SHIPPED,
    Bench,
    Parts,
    Target,
    Values,
    Warped,
    case_of,
    hash_of_code,
    kept_arrays,
    targets_of,
)
from measurement_goals import SEEN

from brainstem_app.imaging.reading import read_scan

#: Share of their volume that all targets lose.
BASELINES_LOST = 0.10
#: What a T1-weighted scan shows best, and what shrinks with it in one head, may lose others too.
LOST = (0.05, 0.10, 0.20)
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

    def add(self, true: Values, found: Values, rows: tuple[Values, Values], head: int) -> None:
        """Add a shrunken head; `rows` are what is meant to shrink in it, and what lies near."""
        self.true.append(true)
        self.found.append(found)
        self.shrunken.append(rows[0])
        self.near.append(rows[1])
        self.heads.append(head)

    def response(self, part: int) -> Response:
        """How the measured volume of a part follows the true one where it was meant to shrink."""
        rows = np.array(self.shrunken)[:, part]
        true, found = np.array(self.true)[rows, part], np.array(self.found)[rows, part]
        return response(true, found, np.array(self.heads)[rows])

    def drift_percent(self, part: int) -> float:
        """Mean size of the change, %, that is measured of an unchanged part beside one that shrinks."""
        rows = np.array(self.near)[:, part] & (np.abs(np.array(self.true)[:, part]) < STILL)
        return float(100 * np.abs(np.array(self.found)[rows, part]).mean()) if rows.any() else float("nan")


def follow_changes(
    bench: Bench, heads: dict[str, Path], told: Callable[[str], None], lost: tuple[float, ...] = LOST
) -> dict[str, Changes]:
    """Shrink everything in every head, and measure it by every way; shares but 10 % by the shipped one."""
    changes = {way: Changes() for way in bench.ways}
    for number, (name, path) in enumerate(heads.items()):
        middles = _middles(bench, name, path)
        for targets in targets_of(bench.parts):
            told(f"{name}: {', '.join(t.name for t in targets)}")
            rows = _rows(targets, middles, bench.parts.n_nuclei)
            for share in lost_by(targets, bench.parts, lost):
                for way, (true, found) in followed(bench, name, path, targets, share).items():
                    changes[way].add(true, found, rows, number)
    return changes


def followed(
    bench: Bench, name: str, path: Path, targets: list[Target], lost: float
) -> dict[str, tuple[Values, Values]]:
    """True and measured change of every part of one head by each way, placed once; kept."""
    ways = bench.all_ways if lost == BASELINES_LOST else (SHIPPED,)

    def work() -> dict[str, Values]:
        whole, bells = bench.scan(name, lambda: read_scan(path)), bench.bells(name, targets, lost)
        small = shrunken(bench, name, path, case_of(targets, lost), bells, ways)
        before = _before(bench, name, path)
        return _changes_by(bench.parts, ways, whole, small, bells, before)

    kept = kept_arrays(bench.warps / f"{name}-{case_of(targets, lost)}-volumes-{_drawn_by()}.npz", work)
    return {way: (kept[f"{way}/true"], kept[f"{way}/found"]) for way in ways}


def _changes_by(
    parts: Parts,
    ways: tuple[str, ...],
    whole: Warped,
    after: Warped,
    bells: list[Bell],
    before: dict[str, Values],
) -> dict[str, Values]:
    """True and measured change by each way; `before` are the volumes that the measured ones differ from."""
    found = {}
    for way in ways:
        found[f"{way}/true"] = parts.true_change(whole.fields[way], bells)
        found[f"{way}/found"] = parts.log_volumes(after.fields[way]) - before[way]
    return found


def _middles(bench: Bench, name: str, path: Path) -> Values:
    """Where the parts of a head lie by the shipped way (parts, 3), ``mni`` mm."""
    parts, truth = bench.parts, bench.scan(name, lambda: read_scan(path)).fields[SHIPPED]
    return np.array([parts.points_mm(part, truth).mean(axis=0) for part in range(len(parts.names))])


def _drawn_by() -> str:
    return hash_of_code(LABELLING)


def lost_by(targets: list[Target], parts: Parts, lost: tuple[float, ...] = LOST) -> tuple[float, ...]:
    """Shares that the targets of one head lose."""
    best = any(parts.names[part] in SEEN for target in targets for part in target.parts)
    return tuple(sorted({*lost, BASELINES_LOST})) if best else (BASELINES_LOST,)


def follow_placed_anew(
    bench: Bench, heads: dict[str, Path], told: Callable[[str], None]
) -> dict[str, Changes]:
    """Shrink every region in every scan by 10 %, on its own grid, and measure it the whole way by every way.

    The whole way: skull strip, bias field, both affines. Placing follows a part of what is large.
    """
    parts, changes = bench.parts, {way: Changes() for way in bench.ways}
    sets = [targets for targets in targets_of(parts) if targets[0].parts[0] >= parts.n_nuclei]
    for number, (name, path) in enumerate(heads.items()):
        middles = _middles(bench, name, path)
        for targets in sets:
            told(f"{name}, placed anew: {', '.join(t.name for t in targets)}")
            rows = _rows(targets, middles, parts.n_nuclei)
            for way, (true, found) in followed_anew(bench, name, path, targets).items():
                changes[way].add(true, found, rows, number)
    return changes


def followed_anew(
    bench: Bench, name: str, path: Path, targets: list[Target]
) -> dict[str, tuple[Values, Values]]:
    """True and measured change of every part of one scan by each way, shrunk by 10 %, placed anew; kept."""

    def work() -> dict[str, Values]:
        whole = bench.scan(name, lambda: read_scan(path))
        anew, bells = _placed_anew(bench, name, path, targets)
        grown = anew.log_scale - whole.log_scale
        before = {way: bench.parts.log_volumes(field) - grown for way, field in whole.fields.items()}
        return _changes_by(bench.parts, bench.all_ways, whole, anew, bells, before)

    case = f"{name}-{case_of(targets, BASELINES_LOST)}-anew-volumes-{_drawn_by()}.npz"
    kept = kept_arrays(bench.warps / case, work)
    return {way: (kept[f"{way}/true"], kept[f"{way}/found"]) for way in bench.all_ways}


def nuclei_placed_anew(bench: Bench, name: str, path: Path) -> dict[str, tuple[float, float]]:
    """Slopes of the first nuclei of one head, shrunk by 10 %: placed once, and placed anew."""
    targets = targets_of(bench.parts)[0]
    _, once = followed(bench, name, path, targets, BASELINES_LOST)[SHIPPED]
    true, anew = followed_anew(bench, name, path, targets)[SHIPPED]
    found = {}
    for target in targets:
        rows = list(target.parts)
        of = true[rows].sum()
        found[target.name] = (float(once[rows].sum() / of), float(anew[rows].sum() / of))
    return found


def _placed_anew(bench: Bench, name: str, path: Path, targets: list[Target]) -> tuple[Warped, list[Bell]]:
    """Shrink a scan by 10 % and take it the whole way."""
    whole = bench.scan(name, lambda: read_scan(path))
    bells = bench.bells(name, targets, BASELINES_LOST)
    case = f"{name}-{case_of(targets, BASELINES_LOST)}-anew-{bench.seen.name}"
    return bench.scan(case, lambda: shrunk(read_scan(path), bells, whole.to_native)), bells


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
    """Logarithms of volumes, by each way, of a head that has not shrunk; kept."""

    def work() -> dict[str, Values]:
        still = [shrunken(bench, name, path, f"still-{k}", [], bench.all_ways) for k in range(N_UNCHANGED)]
        return {
            way: np.mean([bench.parts.log_volumes(each.fields[way]) for each in still], axis=0)
            for way in bench.ways
        }

    return kept_arrays(bench.warps / f"{name}-still-volumes-{_drawn_by()}.npz", work)


def _rows(targets: list[Target], middles: Values, n_nuclei: int) -> tuple[Values, Values]:
    """Which parts are shrunk, and which nuclei lie near one of them."""
    shrunken = np.zeros(len(middles), dtype=bool)
    for target in targets:
        shrunken[list(target.parts)] = True
    apart = np.linalg.norm(middles[:, None] - middles[None, shrunken], axis=-1).min(axis=1)
    near = (apart < NEAR_MM) & ~shrunken & (np.arange(len(middles)) < n_nuclei)
    return shrunken, near
