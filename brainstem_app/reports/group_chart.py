"""Volumes of a nucleus by group, one mark a person: the places that the page and the PDF both draw from.

Groups are told apart by their place, their name below and the form of their marks; colour only repeats it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from brainstem_app.counting import counted
from brainstem_app.evaluation.bootstrap import bootstrap_median
from brainstem_app.reports import digits
from brainstem_app.reports.chart import COLOURS, nice_ticks
from brainstem_app.reports.midsagittal import unit_of
from brainstem_app.reports.volumes_model import VolumesReport, VolumeSubject

WIDTH, HEIGHT = 220.0, 168.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 36.0, 4.0, 6.0, 32.0
RADIUS = 3.0
_ROW = 2 * RADIUS
#: Half of the widest cloud of marks and of the bar of the median, as shares of a group's column.
_CLOUD, _BAR = 0.36, 0.30
_MARGIN = 0.06
#: Marks of a picture, and of a group at least; of more people the outermost and some of the rest are drawn.
MOST_MARKS, LEAST_MARKS = 200, 30
#: Corners of each form of mark and the first one's direction; the circle has none.
_FORMS = ((0, 0.0), (3, -pi / 2), (4, pi / 4), (4, -pi / 2), (3, pi / 2), (6, 0.0))

Place = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """One person: place in the picture, and what to say of them."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Column:
    """One group.

    Attributes
    ----------
    name, label : str
        The group, and its name as it is written below the column.
    n : int
        Its people in whom the nucleus was found.
    x : float
        Middle of the column.
    half : float
        Half of the median's width.
    median : float or None
        Height of the median; None if there is nobody.
    interval : tuple of float or None
        Heights of both ends of its 95 % interval (bootstrap over the people); None for fewer than two.
    corners, turn : int, float
        Form of the marks.
    """

    name: str
    label: str
    n: int
    x: float
    half: float
    marks: tuple[Mark, ...]
    median: float | None
    interval: tuple[float, float] | None
    colour: str
    corners: int
    turn: float

    def form(self, mark: Mark) -> tuple[Place, ...]:
        """Corners of a mark; none for a circle."""
        size = 1.25 * RADIUS
        angles = [self.turn + 2 * pi * k / self.corners for k in range(self.corners)]
        return tuple((round(mark.x + size * cos(a), 2), round(mark.y + size * sin(a), 2)) for a in angles)


@dataclass(frozen=True)
class GroupChart:
    """One nucleus: its name, what the model says, the groups, and the marks of the vertical axis (mm³)."""

    title: str
    result: str
    description: str
    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, str], ...]

    #: Left, top, right and bottom of the field; width and height of the picture; radius of a mark.
    frame = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)
    size = (WIDTH, HEIGHT)
    radius = RADIUS


def group_charts(report: VolumesReport) -> list[GroupChart]:
    """Make a picture of every region, area and nucleus, with everyone who is in the model of the groups.

    Without groups all people are one. A nucleus that was found in nobody has no picture.
    """
    groups = _groups(report)
    found = {n: [s for s in report.modelled if s.volume_mm3.get(n) is not None] for n in _nuclei(report)}
    return [_chart(report, name, people, groups) for name, people in found.items() if people]


def _nuclei(report: VolumesReport) -> list[str]:
    if report.comparisons:
        first = report.comparisons[0]
        return [measured.name for measured in first.effects]
    return list(dict.fromkeys(name for subject in report.subjects for name in subject.z))


def _groups(report: VolumesReport) -> list[str | None]:
    if report.reference is None:
        return [None]
    return [report.reference, *(c.group for c in report.comparisons)]


def _chart(
    report: VolumesReport, name: str, people: Sequence[VolumeSubject], groups: Sequence[str | None]
) -> GroupChart:
    members = [[s for s in people if group is None or s.group == group] for group in groups]
    values = [[_volume(s, name) for s in own] for own in members]
    low, high = _range([value for own in values for value in own])

    def height(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low), 2)

    width = (WIDTH - _LEFT - _RIGHT) / len(groups)
    columns = []
    for k, (group, own, volumes) in enumerate(zip(groups, members, values, strict=True)):
        corners, turn = _FORMS[k % len(_FORMS)]
        middle = _LEFT + (k + 0.5) * width
        interval = bootstrap_median(volumes, np.random.default_rng(0)) if volumes else None
        columns.append(
            Column(
                name=group or "all people",
                label=_shortened(group or "all people", len(groups)),
                n=len(own),
                x=round(middle, 2),
                half=round(_BAR * width, 2),
                marks=tuple(_marks(_drawn(own, name, len(groups)), name, middle, _CLOUD * width, height)),
                median=height(float(np.median(volumes))) if volumes else None,
                interval=(height(interval.low), height(interval.high)) if interval else None,
                colour=COLOURS[k % len(COLOURS)],
                corners=corners,
                turn=turn,
            )
        )
    described = [
        f"{c.name}: {counted(c.n, 'person')}"
        + (f", median {digits.measure(float(np.median(v)), unit_of(name))} {unit_of(name)}" if v else "")
        for c, v in zip(columns, values, strict=True)
    ]
    return GroupChart(
        title=name,
        result=_result(report, name),
        description=f"{name}. {'; '.join(described)}.",
        columns=tuple(columns),
        ticks=tuple((height(value), f"{value:g}") for value in nice_ticks(low, high)),
    )


def _volume(subject: VolumeSubject, name: str) -> float:
    """Volume of a nucleus that was found, mm³."""
    volume = subject.volume_mm3[name]
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
    own: Sequence[VolumeSubject],
    name: str,
    middle: float,
    most: float,
    height: Callable[[float], float],
) -> Iterator[Mark]:
    """Place marks beside each other where they would lie on each other, around the middle of the column."""
    rows = Counter(round(height(_volume(s, name)) / _ROW) for s in own)
    step = min(_ROW, 2 * most / max(max(rows.values(), default=1) - 1, 1))
    filled: Counter[int] = Counter()
    for subject in own:
        volume = _volume(subject, name)
        y = height(volume)
        row = round(y / _ROW)
        place = filled[row]
        filled[row] += 1
        aside = step * (place - (rows[row] - 1) / 2)
        z = subject.z.get(name)
        score = "" if z is None else f", z {digits.signed(z, 1)}"
        value = f"{digits.measure(volume, unit_of(name))} {unit_of(name)}"
        yield Mark(round(middle + aside, 2), y, f"{subject.subject}: {value}{score}")


def _result(report: VolumesReport, name: str) -> str:
    """Say what the comparisons found of a nucleus, region or area; nothing without groups."""
    parts = []
    for comparison in report.comparisons:
        effect = next(n for n in comparison.effects if n.name == name)
        who = f"{comparison.group}: " if len(report.comparisons) > 1 else ""
        parts.append(f"{who}d {digits.signed(effect.d)}, p (Holm) {digits.p_value(effect.p_holm)}")
    return "; ".join(parts)


def _shortened(name: str, n_groups: int) -> str:
    """As much of a group's name as has room below its column."""
    most = max(6, 30 // n_groups)
    return name if len(name) <= most else f"{name[: most - 1]}…"
