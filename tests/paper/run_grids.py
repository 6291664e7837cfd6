"""Train the paper's grid, on one GPU many small networks side by side, as far as the time allows.

    KERAS_BACKEND=jax python tests/paper/run_grids.py --study STUDY --out OUT --minutes 60

On a processor with ``--workers 1``, and with TensorFlow. STUDY is made by `tests/consensus/write_study.py`.
Learning rates are tried first, on the validation subjects; then the number of epochs is chosen, as large as
the time carries, unless it is given; then the cells of `plans.grids_of` follow, the one worth most first. A
cell that would not end in time is not begun. OUT gets ``cells/`` and ``variants/``, a folder a cell, and
``chosen.json``; what is there is not trained again, so a copy of those of `tests/paper` is gone on with. With
``--pack FOLDER`` all is also written there as few files.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import sys
import time
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from gpu_queue import Item, Kind, Worker
from pack_results import pack_results
from plans import FAMILIES, Chosen, family_of, grids_of, papers_grids, part_of, pilot_grids
from variants import VARIANTS

from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.many.compare_plan import cells_of
from brainstem_app.study.cell_record import read_cell
from brainstem_app.study.grid import Grid

HERE = Path(__file__).resolve().parent
EPOCHS = (10, 15, 20, 30)
#: How many cells are wanted in any case, and how much more than a pilot one costs: what epochs are chosen by.
WANTED, DEARER = 110, 1.3
#: Share of the time that those may take.
SHARE = 0.8
#: Decoders whose weights are kept, as trained in the paper's own setting: their maps are looked at.
KEPT = ("n_deconet", "deeplabv3")
#: Cells that fail, without one that does not, before all of it is given up.
MOST_FAILED = 3
READY_S = 300.0
PACK_EVERY_S = 45.0
#: What processes that share a GPU and its machine's cores need to be told.
SURROUNDINGS = {
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    # Each network is timed on a busy device otherwise, and compiling takes longer than training.
    "XLA_FLAGS": "--xla_gpu_autotune_level=0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}


@dataclass
class Schedule:
    """What is to be trained, by whom, and until when."""

    arguments: argparse.Namespace
    chosen: Chosen
    began: float = field(default_factory=time.monotonic)
    items: deque[Item] = field(default_factory=deque)
    workers: list[Worker] = field(default_factory=list)
    answers: queue.Queue[tuple[Worker, str]] = field(default_factory=queue.Queue)
    seconds: dict[Kind, tuple[float, float]] = field(default_factory=dict)
    pilots: set[str] = field(default_factory=set)
    walls: list[tuple[float, float]] = field(default_factory=list)
    finished: int = 0
    failed: list[str] = field(default_factory=list)
    started: int = 0
    packed: float = 0.0

    @property
    def left(self) -> float:
        """Seconds left."""
        return float(self.began + 60 * self.arguments.minutes - time.monotonic())

    def say(self, text: str) -> None:
        """Tell how it goes."""
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def start_worker(self) -> None:
        """Start a process more."""
        self.started += 1
        out = self.arguments.out
        needs = "gpu" if self.arguments.require_gpu else "any"
        command = [sys.executable, str(HERE / "gpu_worker.py"), str(out), str(self.arguments.study)]
        command += [str(self.arguments.workers), needs]
        log = out / f"worker-{self.started:02d}.log"
        self.workers.append(Worker(self.started, command, self.answers, log))

    def add(self, items: list[Item]) -> None:
        """Put cells at the end of the queue unless they are known or done."""
        known = {item.name for item in self.items} | {w.item.name for w in self.workers if w.item}
        wanted = self.arguments.decoders
        for item in items:
            if wanted and item.job.decoder not in wanted:
                continue
            done = read_cell(self.arguments.out / item.place / item.name)
            if item.name not in known and not (done and done.state == "finished"):
                self.items.append(item)
                known.add(item.name)

    def expected(self, item: Item) -> float:
        """Seconds a cell will take: as one of its kind did, else as the slowest, of its size if known."""
        epochs, size, batch = item.job.epochs, item.job.input.size, item.job.batch_size
        if item.kind in self.seconds:
            start, epoch = self.seconds[item.kind]
            return start + epoch * epochs
        same = {kind: taken for kind, taken in self.seconds.items() if kind[2] == size}
        return max(
            (
                start + epoch * epochs * max(1.0, (size / kind[2]) ** 2) * max(1.0, kind[3] / batch)
                for kind, (start, epoch) in (same or self.seconds).items()
            ),
            default=0.0,
        )

    def next_item(self) -> Item | None:
        """Return the first cell that ends in time; those before it stay, should time suffice later."""
        for index, item in enumerate(self.items):
            if 1.1 * self.expected(item) < self.left:
                del self.items[index]
                return item
        return None

    def hand_out(self) -> None:
        """Give a cell to everybody who has none."""
        for worker in self.workers:
            if worker.is_ready and worker.item is None and (item := self.next_item()) is not None:
                worker.begin(item)

    def run(self) -> None:
        """Train until there is nothing left, or no time."""
        for _ in range(self.arguments.workers):
            self.start_worker()
        while self.left > 0 and (self.items or self.pilots or any(w.item for w in self.workers)):
            self.hand_out()
            busy = any(w.item or not w.is_ready for w in self.workers)
            if not busy or not self.workers:
                break
            with suppress(queue.Empty):
                self.take(*self.answers.get(timeout=min(1.0, max(0.01, self.left))))
            self.require_life()
            self.choose()
            if time.monotonic() - self.packed > PACK_EVERY_S:
                self.pack()

    def take(self, worker: Worker, line: str) -> None:
        """Take down what a process says; an empty line is its end."""
        said: dict[str, Any] = json.loads(line) if line else {"failed": "The process has died."}
        item, worker.item = worker.item, None
        if "ready" in said:
            worker.is_ready = True
            self.say(f"process {worker.number} is ready: {said['ready']}")
            return
        if not line and worker in self.workers:
            self.workers.remove(worker)
            if worker.is_ready and self.left > READY_S / 4:
                self.start_worker()
        if item is None:
            if line:
                self.failed.append(said["failed"])
                self.say(f"process {worker.number}: {said['failed']}")
            return
        if "failed" in said:
            self._failed(item, said["failed"])
        else:
            self._ended(item, said)

    def _failed(self, item: Item, why: str) -> None:
        item.tries += 1
        self.say(f"FAILED {item.name}: {why}")
        self.failed.append(f"{item.name}: {why}")
        if item.tries < 2:
            self.items.append(item)  # once more, when others have ended
        else:
            self.pilots.discard(item.name)

    def _ended(self, item: Item, said: dict[str, float]) -> None:
        self.finished += 1
        self.pilots.discard(item.name)
        training = said["epoch_s"] * item.job.epochs
        start = max(said["wall_s"] - training, 0.0)
        self.seconds[item.kind] = (start, said["epoch_s"])
        self.walls.append((start, said["epoch_s"]))
        self.say(
            f"{item.name} {item.variant} size {item.job.input.size} rate {item.job.learning_rate:g} "
            f"epochs {item.job.epochs}: nuclei {said['nuclei']:.4f}, validation {said['validated']:.4f}, "
            f"{said['wall_s']:.1f} s, {said['epoch_s']:.2f} s an epoch, {len(self.items)} wait"
        )

    def require_life(self) -> None:
        """Give up at once where nothing works."""
        late = time.monotonic() - self.began > READY_S and not any(w.is_ready for w in self.workers)
        if not self.finished and (len(self.failed) >= MOST_FAILED or late or not self.workers):
            raise SystemExit(f"Nothing works: {self.failed[:MOST_FAILED] or 'no process became ready'}")

    def choose(self) -> None:
        """When all pilots have ended, choose rates and epochs, and put the grids' cells into the queue."""
        if self.chosen.rates or self.pilots:
            return
        rates = best_rates(self.arguments.out / "cells", self.chosen)
        epochs = self.arguments.epochs or self._carried()
        self.chosen = self.chosen.model_copy(update={"rates": rates, "epochs": epochs})
        self.chosen.save(self.arguments.out / "chosen.json")
        self.say(f"chosen: {epochs} epochs, learning rates {rates}")
        self.add(queue_of(self.chosen, self.arguments.parts, self.arguments.precision))

    def _carried(self) -> int:
        """Epochs that the time carries for the cells that are wanted in any case."""
        start, epoch = (median(values) for values in zip(*self.walls, strict=True))
        carried = [
            epochs
            for epochs in EPOCHS
            if WANTED * (start + DEARER * epochs * epoch) / self.arguments.workers < SHARE * self.left
        ]
        return max(carried, default=EPOCHS[0])

    def pack(self) -> None:
        """Write what has finished as few files."""
        self.packed = time.monotonic()
        if self.arguments.pack is not None:
            pack_results(self.arguments.out, self.arguments.pack)

    def stop(self) -> None:
        """End all processes."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.wait()


def best_rates(cells: Path, chosen: Chosen) -> dict[str, float]:
    """Learning rate of each family at which its first decoder was best on the validation subjects."""
    found = {}
    for family, grid in zip(FAMILIES, pilot_grids(chosen), strict=True):
        scores = {}
        for item in items_of(grid):
            record = read_cell(cells / item.name)
            if record is not None and record.val_nuclei_miou is not None:
                scores[item.job.learning_rate] = record.val_nuclei_miou
        if not scores:
            raise SystemExit(f"No learning rate of {family} could be tried.")
        found[family] = max(scores, key=lambda rate: scores[rate])
    return found


def items_of(grid: Grid) -> list[Item]:
    """Cells of a grid; wherever the study lies, they are called the same."""
    return [Item(cell.job) for cell in cells_of(grid, Path("study"))]


def queue_of(chosen: Chosen, only: Collection[str] = (), precision: str = "float32") -> list[Item]:
    """All cells in the order of the grids; variants of DeepLabV3 stand behind the experiments on it.

    Parameters
    ----------
    chosen : Chosen
        What all share.
    only : collection of str
        Parts to train alone, as `plans` names their grids, or variants (``-paper``: at its size); all if
        empty.
    """
    found: list[Item] = []
    for grid in grids_of(chosen, precision):
        if not only or part_of(grid.name) in only:
            found += items_of(grid)
        if grid.name == "batch-pyramid":
            for end, size in (("", chosen.size), ("-paper", 224)):
                found += [
                    item
                    for item in variants_of(chosen, size)
                    if not only or {f"variants{end}", f"{item.variant}{end}"} & set(only)
                ]
    return found


def variants_of(chosen: Chosen, size: int) -> list[Item]:
    """Every variant at the common setting, with images of a size."""
    content = {"study": "study", "run": "unnamed", "decoder": "deeplabv3", "loss": "dicece"}
    rate = chosen.rates[family_of("deeplabv3")]
    common = {"epochs": chosen.epochs, "batch_size": chosen.batch_size, "learning_rate": rate}
    return [
        Item(
            TrainJob.model_validate({**content, **common, "schedule": "cosine", "input": {"size": size}}),
            name,
        )
        for name in VARIANTS
        if name
    ]


def main() -> None:
    """Read the arguments, and train until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=4, help="networks trained at the same time")
    parser.add_argument("--decoders", nargs="+", metavar="NAME", help="train these alone; all if not given")
    parser.add_argument("--parts", nargs="+", metavar="NAME", default=(), help="train these grids alone")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=0, help="0: as many as the time carries")
    parser.add_argument("--pilot-epochs", type=int, default=6)
    parser.add_argument(
        "--precision", choices=("float32", "mixed"), default="float32", help="in the paper's own setting"
    )
    parser.add_argument("--require-gpu", action="store_true")
    parser.add_argument("--pack", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, value in SURROUNDINGS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(arguments.out / "compiled"))
    chosen = Chosen.of(arguments.out)
    if not chosen.rates:
        chosen = Chosen(
            size=arguments.size,
            batch_size=arguments.batch_size,
            epochs=arguments.epochs or EPOCHS[0],
            pilot_epochs=arguments.pilot_epochs,
        )
    schedule = Schedule(arguments, chosen)
    papers = items_of(papers_grids(arguments.precision)[0])
    for item in papers:
        item.keep = item.job.decoder in KEPT
    if chosen.rates:
        schedule.add(queue_of(chosen, arguments.parts, arguments.precision))
    else:
        pilots = [item for grid in pilot_grids(chosen) for item in items_of(grid)]
        schedule.add(pilots)
        schedule.pilots = {item.name for item in schedule.items}
        schedule.add(papers)
    # Who ends it from outside gets what has finished, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("Ended from outside."))
    try:
        schedule.run()
    finally:
        schedule.stop()
        schedule.pack()
    schedule.say(
        f"{schedule.finished} cells trained, {len(schedule.failed)} failures, {len(schedule.items)} left"
    )
    if not schedule.finished:
        raise SystemExit("Not one cell was trained.")


if __name__ == "__main__":
    main()
