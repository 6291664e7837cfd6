"""The methods of measuring repeatability in words, to paste into a paper."""

from __future__ import annotations

from brainstem_app.counting import counted
from brainstem_app.reports.methods import PROGRAM
from brainstem_app.reports.retest_model import RetestReport


def retest_methods(report: RetestReport) -> str:
    """Paragraph to paste into a methods section, after the one of the segmentation itself."""
    n = len(report.subjects)
    model = f"the model {report.model} and " if report.model else ""
    return (
        f"Volumes of the nuclei of the brainstem of {counted(n, 'person')} were measured "
        f"twice on T1-weighted scans with {PROGRAM}, with {model}the atlas {report.atlas}. "
        "The bias is the mean difference, second minus first, with its 95 % interval by Student's t; the "
        "limits of agreement are the bias ± 1.96 standard deviations of the differences (Bland and Altman "
        "1986). The within-subject coefficient of variation is the root mean square over people of the "
        "within-subject standard deviation by the mean (Quan and Shih 1996), and the repeatability "
        "coefficient 1.96 · √2 times the within-subject standard deviation. Intraclass correlations are of "
        "single measurements in a two-way model, for agreement, ICC(A,1), and for consistency, ICC(C,1), "
        "with their 95 % intervals (McGraw and Wong 1996). A nucleus that was not found "
        "was left out as missing."
    )
