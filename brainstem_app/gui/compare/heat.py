"""State of a comparison, as rows and columns; read on a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brainstem_app.jobs.many.compare_plan import Plan
    from brainstem_app.study.grid import Grid

MEASURES = ("nuclei", "all")


@dataclass(frozen=True)
class HeatCell:
    """One combination of settings.

    Attributes
    ----------
    name : str
        For the reader.
    runs : tuple of str
        Its repeats, by the names of their runs.
    nuclei, everything : tuple of float
        Mean IoU on the test subjects of the repeats that are finished, over the nuclei and over all classes.
    failed : int
        Repeats that failed.
    reason : str
        Why the first of them did.
    best : str
        Run of the finished repeat that was best on the validation subjects, empty if none is finished.
    """

    name: str
    runs: tuple[str, ...]
    nuclei: tuple[float, ...] = ()
    everything: tuple[float, ...] = ()
    failed: int = 0
    reason: str = ""
    best: str = ""

    def value(self, measure: str) -> float | None:
        """Mean over the repeats that are finished."""
        values = self.nuclei if measure == "nuclei" else self.everything
        return mean(values) if values else None


@dataclass(frozen=True)
class Heat:
    """A comparison laid out.

    Attributes
    ----------
    rows, columns : tuple of str
        Headings.
    cells : dict
        By row and column; a combination that is left out has none.
    plan : str
        Its size and where it stands, in one sentence.
    is_time_known : bool
        Whether that says how long it takes.
    """

    name: str
    folder: Path
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    cells: dict[tuple[int, int], HeatCell] | None = None
    plan: str = ""
    is_time_known: bool = True

    @property
    def is_begun(self) -> bool:
        """Whether any cell has ended."""
        return any(cell.nuclei or cell.failed for cell in (self.cells or {}).values())


def read_heat(grid: Grid, study: Path, *, here: bool = True) -> Heat:
    """Lay out a comparison of a study, to be run on this machine or, if not `here`, on a cluster.

    Raises
    ------
    InputError
        If the study cannot be opened, or a setting of the grid does not fit.
    """
    from brainstem_app.jobs.many.compare import comparison_folder
    from brainstem_app.jobs.many.compare_plan import Plan
    from brainstem_app.jobs.networks.machine_speed import read_speed
    from brainstem_app.study.study import Study

    opened = Study.open(study)
    plan = Plan.of(grid, opened)
    estimate = plan.estimate(speed=read_speed() if here else None)
    row_axis, rows, columns = _layout(grid)
    cells: dict[tuple[int, int], HeatCell] = {}
    for variant in grid.variants():
        rest = _rest(variant, row_axis)
        place = rows.index(variant.get(row_axis)), columns.index(rest)
        cells[place] = _cell(plan, variant)
    return Heat(
        grid.name,
        comparison_folder(opened, grid.name),
        tuple(_name(row_axis, value) for value in rows),
        tuple(" · ".join(_name(*pair) for pair in column) or "IoU" for column in columns),
        cells,
        estimate.words,
        estimate.known or not here,
    )


def _layout(grid: Grid) -> tuple[str, list[Any], list[Any]]:
    """Axis of the rows, their values, and the combinations of the other settings that are the columns."""
    from itertools import product

    row_axis = "decoder" if "decoder" in grid.vary else next(iter(grid.vary))
    others = [name for name in grid.vary if name != row_axis]
    columns = [tuple(zip(others, values, strict=True)) for values in product(*(grid.vary[n] for n in others))]
    return row_axis, list(grid.vary[row_axis]), columns


def _rest(variant: dict[str, Any], row_axis: str) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in variant.items() if name != row_axis)


def _cell(plan: Plan, variant: dict[str, Any]) -> HeatCell:
    cells = [cell for cell in plan.cells if cell.variant == variant]
    records = [plan.records[cell.job.run] for cell in cells if cell.job.run in plan.records]
    done = [record for record in records if record.state == "finished"]
    best = max(done, key=lambda record: record.val_nuclei_miou or 0.0, default=None)
    failures = [record.failure for record in records if record.state == "failed"]
    return HeatCell(
        name=" · ".join(_name(*pair) for pair in variant.items()),
        runs=tuple(cell.job.run for cell in cells),
        nuclei=tuple(r.macro_miou_nuclei.value for r in done if r.macro_miou_nuclei.value is not None),
        everything=tuple(r.macro_miou.value for r in done if r.macro_miou.value is not None),
        failed=len(failures),
        reason="" if not failures or failures[0] is None else f"{failures[0].what} {failures[0].fix}".strip(),
        best=next((run for run, record in plan.records.items() if record is best), ""),
    )


def _name(setting: str, value: Any) -> str:
    from brainstem_app.reports.grid.results import setting_name, value_name

    name = value_name(setting, value)
    return name if isinstance(value, str) else f"{setting_name(setting)} {name}"
