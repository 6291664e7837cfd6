"""Do losses made for small structures help? Train one small network with each; write docs/results/losses.md.

    python tests/benchmarks/benchmark_losses.py --study STUDY --work FOLDER --page docs/results/losses.md

STUDY was made with `brainstem-app prepare`. Every loss sees the same first weights, the same batches in the
same order and the same number of steps for a seed. A result is written into FOLDER as soon as it is there,
and not computed again; `--page` writes what is there so far.
"""

from __future__ import annotations

import argparse
import json
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import nibabel as nib
import numpy as np
from benchmark_segment import machine
from candidate_losses import ALPHA, Boundary, FocalTversky, GeneralisedDice, Sum
from numpy.typing import NDArray

from brainstem_app.models.slices import box_to_slices, enlarge
from kerasmodels import build_model, make_loss
from kerasmodels.losses.compound import CompoundLoss
from kerasmodels.losses.segmentation_loss import SegmentationLoss
from kerasmodels.metrics.confusion import ConfusionMatrix
from kerasmodels.metrics.overlap import class_iou, macro_iou

CLASSES, NUCLEI = 34, range(3, 34)
BATCH = 16
REFERENCE = "dicece"


def _ce(part: SegmentationLoss) -> SegmentationLoss:
    return CompoundLoss(make_loss("softce", from_logits=True), part, alpha=ALPHA)


#: Name → what is trained on: the paper's losses first, then what the field uses for small structures.
LOSSES: dict[str, tuple[str, Callable[[], SegmentationLoss]]] = {
    "dicece": ("0.1 SoftCE + 0.9 Dice, the paper's choice", lambda: make_loss("dicece", from_logits=True)),
    "dice": ("Dice", lambda: make_loss("dice", from_logits=True)),
    "tversky": (
        "Tversky, wrong pixels 0.7, missed pixels 0.7",
        lambda: make_loss("tversky", from_logits=True),
    ),
    "tverskyce": (
        "0.1 SoftCE + 0.9 Tversky, wrong pixels 0.7, missed pixels 0.7",
        lambda: make_loss("tverskyce", from_logits=True),
    ),
    "tverskyce_missed": (
        "the same with wrong pixels 0.3, missed pixels 0.7",
        lambda: make_loss("tverskyce", tversky={"alpha": 0.3}, from_logits=True),
    ),
    "tverskyce_focal": (
        "that to the power 0.75",
        lambda: _ce(FocalTversky(alpha=0.3, from_logits=True)),
    ),
    "generaliseddice": ("generalised Dice", lambda: GeneralisedDice(from_logits=True)),
    "generaliseddicece": (
        "0.1 SoftCE + 0.9 generalised Dice",
        lambda: _ce(GeneralisedDice(from_logits=True)),
    ),
    "dicece_boundary": (
        "DiceCE + 1.0 boundary loss, distances up to 3 pixels",
        lambda: Sum(
            [(1.0, make_loss("dicece", from_logits=True)), (1.0, Boundary(from_logits=True))],
            from_logits=True,
        ),
    ),
}


@dataclass(frozen=True)
class Slices:
    """Slices at the network's size: images (N, size, size, 1) float32, labels (N, size, size) uint8."""

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]
    #: Voxels of each class at 1 mm, over all subjects.
    voxels: NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """How one training ended; IoU over the voxels of all validation subjects."""

    loss: str
    seed: int
    size: int
    steps: int
    learning_rate: float
    encoder: str
    cpu_s: float
    macro_miou: float
    nuclei_miou: float
    small_miou: float
    classes: list[float]
    #: Mean over the nuclei of the share of a nucleus's voxels that are found.
    nuclei_recall: float = float("nan")


def load_slices(study: Path, part: str, size: int) -> Slices:
    """Read the boxes of the subjects of a part of the study."""
    names = json.loads((study / "splits.json").read_text(encoding="utf-8"))[part]
    images, labels = [], []
    for name in names:
        folder = study / "subjects" / name
        scan, label_map = (
            nib.Nifti1Image.from_filename(folder / f"{kind}_box.nii.gz") for kind in ("scan", "labels")
        )
        images.append(enlarge(box_to_slices(scan.get_fdata(dtype=np.float32)), size))
        labels.append(box_to_slices(np.asarray(label_map.dataobj, dtype=np.uint8)))
    small = np.concatenate(labels)
    nearest = ((np.arange(size) + 0.5) * small.shape[1] / size).astype(int)
    voxels = np.bincount(small.ravel(), minlength=CLASSES)
    return Slices(np.concatenate(images), small[:, nearest][:, :, nearest], voxels)


