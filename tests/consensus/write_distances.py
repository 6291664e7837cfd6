"""Write docs/results/distances.md and .json: how far each way to place the atlas lies from others, in mm.

    python tests/consensus/write_distances.py --members WORK --work CACHE [--model brainstem31]
        [--subject DATASET/SUBJECT …]

WORK is where `make_members.py` has registered the subjects; they are those kept for testing unless others are
named. Its member ants-cc is enough: the consensus is the packed one then, and only if dipy-fine is there too
can the page say how far that lies from ANTs. Every way starts from the same placed scan and probabilities.
What is measured stays in CACHE, by model and subject, so that the script may be stopped and started again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from agreement import KEPT
from make_members import PLACED_FILE, Placed, is_complete
from measures import (
    AFFINE,
    Agreement,
    SubjectMeasures,
    compared,
    labels_of,
    load_kept,
    load_made,
    measured,
)
from members import load_member
from numpy.typing import NDArray
from packed_consensus import load_consensus
from pydantic import BaseModel

from brainstem_app.evaluation.bootstrap import bootstrap_mean
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.spaces import AROUND_BOX, BOX, BOX_SHAPE, box_affine
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.atlas_fit import fit_atlas
from brainstem_app.models.method import FitSettings
from brainstem_app.models.prediction import class_probabilities
from brainstem_app.preprocessing.transforms import Displacement

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))
from benchmark_segment import machine  # noqa: E402

#: Test subjects of ds002748: measured once, for the page, and used to choose nothing.
TEST = "01 02 04 05 09 15 16 17 19 21 24 25 30 34 36 39 42 46 51 53 61 64 65 69 71 72"
ANTS, REFERENCE, SHIPPED = "ants-cc", "dipy-fine", "warp"
WAYS = {
    AFFINE: "affine alone",
    "network": "bent to the network (version 2)",
    SHIPPED: "warp of the model (network, then intensities too)",
    "intensities": "intensities without the network",
    REFERENCE: "SyN of `prepare` (60/40/20): the reference",
    ANTS: "ANTs alone (own affine, SyN)",
}
HEAD = ("way", "to ANTs (mm)", "less the affine", "mIoU", "to the consensus (mm)", "less the affine", "mIoU")
NUCLEI_HEAD = (
    *("nucleus", "grade", "to ANTs (mm)", "affine", "IoU"),
    *("to the consensus (mm)", "affine", "IoU", "registrations apart (mm)"),
)
EXPLAINED = (
    "Mean distance of surfaces (ASSD at 1 mm), mean over nuclei and subjects, with 95 % intervals by",
    "bootstrap over subjects; *less the affine*: the paired difference, negative where nearer. The consensus",
    "is that of six registrations ([consensus](consensus.md)); for the reference and for ANTs, which are two",
    "of them, it is made of the other five. Labels are those of the atlas's nearest voxel under each warp.",
    "Whatever all registrations miss, these figures miss: where there is truth, see",
    "[measurement](measurement.md).",
)
RNG_SEED = 0
TO = ("to_ants", "to_consensus")


class Distances(BaseModel):
    """One subject: each way against ANTs and against the consensus, and the CPU seconds of what was made."""

    to_ants: dict[str, Agreement]
    to_consensus: dict[str, Agreement]
    between_mm: list[float]
    cpu_s: float


def main() -> None:
    """Read the arguments, measure what is not measured yet, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--subject", action="append", metavar="DATASET/SUBJECT")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results" / "distances.md")
    given = parser.parse_args()
    subjects = given.subject or [f"ds002748/sub-{number}" for number in TEST.split()]
    if missing := [each for each in subjects if not is_complete(given.members / each, (ANTS,))]:
        parser.error(f"Not registered yet, see make_members.py: {', '.join(missing)}.")
    model = load_model(given.model, "onnx")
    sha256 = model.card.sha256.get(model.weights.name, "")
    cache = given.work / f"{model.card.name}-{model.card.version}-{sha256[:12]}"
    found = {s: _kept(cache / f"{s}.json", given.members, s, model) for s in subjects}
    write_text(given.page.with_suffix(".json"), json.dumps(figures(found, model), indent=1) + "\n")
    write_text(given.page, "\n".join(page(found, model, named=given.subject is not None)))


def _kept(path: Path, members: Path, subject: str, model: LoadedModel) -> Distances:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, measure(members, subject, model).model_dump_json())
    return Distances.model_validate_json(path.read_text(encoding="utf-8"))


def measure(members: Path, subject: str, model: LoadedModel) -> Distances:
    """Lay the atlas on one subject every way, and compare."""
    folder = members / subject
    known, consensus = _consensus(folder, subject)
    start = time.process_time()
    labels = {way: labels_of(model.mapped_atlas, warp) for way, warp in _warps(folder, model).items()}
    cpu_s = time.process_time() - start
    made = {
        name: labels_of(model.mapped_atlas, Displacement(load_member(path)[0], AROUND_BOX.affine))
        for name in (ANTS, REFERENCE)
        if (path := folder / f"{name}.npz").exists()
    }
    agreed = labels_of(model.mapped_atlas, consensus)
    by_ants = made.pop(ANTS)
    to_ants = {way: compared(model.mapped_atlas, one, by_ants) for way, one in {**labels, **made}.items()}
    to_consensus = {way: compared(model.mapped_atlas, one, agreed) for way, one in labels.items()}
    return Distances(
        to_ants=to_ants,
        to_consensus={**to_consensus, **{way: known.to_others[way] for way in (REFERENCE, ANTS)}},
        between_mm=known.between_mm,
        cpu_s=cpu_s,
    )


