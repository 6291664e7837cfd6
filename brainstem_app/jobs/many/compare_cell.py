"""One cell of a comparison: train a run, test it, and write down how it ended.

Whoever runs it, on this machine or on a cluster, the run's folder then says everything: the comparison reads
nothing else.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import JobCancelled
from brainstem_app.evaluation.confusion import Counts
from brainstem_app.jobs.events import Event, Metric
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.job import CompareCellJob, TrainJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.study.cell_record import (
    CELL_FILE,
    PREDICTIONS_FILE,
    CellRecord,
    Measured,
    Predictions,
    read_cell,
)
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.study.study import Failure, Study
from brainstem_app.written_files import BEST_NETWORK, LAST_NETWORK

if TYPE_CHECKING:
    from brainstem_app.reports.engine.entry import Estimate
    from brainstem_app.reports.evaluation.model import EvaluationReport
    from kerasmodels.training.events import EpochDone

_GIB = 2**30
#: Share of a cell's time that is training; the rest is testing.
_TRAINING_SHARE = 0.95


def compare_cell(job: CompareCellJob, reporter: Reporter) -> Summary:
    """Train and test a run, unless that has been done; the outcome lies in the run's ``cell.json``.

    Raises
    ------
    JobCancelled
        If the user cancels; whole epochs are kept, and there is no ``cell.json`` yet.
    Exception
        Whatever went wrong, after it was written down.
    """
    folder = Study.open(job.train.study).run_folder(job.train.run)
    done = read_cell(folder)
    if done is None or done.state != "finished":
        start = time.monotonic()
        try:
            done = _train_and_test(job.train, folder, reporter)
        except JobCancelled:
            raise
        except Exception as error:
            failed = describe_failure(error)
            failure = Failure(what=failed.what, where=failed.where, fix=failed.fix)
            record = CellRecord(state="failed", failure=failure, seconds=_since(start), memory_gib=_memory())
            record.save(folder / CELL_FILE)
            raise
    # This comes after the record, so that a cell that is killed is never measured on a network of half
    # precision; and this file goes last, so that one that was killed before goes on here.
    last = folder / LAST_NETWORK
    if last.exists():
        _halve(folder)
        last.unlink()
    return {"macro_miou_nuclei": done.macro_miou_nuclei.value or 0.0, "folder": str(folder)}


def _train_and_test(job: TrainJob, folder: Path, reporter: Reporter) -> CellRecord:
    from brainstem_app.jobs.networks.evaluate_run import evaluate_part
    from brainstem_app.jobs.networks.train import train

    start = time.monotonic()
    train(job, _part_of(reporter, 0.0, _TRAINING_SHARE))
    kept = _Kept()
    study = Study.open(job.study)
    testing = _part_of(reporter, _TRAINING_SHARE, 1.0)
    report = evaluate_part(study, job.run, "test", testing, on_subject=kept.take)
    Predictions(kept.labels, kept.counts).save(folder / PREDICTIONS_FILE)
    history = _history(folder)
    manifest = read_manifest(folder)
    best = max(history, key=lambda row: row.epoch if row.best else 0)
    record = CellRecord(
        state="finished",
        parameters=_parameters(folder),
        epochs=len(history),
        best_epoch=best.epoch,
        val_macro_miou=_finite(best.val_macro_miou),
        val_nuclei_miou=_finite(best.val_nuclei_miou),
        macro_miou=_measured(report.summary.macro_miou),
        macro_miou_nuclei=_measured(report.summary.macro_miou_nuclei),
        baselines=_baselines(report),
        references=report.references,
        seconds=max(_since(start), round(sum(row.seconds for row in history), 1)),
        seconds_per_epoch=round(float(np.median([row.seconds for row in history])), 3),
        memory_gib=_memory(),
        device=manifest.device if manifest else "",
    )
    record.save(folder / CELL_FILE)
    return record


@dataclass
class _Kept:
    """Predicted labels and counts of the subjects tested so far."""

    labels: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)

    def take(self, name: str, labels: NDArray[np.uint8], counts: Counts) -> None:
        """Keep one subject."""
        self.labels[name], self.counts[name] = labels, counts


def _part_of(reporter: Reporter, start: float, end: float) -> Reporter:
    """Return a reporter whose progress is this share of a whole; metrics are kept in the run's own files."""
    stage = reporter.stage(start, end)

    def emit(event: Event) -> None:
        if not isinstance(event, Metric):
            stage.emit(event)

    return Reporter(emit, reporter.is_cancelled)


def _parameters(folder: Path) -> int:
    from kerasmodels.export.keras_file import load_keras

    return sum(math.prod(weight.shape) for weight in load_keras(folder / BEST_NETWORK).trainable_weights)


def _halve(folder: Path) -> None:
    """Store the best network with half precision, as exported ones are; halved twice it stays the same."""
    from kerasmodels.export.keras_file import load_keras, save_keras

    best = folder / BEST_NETWORK
    if best.exists():  # else the comparison keeps no network
        save_keras(load_keras(best), best, half=True)


def _history(folder: Path) -> list[EpochDone]:
    from kerasmodels.training.checkpoint import read_state

    return read_state(folder / LAST_NETWORK).history


def _measured(estimate: Estimate) -> Measured:
    return Measured(value=estimate.value, low=estimate.low, high=estimate.high)


def _baselines(report: EvaluationReport) -> dict[str, tuple[float | None, float | None]]:
    return {y.name: (y.macro_miou.value, y.macro_miou_nuclei.value) for y in report.baselines}


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _since(start: float) -> float:
    return round(time.monotonic() - start, 1)


def _memory() -> float:
    """Most memory this process has held, GiB."""
    if sys.platform == "win32":
        import psutil

        return round(float(psutil.Process().memory_info().peak_wset) / _GIB, 2)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most * (1 if sys.platform == "darwin" else 1024) / _GIB, 2)
