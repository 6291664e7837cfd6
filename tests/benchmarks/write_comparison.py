"""Write docs/results/comparison-NAME.md from a comparison: tables beside the paper's, what holds, a picture.

    python tests/benchmarks/write_comparison.py --study STUDY --name table1

STUDY holds comparisons/NAME, made with `brainstem-app compare`. Nothing is computed anew but the intervals.
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from brainstem_app.jobs.many.compare_plan import Plan
from brainstem_app.jobs.many.compare_report import collect_inputs
from brainstem_app.reports.grid.best_picture import best_png
from brainstem_app.reports.grid.findings import findings
from brainstem_app.reports.grid.paper import paper_results
from brainstem_app.reports.grid.results import GridInputs, setting_name, value_name
from brainstem_app.reports.grid.summary import VariantSummary, summarise
from brainstem_app.reports.grid.tables import HeatCell, HeatTable, heat_tables
from brainstem_app.study.grid import read_grid
from brainstem_app.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
MEASURES = {"nuclei": "Nuclei", "all": "All classes"}


def main() -> None:
    """Read the arguments and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--machine", default="", help="What it ran on, in words.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    study = Study.open(arguments.study)
    grid = read_grid(study.folder / "comparisons" / arguments.name / "grid.json")
    inputs = collect_inputs(grid, study, Plan.of(grid, study))
    summaries = summarise(inputs.cells, inputs.table)
    lines = [f"# {inputs.title or inputs.name}", "", *_head(inputs, arguments.machine)]
    lines += [*_tables(inputs, summaries), *_findings(inputs, summaries), *_picture(inputs, arguments.out)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    page = arguments.out / f"comparison-{inputs.name}.md"
    page.write_text("\n".join([*lines, *_failures(inputs), ""]), encoding="utf-8")


def _shared(inputs: GridInputs) -> dict[str, object]:
    return {name: value for name, value in inputs.cells[0].settings.items() if name not in inputs.axes}


def _head(inputs: GridInputs, machine: str) -> list[str]:
    states = Counter(cell.state for cell in inputs.cells)
    devices = sorted({cell.device for cell in inputs.cells if cell.device})
    hours = sum(cell.seconds for cell in inputs.cells) / 3600
    shared = _shared(inputs)
    names = ("epochs", "batch_size", "learning_rate", "input.size")
    settings = ", ".join(f"{setting_name(name)} {shared[name]}" for name in names if name in shared)
    told = ", ".join(f"{number} {state}" for state, number in states.items())
    baselines = [
        f"- {name}: {_number(nuclei)} nuclei, {_number(every)} all classes"
        for name, (every, nuclei) in inputs.baselines.items()
    ]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {'; '.join([machine, *devices] if machine else devices)}. "
        f"{len(inputs.cells)} cells: {told}; {hours:.1f} hours of computing. "
        f"{inputs.n_subjects} test subjects. Settings: {settings}. "
        "Written by `tests/benchmarks/write_comparison.py`.",
        "",
        *baselines,
        "",
        "± is half of the 95 % interval over repeats (Student's t), brackets are the 95 % interval over the "
        "test subjects (bootstrap), *italics the paper* (other subjects, other atlas: compare the order).",
        "",
    ]


def _tables(inputs: GridInputs, summaries: tuple[VariantSummary, ...]) -> list[str]:
    lines = []
    for measure, title in MEASURES.items():
        lines += [f"## {title}: macro mIoU on the test subjects", ""]
        tables = heat_tables(inputs.axes, summaries, _shared(inputs), measure, paper_results())
        for table in tables:
            lines += [f"### {table.title}", ""] if table.title else []
            lines += [*_table(table), ""]
    return lines


def _table(table: HeatTable) -> list[str]:
    lines = [f"| {table.row_name} | {' | '.join(table.columns)} |", "|---" * (len(table.columns) + 1) + "|"]
    return lines + [f"| {row.name} | {' | '.join(map(_field, row.cells))} |" for row in table.rows]


def _field(cell: HeatCell | None) -> str:
    if cell is None:
        return ""
    parts = []
    if cell.mean is not None:
        half = f" ± {cell.mean.half:.3f}" if cell.mean.half is not None else ""
        text = f"{cell.mean.value:.3f}"
        parts.append((f"**{text}**" if cell.best else text) + half)
        if cell.mean.subjects is not None:
            parts.append(f"[{cell.mean.subjects.low:.3f}, {cell.mean.subjects.high:.3f}]")
    if cell.paper is not None:
        parts.append(f"*{cell.paper[0]:.3f} ± {cell.paper[1]:.3f}*")
    return "<br>".join([*parts, cell.state] if cell.state else parts)


def _findings(inputs: GridInputs, summaries: tuple[VariantSummary, ...]) -> list[str]:
    found = findings(summaries, _shared(inputs), paper_results())
    rows = [f"| {f.claim} | {f.verdict} | {f.detail} |" for f in found]
    head = ["## What the paper found, and what is found here", "", "| the paper | here | our numbers |"]
    return [*head, "|---|---|---|", *rows, ""] if rows else []


def _picture(inputs: GridInputs, out: Path) -> list[str]:
    if inputs.picture is None:
        return []
    out.mkdir(parents=True, exist_ok=True)
    name = f"comparison-{inputs.name}.png"
    (out / name).write_bytes(best_png(inputs.picture, inputs.table))
    return [
        "## Best results",
        "",
        f"![Reference and predictions on three slices]({name})",
        "",
        f"Test subject {inputs.picture.subject}, the median-scoring one; the best cell of each by the "
        "validation subjects. White dots: reference.",
        "",
    ]


def _failures(inputs: GridInputs) -> list[str]:
    failed = [cell for cell in inputs.cells if cell.state == "failed"]
    if not failed:
        return []
    names = {cell.key: ", ".join(value_name(k, v) for k, v in cell.variant.items()) for cell in failed}
    reasons = {cell.key: cell.what for cell in failed}
    return ["## Failed", "", *(f"- {names[key]}: {reasons[key]}" for key in names)]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
