"""Write docs/results/measurement.md: how well volumes repeat themselves, follow a change and lie on borders.

    python tests/benchmarks/write_measurement.py --work FOLDER --head HEAD.nii.gz [--head …]
        [--pair FIRST.nii.gz SECOND.nii.gz …] [--outline SCAN.nii.gz LABELS.nii.gz …]

Every way to place the atlas starts from the same placed scans and the same network's probabilities, which are
kept in FOLDER. *Heads* are moved and shrunk in known places (`changed_heads.py`), *pairs* are one person
scanned twice, *outlines* are scans with a brainstem drawn by hand (label 35 of the MICCAI 2012 protocol;
0, 4, 11, 46, 51 and 52 are fluid or outside).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nibabel as nib
import numpy as np
from benchmark_segment import machine
from changed_heads import SHRINKAGES, Shrinkage, moved, shrunk
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates

from brainstem_app.atlas.warped import WarpedAtlas
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.imaging.trilinear import corners
from brainstem_app.jobs.loaded_model import LoadedModel, load_model
from brainstem_app.models.atlas_fit import fit_atlas, neighbourhood, smallest_jacobian
from brainstem_app.models.method import WARP, FitSettings
from brainstem_app.models.prediction import class_probabilities
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.transforms import Transforms, grid_points

ROOT = Path(__file__).resolve().parents[2]
STEM, FLUID = 35, (0, 4, 11, 46, 51, 52)
#: A nucleus counts as changed beyond, and as unchanged below these changes of its logarithm.
CHANGED, STILL = 0.03, 0.005
WAYS: dict[str, FitSettings | None] = {
    "affine alone": None,
    "bent to the network (version 2)": FitSettings(),
    "warp (network, then intensities; version 3)": WARP,
    "intensities without the network": FitSettings(rounds=WARP.rounds[1:], from_warp=True),
}
WATCHED = ("PAG", "SC", "IC", "SN", "RN", "VTA", "LC", "IO")


@dataclass(frozen=True)
class Placed:
    """A scan in the box, and what the network says of it."""

    box: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    to_native: Affine


@dataclass
class Figures:
    """What was measured of one way; lists hold an entry a pair, head or scan."""

    rescans: list[NDArray[np.float64]]
    moves: list[NDArray[np.float64]]
    found: list[NDArray[np.float64]]
    true: list[NDArray[np.float64]]
    outlines: list[float]
    jacobians: list[float]
    cpu_s: list[float]


class Bench:
    """Placed scans on disk, and the ways to lay the atlas on them."""

    def __init__(self, work: Path, model: LoadedModel) -> None:
        self.work, self.model = work, model
        self.atlas = model.way.atlas
        self.nuclei = list(model.way.nuclei)
        self.names = [model.atlas.table.names[index] for index in self.nuclei]

    def placed(self, name: str, make: Callable[[], Scan]) -> Placed:
        """Place a scan and ask the network, once."""
        path = self.work / f"{name}.npz"
        if not path.exists():
            self.work.mkdir(parents=True, exist_ok=True)
            found = normalise_scan(make())
            said = class_probabilities(
                self.model.open_network(), found.box, self.model.way, lambda share, text: None
            )
            half = path.with_suffix(".part.npz")
            np.savez(half, box=found.box, said=said.astype(np.float16), a=found.transforms.mni_to_native)
            half.replace(path)
        with np.load(path) as kept:
            return Placed(kept["box"], kept["said"].astype(np.float32), kept["a"])

    def bent(self, scan: Placed, way: FitSettings | None, into: Figures) -> NDArray[np.float32]:
        """Displacement (3, 50, 50, 73) of the atlas by one way."""
        begun = time.process_time()
        field = np.zeros((3, *BOX_SHAPE), dtype=np.float32)
        if way is not None:
            images = (scan.box, self.model.way.template())
            field = fit_atlas(scan.probabilities, self.atlas, self.model.way.usual, way, images).displacement
        into.cpu_s.append(time.process_time() - begun)
        into.jacobians.append(smallest_jacobian(field, neighbourhood(self.atlas)))
        return field

    def volumes(self, scan: Placed, field: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logarithm of each nucleus's volume, mm³."""
        return self._shares(_grid(), field) + np.log(abs(np.linalg.det(scan.to_native[:3, :3])))

    def true_change(
        self, scan: Placed, field: NDArray[np.float32], shrinkage: Shrinkage
    ) -> NDArray[np.float64]:
        """Change of the logarithm of each nucleus's volume that a shrinkage makes."""
        native = _world() @ scan.to_native[:3, :3].T + scan.to_native[:3, 3]
        back = np.linalg.inv(scan.to_native)
        source = shrinkage.source(native, scan.to_native) @ back[:3, :3].T + back[:3, 3]
        points = (source - box_affine()[:3, 3]).T.astype(np.float32)
        there = np.stack([map_coordinates(part, points, order=1, mode="nearest") for part in field])
        return self._shares(points, there) - self._shares(_grid(), field)

    def _shares(self, points: NDArray[np.float32], field: NDArray[np.float32]) -> NDArray[np.float64]:
        total = np.zeros(256)
        for corner in corners(self.atlas, points + field.reshape(3, -1)):
            total += np.bincount(corner.values, weights=corner.weight, minlength=256)
        return np.log(total[self.nuclei])

    def outline_mm(self, scan: Placed, field: NDArray[np.float32], drawn: Path, affine: Affine) -> float:
        """Mean distance of the drawn outline, where it faces fluid or the outside, from the warped one."""
        labels = np.asarray(nib.load(drawn).dataobj).astype(int)
        stem, fluid = labels == STEM, np.isin(labels, FLUID)
        faces = []
        for axis in range(3):
            for side in (1, -1):
                face = np.argwhere(stem & np.roll(fluid, -side, axis=axis)).astype(float)
                face[:, axis] += 0.5 * side
                faces.append(face)
        points = np.concatenate(faces) @ affine[:3, :3].T + affine[:3, 3]
        height = Transforms(scan.to_native).to_mni(points)[:, 2]
        points = points[(height > -68) & (height < -6)]
        grid = _fine_grid(points)
        warped = WarpedAtlas((self.atlas > 0).astype(np.uint8), field, Transforms(scan.to_native))
        inside = warped.labels_on(grid) > 0
        signed = distance_transform_edt(inside) - distance_transform_edt(~inside)
        signed = np.where(signed > 0, signed - 0.5, signed + 0.5) * grid[1][0, 0]
        return float(
            np.abs(map_coordinates(signed, (points - grid[1][:3, 3]).T / grid[1][0, 0], order=1)).mean()
        )


