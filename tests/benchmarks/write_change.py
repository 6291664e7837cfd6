"""Measure how changes between scans of one person repeat themselves and follow a true one; write the page.

    python tests/benchmarks/write_change.py --work FOLDER --head HEAD.nii.gz [--head …]
        [--pair FIRST.nii.gz SECOND.nii.gz] [--shrink SN,LC --shrink PAG …] [--ship]

A head is moved twice, which nobody may see as a change, and moved, shrunk in known places and moved again.
Beside the program's way stands the cross-sectional one: two segmentations, each by itself, set against each
other; both see the same scans. ``--ship`` writes the model's table too. What is measured is kept in FOLDER.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from change_page import Outcome, page_of, table_of
from changed_heads import Bell, moved, shrunk
from measured_heads import Parts, Target, Values, kept_arrays, shrinking, targets_of
from threadpoolctl import threadpool_limits

from brainstem_app.atlas.change_table import CHANGE_FILE
from brainstem_app.atlas.warped import box_shares
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import BOX
from brainstem_app.jobs.people.measure_sessions import PlacedScan, measure_placed, normalised_scan
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.atlas_fit import fit_atlas
from brainstem_app.models.prediction import class_probabilities
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.normalise import CorrectedBrain
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.scan.region_model import EMPTY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "results" / "change.md"
LOST = 0.10
#: Of the moves: before, after nothing has changed, after something has.
SEEDS = (1001, 1002, 1003)


@dataclass
class Bench:
    """Scans and what is measured of them, on disk."""

    work: Path
    model: LoadedModel
    parts: Parts

    def scan(self, name: str, make: Callable[[], Scan]) -> PlacedScan:
        """Normalise a scan."""

        def work() -> dict[str, np.ndarray]:
            scan = make()
            found = normalised_scan(scan, Path(name))
            brain = found.brain
            return {
                "bright": brain.bright,
                "standard": brain.standard,
                "mask": brain.mask,
                "affine": brain.affine,
                "placed": found.placed,
                "shape": np.array(scan.shape),
                "grid": scan.affine,
            }

        kept = kept_arrays(self.work / f"scan-{name}.npz", work)
        brain = CorrectedBrain(kept["bright"], kept["standard"], kept["mask"], kept["affine"])
        x, y, z = kept["shape"].tolist()
        return PlacedScan(((x, y, z), kept["grid"]), brain, kept["placed"])

    def alone(self, name: str, scan: PlacedScan) -> tuple[Values, np.ndarray]:
        """Logarithms of volumes, and the displacement, of a scan segmented by itself."""

        def work() -> dict[str, np.ndarray]:
            level, placed = np.float32(LIMIT), Transforms(scan.placed)
            box = placed.image_to_mni(scan.brain.standard + level, scan.brain.affine, region=BOX) - level
            context = self.model.context
            images = (box, context.template())
            said = class_probabilities(self.model.open_network(), box, context, lambda share, text: None)
            field = fit_atlas(
                said, context.bent_atlas, context.usual, context.method.fit, images
            ).displacement
            return {"field": field, "volumes": self.parts.log_volumes(field) + _log_scale(scan.placed)}

        kept = kept_arrays(self.work / f"alone-{name}.npz", work)
        return kept["volumes"], kept["field"]

    def together(self, names: tuple[str, str], scans: tuple[PlacedScan, PlacedScan]) -> Values:
        """Logarithms of the volumes (2, parts) of two scans measured together; NaN where not compared."""

        def work() -> dict[str, np.ndarray]:
            found = measure_placed(scans, self.model)
            rows = [
                self.parts.log_volumes(field) + _log_scale(matrix)
                for field, matrix in zip(found.warps.whole, found.half_way.mni_to_native, strict=True)
            ]
            volumes = np.stack(rows)
            shares = box_shares(self.parts.codes, found.warps.common)
            here = shares[found.warps.compared.reshape(-1)].sum(axis=0)
            compared = (self.parts.holds @ here) / (self.parts.holds @ shares.sum(axis=0))
            volumes[:, 1 - compared > EMPTY] = np.nan
            return {"volumes": volumes}

        return np.asarray(
            kept_arrays(self.work / f"together-{'-'.join(names)}.npz", work)["volumes"], dtype=np.float64
        )


def _log_scale(matrix: np.ndarray) -> float:
    return float(np.log(abs(np.linalg.det(matrix[:3, :3]))))


def _moved(path: Path, seed: int) -> Scan:
    return moved(read_scan(path), seed)


def unchanged_pair(bench: Bench, first: Path, second: Path) -> Outcome:
    """Measure two real scans of somebody who has not changed."""
    names = (name_of(first), name_of(second))
    return _outcome(bench, "rescan", names, [partial(read_scan, p) for p in (first, second)], None, ())


def moved_head(bench: Bench, path: Path) -> Outcome:
    """Measure a head that was moved twice."""
    name = name_of(path)
    names = (f"{name}-moved-1001", f"{name}-moved-1002")
    makes = [partial(_moved, path, seed) for seed in SEEDS[:2]]
    return _outcome(bench, "moved", names, makes, None, ())


def shrunken_head(bench: Bench, path: Path, targets: tuple[Target, ...]) -> Outcome:
    """Measure a head that was moved, and moved otherwise after targets in it have shrunk."""
    name, told = name_of(path), "-".join(target.name for target in targets)
    whole = bench.scan(name, lambda: read_scan(path))
    _, field = bench.alone(name, whole)

    def work() -> dict[str, np.ndarray]:
        bells = [b for target in targets for b in shrinking(bench.parts, target, field, LOST)]
        rows = [[*b.centre_mm, b.spread_mm, b.growth] for b in bells]
        return {"bells": np.array(rows), "true": bench.parts.true_change(field, bells)}

    kept = kept_arrays(bench.work / f"bells-{name}-{told}.npz", work)
    bells = [Bell(row[:3], float(row[3]), float(row[4])) for row in kept["bells"]]
    makes = [
        lambda: moved(read_scan(path), SEEDS[0]),
        lambda: moved(shrunk(read_scan(path), bells, whole.placed), SEEDS[2]),
    ]
    rows = tuple(part for target in targets for part in target.parts)
    return _outcome(bench, "shrunk", (f"{name}-moved-1001", f"{name}-{told}"), makes, kept["true"], rows)


def _outcome(
    bench: Bench,
    kind: str,
    names: tuple[str, str],
    makes: Sequence[Callable[[], Scan]],
    true: Values | None,
    shrunken: tuple[int, ...],
) -> Outcome:
    one, other = (bench.scan(name, make) for name, make in zip(names, makes, strict=True))
    before, after = (bench.alone(name, scan)[0] for name, scan in zip(names, (one, other), strict=True))
    both = bench.together(names, (one, other))
    nothing = np.zeros(len(bench.parts.names))
    return Outcome(
        kind,
        " / ".join(names),
        both[1] - both[0],
        after - before,
        nothing if true is None else true,
        shrunken,
    )


def name_of(path: Path) -> str:
    """Name of a scan, with its dataset."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    return f"{path.parents[2].name}-{stem}" if path.parent.name == "anat" else stem


