"""What the page and the PDF on volumes of many people both show, worded once."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from brainstem_app.counting import counted
from brainstem_app.evaluation.linear_model import FAR, LEAST_DEGREES
from brainstem_app.reports.footer import FOOTER
from brainstem_app.reports.group_chart import LEAST_MARKS, MOST_MARKS, GroupChart, group_charts
from brainstem_app.reports.volumes_model import GroupComparison, VolumeEffect, VolumesReport, VolumeSubject

#: Nuclei a table of z-scores shows side by side; that many fit on a printed page.
_SIDE_BY_SIDE = 16
#: Subjects that a table of z-scores shows: of more, those that lie farthest out.
MOST_SCORED = 200

_CAUTION = (
    "A difference between groups can come from the scanner, the head's movement or the model as well as from "
    "the anatomy; scan the groups alike. A volume of a nucleus that cannot be seen on the scan mostly "
    "follows the size of what surrounds it."
)


@dataclass(frozen=True)
class VolumesPage:
    """Words, numbers and pictures of one report, ready to be laid out.

    Attributes
    ----------
    scored : tuple of VolumeSubject
        Those that have z-scores.
    blocks : tuple of tuple of str
        Names of the nuclei, as many a table of z-scores as fit side by side.
    """

    report: VolumesReport
    kind: str
    title: str
    about: str
    limits: str
    charts: tuple[GroupChart, ...]
    charts_note: str
    scores_title: str
    scores_note: str
    scored: tuple[VolumeSubject, ...]
    blocks: tuple[tuple[str, ...], ...]
    with_change: bool
    footer: str


def make_volumes_page(report: VolumesReport) -> VolumesPage:
    """Choose and word what a reader sees of a report."""
    scored = _farthest([subject for subject in report.subjects if subject.z])
    names = tuple(scored[0].z) if scored else ()
    others = report.reference if report.reference is not None else "all others"
    return VolumesPage(
        report=report,
        kind="Volumes of nuclei in many people",
        title=_title(report),
        about=_about(report),
        limits=f"{_CAUTION} {report.limits}",
        charts=tuple(group_charts(report)),
        charts_note=_charts_note(report),
        scores_title=f"Each subject against {others}: z-scores",
        scores_note=_scores_note(report),
        scored=scored,
        blocks=tuple(names[i : i + _SIDE_BY_SIDE] for i in range(0, len(names), _SIDE_BY_SIDE)),
        with_change=any(n.change_seen is not None for c in report.comparisons for n in c.nuclei),
        footer=FOOTER,
    )


def _farthest(scored: list[VolumeSubject]) -> tuple[VolumeSubject, ...]:
    """Return those with the largest z-scores, in their own order; all if they are few."""
    if len(scored) <= MOST_SCORED:
        return tuple(scored)

    def farthest(k: int) -> float:
        return max((abs(z) for z in scored[k].z.values() if z is not None), default=0.0)

    chosen = sorted(range(len(scored)), key=lambda k: (-farthest(k), k))[:MOST_SCORED]
    return tuple(scored[k] for k in sorted(chosen))


def unseen_mark(effect: VolumeEffect) -> str:
    """Dagger after the name of a nucleus in which the model cannot see change; else nothing."""
    return " †" if effect.change_seen is False else ""


def scale_of_effects(comparison: GroupComparison) -> int:
    """Say how far the scale of d reaches, so that all intervals of a table are whole on it."""
    ends = [abs(e) for effect in comparison.effects for e in (effect.d_low, effect.d_high) if e is not None]
    return max(1, ceil(max(ends, default=1)))


def comparison_note(report: VolumesReport, comparison: GroupComparison) -> str:
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


def is_far(z: float | None) -> bool:
    """Whether a z-score is marked."""
    return z is not None and abs(z) >= FAR


def _title(report: VolumesReport) -> str:
    if report.group is None:
        return _size(report)
    groups = ", ".join(comparison.group for comparison in report.comparisons)
    return f"{report.group}: {groups} against {report.reference}"


def _about(report: VolumesReport) -> str:
    parts = [report.created.replace("T", " ")[:16], _size(report)]
    parts.append(f"atlas {report.atlas}")
    if report.models:
        parts.append(f"model {', '.join(report.models)}")
    return " · ".join(parts)


def _size(report: VolumesReport) -> str:
    """How many subjects there are, and how many of them are in the models."""
    n, used = len(report.subjects), len(report.modelled)
    return counted(n, "subject") + (f", {used} of them in the models" if used < n else "")


def _charts_note(report: VolumesReport) -> str:
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


def _scores_note(report: VolumesReport) -> str:
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
