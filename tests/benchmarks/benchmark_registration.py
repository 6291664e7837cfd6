"""Write docs/results/registration.md: the program's affine registrations beside SimpleITK's, in the same run.

    python tests/benchmarks/benchmark_registration.py --study STUDY [--part validation] [--model brainstem31]

Each scan of a part of STUDY is stripped and corrected once, then placed both ways; the shipped model labels
both boxes, and the labels are scored against the reference, which the study's fine warp brings to each box.
The first scan is also turned about each axis before it is placed: labels would be off by what is printed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from benchmark_segment import machine
from itk_registration import brain_by_itk, brainstem_by_itk
from numpy.typing import NDArray
from placed_again import moved_mm
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.evaluation.confusion import confusion_counts, macro_miou
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine, mni_affine
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.prediction import Predictor, predict_box
from brainstem_app.preprocessing import affine as placing
from brainstem_app.preprocessing import normalise as pipeline
from brainstem_app.preprocessing.normalise import Normalised, normalise_scan
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement, Transforms, grid_points
from brainstem_app.study.study import Study
from brainstem_app.written_files import FINE_WARP_FILE, TRANSFORMS_FOLDER

ROOT = Path(__file__).resolve().parents[2]
OURS, ITK = "Gauss–Newton", "SimpleITK"
WAYS = (OURS, ITK)
ANGLES = (-45, -30, -15, 15, 30, 45)


@dataclass(frozen=True)
class Placed:
    """One scan placed one way: what came out, and the CPU seconds of the two registrations."""

    result: Normalised
    cpu_s: float


def place(way: str, normalise: Callable[[], Normalised]) -> Placed:
    """Run the pipeline with one way's registrations, and clock these alone."""
    spent = [0.0]

    def clocked(function: Callable[..., Affine]) -> Callable[..., Affine]:
        def run(*arguments: object) -> Affine:
            began = time.process_time()
            found = function(*arguments)
            spent[0] += time.process_time() - began
            return found

        return run

    def whole_brain_by_itk(fixed, moving, _mask, start, centre_mm, _levels):  # type: ignore[no-untyped-def]
        return brain_by_itk(fixed, moving, start, centre_mm)

    def brain(*arguments: object) -> Affine:
        if way == OURS:
            return placing.register_brain(*arguments)  # type: ignore[arg-type]
        with patch.object(placing, "register_linear", whole_brain_by_itk):
            return placing.register_brain(*arguments)  # type: ignore[arg-type]

    brainstem = placing.register_brainstem if way == OURS else brainstem_by_itk
    with (
        patch.object(pipeline, "register_brain", clocked(brain)),
        patch.object(pipeline, "register_brainstem", clocked(brainstem)),
    ):
        result = normalise()
    return Placed(result, spent[0])


@dataclass(frozen=True)
class Row:
    """One scan, both ways."""

    name: str
    placed: dict[str, Placed]
    counts: dict[str, NDArray[np.int64]]
    apart_mm: float

    def text(self, nuclei: list[int]) -> str:
        """One line of the table."""
        cells = [self.name]
        for way in WAYS:
            fit = self.placed[way].result.fit
            miou = macro_miou(self.counts[way], nuclei) or 0.0
            cells += [
                f"{self.placed[way].cpu_s:.1f}",
                f"{fit.correlation:.3f}",
                f"{fit.edges:.3f}",
                f"{miou:.4f}",
            ]
        return f"| {' | '.join([*cells, f'{self.apart_mm:.2f}'])} |"


def rows(study: Study, names: list[str], model: LoadedModel, network: Predictor) -> Iterator[Row]:
    """Place and label each scan both ways."""
    for record in study.finished_subjects():
        if record.name not in names:
            continue
        scan = read_scan(Path(record.source))
        placed = {way: place(way, partial(normalise_scan, scan)) for way in WAYS}
        folder = study.subject_folder(record.name) / TRANSFORMS_FOLDER
        before, warp = Transforms.load(folder).mni_to_native, Displacement.load(folder / FINE_WARP_FILE)
        counts = {}
        for way, one in placed.items():
            now = one.result.transforms.mni_to_native
            reference = reference_at(model.mapped_atlas.labels, warp, np.linalg.inv(before) @ now)
            labels = predict_box(network, one.result.box, model.context).labels
            counts[way] = confusion_counts(reference, labels, model.context.classes)
        ends = [placed[way].result.transforms.mni_to_native for way in WAYS]
        yield Row(record.name, placed, counts, float(moved_mm(*ends).mean()))


