"""Write docs/results/odd-scans.md: where labels of odd scans lie beside those of the same person's good scan.

    python tests/benchmarks/write_odd_scans.py --work FOLDER --head STRIPPED.nii.gz --whole HEAD.nii.gz
        [--real SCAN.nii.gz …] [--rescan FIRST.nii.gz SECOND.nii.gz] [--models NAME_OR_FOLDER …]

Of `--head` all versions of `odd_scans.py` are made, of `--whole` those of `odd_heads.py` and with a wrong
brain mask, and `--real` are real scans with something odd, which have no good one. Each is written as a file,
read, checked and placed once, as `segment` does it, and labelled by each model; FOLDER keeps what is done.
`--rescan` says by how much two scans of one person differ.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from benchmark_segment import machine
from numpy.typing import NDArray
from odd_heads import odd_acquisitions, odd_people
from odd_scans import CleanScan, OddScan, odd_scans, stripped_scans
from odd_scans_seen import LOOKED_AT

from brainstem_app.atlas.warped import WarpedAtlas
from brainstem_app.errors import BrainstemError
from brainstem_app.evaluation.structures import measure_structures
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Level, Scan
from brainstem_app.imaging.spaces import Affine, ras_affine
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.jobs.scans.mask_check import nuclei_outside_mask
from brainstem_app.models.prediction import Predictor, predict_box
from brainstem_app.named_version import with_version
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.skull_strip import brain_mask, is_stripped
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.scan.region_model import EMPTY, WHOLE
from brainstem_app.reports.scan.regions import empty_shares, where_empty

ROOT = Path(__file__).resolve().parents[2]
#: Labels are right where centres of nuclei lie so near to those of the good scan, on average, mm: twice as
#: far as a second scan of the same person puts them, which the page says. Further off without a warning is
#: silently wrong.
RIGHT_MM = 0.7


@dataclass(frozen=True)
class Placed:
    """A scan that was read and placed, or refused; what was said of it."""

    said: list[str]
    refused: str
    shape: tuple[int, int, int]
    affine: Affine
    box: NDArray[np.float32]
    to_native: Affine


@dataclass(frozen=True)
class Labelled:
    """What a model finds on a scan; arrays hold a number a nucleus."""

    warped: WarpedAtlas
    volume_mm3: NDArray[np.float64]
    centroid_mm: NDArray[np.float64]
    covered: NDArray[np.float64]
    weak: int


class Bench:
    """Models, and the folder that keeps what is done."""

    def __init__(self, work: Path, models: list[str]) -> None:
        self.work = work
        self.models = [load_model(name, "onnx") for name in models]
        self._networks: list[Predictor] = [model.open_network() for model in self.models]
        self._clean: dict[tuple[str, int], Labelled] = {}
        work.mkdir(parents=True, exist_ok=True)

    def placed(self, key: str, odd: OddScan) -> Placed:
        """Write, read, check and place a version, once."""
        kept = self.work / f"{plain(key)}.npz"
        if not kept.exists():
            path = self.work / f"{plain(key)}.nii.gz"
            image = nib.Nifti1Image(np.clip(odd.data, 0, 32000).astype(np.int16), odd.affine)
            image.header.set_xyzt_units("mm")
            image.set_sform(odd.affine, 1)
            image.set_qform(odd.affine, 1)
            nib.save(image, path)
            self._place(path, kept)
            path.unlink()
        placed = _load(kept)
        return replace(placed, affine=odd.to_clean @ placed.affine, to_native=odd.to_clean @ placed.to_native)

    def real(self, path: Path) -> Placed:
        """Read, check and place a real scan, once."""
        kept = self.work / f"{plain(name_of(path))}.npz"
        if not kept.exists():
            self._place(path, kept)
        return _load(kept)

    def _place(self, path: Path, kept: Path) -> None:
        scan = read_scan(path)
        box, to_native = np.zeros(1, dtype=np.float32), np.eye(4)
        try:
            require_usable(scan)
            found = normalise_scan(scan)
        except BrainstemError as error:
            said, refused = [], error.what
        else:
            findings = (*scan.findings, *found.findings)
            said = [f.problem for f in findings if f.level is Level.WARNING]
            refused = next((f.problem for f in findings if f.level is Level.ERROR), "")
            box, to_native = found.box, found.transforms.mni_to_native
        words = json.dumps({"said": said, "refused": refused, "shape": scan.shape})
        half = kept.with_suffix(".part.npz")
        np.savez(half, words=words, affine=scan.affine, box=box, to_native=to_native)
        half.replace(kept)

    def row(
        self, key: str, name: str, head: str, clean: Placed, placed: Placed, data: NDArray[np.float32]
    ) -> dict[str, Any]:
        """What is said of a version, and how far each model's labels are from those of the clean scan."""
        models = " ".join(f"{model.card.name} {model.card.version}" for model in self.models)
        kept = self.work / f"{plain(f'{key} {models}')}.json"
        if not kept.exists():
            row = {"name": name, "said": placed.said, "refused": placed.refused, "found": []}
            if not placed.refused:
                found = [self.labelled(placed, n) for n in range(len(self.models))]
                row["found"] = [
                    compared(model, clean, self._good(head, clean, n), found[n])
                    for n, model in enumerate(self.models)
                ]
                row["said"] = [*placed.said, *on_nothing(self.models[-1], placed, found[-1], data)]
            kept.write_text(json.dumps(row), encoding="utf-8")
        return dict(json.loads(kept.read_text(encoding="utf-8")))

    def _good(self, head: str, clean: Placed, number: int) -> Labelled:
        """Labels of a clean scan, made once."""
        if (head, number) not in self._clean:
            self._clean[head, number] = self.labelled(clean, number)
        return self._clean[head, number]

    def labelled(self, placed: Placed, number: int) -> Labelled:
        """Label a placed scan by one of the models."""
        model = self.models[number]
        found = predict_box(self._networks[number], placed.box, model.context)
        if found.displacement is None or found.class_confidence is None:
            raise SystemExit(f"{with_version(model.card.name, model.card.version)} gives no warp")
        warped = WarpedAtlas(model.context.atlas, found.displacement, Transforms(placed.to_native))
        soft = warped.measure((placed.shape, placed.affine), found.class_confidence)
        each = [soft[k] for k in model.context.nuclei]
        least = model.card.method.low_confidence
        return Labelled(
            warped,
            np.array([s.volume_mm3 for s in each]),
            np.array([s.centroid_mm or (np.nan,) * 3 for s in each]),
            np.array([s.covered for s in each]),
            sum(s.confidence is not None and s.confidence < least for s in each),
        )


