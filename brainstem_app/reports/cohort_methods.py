"""The methods of measuring a run in words, to paste into a paper."""

from __future__ import annotations

from brainstem_app.counting import counted
from brainstem_app.evaluation.bootstrap import N_RESAMPLES
from brainstem_app.reports.cohort_model import CohortReport
from brainstem_app.reports.methods import MEASURES, PROGRAM

_OVER_SUBJECTS = (
    "Over subjects, Dice, NSD and the difference of volumes are means, and distances are medians in which a "
    "missed structure is farther than any other."
)


def cohort_methods(report: CohortReport) -> str:
    """Paragraph to paste into a methods section, after the one of the training."""
    n = report.summary.n_subjects
    sentences = [
        f"The network {_network(report)} was measured on {counted(n, f'{report.part} subject')} "
        f"with {PROGRAM}, against reference labels of the atlas {report.atlas}.",
        "Counts of all voxels of all subjects were summed before the intersection over union (IoU) of each "
        "class; the macro mean IoU is the mean over the classes in the reference, the background one of "
        "them, and over the nuclei alone.",
    ]
    if n > 1:
        sentences.append(
            f"Intervals of 95 % are percentiles of {N_RESAMPLES} bootstrap draws of subjects "
            f"(seed {report.bootstrap_seed})."
        )
    if report.yardsticks:
        beside = "; ".join(method.name for method in report.yardsticks)
        sentences.append(f"Measured beside it on the same subjects: {beside}.")
    if any(structure.of_subjects for structure in report.structures):
        sentences += [MEASURES, _OVER_SUBJECTS]
    if report.calibration:
        sentences.append(
            "The confidence was calibrated by temperature scaling "
            f"(T = {report.calibration.temperature:.2f}, fitted on "
            f"{counted(report.calibration.validation_subjects, 'validation subject')}) and judged by the "
            "expected calibration error with "
            f"{report.calibration.bins} bins of equal width."
        )
    return " ".join(sentences)


def _network(report: CohortReport) -> str:
    decoder, encoder = (report.settings.get(name) for name in ("decoder", "encoder"))
    made = f" ({decoder} with {encoder} as encoder)" if decoder and encoder else ""
    return f"“{report.summary.name}”{made}"
