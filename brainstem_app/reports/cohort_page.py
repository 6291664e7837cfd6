"""What the page and the PDF of a run on many subjects both show, worded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from brainstem_app import __version__
from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted
from brainstem_app.evaluation.bootstrap import N_RESAMPLES
from brainstem_app.reports import digits
from brainstem_app.reports.calibration import reliability_charts
from brainstem_app.reports.calibration_model import CalibrationReport
from brainstem_app.reports.chart import Chart
from brainstem_app.reports.cohort_methods import cohort_methods
from brainstem_app.reports.cohort_model import CohortInputs, CohortReport, CohortStructure, MethodSummary
from brainstem_app.reports.footer import FOOTER
from brainstem_app.reports.methods import shareable_command
from brainstem_app.reports.page import Tile
from brainstem_app.reports.reference_words import DRAWN_DISTANCE, disagreement_words

_SURFACES_NOTE = (
    "Over the subjects that have the structure in their reference, with 95 % bootstrap intervals; on the "
    "labels' grid of 1 mm. NSD: share of both surfaces within 1 mm of the other. HD95: the larger of the two "
    "directed 95th percentiles. ASSD: mean of all distances of both surfaces. Volume difference: predicted "
    "minus reference. A missed structure counts with a Dice and NSD of 0 and without all its volume; in the "
    "medians it is farther than any other."
)


@dataclass(frozen=True)
class ConfidencePart:
    """Words and pictures of how far the network's confidence is what it says."""

    report: CalibrationReport
    lead: str
    voxels: Mapping[str, str]
    charts: tuple[Chart, ...]
    diagrams_note: str
    nuclei_note: str


@dataclass(frozen=True)
class CohortPage:
    """Words, numbers and pictures of one report, ready to be laid out.

    Attributes
    ----------
    methods : tuple of MethodSummary
        The run, then its yardsticks.
    structures : tuple of CohortStructure
        The nuclei first.
    measured : tuple of CohortStructure
        Those with numbers of surfaces, centres and volumes.
    colours : mapping of int to str
        ``#rrggbb`` of each structure.
    paragraph : str
        The methods, to paste.
    """

    report: CohortReport
    title: str
    kind: str
    about: str
    tiles: tuple[Tile, ...]
    methods: tuple[MethodSummary, ...]
    means_note: str
    structures: tuple[CohortStructure, ...]
    measured: tuple[CohortStructure, ...]
    surfaces_note: str
    with_distance: bool
    with_disagreement: bool
    distance_note: str
    colours: Mapping[int, str]
    confidence: ConfidencePart | None
    paragraph: str
    repeat: str
    command: str
    footer: str


def make_cohort_page(report: CohortReport, inputs: CohortInputs) -> CohortPage:
    """Choose and word what a reader sees of a report."""
    nuclei_first = sorted(report.structures, key=lambda s: s.group is not Group.NUCLEUS)
    return CohortPage(
        report=report,
        title=f"{report.summary.name} – {report.part} subjects",
        kind=f"Evaluation on the {report.part} subjects",
        about=f"{report.created.replace('T', ' ')[:16]} · "
        f"{counted(report.summary.n_subjects, 'subject')} · atlas {report.atlas}",
        tiles=_tiles(report),
        methods=(report.summary, *report.yardsticks),
        means_note=(
            "Macro mean IoU is the VOC definition: counts summed over all voxels of all subjects, IoU per "
            "class, mean over the classes in the reference; a missed class counts as 0. The background is "
            "one of all classes. Distance: mean over subjects of the mean distance of surfaces (ASSD, mm) of "
            f"the nuclei that are in both label maps. Intervals: percentile bootstrap, {N_RESAMPLES} draws "
            f"of subjects, seed {report.bootstrap_seed}."
        ),
        structures=tuple(nuclei_first),
        measured=tuple(s for s in nuclei_first if s.of_subjects),
        surfaces_note=_SURFACES_NOTE,
        with_distance=report.summary.distance_nuclei_mm is not None,
        with_disagreement=any(s.references_disagree_mm is not None for s in report.structures),
        distance_note=DRAWN_DISTANCE
        if inputs.drawn
        else disagreement_words(inputs.atlas_name, inputs.atlas_version),
        colours={s.index: s.colour for s in inputs.table.structures},
        confidence=_confidence(report, report.calibration, drawn=inputs.drawn)
        if report.calibration
        else None,
        paragraph=cohort_methods(report),
        repeat=f"Brainstem App {__version__}; the settings below and the run's own config.json.",
        command=shareable_command(inputs.command) if inputs.command else "",
        footer=FOOTER,
    )


def _tiles(report: CohortReport) -> tuple[Tile, ...]:
    summary = report.summary
    everything = f"macro mean IoU of all {len(report.structures)} classes"
    distance = summary.distance_nuclei_mm
    return (
        Tile(digits.share3(summary.macro_miou_nuclei.value), "macro mean IoU of the nuclei"),
        *(
            (Tile(f"{digits.distance(distance.value)} mm", "mean distance of the nuclei"),)
            if distance
            else ()
        ),
        Tile(digits.share3(summary.macro_miou.value), everything),
        *(Tile(digits.share3(y.macro_miou_nuclei.value), f"nuclei: {y.name}") for y in report.yardsticks),
    )


def _confidence(report: CohortReport, c: CalibrationReport, *, drawn: bool) -> ConfidencePart:
    what = "drawn on these scans" if drawn else "registered, not an expert's"
    return ConfidencePart(
        report=c,
        lead=(
            "The confidence of a voxel is the network's probability of its label; of voxels labelled as a "
            f"nucleus at temperature {c.temperature:.3f}. It is calibrated if, of the voxels with a "
            "confidence of 0.8, 80 % are labelled as in the reference. The temperature was fitted on the "
            f"{counted(c.validation_subjects, 'validation subject')} (negative log-likelihood "
            f"{digits.share3(c.nll_before)} before, {digits.share3(c.nll_after)} after, nats a voxel that "
            f"may be a nucleus); what follows was measured on the {report.part} subjects. Right means as in "
            f"the reference, which is {what}."
        ),
        voxels={"neighbourhood": "brainstem and 5 mm around it", "nuclei": "labelled as a nucleus"},
        charts=tuple(reliability_charts(c)),
        diagrams_note=(
            f"ECE: expected calibration error, {c.bins} bins of equal width, with 95 % bootstrap intervals "
            "over subjects."
        ),
        nuclei_note=(
            "Means over the subjects in which the nucleus was labelled and is in the reference. A nucleus is "
            f"marked in a report if its mean confidence is below {c.low_confidence:.2f}, below which 5 % of "
            f"the nuclei with a Dice of {c.poor_dice:.1f} or more lie on the validation subjects. Here "
            f"{c.poor_marked} of {c.poor} nuclei with a lower Dice (poor) are marked, and {c.good_marked} of "
            f"{c.good} others. Rank correlation (Spearman) of confidence and Dice over all nuclei of all "
            f"subjects: {digits.signed(c.rank_correlation)} ({digits.signed(c.rank_correlation_before)} at "
            f"temperature 1); mean distance of the two: {digits.share(c.distance)} "
            f"({digits.share(c.distance_before)})."
        ),
    )
