"""Volumes of a nucleus by group, one mark a person, drawn.

Groups are told apart by their place, their name below and the form of their marks; colour only repeats it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.counting import counted
from brainstem_app.evaluation.bootstrap import bootstrap_median
from brainstem_app.reports.cohort.model import CohortReport, VolumeSubject
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import Chart, Charts
from brainstem_app.reports.engine.drawing import INK, SOFT, TOLD, Canvas, chart_style, colours
from brainstem_app.reports.scan.midsagittal import measure_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Of the picture, and from its edges to the field: left, right, below, above; inches.
_SIZE = (2.2, 1.68)
_MARGINS = (0.36, 0.04, 0.32, 0.06)
_ACROSS = 4
#: Width and height of a mark, as shares of the picture's field.
_MARK_WIDE, _MARK_HIGH = 0.033, 0.046
#: Half of the widest cloud of marks and of the bar of the median, as shares of a group's column.
_CLOUD, _BAR = 0.36, 0.30
_MARGIN = 0.06
#: Marks of a picture, and of a group at least; of more people the outermost and some of the rest are drawn.
MOST_MARKS, LEAST_MARKS = 200, 30
#: Forms of marks, as matplotlib names them.
_FORMS = ("o", "^", "s", "D", "v", "h")


@dataclass(frozen=True)
class Mark:
    """One person: place beside the middle of the group's column (shares of it), volume, and words."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class GroupColumn:
    """One group.

    Attributes
    ----------
    name, label : str
        The group, and its name as it is written below the column.
    n : int
        Its people in whom the nucleus was found.
    median : float or None
        None if there is nobody.
    interval : tuple of float or None
        Ends of its 95 % interval (bootstrap over the people); None for fewer than two.
    form, colour : str
        Of the marks.
    """

    name: str
    label: str
    n: int
    marks: tuple[Mark, ...]
    median: float | None
    interval: tuple[float, float] | None
    form: str
    colour: str


@dataclass(frozen=True)
class GroupChart:
    """One nucleus: its name, what the model says, the groups, and the ends of the vertical axis (mm³)."""

    title: str
    result: str
    description: str
    columns: tuple[GroupColumn, ...]
    ends: tuple[float, float]


def group_charts(report: CohortReport) -> Charts | None:
    """Draw a picture of every region, area and nucleus; None if there is none."""
    charts = charted_groups(report)
    with chart_style():
        canvas = Canvas(_SIZE, _MARGINS)
        made = tuple(Chart(_drawn_chart(c, canvas), c.title, c.description, c.result) for c in charts)
    return Charts(made, _ACROSS) if made else None


def _drawn_chart(chart: GroupChart, canvas: Canvas) -> str:
    told = [mark.text for column in chart.columns for mark in column.marks]
    return canvas.drawn(lambda axes: _draw(axes, chart), told)


def _draw(axes: Axes, chart: GroupChart) -> None:
    axes.set_xlim(-0.5, len(chart.columns) - 0.5)
    axes.set_ylim(*chart.ends)
    for at, column in enumerate(chart.columns):
        bar = (at - _BAR, at + _BAR)
        if column.interval:
            axes.fill_between(bar, *column.interval, color=SOFT, alpha=0.22, linewidth=0)
        if column.marks:
            axes.plot(
                [at + mark.x for mark in column.marks],
                [mark.y for mark in column.marks],
                linestyle="none",
                marker=column.form,
                markersize=3.6,
                markerfacecolor=(column.colour, 0.55),
                markeredgecolor=column.colour,
                markeredgewidth=0.5,
                gid=TOLD,
                clip_on=False,
            )
        if column.median is not None:
            axes.plot(bar, (column.median, column.median), color=INK, linewidth=1.4, solid_capstyle="butt")
    axes.locator_params(axis="y", nbins=5)
    labels = [f"{column.label}\nn = {column.n}" for column in chart.columns]
    axes.set_xticks(range(len(labels)), labels)


def charted_groups(report: CohortReport) -> list[GroupChart]:
    """Choose what to draw of every region, area and nucleus, with everyone who is in the model of the groups.

    Without groups all people are one. A nucleus that was found in nobody has no picture.
    """
    groups = _groups(report)
    found = {n: [s for s in report.modelled if s.compared(n) is not None] for n in _nuclei(report)}
    return [_chart(report, name, people, groups) for name, people in found.items() if people]


def _nuclei(report: CohortReport) -> list[str]:
    if report.comparisons:
        first = report.comparisons[0]
        return [measured.name for measured in first.effects]
    return list(dict.fromkeys(name for subject in report.subjects for name in subject.z))


