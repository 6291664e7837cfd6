"""Write docs/results/head-size.md and .json: which measure of head size does not shrink with the brain.

    python tests/benchmarks/write_head_size.py --work FOLDER --head HEAD.nii.gz [--head …]
        [--other HEAD.nii.gz …] [--stripped SCAN.nii.gz …]

Of each `--head` the brain is shrunk inside its skull, and the head is moved; `--other` heads are measured as
they are, `--stripped` scans placed as `segment` does it. FOLDER keeps what is done.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from benchmark_segment import machine
from changed_heads import moved
from numpy.typing import NDArray
from shrunk_brains import with_less_brain

from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.affine import register_brain
from brainstem_app.preprocessing.head_size import Skull, SkullTemplate, load_skull, measure_head, place_skull
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear
from brainstem_app.preprocessing.n4 import correct_bias
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.skull_strip import brain_mask
from brainstem_app.preprocessing.template import load_template
from brainstem_app.reports.scan.scan_entry import METHOD

ROOT = Path(__file__).resolve().parents[2]
LOST = (0.03, 0.06, 0.10)
MOVES = 4
#: What may be taken for the size of a head, the shipped measure last.
#: Heads of ds000011 whose mean the template of the skull is (`resources/template/make_skull.py`).
IN_TEMPLATE = tuple(f"ds000011 sub-{n}" for n in ("01", "03", "06", "07", "09", "10", "12", "14"))
CANDIDATES = {
    "mask": "volume of the brain mask (`brain_ml`)",
    "brain": "affine of the stripped brain (an eTIV of what has no skull)",
    "head": "affine of the whole head, brain and skull (as FreeSurfer's eTIV)",
    "skull": "affine of skull and scalp alone (`intracranial_ml`)",
}
_CENTRE_MM = (0.0, -20.0, 10.0)
_LEVELS = (PyramidLevel(4.0, 2), PyramidLevel(2.0, 2), PyramidLevel(1.0, 2))
Sizes = dict[str, float]
Rows = dict[str, Sizes]


@dataclass(frozen=True)
class Head:
    """A head, stripped and placed by its brain as `normalise_scan` does it.

    Attributes
    ----------
    bright : ndarray of float32
        Corrected brain, 0 outside.
    """

    whole: NDArray[np.float32]
    mask: NDArray[np.bool_]
    bright: NDArray[np.float32]
    affine: Affine
    to_brain: Affine

    @classmethod
    def of(cls, scan: Scan) -> Head:
        """Prepare a scan."""
        levels = intensity_levels(scan.data)
        if levels is None:
            raise SystemExit(f"{scan.source} is empty")
        whole = above_floor(scan.data, levels)
        mask = brain_mask(whole, scan.affine)
        corrected = correct_bias(whole, mask, scan.voxel_size_mm)
        top = np.float32(np.percentile(corrected[mask], 99.5))
        bright = np.where(mask, corrected / top, np.float32(0))
        return cls(
            whole, mask, bright, scan.affine, register_brain(bright, mask, scan.affine, load_template())
        )

    @property
    def brain_ml(self) -> float:
        """Volume of the brain mask."""
        return float(self.mask.sum()) * abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000

    def with_brain(self, skull: Skull) -> SampledVolume:
        """Return the skull's grid with the brain in its place."""
        grid, shape = skull.volume.affine, skull.volume.data.shape
        is_brain = resample(self.mask.astype(np.float32), self.affine, shape, grid) > 0.5
        return SampledVolume(
            np.where(is_brain, resample(self.bright, self.affine, shape, grid), skull.volume.data), grid
        )


def measure(scan: Scan) -> Sizes:
    """Head size by every candidate, ml; the skull's correlation, and the CPU seconds of its measure."""
    head, template = Head.of(scan), load_skull()
    before = time.process_time()
    skull = Skull.of(head.whole, head.mask, head.affine)
    found = measure_head(skull, head.to_brain, template).intracranial_ml
    seconds = time.process_time() - before
    inside = skull.holds(template.ring_mm @ head.to_brain[:3, :3].T + head.to_brain[:3, 3])
    placed, fit = place_skull(skull, head.to_brain, template, inside)
    return {
        "mask": head.brain_ml,
        "brain": _volume_ml(head.to_brain, template),
        "head": _volume_ml(_placed_whole(head, skull, template), template),
        "skull": _volume_ml(placed, template) if found is None else found,
        "given": float(found is not None),
        "fit": fit,
        "cpu_s": seconds,
    }


def _placed_whole(head: Head, skull: Skull, template: SkullTemplate) -> Affine:
    """Lay brain and skull together on those of the templates."""
    t1 = load_template().t1[::2, ::2, ::2]
    both = SampledVolume(np.where(t1 > 0, t1, template.volume.data), template.volume.affine)
    region = template.ring | (t1 > 0)
    return register_linear(both, head.with_brain(skull), region, head.to_brain, _CENTRE_MM, _LEVELS)


def _volume_ml(placed: Affine, template: SkullTemplate) -> float:
    return float(np.linalg.det(placed[:3, :3])) * template.inside_ml


