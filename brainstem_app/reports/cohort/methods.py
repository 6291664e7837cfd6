"""Methods of a comparison of people, as a paragraph to paste."""

from __future__ import annotations

from brainstem_app.counting import counted, listed
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.scan.methods import PROGRAM


def cohort_methods(report: CohortReport) -> str:
    """Paragraph to paste into a methods section, after the one of the segmentation itself."""
    sentences = [_people(report)]
    if report.sites:
        sentences.append(_sites_in_words(report))
    if report.comparisons:
        sentences += _comparisons(report)
    if any(subject.z for subject in report.subjects):
        sentences.append(_scores_in_words(report))
    how = "not measured in all scans of a person" if report.of_changes else "not found"
    sentences.append(f"A nucleus that was {how} was left out as missing.")
    return " ".join(sentences)


def _people(report: CohortReport) -> str:
    model = f"the model {', '.join(report.models)} and " if report.models else ""
    groups = (*report.groups[1:], *report.groups[:1]) if report.comparisons else ()
    sizes = {group: report.size_of(group) for group in groups}
    in_groups = f" ({', '.join(f'{group}: {n}' for group, n in sizes.items())})" if sizes else ""
    n = counted(len(report.modelled), "person")
    if report.of_changes:
        methods = sorted({version.rpartition(", ")[2] for version in report.versions})
        by = f" (method {', '.join(methods)})" if methods else ""
        return (
            f"Changes of the nuclei of the brainstem of {n}{in_groups} over time, in per cent of the mean "
            f"volume a year, were measured between the T1-weighted scans of each person with {PROGRAM}{by}, "
            f"with {model}the atlas {report.atlas}."
        )
    return (
        f"Volumes of the nuclei of the brainstem of {n}{in_groups} were measured on T1-weighted scans "
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
        f"The {report.measured} of each {each} was compared between the groups by a linear model on "
        f"{on} (ordinary least squares).",
        f"{_differences(report, adjusted)} given in its unit with its 95 % interval, and as Cohen's d, in "
        f"standard deviations of the residuals; its two-sided t-test was corrected over all {tests} tests by "
        f"Holm's method, and by that of Benjamini and Hochberg for the false discovery rate{apart}.",
    ]


def _differences(report: CohortReport, adjusted: str) -> str:
    """Which differences were tested."""
    if all(comparison.reference in ("", report.reference) for comparison in report.comparisons):
        return f"The {adjusted}difference from the group {report.reference} is"
    pairs = "; ".join(f"{c.group} minus {c.reference}" for c in report.comparisons)
    return f"The {adjusted}difference of each comparison ({pairs}) is"


def _sites_in_words(report: CohortReport) -> str:
    kept = listed([*(["group"] if report.group else []), *report.covariates])
    keeping = f", with {kept} kept in its model" if kept else ""
    return (
        f"Differences between {counted(len(report.sites), 'site')} were taken out beforehand by ComBat with "
        f"parametric empirical Bayes estimates over all measures (Johnson et al. 2007; Fortin et al. 2018)"
        f"{keeping}; a measure that fewer than {report.least} people of a site had was left out there."
    )


def _scores_in_words(report: CohortReport) -> str:
    if report.against is not None:
        given = f", given {', '.join(report.against.covariates)}" if report.against.covariates else ""
        return (
            f"The z-score of a person is the distance of a {report.measured} from what a saved reference "
            f"group ({report.against.name}, {report.against.n} people) predicted{given}, in standard "
            "deviations of that prediction."
        )
    others = f"the group {report.reference}" if report.reference is not None else "all others"
    given = f", given {', '.join(report.covariates)}" if report.covariates else ""
    return (
        f"The z-score of a person is the distance of a {report.measured} from what {others} predicted"
        f"{given}, the person left out, in standard deviations of that prediction."
    )
