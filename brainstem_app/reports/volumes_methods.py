"""The methods of a comparison of groups in words, to paste into a paper."""

from __future__ import annotations

from brainstem_app.counting import counted
from brainstem_app.reports.methods import PROGRAM
from brainstem_app.reports.volumes_model import VolumesReport


def volumes_methods(report: VolumesReport) -> str:
    """Paragraph to paste into a methods section, after the one of the segmentation itself."""
    sentences = [_people(report)]
    if report.comparisons:
        sentences += _comparisons(report)
    if any(subject.z for subject in report.subjects):
        sentences.append(_scores(report))
    sentences.append("A nucleus that was not found was left out as missing.")
    return " ".join(sentences)


def _people(report: VolumesReport) -> str:
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


def _comparisons(report: VolumesReport) -> list[str]:
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


def _scores(report: VolumesReport) -> str:
    others = f"the group {report.reference}" if report.reference is not None else "all others"
    given = f", given {', '.join(report.covariates)}" if report.covariates else ""
    return (
        f"The z-score of a person is the distance of a volume from what {others} predicted{given}, the "
        "person left out, in standard deviations of that prediction."
    )
