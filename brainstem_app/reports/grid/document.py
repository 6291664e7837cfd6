"""Blocks of the report of a comparison of networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from brainstem_app import __version__
from brainstem_app.counting import counted
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import (
    Block,
    Document,
    Heading,
    Paragraph,
    Picture,
    Table,
    Tiles,
    cautions,
    repeat,
    rows_of,
)
from brainstem_app.reports.engine.columns import Cell, Column, Mark, ratio3
from brainstem_app.reports.engine.line_chart import LineChart, line_charts
from brainstem_app.reports.grid import figures
from brainstem_app.reports.grid.findings import GridFinding, findings
from brainstem_app.reports.grid.folds import FoldSpread
from brainstem_app.reports.grid.paper import PaperResults, paper_results
from brainstem_app.reports.grid.results import CellResult, GridInputs, setting_name, value_name
from brainstem_app.reports.grid.summary import VariantSummary
from brainstem_app.reports.grid.tables import HeatCell, HeatRow, HeatTable, heat_tables
from brainstem_app.reports.scan.methods import shareable_command
from brainstem_app.reports.scan.model import DRAWN_LIMITS, LIMITS

_HEAT_MEASURES = {"nuclei": "Nuclei", "all": "All classes"}
_VERDICTS: dict[str, Mark] = {"holds": "good", "does not hold": "bad", "not clear": "faint"}
_STATES: dict[str, Mark] = {"finished": "good", "failed": "bad", "waiting": "faint"}
_WHISKERS = "Whiskers: 95 % interval over repeats."
_ACROSS = 3


def grid_document(inputs: GridInputs, summaries: Sequence[VariantSummary]) -> Document:
    """Choose and word what a reader sees of a comparison, also of one that is not yet done."""
    paper = paper_results()
    first = inputs.cells[0]
    shared = {name: value for name, value in first.settings.items() if name not in inputs.axes}
    created = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    study = f"study {inputs.study}, {counted(inputs.n_subjects, 'test subject')}"
    return Document(
        title=inputs.title or inputs.name,
        kind="Comparison of networks",
        headline=inputs.title or inputs.name,
        about=f"{formatting.moment(created)} · {study} · {inputs.plan}",
        created=created,
        blocks=(
            Tiles(tuple(_tiles(inputs, summaries))),
            *cautions(notes_of(inputs, paper), limits_of(inputs)),
            *_heat(inputs, summaries, shared, paper),
            *_folds(inputs),
            *_findings(findings(summaries, shared, paper), paper),
            *_charts(inputs, summaries, shared, paper),
            *_picture(inputs),
            *_curves(inputs),
            *_cells(inputs),
            *_repeat(inputs),
        ),
    )


def limits_of(inputs: GridInputs) -> str:
    """Say what the numbers are worth, by where the references come from."""
    return " ".join((*inputs.agreement, DRAWN_LIMITS if inputs.drawn else LIMITS))


def _folds(inputs: GridInputs) -> list[Block]:
    if not inputs.spreads:
        return []

    def spread(measure: str) -> Callable[[FoldSpread], str]:
        def words(of: FoldSpread) -> str:
            mean, sd = of.means.get(measure, (None, None))
            return ratio3(mean) + (f" ± {ratio3(sd)}" if sd is not None else "")

        return words

    columns: tuple[Column[FoldSpread], ...] = (
        Column("Network", lambda of: of.name),
        Column("Folds", lambda of: f"{of.done} of {of.folds}", "done"),
        Column("Nuclei", spread("nuclei"), "mean ± SD"),
        Column("All classes", spread("all"), "mean ± SD"),
        Column("Nuclei", lambda of: of.pooled.get("nuclei"), "everybody", ratio3),
    )
    note = (
        "Each person is tested in exactly one fold, all sessions together, by a network that has not seen "
        "them. Mean ± standard deviation of the folds' macro mean IoU, over folds and repeats; everybody: "
        "counts of all folds summed first, mean over repeats. Folds share most of their training subjects, "
        "so the deviation says less about new subjects than the bootstrap interval does."
    )
    return [
        Heading(f"Cross-validation: {inputs.folds} folds", "folds"),
        Table(columns, rows_of(inputs.spreads)),
        Paragraph(note, "small"),
    ]


def _tiles(inputs: GridInputs, summaries: Sequence[VariantSummary]) -> list[tuple[str, str]]:
    finished = sum(cell.state == "finished" for cell in inputs.cells)
    tiles = [(f"{finished} / {len(inputs.cells)}", "cells finished")]
    there = [(s, mean) for s in summaries if (mean := s.mean("nuclei")) is not None]
    if there:
        best, mean = max(there, key=lambda pair: pair[1])
        name = ", ".join(value_name(k, v) for k, v in best.variant.items())
        tiles.append((ratio3(mean), f"best mean IoU of the nuclei: {name}"))
    for name, (_, nuclei) in inputs.baselines.items():
        if nuclei is not None:
            tiles.append((ratio3(nuclei), f"nuclei: {name}"))
    return tiles


def notes_of(inputs: GridInputs, paper: PaperResults) -> list[str]:
    """Say what is still to do, what failed, and what is not as in the paper."""
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


def _heat(
    inputs: GridInputs, summaries: Sequence[VariantSummary], shared: Mapping[str, Any], paper: PaperResults
) -> list[Block]:
    blocks: list[Block] = []
    for number, (measure, title) in enumerate(_HEAT_MEASURES.items(), start=1):
        tables = heat_tables(inputs.axes, summaries, shared, measure, paper)
        blocks.append(Heading(f"{title}: macro mean IoU on the test subjects", f"table-{number}"))
        for table in tables:
            blocks += [Paragraph(table.title)] if table.title else []
            blocks.append(Table(_heat_columns(table), rows_of(table.rows), "heat"))
        scale = tables[0].scale
        note = (
            "Mean over repeats ± half of its 95 % interval over them (Student's t: what other seeds would "
            "give); in brackets the 95 % bootstrap interval over the test subjects (what other subjects "
            f"would give). The greener, the better, from {ratio3(scale.low)} to {ratio3(scale.high)}, on one "
            "scale for the whole table; bold: best of its row."
        )
        if measure == "all" and any(paper.result(cell.settings) for cell in inputs.cells):
            note += " Below: the paper's."
        blocks.append(Paragraph(note, "small"))
    return blocks


def _heat_columns(table: HeatTable) -> tuple[Column[HeatRow], ...]:
    return (
        Column(table.row_name, lambda row: row.name),
        Column("Parameters", _parameters, "million"),
        *(Column(name, _heat_field(n)) for n, name in enumerate(table.columns)),
    )


def _parameters(row: HeatRow) -> Cell:
    theirs = "" if row.paper_parameters is None else f"paper {row.paper_parameters:.1f}"
    return Cell(formatting.ratio(row.parameters, 1), below=theirs)


def _heat_field(number: int) -> Any:
    return lambda row: heat_cell(row.cells[number])


def heat_cell(cell: HeatCell | None) -> Cell:
    """Field of a heat map: mean and intervals on its colour, below them the paper's and what is missing."""
    if cell is None:
        return Cell("·", mark="faint")
    text = beside = ""
    if cell.mean is not None:
        half = "" if cell.mean.half is None else f" ± {ratio3(cell.mean.half)}"
        text = f"{ratio3(cell.mean.value)}{half}"
        over = cell.mean.subjects
        beside = "" if over is None else f"[{ratio3(over.low)}, {ratio3(over.high)}]"
    below = [] if cell.paper is None else [f"paper {ratio3(cell.paper[0])} ± {ratio3(cell.paper[1])}"]
    below += [cell.state] if cell.state else []
    mark: Mark = "strong" if cell.best else ""
    return Cell(text, beside, "; ".join(below), mark=mark, shade=cell.shade)