def main() -> None:
    """Measure what is asked for and write the page, beside it the figures, and the model's table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--head", type=Path, action="append", default=[])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[])
    parser.add_argument("--shrink", action="append", default=[])
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--only-measure", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    model = load_model("brainstem31", "onnx")
    bench = Bench(given.work, model, Parts.of(model.mapped_atlas))
    known = {target.name: target for head in targets_of(bench.parts) for target in head}
    outcomes = []
    with threadpool_limits(limits=1, user_api="blas"):
        outcomes += [unchanged_pair(bench, *pair) for pair in given.pair]
        for path in given.head:
            outcomes.append(moved_head(bench, path))
            for names in given.shrink:
                outcomes.append(shrunken_head(bench, path, tuple(known[n] for n in names.split(","))))
    if given.only_measure:
        return
    table = table_of(outcomes, bench.parts, model, date.today().isoformat())
    write_text(PAGE, page_of(outcomes, bench.parts, model, table))
    figures = [outcome.figures(bench.parts) for outcome in outcomes]
    write_text(PAGE.with_suffix(".json"), json.dumps(figures, indent=1) + "\n")
    if given.ship:
        write_text(model.files.folder / CHANGE_FILE, table.model_dump_json(indent=1, by_alias=True) + "\n")


if __name__ == "__main__":
    main()
