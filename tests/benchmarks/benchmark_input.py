"""How long training waits for its batches: with the paper's settings, and with those of the shipped model.

    python tests/benchmarks/benchmark_input.py [--study STUDY] [--steps 8] [--page PAGE]

Each step of a training loop is taken apart into waiting for the next batch and computing with it, as
`kerasmodels.training.fit` goes through its batches: they are made in other threads meanwhile. Beside it
stands how fast batches are made when nobody computes, and how long the augmentation of an epoch takes, which
goes on during the epoch before. Without a study the volumes are random numbers: that costs the same time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = 15
BATCH = 16


@dataclass(frozen=True)
class Profile:
    """Seconds a step, each the median, and seconds an epoch."""

    name: str
    made_alone: float
    waiting: float
    computing: float
    augmenting: float
    steps_of_epoch: int

    @property
    def share(self) -> float:
        """Share of a step that is waiting for input."""
        return self.waiting / (self.waiting + self.computing)


def volumes(study: Path | None) -> Any:
    """Fifteen volumes, the paper's number of training subjects: the first of a study, or random ones."""
    from brainstem_app.imaging.spaces import BOX_SHAPE
    from brainstem_app.jobs.training_volumes import volumes_of
    from brainstem_app.study.study import Study
    from kerasmodels.data.volumes import Volumes

    if study is not None:
        opened = Study.open(study)
        return volumes_of(opened, [record.name for record in opened.finished_subjects()][:SUBJECTS])
    draw = np.random.default_rng(0)
    shape = (SUBJECTS, BOX_SHAPE[2], *BOX_SHAPE[:2])
    images = draw.uniform(-3, 3, shape).astype(np.float32)
    return Volumes(images, draw.integers(0, 34, shape).astype(np.uint8))


def profile(name: str, slice_input: Any, augmentation: Any, given: Any, steps: int) -> Profile:
    """Take so many steps apart."""
    import keras

    from kerasmodels import build_model, make_loss
    from kerasmodels.data.augmented import augment_volumes
    from kerasmodels.data.batches import slice_batches
    from kerasmodels.data.volumes import slice_order

    augmenting = 0.0
    if augmentation is not None:
        began = time.perf_counter()
        given = augment_volumes(given, augmentation, (0, 0))
        augmenting = time.perf_counter() - began
    order = slice_order(given.slices, 0, 0)
    batches = slice_batches(given, order, BATCH, slice_input)
    with iterated(batches) as made:
        alone = [_seconds(lambda: next(made)) for _ in range(steps + 2)]
    model = build_model("n_deconet", "resnet34", 34, slice_input.shape)
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    logits.compile(optimizer=keras.optimizers.Adam(1e-4), loss=make_loss("dicece", from_logits=True))
    waits, computes = [], []
    with iterated(batches) as made:
        for _ in range(steps + 2):
            began = time.perf_counter()
            image, label = next(made)
            waits.append(time.perf_counter() - began)
            # The value of the loss is waited for, so that nothing is computed behind the clock's back.
            computes.append(
                _seconds(lambda image=image, label=label: float(logits.train_on_batch(image, label)))
            )
    # The first two steps trace and warm up.
    return Profile(name, median(alone[2:]), median(waits[2:]), median(computes[2:]), augmenting, len(batches))


@contextmanager
def iterated(batches: Any) -> Iterator[Iterator[Any]]:
    """Go through batches as Keras does, `tf.data` or arrays made ahead by threads."""
    if not hasattr(batches, "max_queue_size"):
        yield iter(batches)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(batches.workers) as threads:
        coming = [threads.submit(batches.__getitem__, number) for number in range(batches.max_queue_size)]

        def following() -> Iterator[Any]:
            for number in range(batches.max_queue_size, len(batches)):
                ready = coming.pop(0).result()
                coming.append(threads.submit(batches.__getitem__, number))
                yield ready

        yield following()


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def page(profiles: list[Profile], source: str, steps: int) -> str:
    """Write the profiles as Markdown."""
    import keras
    from benchmark_segment import machine

    from kerasmodels.training.device import gpu_count

    backend = keras.backend.backend()
    device = f"{gpu_count()} GPU" if gpu_count() else "no GPU"
    lines = ["# How long training waits for its batches", ""]
    lines += [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, {device}; Keras {keras.__version__} on {backend}; load"
    ]
    lines += [
        f"{os.getloadavg()[0]:.1f} when it ended. Written by `tests/benchmarks/benchmark_input.py`.",
        "",
    ]
    lines += [
        f"N-DecoNet on ResNet-34, batches of {BATCH}, {SUBJECTS} subjects ({source}); medians of {steps}."
    ]
    lines += [
        "Batches are made in other threads while the network computes, those of an epoch with augmentation"
    ]
    lines += ["from volumes that were changed during the epoch before.", ""]
    lines += [
        "| settings | making a batch, alone (ms) | waiting for it (ms) | computing (ms) | share waiting |"
    ]
    lines += ["|---|---|---|---|---|"]
    for p in profiles:
        times = " | ".join(f"{1000 * value:.1f}" for value in (p.made_alone, p.waiting, p.computing))
        lines += [f"| {p.name} | {times} | {100 * p.share:.2f} % |"]
    lines.append("")
    for p in profiles:
        if p.augmenting:
            epoch = p.steps_of_epoch * (p.waiting + p.computing)
            lines += [
                f"Augmentation, {p.name}: {p.augmenting:.1f} s an epoch, whose {p.steps_of_epoch} steps take"
            ]
            lines += [f"{epoch:.0f} s: ready before it is needed{'' if p.augmenting < epoch else ': NO'}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the arguments, measure, print or write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", type=Path, help="take the first subjects of a prepared study")
    parser.add_argument("--steps", type=int, default=8, help="steps that are measured, of each settings")
    parser.add_argument("--page", type=Path, help="file to write; printed if not given")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from kerasmodels.data.augmentation import MILD
    from kerasmodels.data.slice_input import SliceInput

    data = volumes(given.study)
    mirroring = MILD.model_copy(update={"mirrored_indices": tuple(range(34)), "mirror_plane": 25.0})
    recipe = SliceInput(size=128, context=(-2, -1, 0, 1, 2), position=True)
    found = [
        profile("the paper's: 224 pixels, one slice", SliceInput(), None, data, given.steps),
        profile(
            "the shipped model's: 128 pixels, 5 slices, position, augmented",
            recipe,
            mirroring,
            data,
            given.steps,
        ),
    ]
    text = page(found, "prepared scans" if given.study else "random numbers", given.steps)
    if given.page:
        given.page.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