def _findings(found: Sequence[GridFinding], paper: PaperResults) -> list[Block]:
    if not found:
        return []
    columns: tuple[Column[GridFinding], ...] = (
        Column("The paper", lambda f: f.claim, align="words"),
        Column("Here", lambda f: Cell(f.verdict, mark=_VERDICTS[f.verdict]), align="centre"),
        Column("Our numbers", lambda f: f.detail, align="words"),
    )
    note = (
        "Tested on the means of macro mIoU over all classes, as the paper's. A mean difference has its 95 % "
        "interval over combinations; the rest is no test of significance: look at the intervals above. "
        f"{paper.source} {paper.cohort}"
    )
    return [
        Heading("What the paper found, and what is found here", "findings"),
        Table(columns, rows_of(found)),
        Paragraph(note, "small"),
    ]


def _charts(
    inputs: GridInputs, summaries: Sequence[VariantSummary], shared: Mapping[str, Any], paper: PaperResults
) -> list[Block]:
    beside = figures.chart_beside_paper(summaries, shared, paper)
    over = figures.charts_of_axis(inputs.axes, summaries)
    note = (
        "One dot a combination, macro mIoU of all classes; whiskers: 95 % interval over repeats; dashed: "
        "equal. Other subjects and another atlas: the order can be compared, the height cannot."
    )
    results_over = f"Results over {over[0].x_label}" if over else ""
    return [
        *_drawn("Ours over the paper's", "beside", [beside] if beside else [], note),
        *_drawn(results_over, "axis", over, _WHISKERS),
        *_drawn(
            "Results by encoder", "encoders", figures.charts_of_encoders(inputs.axes, summaries), _WHISKERS
        ),
    ]


