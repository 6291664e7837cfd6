"""Write docs/results/measurement.md and .json: what the volumes of nuclei and regions are worth.

    python tests/benchmarks/write_measurement.py --redraw
    python tests/benchmarks/write_measurement.py --work FOLDER --head HEAD.nii.gz [--head …]
        [--person HEAD.nii.gz …] [--pair FIRST.nii.gz SECOND.nii.gz …] [--outline SCAN.nii.gz LABELS.nii.gz …]

*Heads* are moved, and shrunk in known places (`changes_followed.py`). *Persons* add to the spread between
people; scans whose path begins alike are of one site. *Pairs* are one person scanned twice. *Outlines* are
scans with a brainstem drawn by hand (label 35 of the MICCAI 2012 protocol; 0, 4, 11, 46, 51 and 52 are fluid
or outside). All that is computed is kept in FOLDER, so a run that was stopped goes on where it was.
The table of goals takes figures from the JSON of other pages too: --redraw writes the page anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from benchmark_segment import machine
from changed_heads import moved
from changes_followed import (
    BASELINES_LOST,
    LOST,
    Changes,
    follow_changes,
    follow_placed_anew,
    nuclei_placed_anew,
)
from detectability import (
    cv_percent,
    group_difference_percent,
    icc,
    pooled_cv_percent,
    smallest_change_percent,
    spread_percent,
)
from drawn_outlines import outline_mm
from label_map_check import GRIDS, grid_around, label_map_against_warp
from measured_heads import LABELLING, SHIPPED, Bench, Values, Warped, hash_of_code, kept_arrays
from measurement_goals import Elsewhere
from measurement_page import page

from brainstem_app.atlas.warped import WarpedAtlas
from brainstem_app.imaging.reading import read_scan
from brainstem_app.jobs.scans.loaded_model import load_model
from brainstem_app.preprocessing.transforms import Transforms

ROOT = Path(__file__).resolve().parents[2]
#: Label maps are held against their warp in so many heads, on these grids.
N_LABEL_MAPS, LABEL_MAP_GRIDS = 2, ("1 mm, oblique", "1×1×3 mm, oblique")


@dataclass
class Repeats:
    """What one way makes of scans that nobody changed; rows hold logarithms of volumes of all parts."""

    rescans: list[Values] = field(default_factory=list)
    moves: list[Values] = field(default_factory=list)
    people: list[Values] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    outlines: list[float] = field(default_factory=list)
    jacobians: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)


def measure_repeats(bench: Bench, given: argparse.Namespace) -> dict[str, Repeats]:
    """Rescans, moved heads, people and outlines, by every way."""
    repeats = {way: Repeats() for way in bench.ways}

    def seen(name: str, path: Path, seed: int | None = None) -> tuple[Warped, dict[str, Values]]:
        told(name)
        scan = bench.scan(name, lambda: read_scan(path) if seed is None else moved(read_scan(path), seed))
        for way, into in repeats.items():
            into.jacobians.append(bench.least_jacobian(scan.fields[way]))
            into.cpu_s.append(scan.cpu_s[way])
            into.wall_s.append(scan.wall_s[way])
        volumes = {way: bench.parts.log_volumes(f) + scan.log_scale for way, f in scan.fields.items()}
        return scan, volumes

    for pair in given.pair:
        first, second = (seen(name_of(path), path)[1] for path in pair)
        for way, into in repeats.items():
            into.rescans.append(first[way] - second[way])
            into.people.append((first[way] + second[way]) / 2)
            into.sites.append(_site(pair[0]))
    for path in [*given.head, *given.person]:
        whole = seen(name_of(path), path)[1]
        again = seen(f"{name_of(path)}-moved", path, 1001)[1] if path in given.head else None
        for way, into in repeats.items():
            into.people.append(whole[way])
            into.sites.append(_site(path))
            if again is not None:
                into.moves.append(again[way] - whole[way])
    drawn_by = hash_of_code(LABELLING)
    for path, drawn in given.outline:
        scan = seen(name_of(path), path)[0]
        for way, into in repeats.items():
            kept = kept_arrays(
                bench.warps / f"{name_of(path)}-outline-{'-'.join(way.split()[:2])}-{drawn_by}.npz",
                lambda path=path, drawn=drawn, scan=scan, way=way: {
                    "mm": np.array(
                        outline_mm(bench.model.context.atlas, scan, way, drawn, read_scan(path).affine)
                    )
                },
            )
            into.outlines.append(float(kept["mm"]))
    return repeats


def structures(bench: Bench, repeats: Repeats, changes: Changes, anew: Changes) -> list[dict[str, Any]]:
    """All figures of each part by one way: slopes of nuclei placed once, those of regions placed anew."""
    rescans, moves = (_rows(rows, bench) for rows in (repeats.rescans, repeats.moves))
    cv, spread = pooled_cv_percent(rescans, moves), _spread(repeats)
    again, shifted = cv_percent(rescans), cv_percent(moves)
    once = [changes.response(part) for part in range(len(bench.parts.names))]
    answers = [each if part < bench.parts.n_nuclei else anew.response(part) for part, each in enumerate(once)]
    slope = np.array([each.slope for each in answers])
    change, groups = smallest_change_percent(cv, slope), group_difference_percent(spread, slope)
    grades = {each.name: each.reliability for each in bench.model.atlas.table.nuclei}
    return [
        {
            "name": name,
            "kind": "nucleus" if part < bench.parts.n_nuclei else "region",
            "atlas_grade": grades.get(name, ""),
            "cv_rescans_percent": again[part],
            "cv_moved_percent": shifted[part],
            "cv_percent": cv[part],
            **asdict(answers[part]),
            "slope_placed_once": once[part].slope,
            "drift_percent": changes.drift_percent(part),
            "smallest_change_percent": change[part],
            "spread_percent": spread[part],
            "icc": icc(spread, cv)[part],
            "group_difference_percent": groups[part],
        }
        for part, name in enumerate(bench.parts.names)
    ]


def label_maps(bench: Bench, heads: dict[str, Path]) -> dict[str, dict[str, float]]:
    """Label maps beside their own warp, on made grids."""
    found: dict[str, dict[str, float]] = {}
    for grid in LABEL_MAP_GRIDS:
        told(f"label maps on {grid}")
        figures = []
        for name, path in list(heads.items())[:N_LABEL_MAPS]:
            scan = bench.scan(name, lambda path=path: read_scan(path))
            warped = WarpedAtlas(bench.model.context.atlas, scan.fields[SHIPPED], Transforms(scan.to_native))

            def work(warped: WarpedAtlas = warped, grid: str = grid) -> dict[str, Values]:
                done = label_map_against_warp(
                    warped, grid_around(warped, *GRIDS[grid]), bench.model.context.nuclei
                )
                return {"iou": done.iou, "error": done.volume_error}

            key = f"{name}-labels-{LABEL_MAP_GRIDS.index(grid)}-{hash_of_code(LABELLING)}.npz"
            figures.append(kept_arrays(bench.warps / key, work))
        iou, error = (np.array([each[k] for each in figures]) for k in ("iou", "error"))
        found[grid] = {
            "iou": float(iou.mean()),
            "least_iou": float(iou.mean(axis=0).min()),
            "volume_error_percent": float(100 * np.median(np.abs(error))),
            "worst_volume_error_percent": float(100 * np.abs(error).max()),
        }
    return found


def told(what: str) -> None:
    """Say on standard error what is done."""
    print(what, file=sys.stderr, flush=True)


def name_of(path: Path) -> str:
    """Name of a scan; sub-01 of two datasets are two heads."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    return f"{path.parents[2].name}-{stem}" if path.parent.name == "anat" else stem


