"""Blocks of the report on repeated scans, and its methods in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from brainstem_app.counting import counted
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import (
    Block,
    Document,
    Heading,
    Paragraph,
    Table,
    cautions,
    grades,
    methods,
    repeat,
)
from brainstem_app.reports.engine.columns import Cell, Column, between, count, grade
from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.engine.line_chart import Line, LineChart, line_charts
from brainstem_app.reports.retest.model import RetestEntry, RetestReport
from brainstem_app.reports.scan.methods import PROGRAM
from brainstem_app.reports.scan.midsagittal import measure_words
from brainstem_app.reports.scan.model import reliability_text, unseen_mark

_CAUTION = "A volume that repeats itself need not be right: the same fault in both results goes unseen."
_NUMBERS_NOTE = (
    "Bias and limits of agreement: Bland and Altman 1986; the limits are bias ± 1.96 standard deviations "
    "of the differences. Variation: within-subject coefficient of variation, root mean square over "
    "subjects of the within-subject standard deviation by the mean (Quan and Shih 1996). Change: mean "
    "size of the difference by the mean of both. Repeats within: repeatability coefficient, 1.96 · √2 · "
    "within-subject standard deviation; two results of one subject differ by less in 95 %. ICC: two-way, "
    "single measurements, agreement (A,1) and consistency (C,1), McGraw and Wong 1996; it depends on how "
    "much the subjects differ among themselves. n: subjects in whom the nucleus was found twice, over whom "
    "all of this is taken. Lost: results in which it was not found; it is missing there, not 0 mm³. All "
    "nuclei: subjects in whom each was found."
)
_AREAS_NOTE = " Areas on the midsagittal plane are in mm², their ratio in %."
_ACROSS = 3


def retest_document(report: RetestReport, *, draw: bool = True) -> Document:
    """Choose and word what a reader sees of a report; without `draw`, but for its charts."""
    n = counted(len(report.subjects), "subject")
    about = [formatting.moment(report.created), f"atlas {report.atlas}"]
    about += [f"model {report.model}"] if report.model else []
    measured = any(nucleus.change_seen is not None for nucleus in report.nuclei)
    blocks: list[Block] = [
        *cautions(report.notes, f"{_CAUTION} {report.limits}"),
        Heading("How well each volume repeats itself", "structures"),
        Table(_columns(report), (report.regions, report.areas, report.nuclei, report.totals), "dense"),
        Paragraph(_NUMBERS_NOTE + (_AREAS_NOTE if report.areas else ""), "small"),
        grades(reliability_text(measured)),
    ]
    charts = [bland_altman_chart(report, entry) for entry in report.measured if draw and entry.n]
    if charts:
        blocks += [Heading("Difference against mean", "plots"), line_charts(charts, _ACROSS)]
    blocks += [*methods(retest_methods(report)), *repeat(report.command)]
    return Document(
        title=f"Repeated volumes of {n}",
        kind="Volumes of nuclei, measured twice",
        headline=f"{n}, two results each",
        about=" · ".join(about),
        created=report.created,
        blocks=tuple(blocks),
    )


def _columns(report: RetestReport) -> tuple[Column[RetestEntry], ...]:
    widest = max((entry.within_cv or 0 for entry in report.measured), default=0) or 1

    def of(field: str) -> Callable[[RetestEntry], str]:
        return lambda e: formatting.measure(getattr(e, field), e.unit)

    return (
        Column("Structure", lambda e: Cell(_structure(e), below=e.full_name)),
        Column("Reliability", lambda e: e.reliability, format=grade, align="centre"),
        Column("First", of("first_mm3"), "mean mm³"),
        Column("Second", of("second_mm3"), "mean mm³"),
        Column(
            "Bias",
            lambda e: between(e.bias_mm3, e.bias_low_mm3, e.bias_high_mm3, _difference(e)),
            "second − first, mm³, 95 % interval",
        ),
        Column("Limits", _limits, "of agreement, 95 %, mm³"),
        Column(
            "Variation",
            lambda e: Cell(_percent(e.within_cv), bar=(e.within_cv or 0) / widest, number=e.within_cv),
            "within a subject",
        ),
        Column("Change", lambda e: e.absolute_change, "mean size", _percent),
        Column("Repeats", of("repeatability_mm3"), "within, mm³"),
        Column(
            "ICC(A,1)",
            lambda e: between(e.icc_agreement, e.icc_agreement_low, e.icc_agreement_high, _icc),
            "95 % interval",
        ),
        Column(
            "ICC(C,1)",
            lambda e: between(e.icc_consistency, e.icc_consistency_low, e.icc_consistency_high, _icc),
            "95 % interval",
        ),
        Column("n", lambda e: e.n),
        Column("Lost", _lost, "first / second"),
    )


def _structure(entry: RetestEntry) -> str:
    return measure_words(entry.name, with_unit=True) + unseen_mark(entry)


def _limits(entry: RetestEntry) -> str:
    if entry.limit_low_mm3 is None:
        return formatting.MISSING
    write = _difference(entry)
    return f"{write(entry.limit_low_mm3)} to {write(entry.limit_high_mm3)}"


def _difference(entry: RetestEntry) -> Callable[[float | None], str]:
    """How differences of an entry's volumes are written."""
    return partial(formatting.difference, of=entry.first_mm3)