def _curves(inputs: GridInputs) -> list[Block]:
    note = "Nuclei's mean IoU on the validation slices after each epoch; one line a cell."
    return _drawn("Training", "curves", figures.curves(inputs.axes, inputs.cells), note)


def _drawn(title: str, anchor: str, charts: Sequence[LineChart], note: str) -> list[Block]:
    if not charts:
        return []
    return [Heading(title, anchor), line_charts(charts, _ACROSS), Paragraph(note, "small")]


def _picture(inputs: GridInputs) -> list[Block]:
    if inputs.picture is None:
        return []
    from brainstem_app.reports.grid.best_picture import best_png

    caption = (
        f"Test subject {inputs.picture.subject}, the median-scoring one; of each row of the table the cell "
        "that is best on the validation subjects. Filled outlines: labels; white dots: reference. The "
        "patient's right is on the left."
    )
    alt = "Axial slices with outlines of the nuclei, reference and predictions"
    return [
        Heading("Best results", "pictures"),
        Picture(best_png(inputs.picture, inputs.table), alt, caption),
    ]


def _cells(inputs: GridInputs) -> list[Block]:
    failed = [cell for cell in inputs.cells if cell.state == "failed"]
    blocks: list[Block] = []
    if failed:
        why: tuple[Column[CellResult], ...] = (
            Column("Cell", lambda c: c.name),
            Column("Why", lambda c: c.what, align="words"),
            Column("What to do", lambda c: c.fix, align="words"),
        )
        again = "They are not run again unless the command is given --retry-failed."
        blocks = [
            Heading("Cells that failed", "failed"),
            Table(why, rows_of(failed)),
            Paragraph(again, "small"),
        ]
    columns: tuple[Column[CellResult], ...] = (
        Column("Cell", lambda c: c.name),
        Column("State", lambda c: Cell(c.state, mark=_STATES[c.state]), align="centre"),
        Column("Nuclei", lambda c: c.macro_miou_nuclei[0], format=ratio3),
        Column("All classes", lambda c: c.macro_miou[0], format=ratio3),
        Column("Best epoch", lambda c: c.best_epoch or formatting.MISSING),
        Column("Minutes", lambda c: c.seconds / 60 or None, format=_one_decimal),
        Column("Memory", lambda c: c.memory_gib or None, "GiB", _one_decimal),
        Column("Run", lambda c: c.run),
    )
    folded = f"{len(inputs.cells)} cells"
    return [*blocks, Heading("All cells", "cells"), Table(columns, rows_of(inputs.cells), folded=folded)]


def _one_decimal(value: float | None) -> str:
    return formatting.ratio(value, 1)


def _repeat(inputs: GridInputs) -> list[Block]:
    hours = sum(cell.seconds for cell in inputs.cells) / 3600
    devices = sorted({cell.device for cell in inputs.cells if cell.device})
    where = f" on {'; '.join(devices)}" if devices else ""
    step = (
        f"Brainstem App {__version__}; grid.json beside this file holds the grid, runs/NAME/config.json the "
        f"settings of each cell. {hours:.1f} hours of computing{where}."
    )
    facts = {
        setting_name(name): ", ".join("none" if v is None else str(v) for v in values)
        for name, values in inputs.axes.items()
    }
    facts |= {name: str(value) for name, value in inputs.settings.items()}
    return repeat(shareable_command(inputs.command) if inputs.command else "", [step], facts)
