"""Data model of ``report.json``, the report of a scan, and what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from brainstem_app.atlas.label_table import Group, LabelTable, Side
from brainstem_app.atlas.reliability import (
    LEAST_DICE_A,
    LEAST_DICE_B,
    MOST_CHANGE_A,
    MOST_CHANGE_B,
    MOST_CHANGE_SEEN,
    Detectability,
)
from brainstem_app.evaluation.calibration import LOW_CONFIDENCE
from brainstem_app.evaluation.structures import Status
from brainstem_app.evaluation.usual_confidence import UsualConfidence
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.named_version import with_version
from brainstem_app.reports.engine.entry import Entry, ReportEntry
from brainstem_app.reports.scan.region_model import MidsagittalEntry, RegionEntry, is_cut
from brainstem_app.reports.scan.scan_entry import ScanEntry

if TYPE_CHECKING:
    from brainstem_app.atlas.warped import SoftMeasures
    from brainstem_app.reports.scan.regions import RegionsOnScan


LIMITS = (
    "The labels are not an expert's. The reference labels that the model learned from, and is scored "
    "against, come from registering an atlas to each scan; nobody outlined nuclei by hand on these scans. "
    "Most nuclei cannot be told apart on a T1-weighted scan: their place is inferred from the anatomy around "
    "them. Small nuclei are unreliable: one voxel of displacement can halve their overlap. The lower "
    "medulla, below z = −72 mm of the MNI template, is never labelled, so volumes of structures that reach "
    "there are cut. For research only; not for diagnosis or treatment."
)

DRAWN_LIMITS = (
    "The model learned, or is scored against, labels that people drew or accepted on scans; how far they "
    "would agree with each other or with themselves is not known here. Most nuclei cannot be told apart on a "
    "T1-weighted scan. Small nuclei are unreliable: one voxel of displacement can halve their overlap. "
    "Volumes are counted in voxels where there is no atlas to bend. The lower medulla, below z = −72 mm of "
    "the MNI template, is never labelled, so volumes of structures that reach there are cut. For research "
    "only; not for diagnosis or treatment."
)

COMPARISON_LIMITS = (
    "These numbers say how far two label maps agree, not which is right: they are as good as the reference. "
    "Labels of this program, and reference labels that come from registering an atlas, are not an expert's. "
    "Small nuclei are unreliable: one voxel of displacement can halve their overlap. Labels of this program "
    "end at z = −72 mm of the MNI template: the lower medulla is never labelled. For research only; not for "
    "diagnosis or treatment."
)

#: What the grades of an atlas mean.
RELIABILITY_TEXT = {
    "A": "good: large and outlined on images; 1 mm of displacement leaves a Dice of "
    f"{LEAST_DICE_A:.2f} or more",
    "B": "fair: outlined on images; 1 mm of displacement leaves a Dice of "
    f"{LEAST_DICE_B:.2f} to {LEAST_DICE_A:.2f}",
    "C": "poor: small or thin, or only drawn around published coordinates; its position is a guide",
}
#: What the grades mean that were measured with the model.
MEASURED_TEXT = {
    "A": f"good: in one person, a change of {MOST_CHANGE_A:g} % or less can be told from chance",
    "B": f"fair: a change of {MOST_CHANGE_B:g} % or less; or of {MOST_CHANGE_A:g} % or less where the "
    "nucleus is small or was only drawn around published coordinates",
    "C": f"poor: only changes of more than {MOST_CHANGE_B:g} %, or, with a dagger (†), none",
}


def reliability_text(measured: bool) -> dict[str, str]:
    """Say what each grade means: those that were measured with the model, or those of the atlas."""
    return MEASURED_TEXT if measured else RELIABILITY_TEXT


class _CanBeSeen(Protocol):
    """A measure of a nucleus of which it is known whether the model can see it change."""

    @property
    def change_seen(self) -> bool | None:
        """None where that was not measured."""


def unseen_mark(measure: _CanBeSeen) -> str:
    """Dagger after the name of a nucleus in which the model cannot see change; else nothing."""
    return " †" if measure.change_seen is False else ""


def unseen_sentence(names: Sequence[str]) -> str:
    """Sentence that names the nuclei in which change can't be seen; empty if there is none."""
    if not names:
        return ""
    return (
        f"The model cannot see change in {', '.join(names)}: when each was shrunk alone in test scans, less "
        f"than half of it was measured, or not even {MOST_CHANGE_SEEN:g} % could be told from chance. Their "
        "volumes say how large what surrounds them is, no more."
    )


