"""The files of a comparison of networks: its tables, and the report to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.sheets import Cell, Sheet, about_sheet
from brainstem_app.reports.grid.document import grid_document, limits_of, notes_of
from brainstem_app.reports.grid.paper import paper_results
from brainstem_app.reports.grid.results import CellResult, GridInputs
from brainstem_app.reports.grid.summary import MEASURES, Mean, VariantSummary

_HEAD = (
    "repeat", "state", "macro_miou", "macro_miou_low", "macro_miou_high", "macro_miou_nuclei",
    "macro_miou_nuclei_low", "macro_miou_nuclei_high", "val_macro_miou", "val_nuclei_miou", "epochs_done",
    "best_epoch", "parameters", "seconds", "seconds_per_epoch", "memory_gib", "device", "run", "reason",
)  # fmt: skip


def write_tables(
    folder: Path, inputs: GridInputs, summaries: Sequence[VariantSummary], cells: Sequence[CellResult] = ()
) -> None:
    """Write ``results.csv`` and ``summary.csv`` of a comparison; `cells` are those of single folds."""
    write_text(folder / "results.csv", results_sheet(cells or inputs.cells).csv)
    write_text(folder / "summary.csv", summary_sheet(summaries).csv)


def write_page(folder: Path, inputs: GridInputs, summaries: Sequence[VariantSummary]) -> None:
    """Write ``report.html``, ``.pdf`` and ``.xlsx`` of a comparison, also of one that is not yet done."""
    document = grid_document(inputs, summaries)
    facts = [("study", inputs.study), ("test subjects", str(inputs.n_subjects)), ("plan", inputs.plan)]
    about = about_sheet(document.created, facts, notes_of(inputs, paper_results()), "", limits_of(inputs))
    write_document(
        folder, "report", document, (results_sheet(inputs.cells), summary_sheet(summaries), about), {}
    )


def results_sheet(cells: Sequence[CellResult]) -> Sheet:
    """One row a cell: all its settings, then numbers, state and reason; intervals are over subjects."""
    settings = list(dict.fromkeys(name for cell in cells for name in cell.settings))
    rows = [[*(_told(cell.settings.get(name)) for name in settings), *_numbers(cell)] for cell in cells]
    return Sheet("results", [*settings, *_HEAD], rows)


def _told(setting: Any) -> Cell:
    """Value of a setting; of one that is no number or word, how it is written."""
    return setting if setting is None or isinstance(setting, str | int | float) else str(setting)


def _numbers(cell: CellResult) -> list[Any]:
    numbers = [cell.epochs, cell.best_epoch, cell.parameters, cell.seconds]
    numbers += [cell.seconds_per_epoch, cell.memory_gib]
    return [
        cell.repeat,
        cell.state,
        *cell.macro_miou,
        *cell.macro_miou_nuclei,
        cell.val_macro_miou,
        cell.val_nuclei_miou,
        *(value if cell.state == "finished" else None for value in numbers),
        cell.device,
        cell.run,
        cell.what,
    ]


def summary_sheet(summaries: Sequence[VariantSummary]) -> Sheet:
    """One row a combination: repeats, and means with both 95 % intervals, over repeats and subjects."""
    settings = list(dict.fromkeys(name for summary in summaries for name in summary.variant))
    numbers = ("mean", "repeats_low", "repeats_high", "subjects_low", "subjects_high")
    columns = [f"{measure}_{number}" for measure in MEASURES for number in numbers]
    rows: list[list[Any]] = []
    for s in summaries:
        values = [_told(s.variant[name]) for name in settings]
        means = [number for measure in MEASURES for number in _interval_numbers(s.means.get(measure))]
        rows.append([*values, s.n, s.finished, s.failed, s.parameters or None, s.seconds, *means])
    head = [*settings, "repeats", "finished", "failed", "parameters", "seconds", *columns]
    return Sheet("summary", head, rows)


def _interval_numbers(mean: Mean | None) -> list[float | None]:
    if mean is None:
        return [None] * 5
    ends = (None, None) if mean.half is None else (mean.value - mean.half, mean.value + mean.half)
    over = (None, None) if mean.subjects is None else (mean.subjects.low, mean.subjects.high)
    return [None if value is None else round(value, 6) for value in (mean.value, *ends, *over)]