def on_nothing(
    model: LoadedModel, placed: Placed, found: Labelled, data: NDArray[np.float32]
) -> Iterator[str]:
    """Warn, as the report does, of nuclei that lie where the scan is empty, or would without the bend."""
    scan = Scan(data, placed.affine, Path("odd scan"))
    yield from (f.problem for f in nuclei_outside_mask(scan, placed.to_native, model.atlas))
    labels = found.warped.labels_on((placed.shape, placed.affine))
    empty = empty_shares(labels, where_empty(data))
    lost = [n for n in model.atlas.table.nuclei if empty.get(n.index, 0.0) > EMPTY]
    if lost:
        told = ", ".join(f"{100 * empty[n.index]:.0f} % of {n.name}" for n in lost)
        yield f"The scan is empty, as outside of a brain mask, in {told}."


def compared(model: LoadedModel, clean: Placed, good: Labelled, odd: Labelled) -> dict[str, float]:
    """Distances (mm) and volume differences (%) of the nuclei that both scans hold, on the clean grid.

    Without those that a scan cuts: what it does not show has no place in it.
    """
    grid = clean.shape, clean.affine
    first, second = good.warped.labels_on(grid), odd.warped.labels_on(grid)
    both = (good.covered >= WHOLE) & (odd.covered >= WHOLE)
    measures = {
        m.structure.index: m for m in measure_structures(second, clean.affine, model.atlas.table, first)
    }
    nuclei = np.array(model.context.nuclei)[both]
    surfaces = [measures[k].assd_mm for k in nuclei]
    apart = np.linalg.norm(odd.centroid_mm - good.centroid_mm, axis=1)[both]
    change = 100 * np.abs(odd.volume_mm3[both] / good.volume_mm3[both] - 1)
    return {
        "surface": float(np.mean([s for s in surfaces if s is not None])),
        "centroid": float(apart.mean()),
        "centroid_most": float(apart.max()),
        "volume": float(np.median(change)),
        "volume_most": float(change.max()),
        "cut": int((odd.covered < WHOLE).sum()),
        "weak": odd.weak,
    }


def versions(bench: Bench, path: Path, *, only_masks: bool) -> Iterator[OddScan]:
    """Versions of a scan, the clean one first."""
    scan = read_scan(path)
    stripped = is_stripped(scan.data, scan.affine)
    brain = scan.data > 0 if stripped else brain_mask(scan.data, scan.affine)
    as_it_is = OddScan("clean", scan.data, scan.affine)
    yield as_it_is
    placed = bench.placed(f"{name_of(path)} {as_it_is.name}", as_it_is).to_native
    clean = CleanScan(scan.data, scan.affine, brain, placed)
    if not only_masks:
        yield from odd_scans(clean)
    else:
        yield from odd_people(clean)
        yield from odd_acquisitions(clean)
    yield from stripped_scans(clean, whole_head=not stripped)


