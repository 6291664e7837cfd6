"""Write a comparison's ``results.csv`` and ``summary.csv`` and its page, one self-contained file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from brainstem_app import __version__
from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.grid import figures
from brainstem_app.reports.grid.findings import findings
from brainstem_app.reports.grid.paper import PaperResults, paper_results
from brainstem_app.reports.grid.results import CellResult, GridInputs, setting_name, value_name
from brainstem_app.reports.grid.summary import MEASURES, Mean, VariantSummary
from brainstem_app.reports.grid.tables import heat_tables
from brainstem_app.reports.html import render
from brainstem_app.reports.methods import shareable_command
from brainstem_app.reports.report_model import DRAWN_LIMITS, LIMITS

_HEAD = (
    "repeat", "state", "macro_miou", "macro_miou_low", "macro_miou_high", "macro_miou_nuclei",
    "macro_miou_nuclei_low", "macro_miou_nuclei_high", "val_macro_miou", "val_nuclei_miou", "epochs_done",
    "best_epoch", "parameters", "seconds", "seconds_per_epoch", "memory_gib", "device", "run", "reason",
)  # fmt: skip
_HEAT_MEASURES = {"nuclei": "Nuclei", "all": "All classes"}


def write_results_csv(path: Path, cells: Sequence[CellResult]) -> None:
    """Write one row a cell: all its settings, then numbers, state and reason; intervals are over subjects."""
    settings = list(dict.fromkeys(name for cell in cells for name in cell.settings))
    rows = [[*map(cell.settings.get, settings), *_numbers(cell)] for cell in cells]
    write_text(path, csv_text([*settings, *_HEAD], rows))


def _numbers(cell: CellResult) -> list[Any]:
    ended = cell.state == "finished"
    return [
        cell.repeat,
        cell.state,
        *cell.macro_miou,
        *cell.macro_miou_nuclei,
        cell.val_macro_miou,
        cell.val_nuclei_miou,
        *(value if ended else "" for value in (cell.epochs, cell.best_epoch, cell.parameters, cell.seconds)),
        *(value if ended else "" for value in (cell.seconds_per_epoch, cell.memory_gib)),
        cell.device,
        cell.run,
        cell.what,
    ]


def write_summary_csv(path: Path, summaries: Sequence[VariantSummary]) -> None:
    """Write one row a combination: repeats, and means with both 95 % intervals, over repeats and subjects."""
    settings = list(dict.fromkeys(name for summary in summaries for name in summary.variant))
    numbers = ("mean", "repeats_low", "repeats_high", "subjects_low", "subjects_high")
    columns = [f"{measure}_{number}" for measure in MEASURES for number in numbers]
    rows: list[list[Any]] = []
    for s in summaries:
        values = [s.variant[name] for name in settings]
        means = [number for measure in MEASURES for number in _interval_numbers(s.means.get(measure))]
        rows.append([*values, s.n, s.finished, s.failed, s.parameters or "", s.seconds, *means])
    head = [*settings, "repeats", "finished", "failed", "parameters", "seconds", *columns]
    write_text(path, csv_text(head, rows))


def _interval_numbers(mean: Mean | None) -> list[float | None]:
    if mean is None:
        return [None] * 5
    ends = (None, None) if mean.half is None else (mean.value - mean.half, mean.value + mean.half)
    over = (None, None) if mean.subjects is None else (mean.subjects.low, mean.subjects.high)
    return [None if value is None else round(value, 6) for value in (mean.value, *ends, *over)]


def write_page(path: Path, inputs: GridInputs, summaries: Sequence[VariantSummary]) -> None:
    """Write the page of a comparison, also of one that is not yet done."""
    paper = paper_results()
    settings = dict(inputs.settings)
    first = inputs.cells[0]
    shared = {name: value for name, value in first.settings.items() if name not in inputs.axes}
    text = render(
        "grid.html",
        inputs=inputs,
        created=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        tiles=_tiles(inputs, summaries),
        notes=_notes(inputs, paper),
        limits=DRAWN_LIMITS if inputs.drawn else LIMITS,
        heat=[
            (title, heat_tables(inputs.axes, summaries, shared, measure, paper))
            for measure, title in _HEAT_MEASURES.items()
        ],
        paper=paper,
        with_paper=any(paper.result(cell.settings) for cell in inputs.cells),
        beside=figures.chart_beside_paper(summaries, shared, paper),
        findings=findings(summaries, shared, paper),
        axis_charts=figures.charts_of_axis(inputs.axes, summaries),
        encoder_charts=figures.charts_of_encoders(inputs.axes, summaries),
        curves=figures.curves(inputs.axes, inputs.cells),
        picture=_picture(inputs),
        failed=[cell for cell in inputs.cells if cell.state == "failed"],
        axes_text={setting_name(name): values for name, values in inputs.axes.items()},
        settings=settings,
        command=shareable_command(inputs.command) if inputs.command else "",
        devices=sorted({cell.device for cell in inputs.cells if cell.device}),
        hours=sum(cell.seconds for cell in inputs.cells) / 3600,
        version=__version__,
    )
    write_text(path, text)


def _tiles(inputs: GridInputs, summaries: Sequence[VariantSummary]) -> list[tuple[str, str]]:
    finished = sum(cell.state == "finished" for cell in inputs.cells)
    tiles = [(f"{finished} / {len(inputs.cells)}", "cells finished")]
    there = [(s, mean) for s in summaries if (mean := s.mean("nuclei")) is not None]
    if there:
        best, mean = max(there, key=lambda pair: pair[1])
        name = ", ".join(value_name(k, v) for k, v in best.variant.items())
        tiles.append((f"{mean:.3f}", f"best mean IoU of the nuclei: {name}"))
    for name, (_, nuclei) in inputs.yardsticks.items():
        if nuclei is not None:
            tiles.append((f"{nuclei:.3f}", f"nuclei: {name}"))
    return tiles


def _notes(inputs: GridInputs, paper: PaperResults) -> list[str]:
    failed = sum(cell.state == "failed" for cell in inputs.cells)
    waiting = sum(cell.state == "waiting" for cell in inputs.cells)
    notes = []
    if waiting:
        notes.append(
            f"{waiting} of {len(inputs.cells)} cells are still to do: means are over those that are done."
        )
    if failed:
        notes.append(f"{failed} of {len(inputs.cells)} cells failed; the list below says why.")
    if differences := paper.differences(inputs.cells[0]):
        notes.append(f"Other settings than the paper's: {', '.join(differences)}.")
    return notes


def _picture(inputs: GridInputs) -> str:
    if inputs.picture is None:
        return ""
    from brainstem_app.reports.grid.best_picture import best_png

    return base64.b64encode(best_png(inputs.picture, inputs.table)).decode("ascii")
