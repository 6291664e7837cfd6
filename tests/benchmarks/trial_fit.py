"""Measure one way to fit the atlas on few heads, and print its row of docs/explanation/fit-trials.md.

    python tests/benchmarks/trial_fit.py --work WORK --head SCAN … --pair SCAN SCAN [--model FOLDER]
        [--last smoothness=0.02 …] [--again iterations=15] [--template FILE.npy]

Heads are validation subjects. What shrinks in them lies where the network of `--bells-of` sees it, so that
every model is asked about the same heads. What is compared with the template may be another image of the box,
and `--first` and `--last` change settings of the rounds; `--again iterations=15` adds one, else as the last,
that counts roughness beside what was found. Placed heads, what networks say and warps stay in
WORK: a run with other settings costs its fits alone, about two minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from changed_heads import Bell, moved, shrunk
from changes_followed import BASELINES_LOST
from detectability import cv_percent, pooled_cv_percent, smallest_change_percent
from measured_heads import BEND, Bench, Parts, Target, case_of, kept_arrays, targets_of
from measurement_goals import SEEN
from numpy.typing import NDArray
from write_measurement import name_of

from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.atlas_fit import fit_atlas, neighbourhood, smallest_jacobian
from brainstem_app.models.method import FitRound, FitSettings, PredictionContext
from brainstem_app.models.prediction import Predictor, class_probabilities

Field = NDArray[np.float32]
Values = NDArray[np.float64]
_N_STILL = 2


@dataclass
class Trial:
    """A model and a way to fit, and where both keep what they made."""

    bench: Bench
    model: LoadedModel
    context: PredictionContext
    settings: FitSettings
    template: Field
    said: Path
    fields: Path
    network: Predictor | None = None
    least: float = 1.0

    @classmethod
    def of(cls, given: argparse.Namespace) -> Trial:
        """From the arguments."""
        model = load_model(given.model, "onnx")
        settings = _changed(model.card.method.fit, given.first, given.last, given.again)
        method = model.card.method.model_copy(update={"mirror": model.card.method.mirror and not given.once})
        context = replace(model.context, method=method)
        template = context.template() if given.template is None else np.load(given.template)
        network = _short(repr((sorted(model.card.sha256.items()), method.mirror)).encode())
        fit = _short(settings.model_dump_json().encode() + template.tobytes())
        said, fields = given.work / f"trial-said-{network}", given.work / f"trial-{network}-{fit}"
        for folder in (said, fields):
            folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(given.work, load_model(given.bells_of, "onnx"))
        return cls(bench, model, context, settings, template, said, fields)

    def field(self, case: str, make: Callable[[], Field]) -> Field:
        """Displacement of a box."""

        def work() -> dict[str, Any]:
            box, said = self._said(case, make)
            way = self.context
            images = (box, self.template) if self.settings.needs_images else None
            return {"field": fit_atlas(said, way.bent_atlas, way.usual, self.settings, images).displacement}

        found: Field = kept_arrays(self.fields / f"{case}.npz", work)["field"]
        around = neighbourhood(self.context.bent_atlas)
        self.least = min(self.least, smallest_jacobian(found, around))
        return found

    def volumes(self, case: str, make: Callable[[], Field]) -> Values:
        """Logarithms of the volumes of all parts, mm³ of ``mni``."""
        return np.asarray(self.bench.parts.log_volumes(self.field(case, make)))

    def _said(self, case: str, make: Callable[[], Field]) -> tuple[Field, Field]:
        around = neighbourhood(self.context.bent_atlas)

        def work() -> dict[str, Any]:
            if self.network is None:
                self.network = self.model.open_network()
            box = make()
            said = class_probabilities(self.network, box, self.context, lambda share, text: None)
            return {"box": box, "said": said[around].astype(np.float16)}

        kept = kept_arrays(self.said / f"{case}.npz", work)
        said = np.zeros((*kept["box"].shape, self.context.classes), dtype=np.float32)
        said[around] = kept["said"]
        return kept["box"], said


@dataclass(frozen=True)
class Head:
    """A head of the bench, and what is made of it."""

    trial: Trial
    path: Path

    @property
    def name(self) -> str:
        """Name of the scan."""
        return name_of(self.path)

    def placed(self) -> tuple[Field, Affine]:
        """Box and ``mni``-to-native affine."""
        box, to_native = self.trial.bench.placed(self.name, lambda: read_scan(self.path))
        return box, to_native

    def bells(self, targets: list[Target]) -> list[Bell]:
        """What shrinks these targets by 10 %, where the network of the bench sees them."""
        bench = self.trial.bench
        bench.warped(self.name, lambda: self.placed()[0], self.placed()[1], (BEND,))
        found: list[Bell] = bench.bells(self.name, targets, BASELINES_LOST)
        return found

    def changes(self) -> Iterator[tuple[list[Target], Values, Values]]:
        """Each set of targets that shrinks: targets, true and measured change of every part."""
        trial, parts = self.trial, self.trial.bench.parts
        standard = trial.bench.standard(self.name, self.path)
        whole = trial.field(self.name, lambda: self.placed()[0])
        still = [
            trial.volumes(f"{self.name}-still-{k}", lambda k=k: standard.box([], 1000 + k))  # type: ignore[misc]
            for k in range(_N_STILL)
        ]
        for targets in sets_seen(parts):
            bells, case = self.bells(targets), case_of(targets, BASELINES_LOST)
            seed = int(hashlib.sha256(case.encode()).hexdigest()[:6], 16)
            small = trial.volumes(
                f"{self.name}-{case}",
                lambda bells=bells, seed=seed: standard.box(bells, seed),  # type: ignore[misc]
            )
            yield targets, parts.true_change(whole, bells), small - np.mean(still, axis=0)

    def regions(self) -> Iterator[tuple[list[Target], Values, Values]]:
        """Each set of regions that shrinks in the scan itself, placed anew."""
        trial, parts = self.trial, self.trial.bench.parts
        box, to_native = self.placed()
        whole = trial.field(self.name, lambda: box)
        for targets in (each for each in targets_of(parts) if each[0].parts[0] >= parts.n_nuclei):
            bells, case = self.bells(targets), f"{self.name}-{case_of(targets, BASELINES_LOST)}-anew"
            anew, then = trial.bench.placed(
                f"{case}-{trial.bench.seen.name}",
                lambda bells=bells: shrunk(read_scan(self.path), bells, to_native),  # type: ignore[misc]
            )
            grown = _log_scale(then) - _log_scale(to_native)
            found = trial.volumes(case, lambda anew=anew: anew) + grown - parts.log_volumes(whole)  # type: ignore[misc]
            yield targets, parts.true_change(whole, bells), found

    def shift(self, name: str, box: Field, to_native: Affine) -> Values:
        """Volumes of a scan, in its own mm³."""
        return np.asarray(self.trial.volumes(name, lambda: box) + _log_scale(to_native))

    def moved(self) -> Values:
        """Difference of the head and the same one moved."""
        name = f"{self.name}-moved"
        again = self.trial.bench.placed(name, lambda: moved(read_scan(self.path), 1001))
        return self.shift(name, *again) - self.shift(self.name, *self.placed())


def sets_seen(parts: Parts) -> list[list[Target]]:
    """Targets that shrink together, of those sets that hold what a scan shows best."""
    rows = {parts.names.index(name) for name in SEEN}
    return [each for each in targets_of(parts) if any(set(target.parts) & rows for target in each)]


def measured(trial: Trial, given: argparse.Namespace) -> dict[str, Any]:
    """Figures of a row."""
    parts = trial.bench.parts
    heads = [Head(trial, path) for path in given.head]
    slopes = _slopes(parts, [row for head in heads for row in head.changes()])
    regions = _slopes(parts, [row for head in heads for row in head.regions()]) if given.regions else {}
    first, second = (Head(trial, path) for path in given.pair)
    again = first.shift(first.name, *first.placed()) - second.shift(second.name, *second.placed())
    moves = np.array([head.moved() for head in heads])
    rows = [parts.names.index(name) for name in SEEN]
    cv = pooled_cv_percent(again[None], moves)
    change = smallest_change_percent(cv[rows], np.array([slopes[name] for name in SEEN]))
    rescans, shifted = cv_percent(again[None])[: parts.n_nuclei], cv_percent(moves)[: parts.n_nuclei]
    return {
        "slopes": slopes,
        "regions": regions,
        "change": [float(np.median(change)), float(np.exp(np.log(change).mean()))],
        "rescans": [float(np.median(rescans)), float(rescans.max())],
        "rescans_seen": float(np.median(cv_percent(again[None])[rows])),
        "moved": float(np.median(shifted)),
        "least_jacobian": trial.least,
    }


def _slopes(parts: Parts, rows: list[tuple[list[Target], Values, Values]]) -> dict[str, float]:
    """Slope of measured over true change of each part that shrank."""
    sums: dict[int, list[float]] = {}
    for targets, true, found in rows:
        for part in (part for target in targets for part in target.parts):
            both = sums.setdefault(part, [0.0, 0.0])
            both[0] += float(true[part] * found[part])
            both[1] += float(true[part] ** 2)
    return {parts.names[part]: both[0] / both[1] for part, both in sorted(sums.items())}


def row(found: dict[str, Any]) -> str:
    """Row of the page's table."""
    means = [
        np.mean([value for name, value in found["slopes"].items() if name.split("_")[0] == each])
        for each in ("PAG", "SC", "IC", "SN", "RN")
    ]
    cells = [
        " ".join(f"{each:.2f}" for each in means),
        " ".join(f"{each:.2f}" for each in found["regions"].values()) or "–",
        ", ".join(f"{each:.1f}" for each in found["change"]),
        " / ".join(f"{each:.1f}" for each in found["rescans"]),
        f"{found['moved']:.1f}",
        f"{found['least_jacobian']:.2f}",
    ]
    return "| " + " | ".join(cells) + " |"