def examine(bench: Bench, path: Path, most: int | None, *, only_masks: bool) -> list[dict[str, Any]]:
    """Rows of the table of one head."""
    rows = []
    clean: Placed | None = None
    for odd in islice(versions(bench, path, only_masks=only_masks), most):
        placed = bench.placed(f"{name_of(path)} {odd.name}", odd)
        if clean is None and placed.refused:
            raise SystemExit(f"{path} is no good scan: {placed.refused}")
        clean = clean or placed
        rows.append(
            bench.row(f"{name_of(path)} {odd.name}", odd.name, name_of(path), clean, placed, odd.data)
        )
    return rows


def examine_real(bench: Bench, path: Path) -> dict[str, Any]:
    """Row of a real scan: what is said of it."""
    placed, name = bench.real(path), name_of(path)
    return bench.row(f"{name} real", name, name, placed, placed, read_scan(path).data)


def rescanned(bench: Bench, first: Path, second: Path) -> dict[str, float]:
    """How far two scans of one person put the nuclei from each other, after a rigid registration of the "
    "brains."""
    one, other = bench.real(first), bench.real(second)
    found = [bench.labelled(placed, -1) for placed in (one, other)]
    images = [_on_2_mm(read_scan(path)) for path in (first, second)]
    move = register_linear(
        *images, images[0].data > 0, other.to_native @ np.linalg.inv(one.to_native), (0.0, 0.0, 0.0), _RIGID
    )
    moved = found[0].centroid_mm @ move[:3, :3].T + move[:3, 3]
    apart = np.linalg.norm(moved - found[1].centroid_mm, axis=1)
    change = 100 * np.abs(found[1].volume_mm3 / found[0].volume_mm3 - 1)
    return {
        "centroid": float(apart.mean()),
        "centroid_most": float(apart.max()),
        "volume": float(np.median(change)),
        "volume_most": float(change.max()),
    }


_RIGID = (
    PyramidLevel(4.0, 2, rigid=True),
    PyramidLevel(2.0, 2, rigid=True),
    PyramidLevel(1.0, 2, rigid=True),
)


def _on_2_mm(scan: Scan) -> SampledVolume:
    """Scan on a RAS grid of 2 mm."""
    corners = np.array(np.meshgrid(*([0, n - 1] for n in scan.shape))).reshape(3, -1)
    world = scan.affine[:3, :3] @ corners + scan.affine[:3, 3:]
    grid = ras_affine(2.0, world.min(axis=1))
    x, y, z = (np.ceil(np.ptp(world, axis=1) / 2.0).astype(int) + 1).tolist()
    return SampledVolume(resample(scan.data, scan.affine, (x, y, z), grid), grid)


def outcome(row: dict[str, Any]) -> str:
    """Judge a row: right, warned, refused or silently wrong; by the last model."""
    if row["refused"]:
        return "refused"
    is_right = row["found"][-1]["centroid"] <= RIGHT_MM
    if row["said"]:
        return "right, warned" if is_right else "wrong, warned"
    return "right" if is_right else "**silently wrong**"