@dataclass(frozen=True)
class ModelDescription:
    """What a report says about the model.

    Attributes
    ----------
    name : str
        Name of the model.
    sha256 : str
        Hash of its weights file, empty if unknown.
    version, network : str
        Version of the model, and its decoder and encoder in words; empty if unknown.
    trained_on, trained_date, licence, limits : str
        In words, from the model's card.
    test_macro_miou, test_nuclei_miou : float or None
        Pooled mean IoU on its test subjects, all classes and nuclei only.
    iou_per_structure : dict of str to float
        IoU on its test subjects by structure name.
    low_confidence : float
        Nuclei with a lower mean confidence are marked.
    detectability : mapping of str to Detectability
        What changes of each nucleus it can detect, by name; empty where that was not measured.
    usual_confidence : mapping of str to UsualConfidence
        How sure it usually is of each nucleus, by name; empty where that was not measured.
    reference : {"registered", "drawn", "segmented", "mixed"}
        Where the labels come from that it learned.
    members : int
        How many networks it averages; its scores are then those of each alone.
    """

    name: str
    sha256: str = ""
    version: str = ""
    network: str = ""
    trained_on: str = ""
    trained_date: str = ""
    test_macro_miou: float | None = None
    test_nuclei_miou: float | None = None
    iou_per_structure: dict[str, float] = field(default_factory=dict)
    limits: str = ""
    licence: str = ""
    low_confidence: float = LOW_CONFIDENCE
    detectability: Mapping[str, Detectability] = field(default_factory=dict)
    usual_confidence: Mapping[str, UsualConfidence] = field(default_factory=dict)
    reference: str = "registered"
    members: int = 1


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report is written from.

    Attributes
    ----------
    labels_native : ndarray of uint8, shape (X, Y, Z)
        Predicted labels on the scan's own grid.
    labels_affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+) of the labels.
    table : LabelTable
        What the labels mean.
    atlas_name, atlas_version : str
        Atlas of the table.
    atlas_citations : tuple of str
        What to cite for it, one source an entry.
    model : ModelDescription or None
        None if the labels do not come from a model of this program.
    scan : Scan or None
        The scan that was segmented, on the labels' grid; None when two label maps are compared.
    name : str
        File name in the report's title; the scan's by default.
    confidence_native : ndarray of float32, shape (X, Y, Z), or None
        Highest class probability of each voxel.
    soft : mapping of int to SoftMeasures, or None
        Volume, centre and confidence of each structure under the warp; None where voxels are counted.
    regions : RegionsOnScan or None
        Midbrain, pons and medulla in the scan, if the atlas divides the brainstem.
    reference : ndarray of uint8, shape (X, Y, Z), or None
        Labels to compare with, on the same grid.
    reference_origin : str
        What the reference is, to follow "The reference is …", e.g. "the truth of a simulated head".
    findings : tuple of Finding
        Shown after those of the scan itself: as warnings, or as notes if their level is ``info``.
    brain_ml, intracranial_ml : float or None
        Volume of the brain mask, and inside the skull.
    settings : dict
        Settings of the run, for the manifest and the methods paragraph: ``space``, ``engine``, ….
    timings : dict of str to float
        Seconds a step took.
    files : dict of str to Path
        Files or folders to hash into the manifest, by role: ``scan``, ``model``, ``atlas``, ….
    seed : int or None
        Seed of the run.
    device : str
        What computed the prediction.
    command : tuple of str
        The command line that repeats the run, one word an entry.
    """

    labels_native: NDArray[np.uint8]
    labels_affine: Affine
    table: LabelTable
    atlas_name: str
    atlas_version: str
    atlas_citations: tuple[str, ...] = ()
    model: ModelDescription | None = None
    scan: Scan | None = None
    name: str = ""
    confidence_native: NDArray[np.float32] | None = None
    soft: Mapping[int, SoftMeasures] | None = None
    regions: RegionsOnScan | None = None
    reference: NDArray[np.uint8] | None = None
    reference_origin: str = ""
    findings: tuple[Finding, ...] = ()
    brain_ml: float | None = None
    intracranial_ml: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    seed: int | None = None
    device: str = "CPU"
    command: tuple[str, ...] = ()

    @property
    def has_registered_reference(self) -> bool:
        """Whether there is a reference that is not known to be the truth."""
        return self.reference is not None and not self.reference_origin

    @property
    def title(self) -> str:
        """File name that the report is about, without folders."""
        if self.name:
            return self.name
        return self.scan.source.name if self.scan else "label map"


class ModelEntry(Entry):
    """Model that made the labels, with its accuracy on its own test subjects where known.

    `version` is null where it is unknown, as in files of older versions.
    """

    name: str
    version: str | None = None
    sha256: str | None = None
    test_macro_miou: float | None = None
    test_macro_miou_nuclei: float | None = None

    @property
    def title(self) -> str:
        """Name and version, as far as it is known."""
        return with_version(self.name, self.version)


class AtlasEntry(Entry):
    """Atlas that defines the labels."""

    name: str
    version: str

    @property
    def title(self) -> str:
        """Name and version."""
        return with_version(self.name, self.version)


class StructureEntry(Entry):
    """Numbers of one structure; null where not defined. See `StructureMeasures` for each.

    `references_disagree_mm` is how far registrations disagree about a nucleus of the atlas (ASSD, mean over
    open scans), beside a distance from a reference; null without a reference, for tissue, where the reference
    is a known truth, and for atlases of which it was not measured.
    `volume_mm3` is 0 of a structure that was not found; `covered` is the part of a structure that the scan
    covers, 0…1, where the warp says it. `low_confidence` marks a nucleus whose confidence is below the
    model's limit, `unusual_confidence` one that is also below what is usual for it, about the median
    `usual_confidence`; null where the model's card does not say that. `region` is the region of the brainstem
    that most of a nucleus lies in, null where the atlas says none. `smallest_change_percent` is the smallest
    change of one person that two scans tell from chance, and `change_seen` says whether the model can see the
    nucleus change at all; null where that was not measured with the model, the former also where no change
    is measured. `empty` is the part of a nucleus that lies where the scan is empty, as outside of a brain
    mask, 0…1; null without the scan. What files of older versions lack is null too.
    """

    index: int
    name: str
    full_name: str
    side: Side
    group: Group
    reliability: str
    status: Status
    voxels: int
    volume_mm3: float
    centroid_mm: tuple[float, float, float] | None
    confidence: float | None
    iou: float | None
    dice: float | None
    nsd_1mm: float | None
    hd95_mm: float | None
    assd_mm: float | None
    centroid_error_mm: float | None
    reference_voxels: int | None
    reference_volume_mm3: float | None
    false_positive_mm3: float | None
    model_test_iou: float | None
    volume_difference_mm3: float | None = None
    asymmetry_index: float | None = None
    reference_asymmetry_index: float | None = None
    low_confidence: bool | None = None
    covered: float | None = None
    region: str | None = None
    references_disagree_mm: float | None = None
    smallest_change_percent: float | None = None
    change_seen: bool | None = None
    empty: float | None = None
    usual_confidence: float | None = None
    unusual_confidence: bool | None = None

    unit: ClassVar[str] = "mm³"

    @property
    def measured_mm3(self) -> float | None:
        """Volume; None of a structure that was not found, which statistics are to leave out."""
        return self.volume_mm3 if self.volume_mm3 > 0 else None

    @property
    def is_cut(self) -> bool:
        """Whether the scan, or a mask of the brain, ends within the structure or before it."""
        return is_cut(self.covered, self.empty)

    @property
    def compared(self) -> float | None:
        """Volume to compare with other scans; None if the structure was not found or is not whole in this."""
        return None if self.is_cut else self.measured_mm3


class Summary(Entry):
    """Means and counts. The counts are of nuclei; the means are null without a reference.

    `macro_miou` is over all classes of the reference, background and tissue included; `macro_miou_nuclei`
    over its nuclei. Missed structures count as 0, absent ones are not counted.
    """

    macro_miou: float | None
    macro_miou_nuclei: float | None
    n_scored: int
    n_missed: int
    n_absent: int
    n_unscored: int
    n_found: int
    volume_nuclei_mm3: float


class FindingEntry(Entry):
    """Something found in the scan, its fit or its labels."""

    level: Level
    code: str
    problem: str
    fix: str

    @property
    def text(self) -> str:
        """What was found and what to do, in one line."""
        return f"{self.problem} {self.fix}".strip()


class Report(ReportEntry):
    """Content of ``report.json``.

    ``warnings`` are what the reader must know before the numbers (levels ``error`` and ``warning``);
    ``notes`` are what is good to know (level ``info``) and changes no trust in them. ``volume_method`` says
    where volumes, centres and confidence come from: ``warp``, the shares of the atlas under the warp;
    ``voxels``, counted, as in files of older versions; or ``corrected``, those of the segmentation with what
    a correction by hand added or took, counted. ``regions`` are the whole brainstem and its parts from
    top to bottom; empty where the atlas has none, and in files of older versions. ``midsagittal`` has the
    areas on the midsagittal plane; null without a warp or a midbrain and a pons, and in older files.
    """

    schema_name: Annotated[Literal["brainstem-report/1"], Field(alias="schema")] = "brainstem-report/1"
    created: str
    scan: ScanEntry
    model: ModelEntry | None
    atlas: AtlasEntry
    structures: tuple[StructureEntry, ...]
    regions: tuple[RegionEntry, ...] = ()
    midsagittal: MidsagittalEntry | None = None
    volume_method: Literal["warp", "voxels", "corrected"] = "voxels"
    summary: Summary
    warnings: tuple[FindingEntry, ...]
    notes: tuple[FindingEntry, ...]
    limits: str
    methods: str