def _percent(value: float | None) -> str:
    return formatting.MISSING if value is None else f"{100 * value:.1f} %"


def _icc(value: float | None) -> str:
    return formatting.signed(value).replace("+", "")


def _lost(entry: RetestEntry) -> Cell:
    lost = entry.not_found_first + entry.not_found_second
    return count(lost, f"{entry.not_found_first} / {entry.not_found_second}")


def bland_altman_chart(report: RetestReport, entry: RetestEntry) -> LineChart:
    """Difference of both volumes of a nucleus against their mean, with bias and limits of agreement."""
    pairs = [(s.first_mm3.get(entry.name), s.second_mm3.get(entry.name)) for s in report.subjects]
    points = tuple(
        (round((a + b) / 2, 3), round(b - a, 3)) for a, b in pairs if a is not None and b is not None
    )
    dots, limits, bias = colours()[:3]
    lines = [Line("a subject", dots, points, joined=False)]
    ends = min(x for x, _ in points), max(x for x, _ in points)
    if ends[0] < ends[1]:
        levels = [("bias", bias, entry.bias_mm3)]
        levels += [
            ("95 % limits of agreement", limits, limit)
            for limit in (entry.limit_low_mm3, entry.limit_high_mm3)
        ]
        lines += [
            Line(label, colour, tuple((x, level) for x in ends), thin=True)
            for label, colour, level in levels
            if level is not None
        ]
    name = measure_words(entry.name)
    title = f"{name}: {entry.full_name}" if entry.full_name else name
    unit = entry.unit
    return LineChart(
        title, f"mean, {unit}", f"second − first, {unit}", tuple(lines), least=-math.inf, most=math.inf
    )


def retest_methods(report: RetestReport) -> str:
    """Paragraph to paste into a methods section, after the one of the segmentation itself."""
    n = len(report.subjects)
    model = f"the model {report.model} and " if report.model else ""
    return (
        f"Volumes of the nuclei of the brainstem of {counted(n, 'person')} were measured twice on "
        f"T1-weighted scans with {PROGRAM}, with {model}the atlas {report.atlas}. The bias is the mean "
        "difference, second minus first, with its 95 % interval by Student's t; the limits of agreement are "
        "the bias ± 1.96 standard deviations of the differences (Bland and Altman 1986). The within-subject "
        "coefficient of variation is the root mean square over people of the within-subject standard "
        "deviation by the mean (Quan and Shih 1996), and the repeatability coefficient 1.96 · √2 times the "
        "within-subject standard deviation. Intraclass correlations are of single measurements in a two-way "
        "model, for agreement, ICC(A,1), and for consistency, ICC(C,1), with their 95 % intervals (McGraw "
        "and Wong 1996). A nucleus that was not found was left out as missing."
    )
