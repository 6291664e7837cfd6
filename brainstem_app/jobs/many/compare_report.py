"""Collect what a comparison's runs say, and write its table and page."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import macro_miou
from brainstem_app.jobs.job import CompareJob, TrainJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.many.compare_plan import GridCell, Plan
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.reports.grid.figures import row_axis
from brainstem_app.reports.grid.files import write_page, write_tables
from brainstem_app.reports.grid.folds import fold_spreads, merged
from brainstem_app.reports.grid.results import (
    BestPicture,
    CellResult,
    CurvePoint,
    GridInputs,
    Triple,
    value_name,
)
from brainstem_app.reports.grid.summary import summarise
from brainstem_app.setting import flattened
from brainstem_app.study.cell_record import PREDICTIONS_FILE, CellRecord, Measured, Predictions
from brainstem_app.study.grid import Grid
from brainstem_app.study.segmented_by import agreement_notes
from brainstem_app.study.study import Study
from brainstem_app.written_files import HISTORY_FILE

_NOT_SETTINGS = {"study", "run", "kind", "version"}
#: What a row of the table says as the record of its cell does.
_OF_RECORD = (
    "state", "parameters", "epochs", "best_epoch", "val_macro_miou", "val_nuclei_miou", "seconds",
    "seconds_per_epoch", "memory_gib", "device",
)  # fmt: skip


def write_report(grid: Grid, study: Study, plan: Plan, folder: Path) -> None:
    """Write the tables and the report of a comparison, as far as it is done."""
    inputs = collect_inputs(grid, study, plan)
    summaries = summarise(inputs.cells, inputs.table)
    write_tables(folder, inputs, summaries, _cells(study, plan))
    write_page(folder, inputs, summaries)


def collect_inputs(grid: Grid, study: Study, plan: Plan) -> GridInputs:
    """Read what the runs of a comparison have left."""
    records = [plan.records[cell.job.run] for cell in plan.ended("finished")]
    cells = _cells(study, plan)
    table = study_atlas(study).table
    tested = {name for cell in plan.cells for name in _tested(study, cell, plan.records.get(cell.job.run))}
    of_tested = [record for record in study.finished_subjects() if record.name in tested]
    models = [record.segmented_by for record in of_tested if record.segmented_by]
    return GridInputs(
        title=grid.title,
        name=grid.name,
        axes=dict(grid.vary),
        settings=grid.settings,
        cells=merged(cells),
        table=table,
        n_subjects=len(tested),
        drawn=any(record.is_drawn for record in of_tested),
        agreement=agreement_notes(models, len(tested), "test"),
        folds=grid.folds or 0,
        spreads=fold_spreads(cells, table) if grid.folds else (),
        study=study.folder.name,
        baselines=_baselines(records),
        picture=_picture(grid, plan, study),
        command=CompareJob(study=study.folder, grid=grid).command_line(
            {"study": shareable(study.folder), "grid": "grid.json"}
        ),
        plan=plan.describe(),
    )


def _cells(study: Study, plan: Plan) -> tuple[CellResult, ...]:
    return tuple(_cell_result(cell, plan.records.get(cell.job.run), study) for cell in plan.cells)


def _baselines(records: list[CellRecord]) -> dict[str, tuple[float | None, float | None]]:
    """Mean IoU of what needs no network: the mean over the cells that are done, which differ with folds."""
    names = records[0].baselines if records else {}
    found: dict[str, tuple[float | None, float | None]] = {}
    for name in names:
        pairs = [record.baselines[name] for record in records if name in record.baselines]
        found[name] = _mean([pair[0] for pair in pairs]), _mean([pair[1] for pair in pairs])
    return found


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _cell_result(cell: GridCell, record: CellRecord | None, study: Study) -> CellResult:
    folder = study.run_folder(cell.job.run)
    common: dict[str, Any] = {
        "name": cell.name,
        "run": cell.job.run,
        "variant": cell.variant,
        "settings": flat_settings(cell.job),
        "repeat": cell.repeat,
        "curve": read_curve(folder / HISTORY_FILE),
    }
    if record is None:
        return CellResult(**common, state="waiting")
    failure = record.failure
    return CellResult(
        **common,
        **{name: getattr(record, name) for name in _OF_RECORD},
        what=failure.what if failure else "",
        fix=failure.fix if failure else "",
        macro_miou=_triple(record.macro_miou),
        macro_miou_nuclei=_triple(record.macro_miou_nuclei),
        counts=_counts(folder, _tested(study, cell, record)) if record.state == "finished" else None,
    )


def _tested(study: Study, cell: GridCell, record: CellRecord | None) -> tuple[str, ...]:
    """Test subjects of a cell, without those who were rejected, or came, after it was tested."""
    names = run_splits(study, cell.job).test
    tested = record.references if record else {}
    return tuple(name for name in names if name in tested) if tested else names


def flat_settings(job: TrainJob) -> dict[str, Any]:
    """Return the settings of a run by name, those in parts with a dot: ``input.size``."""
    return flattened(job.model_dump(mode="json", exclude=_NOT_SETTINGS))


def read_curve(path: Path) -> tuple[CurvePoint, ...]:
    """Epochs of a ``history.csv``; none where it is missing or damaged."""
    numbers = ("loss", "val_loss", "val_nuclei_miou")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(
                CurvePoint(int(row["epoch"]), *(float(row[name]) for name in numbers))
                for row in csv.DictReader(file)
            )
    except (OSError, KeyError, ValueError):
        return ()


def _triple(measured: Measured) -> Triple:
    return measured.value, measured.low, measured.high


def _counts(folder: Path, names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    try:
        counts = Predictions.load(folder / PREDICTIONS_FILE, labels=False).counts
        return np.stack([counts[name] for name in names])
    except (InputError, KeyError):
        return None


def _picture(grid: Grid, plan: Plan, study: Study) -> BestPicture | None:
    """Predictions of the best cell of each row on the subject that the best of all scores in the median."""
    rows = row_axis(grid.vary)
    best: dict[Any, tuple[float, GridCell]] = {}
    # Of folds the first: others test other people.
    for cell in (cell for cell in plan.ended("finished") if cell.fold in (None, 1)):
        score = plan.records[cell.job.run].val_nuclei_miou
        score = -1.0 if score is None or not math.isfinite(score) else score
        value = str(cell.variant[rows])
        if value not in best or score > best[value][0]:
            best[value] = (score, cell)
    if not best:
        return None
    try:
        predictions = {
            value: Predictions.load(study.run_folder(cell.job.run) / PREDICTIONS_FILE)
            for value, (_, cell) in best.items()
        }
        winner = max(best, key=lambda value: best[value][0])
        titles = {_title(rows, cell): predictions[value] for value, (_, cell) in best.items()}
        return _on_subject(study, _median_scoring(predictions[winner]), titles)
    except (InputError, KeyError):
        return None


def run_picture(study: Study, run: str, title: str) -> BestPicture | None:
    """Prediction of one run on its median-scoring test subject; None where there is none."""
    try:
        found = Predictions.load(study.run_folder(run) / PREDICTIONS_FILE)
        return _on_subject(study, _median_scoring(found), {title: found})
    except (InputError, KeyError):
        return None


def _on_subject(study: Study, subject: str, predictions: dict[str, Predictions]) -> BestPicture:
    box = study.load_box(subject)
    labels = {title: found.labels[subject] for title, found in predictions.items()}
    return BestPicture(subject=subject, image=box.image, reference=box.labels, predictions=labels)


def _title(rows: str, cell: GridCell) -> str:
    others = [value_name(name, value) for name, value in cell.variant.items() if name != rows]
    return "\n".join([value_name(rows, cell.variant[rows]), ", ".join(others)])


def _median_scoring(predictions: Predictions) -> str:
    """Subject whose mean IoU is the median (of an even number the better one of the two)."""
    ranked = sorted(predictions.counts, key=lambda name: macro_miou(predictions.counts[name]) or 0.0)
    return ranked[len(ranked) // 2]
