"""Blocks of the report of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil

from brainstem_app.counting import counted
from brainstem_app.evaluation.linear_model import FAR, LEAST_DEGREES
from brainstem_app.reports.change.model import A_YEAR
from brainstem_app.reports.cohort.group_chart import LEAST_MARKS, MOST_MARKS, group_charts
from brainstem_app.reports.cohort.model import (
    CohortReport,
    GroupComparison,
    SavedReference,
    VolumeEffect,
    VolumeSubject,
)
from brainstem_app.reports.cohort.who_is_in import who_is_in
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
from brainstem_app.reports.scan.midsagittal import measure_words
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


def cohort_document(report: CohortReport, *, draw: bool = True) -> Document:
    """Choose and word what a reader sees of a report; without `draw`, but for its charts."""
    measured = any(n.change_seen is not None for c in report.comparisons for n in c.nuclei)
    blocks: list[Block] = cautions(report.notes, f"{_CAUTION} {report.limits}")
    for comparison in report.comparisons:
        n = counted(comparison.n, "subject")
        reference = reference_of(report, comparison)
        title = f"{comparison.group} ({n}) against {reference} ({comparison.reference_n})"
        groups = (comparison.regions, comparison.areas, comparison.nuclei)
        blocks += [
            Heading(title),
            Table(_effect_columns(report, comparison), groups, "dense"),
            Paragraph(_comparison_note(report, comparison), "small"),
        ]
    if report.comparisons:
        blocks.append(grades(reliability_text(measured)))
    if draw and (charts := group_charts(report)):
        blocks += [
            Heading("Each subject, by group" if report.group else "Each subject", "plots"),
            Paragraph(charts_note(report), "small"),
            charts,
        ]
    blocks += _scores(report)
    blocks += who_is_in(report)
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


def reference_of(report: CohortReport, comparison: GroupComparison) -> str:
    """Say what a comparison is with."""
    return comparison.reference or str(report.reference)


def _effect_columns(report: CohortReport, comparison: GroupComparison) -> tuple[Column[VolumeEffect], ...]:
    group, reference = comparison.group, reference_of(report, comparison)
    reach, unit = reach_of_effects(comparison), unit_of(comparison)
    adjusted = "adjusted, " if report.covariates else ""
    means = [
        f"mean of the groups, {unit}" if len(side) > 1 else f"mean {unit}"
        for side in (comparison.groups, comparison.reference_groups)
    ]
    return (
        Column("Structure", lambda e: Cell(_structure(e), below=e.full_name)),
        Column("Name", lambda e: e.full_name, align="words", where="paper"),
        Column("Reliability", lambda e: e.reliability, format=grade, align="centre"),
        Column(group, lambda e: formatting.measure(e.mean_mm3, e.unit), means[0]),
        Column(reference, lambda e: formatting.measure(e.reference_mean_mm3, e.unit), means[1]),
        Column(
            "Difference",
            _difference,
            f"{adjusted}{unit}, 95 % interval",
        ),
        Column("d", lambda e: e.d, "adjusted" if adjusted else "", formatting.signed),
        Column(
            f"−{reach} to {reach}",
            lambda e: Cell(plot=_plot(e, reach), number=e.d),
            align="words",
            where="screen",
        ),
        Column("p", lambda e: e.p, format=formatting.p_value),
        Column("p", lambda e: e.p_holm, "Holm", formatting.p_value, lambda e: below_five(e.p_holm)),
        Column("p", lambda e: e.p_fdr, "FDR", formatting.p_value, lambda e: below_five(e.p_fdr)),
        Column("n", lambda e: f"{e.n} / {e.reference_n}", f"{group} / {reference}"),
        Column("Not found", lambda e: e.not_found + e.reference_not_found, "in both groups", count),
    )


def _structure(effect: VolumeEffect) -> str:
    return measure_words(effect.name, with_unit=True) + unseen_mark(effect)


def unit_of(comparison: GroupComparison) -> str:
    """Say what the numbers of a comparison are in: that of the nuclei; areas and ratios have their own."""
    return comparison.nuclei[0].unit if comparison.nuclei else "mm³"


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
        "that difference in standard deviations of the residuals. p: two-sided t-test; Holm: corrected "
        f"over all nuclei{every}{_regions(comparison)}, so that even one false finding among them is rare; "
        "FDR: over the same by Benjamini and Hochberg, so that of those below .05 one in twenty is expected "
        "to be false. A nucleus that was not found is missing: n says in how many it was found"
        f"{_aside(report)}, over whom all of its numbers are taken{_least(report)}; the degrees of freedom "
        f"are those of one found in everyone.{_together(comparison)}"
    )


def _aside(report: CohortReport) -> str:
    return ", without those left out for the sake of their site" if report.sites else ""


def _least(report: CohortReport) -> str:
    return f", and of fewer than {report.least} of a group there are none" if report.least else ""


def _together(comparison: GroupComparison) -> str:
    """How groups that stand on one side are taken together."""
    sides = ((comparison.group, comparison.groups), (comparison.reference, comparison.reference_groups))
    told = [f"{name} is {' and '.join(groups)}" for name, groups in sides if len(groups) > 1]
    if not told:
        return ""
    return f" Taken together, each group with the same weight whatever its size: {'; '.join(told)}."


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
    others = _others(report, "all others")
    blocks: list[Block] = [
        Heading(f"Each subject against {others}: z-scores", "subjects"),
        Paragraph(scores_note(report), "small"),
        *_by_name(report, scored, [_score_column(name) for name in names]),
    ]
    if report.against is not None:
        blocks.append(Heading(f"Centiles of {others}"))
        blocks += _by_name(report, scored, [_centile_column(name) for name in names])
    return blocks


def _by_name(
    report: CohortReport, scored: Sequence[VolumeSubject], columns: Sequence[Column[VolumeSubject]]
) -> list[Table]:
    """Tables of who it is and of as many of these columns as there is room for."""
    who: list[Column[VolumeSubject]] = [Column("Subject", lambda s: s.subject)]
    if report.group:
        who.append(Column(report.group, lambda s: s.group or "", align="centre"))
    return [
        Table((*who, *columns[at : at + _SIDE_BY_SIDE]), rows_of(scored), "scores")
        for at in range(0, len(columns), _SIDE_BY_SIDE)
    ]


def _others(report: CohortReport, everybody: str) -> str:
    """Whom people are set against."""
    if report.against is not None:
        return f"the saved reference group “{report.against.name}”"
    return everybody if report.reference is None else report.reference


def _score_column(name: str) -> Column[VolumeSubject]:
    return Column(measure_words(name), partial(_score, name), format=signed1, mark=partial(_far, name))


def _score(name: str, subject: VolumeSubject) -> float | None:
    return subject.z.get(name)


def _centile_column(name: str) -> Column[VolumeSubject]:
    return Column(
        measure_words(name), lambda s: s.centile.get(name), format=partial(formatting.ratio, decimals=0)
    )


def _far(name: str, subject: VolumeSubject) -> Mark:
    z = subject.z.get(name)
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
    against: dict[str, list[str]] = {}
    for comparison in report.comparisons:
        against.setdefault(reference_of(report, comparison), []).append(comparison.group)
    told = "; ".join(f"{', '.join(groups)} against {reference}" for reference, groups in against.items())
    return f"{report.group}: {told}"


def _about(report: CohortReport) -> str:
    parts = [formatting.moment(report.created), _size(report), f"atlas {report.atlas}"]
    if report.models:
        parts.append(f"model {', '.join(report.models)}")
    if report.versions:
        parts.append(f"segmented with version {', '.join(report.versions)}")
    return " · ".join(parts)


def _size(report: CohortReport) -> str:
    """How many subjects there are, and how many of them are in the models."""
    n, used = len(report.subjects), len(report.modelled)
    return counted(n, "subject") + (f", {used} of them in the models" if used < n else "")


def charts_note(report: CohortReport) -> str:
    """Say what the charts of the groups show."""
    adjusted = ", not adjusted as the numbers above the picture are" if report.covariates else ""
    measured = "without the differences of the sites" if report.sites else "as measured"
    who = f"each mark is a person whose {report.group} is known" if report.group else "each mark is a person"
    drawn = max(LEAST_MARKS, MOST_MARKS // max(1, len(report.groups)))
    many = ""
    if len(report.modelled) > drawn:
        many = f" Of a group of more than {drawn}, so many are drawn: the outermost, and even steps between."
    also = " and the covariates are" if report.group and report.covariates else ""
    return (
        f"{_measured_words(report)} {measured}{adjusted}; {who}{also}. Line: median; grey: "
        f"its 95 % interval (bootstrap over people). The axes do not begin at 0.{many}"
    )


def _measured_words(report: CohortReport) -> str:
    return f"Change in {A_YEAR}" if report.of_changes else "Volume in mm³ (areas in mm², ratios in %)"


def scores_note(report: CohortReport) -> str:
    """Say what the z-scores are, and of whom there are none."""
    if report.against is not None:
        return _saved_note(report, report.against)
    predict = "the reference group predicts" if report.reference is not None else "the others predict"
    given = f" for the subject's {', '.join(report.covariates)}" if report.covariates else ""
    n = sum(bool(subject.z) for subject in report.subjects)
    shown = f" Shown are the {MOST_SCORED} of {n} subjects that lie farthest out; all are in zscores.csv."
    return (
        f"How far the {report.measured} lies from what {predict}{given}, in standard deviations of such a "
        "prediction; a subject of the reference group is compared with the others of it. Marked, bold: "
        f"{FAR:g} or more. In a small group these are wider than z-scores of a large one; with fewer than "
        f"{LEAST_DEGREES} degrees of freedom left there are none.{shown if n > MOST_SCORED else ''}"
    )


def _saved_note(report: CohortReport, against: SavedReference) -> str:
    given = f" for the subject's {', '.join(against.covariates)}" if against.covariates else ""
    n = sum(bool(subject.z) for subject in report.subjects)
    shown = f" Shown are the {MOST_SCORED} of {n} subjects that lie farthest out; all are in zscores.csv."
    return (
        f"How far the {report.measured}, as measured, lies from what the saved reference group ({against.n} "
        f"people) predicts{given}, in standard deviations of such a prediction. Marked, bold: {FAR:g} or "
        "more. centiles.csv says what share of the reference group's population lies below each."
        f"{shown if n > MOST_SCORED else ''}"
    )