def _consensus(folder: Path, subject: str) -> tuple[SubjectMeasures, Displacement]:
    """What the six registrations agree on, and its numbers: of those made here, else as they are packed."""
    if is_complete(folder):
        return measured(folder), Displacement(load_made(folder).displacement, KEPT.affine)
    placed = Placed.load(folder / PLACED_FILE)
    return load_kept()[subject].measures, load_consensus(subject, placed.mni_to_native)[0]


def _warps(folder: Path, model: LoadedModel) -> dict[str, Displacement]:
    """Displacements in the box by the ways of the program."""
    scan = Placed.load(folder / PLACED_FILE).scan
    start = np.subtract(BOX.start, AROUND_BOX.start)
    box = scan[tuple(slice(a, a + n) for a, n in zip(start, BOX.shape, strict=True))]
    way = model.context
    said = class_probabilities(model.open_network(), box, way, lambda share, text: None)
    fit = way.method.fit
    asked = (each for each in fit.rounds if each.intensity_weight)
    alone = tuple(each.model_copy(update={"network_weight": 0.0}) for each in asked)
    settings = {
        "network": FitSettings(),
        SHIPPED: fit,
        "intensities": FitSettings(rounds=alone, from_warp=True),
    }
    images = (box, way.template())
    fields: dict[str, NDArray[np.float32]] = {AFFINE: np.zeros((3, *BOX_SHAPE), np.float32)}
    for name, each in settings.items():
        fields[name] = fit_atlas(said, way.bent_atlas, way.usual, each, images).displacement
    return {name: Displacement(np.moveaxis(field, 0, -1), box_affine()) for name, field in fields.items()}


def page(found: Mapping[str, Distances], model: LoadedModel, *, named: bool) -> list[str]:
    """Lines of the page."""
    which = ", ".join(found) if named else f"the {len(found)} test subjects of ds002748"
    cpu_s = float(np.mean([one.cpu_s for one in found.values()]))
    return [
        "# How far labels lie from other registrations",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/consensus/write_distances.py`; model "
        f"`{model.card.name}` {model.card.version}, on {which}; {cpu_s:.0f} CPU-s a subject for "
        "network and bends.",
        "",
        "## Each way",
        "",
        *_head(HEAD),
        *(_row(way, list(found.values())) for way in WAYS),
        "",
        *EXPLAINED,
        "",
        "## Each nucleus, by the warp of the model",
        "",
        *_head(NUCLEI_HEAD),
        *_nuclei(list(found.values()), model),
        "",
        "*Registrations apart*: mean distance between the six, over all pairs.",
        "",
    ]


def figures(found: Mapping[str, Distances], model: LoadedModel) -> dict[str, Any]:
    """Means of the page, for programs; null where a way has none."""
    rows = list(found.values())

    def mean(way: str, of: str, key: str) -> float | None:
        own = [getattr(row, of).get(way) for row in rows]
        if any(one is None for one in own):
            return None
        return round(float(np.mean([np.nanmean(getattr(one, key)) for one in own])), 4)

    keys = {f"{of}_{name}": (of, key) for of in TO for name, key in (("mm", "assd_mm"), ("miou", "iou"))}
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "model": {"name": model.card.name, "version": model.card.version},
        "subjects": list(found),
        "ways": {way: {name: mean(way, *what) for name, what in keys.items()} for way in WAYS},
    }


def _row(way: str, rows: Sequence[Distances]) -> str:
    cells = [WAYS[way]]
    for of in TO:
        own = [getattr(row, of).get(way) for row in rows]
        if any(one is None for one in own):
            cells += ["–"] * 3
            continue
        mm = np.array([np.nanmean(one.assd_mm) for one in own])
        affine = np.array([np.nanmean(getattr(row, of)[AFFINE].assd_mm) for row in rows])
        less = "–" if way == AFFINE else _interval(mm - affine, signed=True)
        cells += [_interval(mm), less, f"{np.mean([np.nanmean(one.iou) for one in own]):.3f}"]
    return f"| {' | '.join(cells)} |"


def _interval(values: NDArray[np.float64], *, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    found = bootstrap_mean(list(values), np.random.default_rng(RNG_SEED))
    between = "" if found is None else f" [{found.low:{form}}, {found.high:{form}}]"
    return f"{values.mean():{form}}{between}".replace("-", "−")


def _nuclei(rows: Sequence[Distances], model: LoadedModel) -> list[str]:
    columns = (
        [row.to_ants[SHIPPED].assd_mm for row in rows],
        [row.to_ants[AFFINE].assd_mm for row in rows],
        [row.to_ants[SHIPPED].iou for row in rows],
        [row.to_consensus[SHIPPED].assd_mm for row in rows],
        [row.to_consensus[AFFINE].assd_mm for row in rows],
        [row.to_consensus[SHIPPED].iou for row in rows],
        [row.between_mm for row in rows],
    )
    means = np.stack([np.nanmean(column, axis=0) for column in columns], axis=-1)
    lines = [
        f"| {nucleus.name} | {nucleus.reliability} | {_cells(row)} |"
        for nucleus, row in zip(model.mapped_atlas.table.nuclei, means, strict=True)
    ]
    return [*lines, f"| mean | – | {_cells(means.mean(axis=0))} |"]


def _cells(values: Sequence[float]) -> str:
    return " | ".join(f"{value:.2f}" for value in values)


def _head(names: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


if __name__ == "__main__":
    main()