def measure(bench: Bench, way: FitSettings | None, given: argparse.Namespace) -> Figures:
    """Measure one way on everything that is given."""
    figures = Figures([], [], [], [], [], [], [])
    for first, second in given.pair:
        volumes = []
        for path in (first, second):
            scan = bench.placed(_name(path), lambda path=path: read_scan(path))
            volumes.append(bench.volumes(scan, bench.bent(scan, way, figures)))
        figures.rescans.append(volumes[0] - volumes[1])
    for path in given.head:
        head = bench.placed(_name(path), lambda path=path: read_scan(path))
        field = bench.bent(head, way, figures)
        before = bench.volumes(head, field)
        other = bench.placed(f"{_name(path)}-moved", lambda path=path: moved(read_scan(path), 1001))
        figures.moves.append(bench.volumes(other, bench.bent(other, way, figures)) - before)
        for shrinkage in SHRINKAGES:
            name = f"{_name(path)}-{shrinkage.name.replace(' ', '-')}"
            small = bench.placed(
                name, lambda p=path, s=shrinkage, h=head: shrunk(read_scan(p), s, h.to_native)
            )
            figures.found.append(bench.volumes(small, bench.bent(small, way, figures)) - before)
            figures.true.append(bench.true_change(head, field, shrinkage))
    for path, drawn in given.outline:
        scan = bench.placed(_name(path), lambda path=path: read_scan(path))
        field = bench.bent(scan, way, figures)
        figures.outlines.append(bench.outline_mm(scan, field, drawn, read_scan(path).affine))
    return figures