def page(
    bench: Bench,
    heads: dict[str, list[dict[str, Any]]],
    real: list[dict[str, Any]],
    rescan: dict[str, float] | None,
) -> list[str]:
    """Lines of the page."""
    models = [with_version(model.card.name, model.card.version) for model in bench.models]
    lines = [
        "# Odd scans",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_odd_scans.py`; "
        f"models: {', '.join(models)}.",
        "",
        "Each row is one good scan with one thing made odd, read and placed as `segment` does it. *Surface*: "
        "mean distance of the surfaces of the nuclei's labels from those of the same model on the good scan, "
        "drawn on the good scan's grid. *Centroid*: mean / largest distance of their centres. *Volume*: "
        "median / largest change without sign. Nuclei that a scan cuts are left out; *cut* and *weak* count "
        "them and those with a confidence below the model's limit. Versions whose head is moved or scaled "
        "are compared where that leads back to. "
        + ("Models are divided by “·”, in the order above." if len(models) > 1 else ""),
        "",
        "All versions were made by script from scans of adults (`odd_scans.py`, `odd_heads.py`): no real "
        "scan after a contrast agent, of a child, of large ventricles, of MP2RAGE or of another "
        "contrast is at hand, so that none of these was tried on a real one. Real ones differ in more than "
        "what was imitated.",
        "",
    ]
    if rescan is not None:
        lines += _rule(rescan)
    lines += _counts(heads)
    for name, rows in heads.items():
        lines += [f"## {name}", "", *_table([*rows, _mean(rows)], "surface (mm)"), ""]
    if real:
        lines += [
            "## Real scans",
            "",
            "They have no good scan beside them: what matters is that none is refused.",
            "",
            "| scan | cut, weak | said |",
            "|---|---|---|",
            *(_real_row(row) for row in real),
            "",
        ]
    return [*lines, *LOOKED_AT]


def _rule(rescan: dict[str, float]) -> list[str]:
    return [
        "A second scan of the same person (the pair of `rescan/` that may be used to choose) puts the nuclei "
        f"{rescan['centroid']:.2f} mm away on average, {rescan['centroid_most']:.1f} mm at most, and changes "
        f"their volumes by {rescan['volume']:.1f} % (median), {rescan['volume_most']:.0f} % at most. Labels "
        f"count as *right* where the mean distance of centres is at most {RIGHT_MM:g} mm; *silently wrong* "
        "is what lies further away without a warning.",
        "",
    ]


def _counts(heads: dict[str, list[dict[str, Any]]]) -> list[str]:
    outcomes = [outcome(row) for rows in heads.values() for row in rows[1:]]
    told = ", ".join(f"{name} {outcomes.count(name)}" for name in dict.fromkeys(sorted(outcomes)))
    silent = [row["name"] for rows in heads.values() for row in rows if "silently" in outcome(row)]
    return [f"Of {len(outcomes)} odd versions: {told}. Silently wrong: {'; '.join(silent) or 'none'}.", ""]


def _table(rows: list[dict[str, Any]], first: str) -> list[str]:
    head = f"| scan | outcome | {first} | centroid (mm) | volume (%) | cut, weak | said |"
    return [head, "|---" * 7 + "|", *(_row(row) for row in rows)]


def _real_row(row: dict[str, Any]) -> str:
    counts = " · ".join(f"{f['cut']}, {f['weak']}" for f in row["found"]) or "–"
    return f"| {row['name']} | {counts} | {_said(row)} |"


def _said(row: dict[str, Any]) -> str:
    said = [f"**refused**: {row['refused']}"] if row["refused"] else []
    return "<br>".join([*said, *(f"warning: {problem}" for problem in row["said"])]) or "no word"


def _mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Row of the means over all odd versions that were labelled, the first row being the good scan."""
    odd = [row["found"] for row in rows[1:] if row["found"]]
    means = [
        {key: float(np.mean([f[key] for f in found])) for key in found[0]} for found in zip(*odd, strict=True)
    ]
    counts = [{**mean, "cut": round(mean["cut"], 1), "weak": round(mean["weak"], 1)} for mean in means]
    return {"name": f"**mean of {len(odd)}**", "said": [], "refused": "", "found": counts, "outcome": "–"}


def _row(row: dict[str, Any]) -> str:
    cells = ["–"] * 4
    if found := row["found"]:
        cells = [
            " · ".join(f"{f['surface']:.2f}" for f in found),
            " · ".join(f"{f['centroid']:.2f} / {f['centroid_most']:.1f}" for f in found),
            " · ".join(f"{f['volume']:.1f} / {f['volume_most']:.0f}" for f in found),
            " · ".join(f"{f['cut']}, {f['weak']}" for f in found),
        ]
    judged = row.get("outcome", "") or outcome(row)
    return f"| {' | '.join([row['name'], judged, *cells, _said(row)])} |"


def _load(path: Path) -> Placed:
    with np.load(path) as kept:
        words = json.loads(str(kept["words"]))
        return Placed(
            words["said"],
            words["refused"],
            tuple(words["shape"]),
            kept["affine"],
            kept["box"],
            kept["to_native"],
        )


def name_of(path: Path) -> str:
    """Name of a scan, with its dataset where that is BIDS."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    return f"{path.parents[2].name} {stem}" if path.parent.name == "anat" else stem


def plain(text: str) -> str:
    """Text as a name of a file."""
    return "".join(c if c.isalnum() else "-" for c in text)


def main() -> None:
    """Read the arguments, examine every scan and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--head", type=Path, action="append", default=[], help="all versions of it")
    parser.add_argument(
        "--whole", type=Path, action="append", default=[], help="other heads, and wrong masks, of it"
    )
    parser.add_argument("--real", type=Path, action="append", default=[], help="odd as it is")
    parser.add_argument("--rescan", type=Path, nargs=2, help="two scans of one person")
    parser.add_argument("--models", nargs="+", default=["brainstem31"])
    parser.add_argument("--most", type=int, help="only the first so many versions of each head")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results" / "odd-scans.md")
    given = parser.parse_args()
    bench = Bench(given.work, given.models)
    heads = {name_of(path): examine(bench, path, given.most, only_masks=False) for path in given.head}
    heads |= {name_of(path): examine(bench, path, given.most, only_masks=True) for path in given.whole}
    real = [examine_real(bench, path) for path in given.real]
    rescan = rescanned(bench, *given.rescan) if given.rescan else None
    given.page.write_text("\n".join(page(bench, heads, real, rescan)), encoding="utf-8")


if __name__ == "__main__":
    main()