def batches(slices: Slices, steps: int, seed: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The same batches in the same order for a seed: all slices shuffled, again and again."""
    draw, order = np.random.default_rng(seed), np.empty(0, dtype=np.int64)
    for _ in range(steps):
        if len(order) < BATCH:
            order = draw.permutation(len(slices.images))
        chosen, order = order[:BATCH], order[BATCH:]
        yield slices.images[chosen], slices.labels[chosen]


def train(name: str, seed: int, given: argparse.Namespace, train_on: Slices, judge_on: Slices) -> Outcome:
    """Train once and judge the last weights on the validation subjects."""
    began = time.process_time()
    keras.utils.set_random_seed(seed)
    shape = (given.size, given.size, 1)
    model = build_model("n_deconet", given.encoder, CLASSES, shape, seed=seed)
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    rate = keras.optimizers.schedules.CosineDecay(given.learning_rate, given.steps)
    logits.compile(optimizer=keras.optimizers.Adam(rate), loss=LOSSES[name][1]())
    for images, labels in batches(train_on, given.steps, seed):
        logits.train_on_batch(images, labels)
    metric = ConfusionMatrix(CLASSES)
    for start in range(0, len(judge_on.images), BATCH):
        part = slice(start, start + BATCH)
        metric.update_state(judge_on.labels[part], logits.predict_on_batch(judge_on.images[part]))
    counts = metric.counts()
    return Outcome(
        loss=name,
        seed=seed,
        size=given.size,
        steps=given.steps,
        learning_rate=given.learning_rate,
        encoder=given.encoder,
        cpu_s=time.process_time() - began,
        macro_miou=macro_iou(counts),
        nuclei_miou=macro_iou(counts, NUCLEI),
        small_miou=macro_iou(counts, smallest_nuclei(train_on.voxels)),
        classes=[float(value) for value in class_iou(counts)],
        nuclei_recall=float(np.mean([counts[k, k] / counts[k].sum() for k in NUCLEI])),
    )


def smallest_nuclei(voxels: NDArray[np.int64]) -> list[int]:
    """The third of the nuclei with the fewest voxels in the training subjects."""
    by_size = sorted(NUCLEI, key=lambda index: voxels[index])
    return by_size[: len(by_size) // 3]


def page(outcomes: list[Outcome]) -> str:
    """Write what was measured as Markdown."""
    first = outcomes[0]
    how = (
        f"N-DecoNet on {first.encoder}, {first.size}×{first.size} pixels, {first.steps} "
        f"steps of {BATCH} slices, "
        f"Adam {first.learning_rate:g} with a cosine decay, on the study's training subjects; IoU over the "
        "voxels of its validation subjects at the network's size. One seed is one set of "
        "first weights and one "
        "order of batches, the same for every loss. The gain is the mean over seeds of the difference to "
        f"`{REFERENCE}` with the same seed, ± its standard error. “Small” is the third of "
        "the nuclei with the "
        "fewest voxels."
    )
    made = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/benchmark_losses.py`."
    lines = ["# Losses for small structures: do they help?", "", made, "", textwrap.fill(how, 115), ""]
    heads = ("loss", "what", "seeds", "nuclei mIoU", "gain", "small nuclei", "gain", "nuclei: voxels found")
    lines += ["| " + " | ".join((*heads, "macro mIoU (34)", "CPU (s)")) + " |"]
    lines += ["|---" * 10 + "|"]
    lines += [_row(name, outcomes) for name in LOSSES if any(o.loss == name for o in outcomes)]
    return "\n".join(lines) + "\n"


def _row(name: str, outcomes: list[Outcome]) -> str:
    mine = {o.seed: o for o in outcomes if o.loss == name}
    base = {o.seed: o for o in outcomes if o.loss == REFERENCE}
    cells = [f"`{name}`", LOSSES[name][0], str(len(mine))]
    for measure in ("nuclei_miou", "small_miou"):
        values = [getattr(o, measure) for o in mine.values()]
        cells.append(f"{np.mean(values):.3f}")
        shared = sorted(mine.keys() & base.keys())
        gains = [getattr(mine[seed], measure) - getattr(base[seed], measure) for seed in shared]
        cells.append("" if name == REFERENCE else _gain(gains))
    recalls = [o.nuclei_recall for o in mine.values() if not np.isnan(o.nuclei_recall)]
    cells.append(f"{np.mean(recalls):.3f}" if recalls else "–")
    cells.append(f"{np.mean([o.macro_miou for o in mine.values()]):.3f}")
    cells.append(f"{np.mean([o.cpu_s for o in mine.values()]):.0f}")
    return "| " + " | ".join(cells) + " |"


def _gain(gains: list[float]) -> str:
    if len(gains) < 2:
        return f"{np.mean(gains):+.3f}"
    return f"{np.mean(gains):+.3f} ± {np.std(gains, ddof=1) / len(gains) ** 0.5:.3f}"


def main() -> None:
    """Read the arguments, train what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder of the results, one file each")
    parser.add_argument("--losses", nargs="+", default=list(LOSSES), choices=list(LOSSES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    train_on, judge_on = (load_slices(given.study, part, given.size) for part in ("train", "validation"))
    for seed in given.seeds:
        for name in given.losses:
            path = given.work / f"{name}-{seed}.json"
            if not path.exists():
                outcome = train(name, seed, given, train_on, judge_on)
                path.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
                print(
                    f"{name} {seed}: nuclei {outcome.nuclei_miou:.4f}, {outcome.cpu_s:.0f} s CPU", flush=True
                )
    if given.page:
        found = [Outcome(**json.loads(path.read_text("utf-8"))) for path in sorted(given.work.glob("*.json"))]
        given.page.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
