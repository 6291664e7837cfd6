"""How long training waits for its batches: with the paper's settings, and with those of the shipped model.

    python tests/benchmarks/benchmark_input.py [--study STUDY] [--steps 8] [--input-only] [--page PAGE]

Each step of a training loop is taken apart into waiting for the next batch and computing with it, as
`kerasmodels.training.fit` goes through its batches: they are made in other threads meanwhile. Beside it
stands how fast batches are made when nobody computes, and how long the augmentation of an epoch takes, which
goes on during the epoch before. Without a study the volumes are random numbers: that costs the same time.
Processor seconds, all threads together, hardly depend on what else the machine does; the waiting does, so
measure it on a quiet one. With --input-only no network is built.
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
    """Processor seconds of making a batch, of augmenting an epoch; wall seconds of a step's two parts."""

    name: str
    making: float
    augmenting: float
    steps_of_epoch: int
    waiting: float | None = None
    computing: float | None = None


def volumes(study: Path | None) -> Any:
    """Fifteen volumes, the paper's number of training subjects: the first of a study, or random ones."""
    from brainstem_app.imaging.spaces import BOX_SHAPE
    from brainstem_app.jobs.networks.training_volumes import volumes_of
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
    """Take so many steps apart; none for the input alone."""
    from kerasmodels.data.augmented import augment_volumes
    from kerasmodels.data.batches import slice_batches
    from kerasmodels.data.volumes import slice_order

    augmenting = 0.0
    if augmentation is not None:
        began = time.process_time()
        given = augment_volumes(given, augmentation, (0, 0))
        augmenting = time.process_time() - began
    order = slice_order(given.slices, 0, 0)
    batches = slice_batches(given, order, BATCH, slice_input)
    began = time.process_time()
    with iterated(batches) as made:
        number = sum(1 for _ in made)
    making = (time.process_time() - began) / number
    if not steps:
        return Profile(name, making, augmenting, len(batches))
    return Profile(name, making, augmenting, len(batches), *_step(slice_input, batches, steps))


def _step(slice_input: Any, batches: Any, steps: int) -> tuple[float, float]:
    """Median seconds of a step's waiting and computing; the first two steps trace and warm up."""
    import keras

    from kerasmodels import build_model, make_loss

    model = build_model("n_deconet", "resnet34", 34, slice_input.shape)
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    logits.compile(optimizer=keras.optimizers.Adam(1e-4), loss=make_loss("dicece", from_logits=True))
    waits, computes = [], []
    with iterated(batches) as made:
        for _ in range(steps + 2):
            began = time.perf_counter()
            image, label = next(made)
            ready = time.perf_counter()
            # The value of the loss is waited for, so that nothing is computed behind the clock's back.
            float(logits.train_on_batch(image, label))
            waits.append(ready - began)
            computes.append(time.perf_counter() - ready)
    return median(waits[2:]), median(computes[2:])


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
        f"Batches of {BATCH}, {SUBJECTS} subjects ({source}). Batches are made in other threads while the"
    ]
    lines += [
        "network computes; volumes are augmented for the next epoch while one is trained on. Processor time,"
    ]
    lines += ["all threads together, the mean of an epoch's batches.", ""]
    lines += ["| settings | making a batch (ms) | making an epoch's batches (s) | augmenting an epoch (s) |"]
    lines += ["|---|---|---|---|"]
    for p in profiles:
        epoch = f"{p.making * p.steps_of_epoch:.1f}"
        augmenting = f"{p.augmenting:.1f}" if p.augmenting else "–"
        lines += [f"| {p.name} | {1000 * p.making:.1f} | {epoch} | {augmenting} |"]
    return "\n".join([*lines, "", *_steps_text(profiles, steps)]) + "\n"


def _steps_text(profiles: list[Profile], steps: int) -> list[str]:
    if not steps:
        return [
            "No network was trained for this page. What a training step costs on a processor is in",
            "[networks](networks.md): seconds. A GPU that makes more steps a second than there are batches",
            "would wait for them; that was not measured.",
        ]
    lines = [f"Steps of N-DecoNet on ResNet-34 taken apart, wall time, median of {steps}:", ""]
    lines += ["| settings | waiting for a batch (ms) | computing (ms) | share waiting |", "|---|---|---|---|"]
    for p in profiles:
        waiting, computing = p.waiting or 0.0, p.computing or 0.0
        share = 100 * waiting / (waiting + computing)
        lines += [f"| {p.name} | {1000 * waiting:.1f} | {1000 * computing:.1f} | {share:.2f} % |"]
    return lines


def main() -> None:
    """Read the arguments, measure, print or write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", type=Path, help="take the first subjects of a prepared study")
    parser.add_argument("--steps", type=int, default=8, help="steps that are measured, of each settings")
    parser.add_argument("--page", type=Path, help="file to write; printed if not given")
    parser.add_argument("--input-only", action="store_true", help="build no network")
    given = parser.parse_args()
    steps = 0 if given.input_only else given.steps
    sys.path.insert(0, str(ROOT))
    from kerasmodels.data.augmentation import MILD
    from kerasmodels.data.slice_input import SliceInput

    data = volumes(given.study)
    mirroring = MILD.model_copy(update={"mirrored_indices": tuple(range(34)), "mirror_plane": 25.0})
    recipe = SliceInput(size=128, context=(-2, -1, 0, 1, 2), position=True)
    found = [
        profile("the paper's: 224 pixels, one slice", SliceInput(), None, data, steps),
        profile(
            "the shipped model's: 128 pixels, 5 slices, position, augmented",
            recipe,
            mirroring,
            data,
            steps,
        ),
    ]
    text = page(found, "prepared scans" if given.study else "random numbers", steps)
    if given.page:
        given.page.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
