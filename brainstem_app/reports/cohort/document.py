"""Blocks of the report of a cohort, and its methods in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil

from brainstem_app.counting import counted
from brainstem_app.evaluation.linear_model import FAR, LEAST_DEGREES
from brainstem_app.reports.cohort.group_chart import LEAST_MARKS, MOST_MARKS, group_charts
from brainstem_app.reports.cohort.model import CohortReport, GroupComparison, VolumeEffect, VolumeSubject
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
    rows_of,
)
from brainstem_app.reports.engine.columns import (
    Cell,
    Column,
    IntervalPlot,
    Mark,
    below_five,
    between,
    count,
    grade,
    signed1,
)
from brainstem_app.reports.scan.methods import PROGRAM
from brainstem_app.reports.scan.model import reliability_text, unseen_mark

#: Nuclei a table of z-scores shows side by side; that many fit on a printed page.
_SIDE_BY_SIDE = 16
#: Subjects that a table of z-scores shows: of more, those that lie farthest out.
MOST_SCORED = 200
_CAUTION = (
    "A difference between groups can come from the scanner, the head's movement or the model as well as from "
    "the anatomy; scan the groups alike. A volume of a nucleus that cannot be seen on the scan mostly "
    "follows the size of what surrounds it."
)


def cohort_document(report: CohortReport) -> Document:
    """Choose and word what a reader sees of a report."""
    measured = any(n.change_seen is not None for c in report.comparisons for n in c.nuclei)
    blocks: list[Block] = cautions(report.notes, f"{_CAUTION} {report.limits}")
    for comparison in report.comparisons:
        n = counted(comparison.n, "subject")
        title = f"{comparison.group} ({n}) against {report.reference} ({comparison.reference_n})"
        groups = (comparison.regions, comparison.areas, comparison.nuclei)
        blocks += [
            Heading(title),
            Table(_effect_columns(report, comparison), groups),
            Paragraph(_comparison_note(report, comparison), "small"),
        ]
    if report.comparisons:
        blocks.append(grades(reliability_text(measured)))
    if charts := group_charts(report):
        blocks += [
            Heading("Each subject, by group" if report.group else "Each subject", "plots"),
            Paragraph(charts_note(report), "small"),
            charts,
        ]
    blocks += _scores(report)
    blocks += [*methods(report.methods), *repeat(report.command)]
    title = _title(report)
    return Document(
        title=title,
        kind="Volumes of nuclei in many people",
        headline=title,
        about=_about(report),
        created=report.created,
        blocks=tuple(blocks),
    )


def _effect_columns(report: CohortReport, comparison: GroupComparison) -> tuple[Column[VolumeEffect], ...]:
    group, reference, reach = comparison.group, str(report.reference), reach_of_effects(comparison)
    return (
        Column("Structure", lambda e: Cell(e.name + unseen_mark(e), below=e.full_name)),
        Column("Name", lambda e: e.full_name, align="words", where="paper"),
        Column("Reliability", lambda e: e.reliability, format=grade, align="centre"),
        Column(group, lambda e: formatting.measure(e.mean_mm3, e.unit), "mean mm³"),
        Column(reference, lambda e: formatting.measure(e.reference_mean_mm3, e.unit), "mean mm³"),
        Column(
            "Difference",
            _difference,
            "adjusted, mm³, 95 % interval",
        ),
        Column("d", lambda e: e.d, "adjusted", formatting.signed),
        Column(f"−{reach} to {reach}", lambda e: Cell(plot=_plot(e, reach)), align="words", where="screen"),
        Column("p", lambda e: e.p, format=formatting.p_value),
        Column("p", lambda e: e.p_holm, "Holm", formatting.p_value, lambda e: below_five(e.p_holm)),
        Column("n", lambda e: f"{e.n} / {e.reference_n}", f"{group} / {reference}"),
        Column("Not found", lambda e: e.not_found + e.reference_not_found, "in both groups", count),
    )


def _difference(effect: VolumeEffect) -> Cell:
    write = partial(formatting.difference, of=effect.reference_mean_mm3)
    return between(effect.difference_mm3, effect.low_mm3, effect.high_mm3, write)


def _plot(effect: VolumeEffect, reach: int) -> IntervalPlot:
    low, high = effect.d_low, effect.d_high
    interval = None if low is None or high is None else (low, high)
    return IntervalPlot(effect.d, interval, ends=(-reach, reach))


def reach_of_effects(comparison: GroupComparison) -> int:
    """Say how far the scale of d reaches, so that all intervals of a table are whole on it."""
    ends = [abs(e) for effect in comparison.effects for e in (effect.d_low, effect.d_high) if e is not None]
    return max(1, ceil(max(ends, default=1)))


def _comparison_note(report: CohortReport, comparison: GroupComparison) -> str:
    """How the table of one comparison was made."""
    adjusted = f"adjusted for {', '.join(report.covariates)}" if report.covariates else "not adjusted"
    n = len(report.comparisons)
    every = f" and all {n} comparisons" if n > 1 else ""
    return (
        f"Linear model by ordinary least squares, {adjusted}; {comparison.degrees} degrees of freedom. d: "
        "adjusted difference in standard deviations of the residuals. p: two-sided t-test; Holm: corrected "
        f"over all nuclei{every}{_regions(comparison)}. A nucleus that was not found is missing: n says in "
        "how many it was found, over whom all of its numbers are taken; the degrees of freedom are those of "
        "one found in everyone."
    )


def _regions(comparison: GroupComparison) -> str:
    apart = [*(["regions"] if comparison.regions else []), *(["areas"] if comparison.areas else [])]
    areas = ". Areas on the midsagittal plane are in mm², their ratio in %" if comparison.areas else ""
    return (f", {' and '.join(apart)} apart from them" if apart else "") + areas


def _scores(report: CohortReport) -> list[Block]:
    """Tables of z-scores, as many nuclei side by side as there is room for."""
    scored = farthest([subject for subject in report.subjects if subject.z])
    names = tuple(scored[0].z) if scored else ()
    if not names:
        return []
    others = report.reference if report.reference is not None else "all others"
    who: list[Column[VolumeSubject]] = [Column("Subject", lambda s: s.subject)]
    if report.group:
        who.append(Column(report.group, lambda s: s.group or "", align="centre"))
    tables = [
        Table((*who, *map(_score_column, names[at : at + _SIDE_BY_SIDE])), rows_of(scored), "scores")
        for at in range(0, len(names), _SIDE_BY_SIDE)
    ]
    return [
        Heading(f"Each subject against {others}: z-scores", "subjects"),
        Paragraph(scores_note(report), "small"),
        *tables,
    ]


def _score_column(name: str) -> Column[VolumeSubject]:
    return Column(name, partial(_score, name), format=signed1, mark=partial(_far, name))


def _score(name: str, subject: VolumeSubject) -> float | None:
    return subject.z[name]


def _far(name: str, subject: VolumeSubject) -> Mark:
    z = subject.z[name]
    return "bad" if z is not None and abs(z) >= FAR else ""


def farthest(scored: Sequence[VolumeSubject]) -> tuple[VolumeSubject, ...]:
    """Return those with the largest z-scores, in their own order; all if they are few."""
    if len(scored) <= MOST_SCORED:
        return tuple(scored)

    def far(k: int) -> float:
        return max((abs(z) for z in scored[k].z.values() if z is not None), default=0.0)

    chosen = sorted(range(len(scored)), key=lambda k: (-far(k), k))[:MOST_SCORED]
    return tuple(scored[k] for k in sorted(chosen))


def _title(report: CohortReport) -> str:
    if report.group is None:
        return _size(report)
    groups = ", ".join(comparison.group for comparison in report.comparisons)
    return f"{report.group}: {groups} against {report.reference}"


def _about(report: CohortReport) -> str:
    parts = [formatting.moment(report.created), _size(report), f"atlas {report.atlas}"]
    if report.models:
        parts.append(f"model {', '.join(report.models)}")
    return " · ".join(parts)


def _size(report: CohortReport) -> str:
    """How many subjects there are, and how many of them are in the models."""
    n, used = len(report.subjects), len(report.modelled)
    return counted(n, "subject") + (f", {used} of them in the models" if used < n else "")


def charts_note(report: CohortReport) -> str:
    """Say what the charts of the groups show."""
    adjusted = ", not adjusted as the numbers above the picture are" if report.covariates else ""
    who = f"each mark is a person whose {report.group} is known" if report.group else "each mark is a person"
    drawn = max(LEAST_MARKS, MOST_MARKS // (1 + len(report.comparisons)))
    many = ""
    if len(report.modelled) > drawn:
        many = f" Of a group of more than {drawn}, so many are drawn: the outermost, and even steps between."
    also = " and the covariates are" if report.group and report.covariates else ""
    return (
        f"Volume in mm³ (areas in mm², ratios in %) as measured{adjusted}; {who}{also}. Line: median; grey: "
        f"its 95 % interval (bootstrap over people). The axes do not begin at 0.{many}"
    )


def scores_note(report: CohortReport) -> str:
    """Say what the z-scores are, and of whom there are none."""
    predict = "the reference group predicts" if report.reference is not None else "the others predict"
    given = f" for the subject's {', '.join(report.covariates)}" if report.covariates else ""
    n = sum(bool(subject.z) for subject in report.subjects)
    shown = f" Shown are the {MOST_SCORED} of {n} subjects that lie farthest out; all are in zscores.csv."
    return (
        f"How far the volume lies from what {predict}{given}, in standard deviations of such a prediction; a "
        "subject of the reference group is compared with the others of it. Marked, bold: "
        f"{FAR:g} or more. In a small group these are wider than z-scores of a large one; with fewer than "
        f"{LEAST_DEGREES} degrees of freedom left there are none.{shown if n > MOST_SCORED else ''}"
    )


def cohort_methods(report: CohortReport) -> str:
    """Paragraph to paste into a methods section, after the one of the segmentation itself."""
    sentences = [_people(report)]
    if report.comparisons:
        sentences += _comparisons(report)
    if any(subject.z for subject in report.subjects):
        sentences.append(_scores_in_words(report))
    sentences.append("A nucleus that was not found was left out as missing.")
    return " ".join(sentences)


def _people(report: CohortReport) -> str:
    model = f"the model {', '.join(report.models)} and " if report.models else ""
    sizes = {c.group: c.n for c in report.comparisons}
    if report.comparisons:
        sizes[str(report.reference)] = report.comparisons[0].reference_n
    groups = f" ({', '.join(f'{group}: {n}' for group, n in sizes.items())})" if sizes else ""
    n = counted(len(report.modelled), "person")
    return (
        f"Volumes of the nuclei of the brainstem of {n}{groups} were measured on T1-weighted scans "
        f"with {PROGRAM}, with {model}the atlas {report.atlas}."
    )


def _comparisons(report: CohortReport) -> list[str]:
    tests = sum(len(c.nuclei) for c in report.comparisons)
    of_regions = sum(len(c.regions) for c in report.comparisons)
    of_areas = sum(len(c.areas) for c in report.comparisons)
    apart = f", apart from the {of_regions} tests of regions" if of_regions else ""
    apart += f" and the {of_areas} of midsagittal areas" if of_areas else ""
    each = "region of the brainstem and of each nucleus" if of_regions else "nucleus"
    each += ", and the midsagittal areas of midbrain and pons and their ratio," if of_areas else ""
    on = f"group, {', '.join(report.covariates)}" if report.covariates else "group"
    adjusted = "adjusted " if report.covariates else ""
    return [
        f"The volume of each {each} was compared between the groups by a linear model on "
        f"{on} (ordinary least squares).",
        f"The {adjusted}difference from the group {report.reference} is given in its unit with its 95 % "
        "interval, and as Cohen's d, in standard deviations of the residuals; its two-sided t-test was "
        f"corrected over all {tests} tests by Holm's method{apart}.",
    ]


def _scores_in_words(report: CohortReport) -> str:
    others = f"the group {report.reference}" if report.reference is not None else "all others"
    given = f", given {', '.join(report.covariates)}" if report.covariates else ""
    return (
        f"The z-score of a person is the distance of a volume from what {others} predicted{given}, the "
        "person left out, in standard deviations of that prediction."
    )