def _site(path: Path) -> str:
    return str(path.parents[2] if path.parent.name == "anat" else path.parent)


def _spread(repeats: Repeats) -> Values:
    sites = np.unique(repeats.sites, return_inverse=True)[1]
    return spread_percent(np.array(repeats.people), sites)


def _rows(rows: list[Values], bench: Bench) -> Values:
    return np.array(rows).reshape(-1, len(bench.parts.names))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, help="where what is computed is kept")
    parser.add_argument("--redraw", action="store_true", help="write the page alone, from its JSON")
    parser.add_argument("--head", type=Path, action="append", default=[])
    parser.add_argument("--person", type=Path, action="append", default=[])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[])
    parser.add_argument("--outline", type=Path, nargs=2, action="append", default=[])
    parser.add_argument(
        "--lost", type=float, nargs="*", default=[100 * each for each in LOST], help="shares that shrink, %%"
    )
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--about", default="", help="what is special about the scans, in a sentence")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results" / "measurement.md")
    given = parser.parse_args()
    if not given.redraw and (given.work is None or not given.head):
        parser.error("--work and at least one --head are needed, or --redraw.")
    return given


def main() -> None:
    """Read the arguments, measure, write the figures and their page."""
    given = _arguments()
    kept = given.page.with_suffix(".json")
    if given.redraw:
        result = json.loads(kept.read_text(encoding="utf-8"))
    else:
        result = _plain(_measured(given))
        kept.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    lines = page(result, Elsewhere.in_folder(given.page.parent))
    given.page.write_text("\n".join(lines), encoding="utf-8")


def _measured(given: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    bench = Bench(given.work, load_model(given.model, "onnx"))
    heads = {name_of(path): path for path in given.head}
    repeats = measure_repeats(bench, given)
    lost = tuple(each / 100 for each in given.lost)
    changes = follow_changes(bench, heads, told, lost)
    anew = follow_placed_anew(bench, heads, told)
    first = next(iter(heads))
    card = bench.model.card
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "model": {"name": card.name, "version": card.version, "sha256": card.sha256},
        "about": given.about,
        "heads": list(heads),
        "lost_percent": sorted({*given.lost, 100 * BASELINES_LOST}),
        "people": [len(given.head), len(given.person), len(given.pair)],
        "pairs": ["/".join(name_of(path) for path in pair) for pair in given.pair],
        "outlines": len(given.outline),
        "nuclei_placed_anew": nuclei_placed_anew(bench, first, heads[first]),
        "label_maps": label_maps(bench, heads),
        "ways": {
            way: {
                "structures": structures(bench, repeats[way], changes[way], anew[way]),
                "outline_mm": _mean(repeats[way].outlines),
                "least_jacobian": min(repeats[way].jacobians),
                "cpu_s": _mean(repeats[way].cpu_s),
                "wall_s": _mean(repeats[way].wall_s),
            }
            for way in bench.ways
        },
    }


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _plain(value: Any) -> Any:
    """Value as JSON has it: numbers to five digits, null for what is not finite."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.5g}") if np.isfinite(value) else None
    return value


if __name__ == "__main__":
    main()
