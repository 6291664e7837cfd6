"""Runs of a study as they are on disk, read on a thread."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainstem_app.errors import InputError
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.written_files import CONFIG_FILE, HISTORY_FILE, RUNS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.jobs.events import Metric
    from brainstem_app.jobs.job import TrainJob


#: Numbers of an epoch that its training tells of, as ``history.csv`` names them.
EPOCH_NUMBERS = ("loss", "val_loss", "val_macro_miou", "val_nuclei_miou")


@dataclass(frozen=True)
class EpochRow:
    """One line of ``history.csv``, or what a training has said of an epoch so far (the rest is NaN)."""

    epoch: int
    loss: float = math.nan
    val_loss: float = math.nan
    val_macro_miou: float = math.nan
    val_nuclei_miou: float = math.nan
    seconds: float = 0.0


@dataclass(frozen=True)
class NucleusScore:
    """Pooled IoU of one nucleus, as ``metrics.json`` says it."""

    name: str
    iou: float


@dataclass(frozen=True)
class RunSummary:
    """One run.

    Attributes
    ----------
    job : TrainJob or None
        Its settings; None if the file is damaged or of another version.
    history : tuple of EpochRow
        Epochs that are done.
    is_finished : bool
        Whether it has come to its end.
    part : str
        Which subjects `scores` were measured on, empty if it was not measured.
    scores : tuple of NucleusScore
    is_in_use : bool
        Whether a process of this computer works on it, of this window or not.
    """

    name: str
    folder: Path
    job: TrainJob | None
    history: tuple[EpochRow, ...]
    is_finished: bool
    part: str = ""
    scores: tuple[NucleusScore, ...] = ()
    is_in_use: bool = False

    @property
    def best(self) -> EpochRow | None:
        """Epoch with the best mean over the nuclei."""
        known = [row for row in self.history if not math.isnan(row.val_nuclei_miou)]
        return max(known, key=lambda row: row.val_nuclei_miou, default=None)

    def with_metrics(self, metrics: Iterable[Metric]) -> RunSummary:
        """Return the run as it is after what its training has said since it was read."""
        rows = {row.epoch: row for row in self.history}
        for metric in metrics:
            row = rows.get(metric.step, EpochRow(metric.step))
            changes: dict[str, Any] = {metric.name: metric.value}
            rows[metric.step] = replace(row, **changes)
        return replace(self, history=tuple(rows[epoch] for epoch in sorted(rows)))


def read_runs(study: Path, names: tuple[str, ...]) -> tuple[RunSummary, ...]:
    """Read the runs of a study; what is damaged in one is left out of it."""
    return tuple(read_run(study / RUNS_FOLDER / name) for name in names)


def read_run(folder: Path) -> RunSummary:
    """Read one run."""
    from brainstem_app.jobs.claims import claim_of
    from brainstem_app.jobs.job import TrainJob, read_job
    from brainstem_app.locks.owner import running_owner

    try:
        job = read_job(folder / CONFIG_FILE)
    except InputError:
        job = None
    part, scores = _scores(folder)
    return RunSummary(
        folder.name,
        folder,
        job if isinstance(job, TrainJob) else None,
        read_history(folder / HISTORY_FILE),
        _is_finished(folder),
        part,
        scores,
        running_owner(claim_of(folder, "The run").lock) is not None,
    )


def _is_finished(folder: Path) -> bool:
    try:
        manifest = read_manifest(folder)
    except InputError:
        return True  # older versions wrote it at the end
    return manifest is not None and manifest.finished


def read_history(path: Path) -> tuple[EpochRow, ...]:
    """Epochs of a run; none if the file is missing or damaged."""
    names = (*EPOCH_NUMBERS, "seconds")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(
                EpochRow(int(row["epoch"]), *(float(row[name]) for name in names))
                for row in csv.DictReader(file)
            )
    except (OSError, KeyError, ValueError, TypeError):
        return ()


def _scores(run: Path) -> tuple[str, tuple[NucleusScore, ...]]:
    """Part and scores of a run's network; none where it was not measured as it is now."""
    from brainstem_app.jobs.networks.run_metrics import measured_now

    report = measured_now(run)
    if report is None:
        return "", ()
    nuclei = [s for s in report.structures if s.group.value == "nucleus" and s.iou.value is not None]
    return report.part, tuple(NucleusScore(s.name, float(s.iou.value or 0.0)) for s in nuclei)
