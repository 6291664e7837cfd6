"""The cells that wait, and the processes that train them."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpu_answer import ANSWER

from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.many.compare_plan import run_name

#: Decoder, encoder, size, slices a batch and augmentation.
Kind = tuple[str, str, int, int, str]


@dataclass
class Item:
    """A cell to train: its settings, and the variant of the network if it is none that has a name."""

    job: TrainJob
    variant: str = ""
    keep: bool = False
    tries: int = 0

    @property
    def name(self) -> str:
        """Name of its folder."""
        run = run_name(self.job)
        return f"{self.variant}-{run}" if self.variant else run

    @property
    def place(self) -> str:
        """Folder that its folder lies in."""
        return "variants" if self.variant else "cells"

    @property
    def kind(self) -> Kind:
        """What decides how long an epoch takes."""
        job = self.job
        return job.decoder, job.encoder, job.input.size, job.batch_size, job.augment


class Worker:
    """A process that trains cells; what it answers goes into a queue."""

    def __init__(self, number: int, command: list[str], answers: queue.Queue[tuple[Worker, str]], log: Path):
        self.number = number
        self.item: Item | None = None
        self.is_ready = False
        with log.open("a", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1
            )
        threading.Thread(target=self._listen, args=(answers,), daemon=True).start()

    def _listen(self, answers: queue.Queue[tuple[Worker, str]]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(ANSWER):
                answers.put((self, line.removeprefix(ANSWER)))
        answers.put((self, ""))

    def begin(self, item: Item) -> None:
        """Train a cell."""
        assert self.process.stdin is not None
        self.item = item
        told = {
            "job": item.job.model_dump_json(),
            "name": item.name,
            "place": item.place,
            "variant": item.variant,
            "keep": "yes" if item.keep else "",
        }
        with suppress(OSError):  # it has died, and says so by its last answer
            self.process.stdin.write(json.dumps(told) + "\n")
            self.process.stdin.flush()
