"""What the page and the PDF on repeated scans both show, worded once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from brainstem_app.counting import counted
from brainstem_app.reports.chart import COLOURS, Chart, Line
from brainstem_app.reports.footer import FOOTER
from brainstem_app.reports.retest_methods import retest_methods
from brainstem_app.reports.retest_model import RetestEntry, RetestReport

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


@dataclass(frozen=True)
class RetestPage:
    """Words, numbers and pictures of one report, ready to be laid out.

    Attributes
    ----------
    charts : tuple of Chart
        Difference against mean, one a nucleus.
    widest : float
        The largest within-subject variation, as long as a bar may be.
    paragraph : str
        The methods, to paste.
    """

    report: RetestReport
    title: str
    kind: str
    headline: str
    about: str
    limits: str
    numbers_note: str
    charts: tuple[Chart, ...]
    widest: float
    paragraph: str
    with_change: bool
    footer: str


def make_retest_page(report: RetestReport) -> RetestPage:
    """Choose and word what a reader sees of a report."""
    n = len(report.subjects)
    about = [report.created.replace("T", " ")[:16], f"atlas {report.atlas}"]
    about += [f"model {report.model}"] if report.model else []
    return RetestPage(
        report=report,
        title=f"Repeated volumes of {counted(n, 'subject')}",
        kind="Volumes of nuclei, measured twice",
        headline=f"{counted(n, 'subject')}, two results each",
        about=" · ".join(about),
        limits=f"{_CAUTION} {report.limits}",
        numbers_note=_NUMBERS_NOTE + (_AREAS_NOTE if report.areas else ""),
        charts=tuple(bland_altman_chart(report, measure) for measure in report.measured if measure.n),
        widest=max((n.within_cv or 0 for n in report.measured), default=0) or 1,
        paragraph=retest_methods(report),
        with_change=any(n.change_seen is not None for n in report.nuclei),
        footer=FOOTER,
    )


def unseen_mark(entry: RetestEntry) -> str:
    """Dagger after the name of a nucleus in which the model cannot see change; else nothing."""
    return " †" if entry.change_seen is False else ""


def bland_altman_chart(report: RetestReport, entry: RetestEntry) -> Chart:
    """Difference of both volumes of a nucleus against their mean, with bias and limits of agreement."""
    pairs = [(s.first_mm3.get(entry.name), s.second_mm3.get(entry.name)) for s in report.subjects]
    points = tuple(
        (round((a + b) / 2, 3), round(b - a, 3)) for a, b in pairs if a is not None and b is not None
    )
    lines = [Line("a subject", COLOURS[0], points, joined=False)]
    ends = min(x for x, _ in points), max(x for x, _ in points)
    if ends[0] < ends[1]:
        levels = [("bias", COLOURS[2], entry.bias_mm3)]
        levels += [
            ("95 % limits of agreement", COLOURS[1], limit)
            for limit in (entry.limit_low_mm3, entry.limit_high_mm3)
        ]
        lines += [
            Line(label, colour, tuple((x, level) for x in ends), thin=True)
            for label, colour, level in levels
            if level is not None
        ]
    title = f"{entry.name}: {entry.full_name}" if entry.full_name else entry.name
    unit = entry.unit
    return Chart(
        title, f"mean, {unit}", f"second − first, {unit}", tuple(lines), least=-math.inf, most=math.inf
    )