def cv(differences: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Within-subject coefficient of variation, %, of each nucleus from differences of logarithms."""
    return 100 * np.sqrt((np.array(differences) ** 2).mean(axis=0) / 2)


def slopes(figures: Figures) -> NDArray[np.float64]:
    """Measured over true change of each nucleus that changes; NaN of the others."""
    found, true = np.array(figures.found), np.array(figures.true)
    changed = np.abs(true) > CHANGED
    weight = np.where(changed, true, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((weight * found).sum(axis=0) / (weight**2).sum(axis=0))


def page(bench: Bench, measured: dict[str, Figures], given: argparse.Namespace) -> list[str]:
    """Lines of the page."""
    lines = [
        "# How well volumes repeat themselves, and follow a change",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_measurement.py`; "
        f"model `{bench.model.card.name}` {bench.model.card.version}. {given.about}".rstrip(),
        "",
        f"- *Rescans*: {len(given.pair)} people scanned twice ({', '.join(_pair(p) for p in given.pair)}). "
        f"*Moved*: {len(given.head)} real heads turned by up to 8°, moved by up to 6 mm, with noise.",
        "- *Slope*: measured over true change where heads were shrunk by 10 % in a known place "
        f"({', '.join(s.name for s in SHRINKAGES)}); of nuclei that changed by more than 3 %. *Unchanged*: "
        "what the others seem to change by. *SDC*: smallest change of one person that can be detected, "
        "1.96·√2·CV/slope, with the CV over rescans.",
        f"- *Outline*: mean distance from brainstems drawn by hand ({len(given.outline)} scans) where they "
        "face fluid or the outside.",
        "",
        "| way | CV rescans, median / worst (%) | CV moved (%) | slope, median / least | "
        f"{' / '.join(WATCHED)} | unchanged (%) | SDC, median (%) | outline (mm) | least Jacobian "
        "| CPU (s) |",
        "|---" * 10 + "|",
        *(_row(bench, way, figures) for way, figures in measured.items()),
        "",
        "## Each nucleus, by the warp",
        "",
        "| nucleus | grade | CV rescans (%) | CV moved (%) | slope | SDC (%) |",
        "|---|---|---|---|---|---|",
    ]
    figures = next(f for way, f in measured.items() if WAYS[way] is WARP)
    again, shifted, slope = cv(figures.rescans), cv(figures.moves), slopes(figures)
    table = {s.index: s for s in bench.model.atlas.table.nuclei}
    for row, index in enumerate(bench.nuclei):
        sdc = 1.96 * np.sqrt(2) * again[row] / slope[row]
        lines.append(
            f"| {table[index].name} | {table[index].reliability} | {again[row]:.1f} | {shifted[row]:.1f} | "
            f"{_number(slope[row], 2)} | {_number(sdc, 1)} |"
        )
    return [*lines, ""]


def _row(bench: Bench, way: str, figures: Figures) -> str:
    again, slope = cv(figures.rescans), slopes(figures)
    found, true = np.array(figures.found), np.array(figures.true)
    still = 100 * np.median(np.abs(found[np.abs(true) < STILL]))
    sdc = np.nanmedian(1.96 * np.sqrt(2) * again / np.where(slope > 0.05, slope, np.nan))
    watched = [
        np.nanmean([s for s, n in zip(slope, bench.names, strict=True) if n.startswith(w)]) for w in WATCHED
    ]
    cells = [
        way,
        f"{np.median(again):.1f} / {again.max():.1f}",
        f"{np.median(cv(figures.moves)):.1f}",
        f"{np.nanmedian(slope):.2f} / {np.nanmin(slope):.2f}",
        " / ".join(f"{value:.2f}" for value in watched),
        f"{still:.1f}",
        _number(sdc, 1),
        _number(float(np.mean(figures.outlines)) if figures.outlines else np.nan, 2),
        f"{min(figures.jacobians):.2f}",
        f"{np.mean(figures.cpu_s):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float, decimals: int) -> str:
    return "–" if not np.isfinite(value) else f"{value:.{decimals}f}"


def _pair(pair: list[Path]) -> str:
    return "/".join(_name(path) for path in pair)


def _name(path: Path) -> str:
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    # sub-01 of two datasets are two heads.
    return f"{path.parents[2].name}-{stem}" if path.parent.name == "anat" else stem


def _grid() -> NDArray[np.float32]:
    return np.indices(BOX_SHAPE, dtype=np.float32).reshape(3, -1)


def _world() -> NDArray[np.float64]:
    return grid_points(BOX_SHAPE, box_affine())


def _fine_grid(points: NDArray[np.float64], size_mm: float = 0.5) -> tuple[tuple[int, int, int], Affine]:
    low = points.min(axis=0) - 5
    x, y, z = (np.ceil((points.max(axis=0) + 5 - low) / size_mm).astype(int)).tolist()
    affine = np.diag([size_mm, size_mm, size_mm, 1.0])
    affine[:3, 3] = low
    return (x, y, z), affine


def main() -> None:
    """Read the arguments, measure, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--head", type=Path, action="append", default=[])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[])
    parser.add_argument("--outline", type=Path, nargs=2, action="append", default=[])
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--about", default="", help="what is special about the scans, in a sentence")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results" / "measurement.md")
    given = parser.parse_args()
    bench = Bench(given.work, load_model(given.model, "onnx"))
    measured = {way: measure(bench, settings, given) for way, settings in WAYS.items()}
    given.page.write_text("\n".join(page(bench, measured, given)), encoding="utf-8")


if __name__ == "__main__":
    main()
