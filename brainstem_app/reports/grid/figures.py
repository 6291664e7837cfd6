"""The charts of a comparison: results over a number or a category that varies, beside the paper, curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.engine.line_chart import Line, LineChart
from brainstem_app.reports.grid.paper import PaperResults
from brainstem_app.reports.grid.results import CellResult, setting_name, value_name
from brainstem_app.reports.grid.summary import VariantSummary

MEASURE_TITLES = {
    "all": "All classes",
    "tissue": "Grey and white matter",
    "nuclei": "Nuclei",
}
_SPREAD = 0.12


def charts_of_axis(
    axes: Mapping[str, tuple[Any, ...]], summaries: Sequence[VariantSummary]
) -> tuple[LineChart, ...]:
    """Figure 4: where a number varies, the results over it, one chart a measure, one line a combination."""
    numeric = [name for name, values in axes.items() if len(values) > 2 and all(map(_is_number, values))]
    if not numeric:
        return ()
    axis = numeric[0]
    groups = _grouped(summaries, axis)
    return tuple(
        LineChart(
            title=title,
            x_label=setting_name(axis),
            y_label="macro mIoU",
            lines=tuple(
                _line(label, _colour(i), members, axis, measure)
                for i, (label, members) in enumerate(groups.items())
            ),
        )
        for measure, title in MEASURE_TITLES.items()
    )


def charts_of_encoders(
    axes: Mapping[str, tuple[Any, ...]], summaries: Sequence[VariantSummary]
) -> tuple[LineChart, ...]:
    """Figure 5: where encoders vary, one chart a decoder, one colour a kind of weights."""
    encoders = axes.get("encoder", ())
    if len(encoders) < 2:
        return ()
    ticks = tuple((float(i), str(name)) for i, name in enumerate(encoders))
    place = {name: float(i) for i, name in enumerate(encoders)}
    charts = []
    for title, members in _grouped(summaries, "encoder", "encoder_weights").items():
        kinds = _grouped(members, "encoder", *(name for name in axes if name != "encoder_weights"))
        lines = [
            _dots(label, _colour(i), kind, place, (i - (len(kinds) - 1) / 2) * _SPREAD)
            for i, (label, kind) in enumerate(kinds.items())
        ]
        charts.append(LineChart(title or "Encoders", "", "macro mIoU, nuclei", tuple(lines), x_ticks=ticks))
    return tuple(charts)


def chart_beside_paper(
    summaries: Sequence[VariantSummary], settings: Mapping[str, Any], paper: PaperResults
) -> LineChart | None:
    """Our macro mIoU over the paper's, one dot a combination; None where fewer than two are in both."""
    groups: dict[str, list[tuple[float, float, float | None]]] = {}
    for summary in summaries:
        ours = summary.means.get("all")
        theirs = paper.result({**settings, **summary.variant})
        if ours is not None and theirs is not None:
            loss = value_name("loss", {**settings, **summary.variant}.get("loss"))
            groups.setdefault(loss, []).append((theirs[0], ours.value, ours.half))
    if sum(map(len, groups.values())) < 2:
        return None
    lines = tuple(
        Line(
            label=label,
            colour=_colour(i),
            points=tuple((x, y) for x, y, _ in points),
            ranges=tuple((x, y - half, y + half) for x, y, half in points if half is not None),
            joined=False,
        )
        for i, (label, points) in enumerate(groups.items())
    )
    return LineChart("", "macro mIoU in the paper", "macro mIoU here", lines, diagonal=True)


def curves(axes: Mapping[str, tuple[Any, ...]], cells: Sequence[CellResult]) -> tuple[LineChart, ...]:
    """Nuclei's mean IoU on the validation slices over the epochs: one chart a row, one line a cell."""
    rows = row_axis(axes)
    charts: dict[Any, list[Line]] = {value: [] for value in axes[rows]}
    given: dict[str, str] = {}
    for cell in cells:
        points = tuple(
            (float(p.epoch), p.val_nuclei_miou) for p in cell.curve if math.isfinite(p.val_nuclei_miou)
        )
        if not points:
            continue
        label = _label({k: v for k, v in cell.variant.items() if k != rows})
        colour = given.setdefault(label, _colour(len(given)))
        charts[cell.variant[rows]].append(Line(label, colour, points, thin=True))
    return tuple(
        LineChart(value_name(rows, value), "epoch", "nuclei, validation slices", tuple(lines))
        for value, lines in charts.items()
        if lines
    )


def row_axis(axes: Mapping[str, tuple[Any, ...]]) -> str:
    """Name the setting whose values are the rows of tables: the decoder if it varies, else the first."""
    return "decoder" if "decoder" in axes else next(iter(axes))


def _grouped(summaries: Sequence[VariantSummary], *without: str) -> dict[str, list[VariantSummary]]:
    groups: dict[str, list[VariantSummary]] = {}
    for summary in summaries:
        label = _label({k: v for k, v in summary.variant.items() if k not in without})
        groups.setdefault(label, []).append(summary)
    return groups


def _label(variant: Mapping[str, Any]) -> str:
    words = []
    for axis, value in variant.items():
        word = value_name(axis, value)
        words.append(
            word if isinstance(value, str) or axis == "encoder_weights" else f"{setting_name(axis)} {word}"
        )
    return ", ".join(words)


def _line(label: str, colour: str, members: list[VariantSummary], axis: str, measure: str) -> Line:
    there = [(float(s.variant[axis]), s.means[measure]) for s in members if measure in s.means]
    return Line(
        label=label,
        colour=colour,
        points=tuple((x, mean.value) for x, mean in there),
        ranges=tuple((x, m.value - m.half, m.value + m.half) for x, m in there if m.half is not None),
    )


def _dots(
    label: str, colour: str, members: list[VariantSummary], place: Mapping[Any, float], shift: float
) -> Line:
    there = [(place[s.variant["encoder"]] + shift, s.means["nuclei"]) for s in members if "nuclei" in s.means]
    return Line(
        label=label,
        colour=colour,
        points=tuple((x, mean.value) for x, mean in there),
        ranges=tuple((x, m.value - m.half, m.value + m.half) for x, m in there if m.half is not None),
        joined=False,
    )


def _colour(number: int) -> str:
    every = colours()
    return every[number % len(every)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