def _groups(report: CohortReport) -> list[str | None]:
    return list(report.groups) or [None]


def _chart(
    report: CohortReport, name: str, people: Sequence[VolumeSubject], groups: Sequence[str | None]
) -> GroupChart:
    members = [[s for s in people if group is None or s.group == group] for group in groups]
    values = [[_volume(s, name) for s in own] for own in members]
    ends = _range([value for own in values for value in own])
    columns = []
    for k, (group, own, volumes) in enumerate(zip(groups, members, values, strict=True)):
        interval = bootstrap_median(volumes, np.random.default_rng(0)) if volumes else None
        columns.append(
            GroupColumn(
                name=group or "all people",
                label=_shortened(group or "all people", len(groups)),
                n=len(own),
                marks=tuple(_marks(report, _drawn(own, name, len(groups)), name, ends)),
                median=float(np.median(volumes)) if volumes else None,
                interval=(interval.low, interval.high) if interval else None,
                form=_FORMS[k % len(_FORMS)],
                colour=colours()[k % len(colours())],
            )
        )
    unit = report.unit_of(name)
    described = [
        f"{c.name}: {counted(c.n, 'person')}"
        + (f", median {formatting.measure(float(np.median(v)), unit)} {unit}" if v else "")
        for c, v in zip(columns, values, strict=True)
    ]
    return GroupChart(
        title=measure_words(name),
        result=_result(report, name),
        description=f"{measure_words(name)}. {'; '.join(described)}.",
        columns=tuple(columns),
        ends=ends,
    )


def _volume(subject: VolumeSubject, name: str) -> float:
    """Volume of a nucleus that was found, mm³."""
    volume = subject.compared(name)
    if volume is None:
        raise ValueError(f"{name} was not found in {subject.subject}")
    return volume


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = _MARGIN * (high - low) or 0.5
    return max(0.0, low - margin) if low >= 0 else low - margin, high + margin


def _drawn(own: Sequence[VolumeSubject], name: str, n_groups: int) -> list[VolumeSubject]:
    """Choose who has a mark: all of a small group; of a large one the outer fifth, and even steps between."""
    most = max(LEAST_MARKS, MOST_MARKS // n_groups)
    if len(own) <= most:
        return list(own)
    ranked = sorted(range(len(own)), key=lambda k: (_volume(own[k], name), k))
    outer = most // 10
    inner = ranked[outer : len(ranked) - outer]
    steps = np.linspace(0, len(inner) - 1, most - 2 * outer).round().astype(int)
    chosen = {*ranked[:outer], *ranked[len(ranked) - outer :], *(inner[step] for step in steps)}
    return [subject for k, subject in enumerate(own) if k in chosen]


def _marks(
    report: CohortReport, own: Sequence[VolumeSubject], name: str, ends: tuple[float, float]
) -> Iterator[Mark]:
    """Place marks beside each other where they would lie on each other, around the middle of the column."""
    unit, n_groups = report.unit_of(name), len(_groups(report))
    high = _MARK_HIGH * (ends[1] - ends[0])
    rows = Counter(round(_volume(s, name) / high) for s in own)
    step = min(_MARK_WIDE * n_groups, 2 * _CLOUD / max(max(rows.values(), default=1) - 1, 1))
    filled: Counter[int] = Counter()
    for subject in own:
        volume = _volume(subject, name)
        row = round(volume / high)
        aside = step * (filled[row] - (rows[row] - 1) / 2)
        filled[row] += 1
        z = subject.z.get(name)
        score = "" if z is None else f", z {formatting.signed(z, 1)}"
        value = f"{formatting.measure(volume, unit)} {unit}"
        yield Mark(aside, volume, f"{subject.subject}: {value}{score}")


def _result(report: CohortReport, name: str) -> str:
    """Say what the comparisons found of a nucleus, region or area; nothing without groups."""
    parts = []
    for comparison in report.comparisons:
        effect = next(n for n in comparison.effects if n.name == name)
        against = "" if comparison.reference in ("", report.reference) else f" − {comparison.reference}"
        who = f"{comparison.group}{against}: " if len(report.comparisons) > 1 or against else ""
        parts.append(f"{who}d {formatting.signed(effect.d)}, p (Holm) {formatting.p_value(effect.p_holm)}")
    return "; ".join(parts)


def _shortened(name: str, n_groups: int) -> str:
    """As much of a group's name as has room below its column."""
    most = max(6, 30 // n_groups)
    return name if len(name) <= most else f"{name[: most - 1]}…"