def _changed(
    settings: FitSettings, first: list[str], last: list[str], again: list[str] | None
) -> FitSettings:
    rounds = list(settings.rounds)
    for number, given in ((0, first), (-1, last)):
        values = {
            **rounds[number].model_dump(),
            **{k: json.loads(v) for k, v in (g.split("=") for g in given)},
        }
        rounds[number] = type(rounds[number])(**values)
    if again is not None:
        values = {**rounds[-1].model_dump(), "beside_found": True}
        rounds.append(FitRound(**{**values, **{k: json.loads(v) for k, v in (g.split("=") for g in again)}}))
    return settings.model_copy(update={"rounds": tuple(rounds)})


def _log_scale(to_native: Affine) -> float:
    return float(np.log(abs(np.linalg.det(to_native[:3, :3]))))


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--head", type=Path, action="append", required=True)
    parser.add_argument("--pair", type=Path, nargs=2, required=True)
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--bells-of", default="brainstem31", help="model that tells where nuclei lie")
    parser.add_argument("--first", nargs="*", default=[], metavar="SETTING=VALUE", help="of the first round")
    parser.add_argument("--last", nargs="*", default=[], metavar="SETTING=VALUE", help="of the last round")
    parser.add_argument("--again", nargs="*", metavar="SETTING=VALUE", help="a round beside what was found")
    parser.add_argument("--template", type=Path, help="image (50, 50, 73) to compare with, .npy")
    parser.add_argument("--once", action="store_true", help="without the mirrored pass of the network")
    parser.add_argument("--regions", action="store_true", help="regions too, placed anew")
    given = parser.parse_args()
    found = measured(Trial.of(given), given)
    print(json.dumps(found))
    print(row(found))


if __name__ == "__main__":
    main()