def reference_at(atlas: NDArray[np.uint8], warp: Displacement, between: Affine) -> NDArray[np.uint8]:
    """Reference labels (50, 50, 73) of a box that lies elsewhere by a matrix, mm to mm."""
    points = grid_points(BOX_SHAPE, box_affine())
    points = points @ between[:3, :3].T + between[:3, 3]
    voxels = points + warp.at(points) - mni_affine()[:3, 3]
    labels: NDArray[np.uint8] = map_coordinates(atlas, voxels.T, order=0, mode="grid-constant", cval=0)
    return labels.reshape(BOX_SHAPE)


def turned(study: Study, name: str) -> Iterator[str]:
    """How far the brainstem ends up from where it belongs if the head is turned before."""
    source = next(Path(r.source) for r in study.finished_subjects() if r.name == name)
    scan = read_scan(source)
    with ThreadPoolExecutor(1) as beside:
        brain = pipeline._cropped_brain(scan, beside)
    template = load_template()
    data = np.where(brain.mask, brain.data / np.percentile(brain.data[brain.mask], 99.5), 0).astype(
        np.float32
    )
    upright = placing.register_brain(data, brain.mask, brain.affine, template)
    for axis, words in (("x", "nodded"), ("y", "tilted to the side"), ("z", "turned")):
        cells = [words]
        for degrees in ANGLES:
            turn = np.eye(4)
            turn[:3, :3] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
            found = placing.register_brain(data, brain.mask, turn @ brain.affine, template)
            cells.append(f"{moved_mm(upright, np.linalg.inv(turn) @ found).mean():.1f}")
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Read the arguments, measure, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--part", default="validation")
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    given = parser.parse_args()
    study, model = Study.open(given.study), load_model(given.model, "onnx")
    names = list(getattr(study.splits(), given.part))
    nuclei = [structure.index for structure in model.mapped_atlas.table.nuclei]
    done = []
    for row in rows(study, names, model, model.open_network()):
        print(row.text(nuclei), flush=True)
        done.append(row)
    lines = [*_head(given.part, model.card.name), *(row.text(nuclei) for row in done), _summary(done, nuclei)]
    lines += ["", *_turned_head(names[0]), *turned(study, names[0]), ""]
    (given.out / "registration.md").write_text("\n".join(lines), encoding="utf-8")


def _head(part: str, model: str) -> list[str]:
    columns = "CPU (s) | fit | edges | nuclei mIoU"
    return [
        "# Placing scans in MNI space: Gauss–Newton beside SimpleITK",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. "
        "Written by `tests/benchmarks/benchmark_registration.py`.",
        "",
        f"Both affine registrations (brain, then brainstem) of the {part} scans of ds002748, everything else "
        "alike. *Gauss–Newton* is `brainstem_app/preprocessing/linear_registration.py`; *SimpleITK* climbs "
        "mutual information, then correlation, by gradient descent with a line search. *fit* and *edges*: "
        "correlation with the template in the brainstem, of intensities and of edges. *nuclei mIoU*: labels "
        f"of `{model}` in the box so placed, against the reference brought there. *apart*: mean distance of "
        "the two placements over the brainstem.",
        "",
        f"| | {OURS}: {columns} | {ITK}: {columns} | apart (mm) |",
        "|---" * 10 + "|",
    ]


def _summary(done: list[Row], nuclei: list[int]) -> str:
    cells = ["**all** (sums over scans; CPU: mean)"]
    for way in WAYS:
        miou = macro_miou(np.sum([row.counts[way] for row in done], axis=0), nuclei) or 0.0
        fits = [row.placed[way].result.fit for row in done]
        cells += [
            f"{np.mean([row.placed[way].cpu_s for row in done]):.1f}",
            f"{np.mean([fit.correlation for fit in fits]):.3f}",
            f"{np.mean([fit.edges for fit in fits]):.3f}",
            f"**{miou:.4f}**",
        ]
    return f"| {' | '.join([*cells, f'{np.mean([row.apart_mm for row in done]):.2f}'])} |"


def _turned_head(name: str) -> list[str]:
    return [
        "## A head that lies askew",
        "",
        f"{name}, turned before the brain is placed by Gauss–Newton: mean distance (mm), over the brainstem, "
        "from where it is placed upright.",
        "",
        "| | " + " | ".join(f"{degrees}°" for degrees in ANGLES) + " |",
        "|---" * (len(ANGLES) + 1) + "|",
    ]


if __name__ == "__main__":
    main()
