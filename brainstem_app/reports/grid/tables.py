"""Tables of a comparison: a heat map of means, rows by columns, one table for each further setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from brainstem_app.reports.grid.figures import row_axis
from brainstem_app.reports.grid.paper import PaperResults
from brainstem_app.reports.grid.results import setting_name, value_name
from brainstem_app.reports.grid.scale import ColourScale, scale_of
from brainstem_app.reports.grid.summary import Mean, VariantSummary


@dataclass(frozen=True)
class HeatCell:
    """One field of a heat map.

    Attributes
    ----------
    mean : Mean or None
        None before a repeat is finished.
    shade : float
        Strength of its colour, from 0 to 1.
    best : bool
        Whether it is the best of its row.
    state : str
        What is missing, e.g. ``"2 of 5 failed"``; empty if nothing.
    paper : tuple of float or None
        The paper's mean and half of its interval.
    """

    mean: Mean | None
    shade: float = 0.0
    best: bool = False
    state: str = ""
    paper: tuple[float, float] | None = None


@dataclass(frozen=True)
class HeatRow:
    """One row: its name, parameters in millions (ours, the paper's), its fields (None: not in the grid)."""

    name: str
    parameters: float | None
    paper_parameters: float | None
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True)
class HeatTable:
    """One heat map."""

    title: str
    row_name: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    scale: ColourScale


def heat_tables(
    axes: Mapping[str, tuple[Any, ...]],
    summaries: Sequence[VariantSummary],
    settings: Mapping[str, Any],
    measure: str,
    paper: PaperResults,
) -> tuple[HeatTable, ...]:
    """Lay the combinations out: rows, columns, and one table for each combination of further settings.

    Parameters
    ----------
    axes : mapping
        The settings that vary, and their values.
    settings : mapping
        The settings all share.
    measure : str
        ``all`` or ``nuclei``; the paper's numbers stand beside the first.
    """
    rows = row_axis(axes)
    others = [name for name in axes if name != rows]
    column = others[0] if others else ""
    by_variant = {_key(s.variant): s for s in summaries}
    scale = scale_of(m for s in summaries if (m := s.mean(measure)) is not None)
    layout = _Layout(rows, column, dict(axes), dict(settings), by_variant, measure, scale, paper)
    panels = product(*(axes[name] for name in others[1:]))
    return tuple(layout.table(dict(zip(others[1:], panel, strict=True))) for panel in panels)


@dataclass(frozen=True)
class _Layout:
    rows: str
    column: str
    axes: dict[str, tuple[Any, ...]]
    settings: dict[str, Any]
    by_variant: dict[str, VariantSummary]
    measure: str
    scale: ColourScale
    paper: PaperResults

    def table(self, panel: dict[str, Any]) -> HeatTable:
        columns = self.axes[self.column] if self.column else (None,)
        return HeatTable(
            title=", ".join(
                f"{setting_name(name)}: {value_name(name, value)}" for name, value in panel.items()
            ),
            row_name=setting_name(self.rows),
            columns=tuple(self._column_name(value) for value in columns),
            rows=tuple(self._row(value, columns, panel) for value in self.axes[self.rows]),
            scale=self.scale,
        )

    def _column_name(self, value: Any) -> str:
        if not self.column:
            return "result"
        name = value_name(self.column, value)
        return name if isinstance(value, str) else f"{setting_name(self.column)} {name}"

    def _row(self, value: Any, columns: tuple[Any, ...], panel: dict[str, Any]) -> HeatRow:
        variants = [{self.rows: value, **({self.column: c} if self.column else {}), **panel} for c in columns]
        summaries = [self.by_variant.get(_key(variant)) for variant in variants]
        means = [m for s in summaries if s is not None and (m := s.mean(self.measure)) is not None]
        best = max(means, default=None)
        parameters = {s.parameters for s in summaries if s is not None and s.parameters}
        return HeatRow(
            name=value_name(self.rows, value),
            parameters=parameters.pop() / 1e6 if len(parameters) == 1 else None,
            paper_parameters=self.paper.parameters(str(value)) if self._is_papers_encoder(panel) else None,
            cells=tuple(None if s is None else self._cell(s, best) for s in summaries),
        )

    def _is_papers_encoder(self, panel: dict[str, Any]) -> bool:
        return {**self.settings, **panel}.get("encoder") == self.paper.encoder

    def _cell(self, summary: VariantSummary, best: float | None) -> HeatCell:
        mean = summary.means.get(self.measure)
        waiting = summary.n - summary.finished - summary.failed
        told = [(summary.failed, "failed"), (waiting, "to do")]
        state = ", ".join(f"{number} of {summary.n} {word}" for number, word in told if number)
        return HeatCell(
            mean=mean,
            shade=0.0 if mean is None else self.scale.shade(mean.value),
            best=mean is not None and mean.value == best,
            state=state,
            paper=self.paper.result({**self.settings, **summary.variant}) if self.measure == "all" else None,
        )


def _key(variant: Mapping[str, Any]) -> str:
    return repr(sorted((name, repr(value)) for name, value in variant.items()))