def kept(work: Path, name: str, make: Callable[[], Any]) -> Any:
    """Return what a file of the folder holds, made first if it is not there."""
    path = work / f"{name}.json"
    if not path.exists():
        path.write_text(json.dumps(make()), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def rows_of(work: Path, path: Path, *, changed: bool) -> Rows:
    """Sizes of a head as it is, and with less brain and moved if asked."""
    name, scan = _name(path), read_scan(path)
    rows = {"as it is": kept(work, name, lambda: measure(scan))}
    if not changed:
        return rows
    mask = cache(lambda: Head.of(scan).mask)
    for lost in LOST:
        rows[f"-{lost}"] = kept(work, f"{name} -{lost}", lambda: measure(with_less_brain(scan, mask(), lost)))  # noqa: B023
    for seed in range(MOVES):
        rows[f"moved {seed}"] = kept(work, f"{name} moved {seed}", lambda: measure(moved(scan, seed)))  # noqa: B023
    return rows


def stripped_row(path: Path) -> list[str]:
    """Say what is given of a scan without a skull."""
    found = normalise_scan(read_scan(path))
    said = next((f.problem for f in found.findings if f.code == "head-size-unknown"), "–")
    size = "none" if found.intracranial_ml is None else f"{found.intracranial_ml:.0f}"
    return [_name(path), size, f"{found.brain_ml:.0f}", said]


def _stripped(work: Path, path: Path) -> list[str]:
    return list(kept(work, f"{_name(path)} stripped", lambda: stripped_row(path)))


def summary(heads: dict[str, Rows], others: Rows) -> dict[str, dict[str, float]]:
    """Figures of each candidate: bias, repeatability, and spread between people."""
    everyone = [rows["as it is"] for rows in heads.values()] + list(others.values())
    everyone = [own for own in everyone if own["given"]]
    heads = {name: rows for name, rows in heads.items() if is_given(rows)}
    found = {}
    for name in CANDIDATES:
        change = {
            lost: float(np.mean([change_of(rows, name, lost) for rows in heads.values()])) for lost in LOST
        }
        moves = [
            np.log([rows["as it is"][name], *(rows[f"moved {seed}"][name] for seed in range(MOVES))])
            for rows in heads.values()
        ]
        ratio = np.log([own[name] / own["mask"] for own in everyone])
        both = np.log([[own[name], own["mask"]] for own in everyone]).T
        found[name] = {
            **{f"change_at_{100 * lost:.0f}": round(change[lost], 3) for lost in LOST},
            "percent_per_percent": round(bias([change[lost] for lost in LOST]), 4),
            "cv_moved_percent": round(100 * float(np.sqrt(np.mean([m.var(ddof=1) for m in moves]))), 3),
            "spread_over_brain_percent": round(100 * float(ratio.std(ddof=1)), 2),
            "correlation_with_brain": round(float(np.corrcoef(both)[0, 1]), 3),
        }
    return found


def is_given(rows: Rows) -> bool:
    """Whether reports would give the size of the skull of a head and of all that was made of it."""
    return all(own["given"] for own in rows.values())


def change_of(rows: Rows, name: str, lost: float) -> float:
    """Change of a measure when the brain has lost a share, %."""
    return 100 * (rows[f"-{lost}"][name] / rows["as it is"][name] - 1)


def bias(changes: list[float]) -> float:
    """Percent that a measure loses for each percent of brain: a line through zero over `LOST`."""
    return -float(np.sum([c * k for c, k in zip(changes, LOST, strict=True)]) / np.sum(np.square(LOST)) / 100)


def page(
    figures: dict[str, dict[str, float]], heads: dict[str, Rows], others: Rows, stripped: list[list[str]]
) -> str:
    """Text of the page."""
    everyone = {**{name: rows["as it is"] for name, rows in heads.items()}, **others}
    measured = [own for own in everyone.values() if own["given"]]
    lines = [
        "# Head size",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_head_size.py`; "
        f"method `{METHOD}`, which asks no network: the figures hold for all models.",
        "",
        *_INTRODUCTION,
        "",
        "| measure | " + " | ".join(f"brain −{100 * lost:.0f} %" for lost in LOST) + " | shrinks, % a % "
        "| CV, % | spread, % | correlation with the brain |",
        "|---" * (5 + len(LOST)) + "|",
        *(_figures_row(CANDIDATES[name], own) for name, own in figures.items()),
        "",
        f"Means over the {len([1 for rows in heads.values() if is_given(rows)])} heads below whose brains "
        f"were shrunk and whose skull is given. {_least(figures)} It takes "
        f"{np.median([own['cpu_s'] for own in measured]):.2f} CPU-seconds. Its correlation with the "
        f"template's skull lies between {min(own['fit'] for own in measured):.2f} and "
        f"{max(own['fit'] for own in measured):.2f}; below 0.60 no volume is given, as where fat is "
        "suppressed and the scalp dark. The template is the mean skull of eight heads of ds000011 "
        "(`resources/template/make_skull.py`), each of which is an eighth of what it is compared with; they "
        "are marked (*).",
        "",
        "## Bias, head by head",
        "",
        "Percent lost for each percent of brain, and of the skull the CV over moves.",
        "",
        "| head | " + " | ".join(CANDIDATES) + " | CV of the skull, % |",
        "|---" * (2 + len(CANDIDATES)) + "|",
        *(_bias_row(name, rows) for name, rows in heads.items()),
        "",
        "Three data sets with a skull are at hand: ds000011, studyforrest (a DICOM series whose fat is "
        "suppressed) and Colin27 (`ch2`, stretched to MNI space, so that its size is not the person's; a "
        "change of it is). All others here are stripped.",
        "",
        *_LIMITS,
        "",
        "## Each head",
        "",
        "| head | " + " | ".join(f"{name}, ml" for name in CANDIDATES) + " | correlation of the skull |",
        "|---" * (2 + len(CANDIDATES)) + "|",
        *(_head_row(name, own) for name, own in everyone.items()),
        "",
        "## Scans without a skull",
        "",
        "Nothing in a stripped scan says how large the skull was. Reports then give the brain's volume "
        "alone, and say so; `cohort` never mixes the two.",
        "",
        "| scan | inside the skull, ml | brain mask, ml | note of the report |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in stripped),
        "",
    ]
    return "\n".join(lines)


_INTRODUCTION = (
    "A covariate for the size of the head must not shrink when the brain does: it would take away the very "
    "difference that is looked for. Here brains were shrunk towards their middle inside their own skulls, "
    "the gap filled with fluid; what is not brain stayed as it was.",
    "",
    "- *Shrinks*: how many percent a measure loses for each percent of brain; 0 is right.",
    "- *CV*: of a head as it is and after four moves (up to 8° and 6 mm, resampled, with noise), the least "
    "that a repeated scan adds. There is no pair of scans of one person with a skull here.",
    "- *Spread*: standard deviation of the ratio to the brain mask over all young adults below whose "
    "skull was measured. Their brains fill their skulls nearly alike, so a measure is not further off "
    "between people.",
)
_LIMITS = (
    "What it does not do: bone and fluid look alike on a T1-weighted scan, so the inner border of the "
    "skull is not outlined. A skull thicker than usual counts as a larger head, and so does, in part, a "
    "thick scalp. "
    "The scale is that of the template, whose brain mask reaches to the skull: compare these volumes with "
    "each other, not with an outline drawn by hand.",
)


def _least(figures: dict[str, dict[str, float]]) -> str:
    order = sorted(figures, key=lambda name: abs(figures[name]["percent_per_percent"]))
    if order[0] != "skull":
        return f"**The least biased is not what reports give, but: {CANDIDATES[order[0]]}.**"
    return (
        "The measure of skull and scalp is the least biased, and therefore what reports give and `cohort` "
        "adjusts groups for without being asked, where everybody has it."
    )


def _bias_row(name: str, rows: Rows) -> str:
    cells = [f"{bias([change_of(rows, each, lost) for lost in LOST]):.2f}" for each in CANDIDATES]
    skull = np.log([own["skull"] for key, own in rows.items() if not key.startswith("-")])
    cells.append(f"{100 * skull.std(ddof=1):.2f}")
    if not is_given(rows):
        cells[-2:] = ["not given", "–"]
    return f"| {_marked(name)} | {' | '.join(cells)} |"


def _marked(name: str) -> str:
    return f"{name} *" if name in IN_TEMPLATE else name


def _figures_row(words: str, own: dict[str, float]) -> str:
    cells = [f"{own[f'change_at_{100 * lost:.0f}']:+.2f} %" for lost in LOST]
    cells += [f"{own['percent_per_percent']:.2f}", f"{own['cv_moved_percent']:.2f}"]
    cells += [f"{own['spread_over_brain_percent']:.1f}", f"{own['correlation_with_brain']:.2f}"]
    return f"| {words} | {' | '.join(cells)} |"


def _head_row(name: str, own: Sizes) -> str:
    sizes = [f"{own[c]:.0f}" for c in CANDIDATES]
    if not own["given"]:
        sizes[-1] = "not measured"
    return f"| {_marked(name)} | {' | '.join(sizes)} | {own['fit']:.2f} |"


def _name(path: Path) -> str:
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    return f"{path.parents[2].name} {stem.removesuffix('_T1w')}" if path.parent.name == "anat" else stem


def main() -> None:
    """Read the arguments, measure every head and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--head", type=Path, action="append", required=True)
    parser.add_argument("--other", type=Path, action="append", default=[])
    parser.add_argument("--stripped", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    heads = {_name(path): rows_of(given.work, path, changed=True) for path in given.head}
    others = {_name(path): rows_of(given.work, path, changed=False)["as it is"] for path in given.other}
    stripped = [_stripped(given.work, path) for path in given.stripped]
    figures = summary(heads, others)
    (given.out / "head-size.json").write_text(
        json.dumps({"method": METHOD, "figures": figures, "heads": heads, "others": others}, indent=1) + "\n",
        encoding="utf-8",
    )
    (given.out / "head-size.md").write_text(page(figures, heads, others, stripped), encoding="utf-8")


if __name__ == "__main__":
    main()
