"""The cells of a grid as runs to train, where each of them stands, and how long the rest will take."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import JsonValue

from brainstem_app.counting import counted
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob, read_job
from brainstem_app.jobs.networks.machine_speed import Estimate, MachineSpeed, epoch_work
from brainstem_app.study.cell_record import CELL_FILE, CellRecord, read_cell
from brainstem_app.study.grid import Grid, Settings
from brainstem_app.study.study import Study
from brainstem_app.validation import validated
from brainstem_app.written_files import CONFIG_FILE, RUNS_FOLDER

# What does not make another run: where it lies, what it is called, on what it runs, the version of the file.
_NOT_SETTINGS = {"study", "run", "gpus", "kind", "version"}
_OF_THE_CELL = {"study", "run", "kind", "version", "folds", "fold"}
_HASH_LETTERS = 8


@dataclass(frozen=True)
class GridCell:
    """One run of a comparison.

    Attributes
    ----------
    variant : dict
        Its values of the settings that vary.
    repeat : int
        Number of the repeat, from 1.
    job : TrainJob
        All its settings. The run is named after them: the same settings are the same run, in whatever grid.
    """

    variant: Settings
    repeat: int
    job: TrainJob

    @property
    def fold(self) -> int | None:
        """Which fold it tests, None without folds."""
        return self.job.fold

    @property
    def name(self) -> str:
        """Name a person can read, e.g. ``unet · dice · repeat 1``."""
        fold = [] if self.fold is None else [f"fold {self.fold}"]
        return " · ".join([*map(_word, self.variant.items()), f"repeat {self.repeat}", *fold])

    @property
    def group(self) -> tuple[str, int]:
        """The same for all folds of a combination and repeat."""
        return json.dumps(self.variant, sort_keys=True), self.repeat


def cells_of(grid: Grid, study: Path) -> tuple[GridCell, ...]:
    """All cells of a grid: first the first repeat of each combination, then the second, and so on.

    Raises
    ------
    InputError
        If a setting is unknown or does not fit.
    """
    folds: tuple[int | None, ...] = (None,) if grid.folds is None else tuple(range(1, grid.folds + 1))
    return tuple(
        GridCell(variant, repeat, _job(grid, variant, repeat, study, fold))
        for repeat in range(1, grid.repeats + 1)
        for variant in grid.variants()
        for fold in folds
    )


def _job(grid: Grid, variant: Settings, repeat: int, study: Path, fold: int | None) -> TrainJob:
    flat = {**grid.settings, **variant}
    if own := sorted(_OF_THE_CELL & flat.keys()):
        raise InputError(
            f"{own[0]} is no setting of a grid: each cell has its own.", f"grid {grid.name}", "Leave it out."
        )
    seed = flat.pop("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise InputError("The seed is no whole number.", f"grid {grid.name}", "Correct it.")
    content: dict[str, Any] = {"study": study, "run": "unnamed", "seed": seed + repeat - 1}
    if fold is not None:
        content |= {"folds": grid.folds, "fold": fold}
    for name, value in flat.items():
        _put(content, name.split("."), value)
    job = validated(
        TrainJob, content, f"grid {grid.name}", "Name settings of a training run, as its config.json does."
    )
    return job.model_copy(update={"run": run_name(job)})


def _put(content: dict[str, Any], path: list[str], value: JsonValue) -> None:
    for part in path[:-1]:
        content = content.setdefault(part, {})
        if not isinstance(content, dict):
            raise InputError(
                f"{part} is given as a whole and in parts ({'.'.join(path)}).", None, "Give one of the two."
            )
    content[path[-1]] = value


def run_name(job: TrainJob) -> str:
    """Name of the run with these settings, e.g. ``unet-resnet34-dice-1c8f03ab``.

    Settings at their defaults do not count, so that a setting added to the program later changes no name.
    """
    settings = job.model_dump(mode="json", exclude=_NOT_SETTINGS, exclude_defaults=True)
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return f"{job.decoder}-{job.encoder}-{job.loss}-{digest[:_HASH_LETTERS]}"


def _word(pair: tuple[str, JsonValue]) -> str:
    name, value = pair
    if isinstance(value, str):
        return value
    word = name.rpartition(".")[2].replace("_", " ")
    return f"{word} {'none' if value is None else value}"


@dataclass(frozen=True)
class Plan:
    """Where a comparison stands.

    Attributes
    ----------
    cells : tuple of GridCell
        All of them.
    records : dict of str to CellRecord
        How those that have ended did, by run.
    retry_failed : bool
        Whether cells that failed are to be run again.
    timed : tuple of (TrainJob, CellRecord)
        Finished cells of the study, of other comparisons too: what the time is estimated from.
    subjects : tuple of int
        Training and validation subjects.
    """

    cells: tuple[GridCell, ...]
    records: dict[str, CellRecord]
    retry_failed: bool = False
    timed: tuple[tuple[TrainJob, CellRecord], ...] = ()
    subjects: tuple[int, int] = (1, 0)

    @classmethod
    def of(cls, grid: Grid, study: Study, *, retry_failed: bool = False) -> Plan:
        """Look up every cell of a grid in a study; raises as `cells_of`."""
        cells = cells_of(grid, study.folder)
        found = ((cell.job.run, read_cell(study.run_folder(cell.job.run))) for cell in cells)
        records = {run: record for run, record in found if record is not None}
        return cls(cells, records, retry_failed, timed_cells(study), _subjects(study))

    def ended(self, state: str) -> tuple[GridCell, ...]:
        """Cells that ended so: ``finished`` or ``failed``."""
        return tuple(c for c in self.cells if c.job.run in self.records and self._state(c) == state)

    @property
    def waiting(self) -> tuple[GridCell, ...]:
        """Cells that are to be run."""
        over = {"finished"} if self.retry_failed else {"finished", "failed"}
        return tuple(cell for cell in self.cells if self._state(cell) not in over)

    def _state(self, cell: GridCell) -> str:
        record = self.records.get(cell.job.run)
        return record.state if record else "waiting"

    def describe(self, at_once: int | None = None, speed: MachineSpeed | None = None) -> str:
        """Size of the plan, what is done, and an estimate of the time the rest takes, in one sentence.

        `speed` is that of the machine it will run on, where it has been measured.
        """
        return self.estimate(at_once, speed).words

    def estimate(self, at_once: int | None = None, speed: MachineSpeed | None = None) -> Estimate:
        """Return what `describe` says, and whether the time is known."""
        n_variants = len({json.dumps(cell.variant, sort_keys=True) for cell in self.cells})
        folds = max((cell.job.folds or 1 for cell in self.cells), default=1)
        repeats = len(self.cells) // n_variants // folds
        factors = [counted(n_variants, "network"), counted(repeats, "repeat")]
        factors += [counted(folds, "fold")] * (folds > 1)
        size = f"{' × '.join(factors)} = {counted(len(self.cells), 'cell')}"
        parts = [size]
        for state in ("finished", "failed"):
            if number := len(self.ended(state)):
                parts.append(f"{number} {state}")
        parts.append(f"{len(self.waiting)} to do")
        if at_once is not None:
            parts.append(f"{at_once} at a time")
        time = self._time(at_once, speed) if self.waiting else Estimate("")
        return Estimate(", ".join(filter(None, (*parts, time.words))), time.known)

    def _time(self, at_once: int | None, speed: MachineSpeed | None) -> Estimate:
        seconds, rough = estimate_seconds(self.waiting, self.timed, self.subjects)
        if seconds is None:
            return self._time_by_speed(speed)
        text = f"about {duration(seconds / (at_once or 1))}{' one after the other' * (at_once is None)}"
        return Estimate(f"{text} (rough: not every network has been timed)" if rough else text)

    def _time_by_speed(self, speed: MachineSpeed | None) -> Estimate:
        """Time by what all of the machine can do: more processes at once do not make it faster."""
        expected = [speed.seconds(cell.job, *self.subjects) if speed else None for cell in self.waiting]
        known = [one for one in expected if one is not None]
        if len(known) < len(expected):
            return Estimate("time: known when the first cell is done", known=False)
        return Estimate(f"about {duration(sum(known))} (rough: by the multiply-adds of the networks)")


def _subjects(study: Study) -> tuple[int, int]:
    try:
        splits = study.splits()
    except InputError:
        return 1, 0
    return len(splits.train), len(splits.validation)


def timed_cells(study: Study) -> tuple[tuple[TrainJob, CellRecord], ...]:
    """Return the finished cells of a study with their settings; those that cannot be read are left out."""
    found = []
    for path in sorted(study.folder.glob(f"{RUNS_FOLDER}/*/{CELL_FILE}")):
        record = read_cell(path.parent)
        try:
            job = read_job(path.with_name(CONFIG_FILE))
        except InputError:
            continue
        if record is not None and record.state == "finished" and isinstance(job, TrainJob):
            found.append((job, record))
    return tuple(found)


def estimate_seconds(
    waiting: Iterable[GridCell],
    known: Iterable[tuple[TrainJob, CellRecord]],
    subjects: tuple[int, int] = (1, 0),
) -> tuple[float | None, bool]:
    """Seconds that cells take one after the other, by those that are done.

    Parameters
    ----------
    subjects : tuple of int
        Training and validation subjects.

    Returns
    -------
    seconds : float or None
        None if no cell is done.
    rough : bool
        Whether a network among them was never timed, so that its multiply-adds, and the others' median time
        for one, stand for it.
    """
    timed: dict[str, list[float]] = {}
    of_a_unit = []
    for job, record in known:
        seconds_of_epoch = record.seconds / max(record.epochs, 1)
        timed.setdefault(_cost_key(job), []).append(seconds_of_epoch)
        of_a_unit.append(seconds_of_epoch / (epoch_work(job, *subjects) or math.nan))
    if not timed:
        return None, True
    per_epoch = {key: median(values) for key, values in timed.items()}
    usual = median(of_a_unit)
    jobs = [cell.job for cell in waiting]
    seconds = sum(
        job.epochs * per_epoch.get(_cost_key(job), usual * (epoch_work(job, *subjects) or math.nan))
        for job in jobs
    )
    rough = any(_cost_key(job) not in per_epoch for job in jobs)
    return (seconds if math.isfinite(seconds) else None), rough


def _cost_key(job: TrainJob) -> str:
    """Return what decides how long an epoch takes."""
    names = {"library", "decoder", "encoder", "batch_size", "input", "simulated", "augment", "gpus"}
    return job.model_dump_json(include=names)


def duration(seconds: float) -> str:
    """Write a time to wait: 40 s, 12 min, 3 h 20 min, 2 days 4 h."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} days {hours % 24} h"
