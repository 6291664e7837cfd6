"""Data model of ``metrics.json``, the report of a run on many subjects, and what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from brainstem_app.atlas.label_table import Group, LabelTable, Side
from brainstem_app.evaluation.confusion import Counts
from brainstem_app.evaluation.structures import Status, StructureMeasures
from brainstem_app.reports.engine.entry import Entry, Estimate, ReportEntry
from brainstem_app.reports.evaluation.calibration_model import CalibrationReport

#: Names of a field in files of this version and of older ones.
_BASELINES = AliasChoices("baselines", "yardsticks")


@dataclass(frozen=True)
class MethodResult:
    """Counts of one method on some subjects.

    Attributes
    ----------
    name : str
        Name of the method, e.g. the run's, ``"affine atlas"`` or ``"reference repeatability"``.
    counts : mapping of str to ndarray of int64, shape (K, K)
        From `confusion_counts`, by subject.
    nuclei_mm : mapping of str to float
        Mean distance of surfaces (ASSD, mm) of the nuclei that are in both label maps, by subject; may be
        empty.
    """

    name: str
    counts: Mapping[str, Counts]
    nuclei_mm: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluationInputs:
    """Everything the report of an evaluation is written from.

    Attributes
    ----------
    result : MethodResult
        The run that is measured.
    table : LabelTable
        What the classes are.
    atlas_name, atlas_version : str
        Atlas of the table.
    drawn : bool
        Whether a reference was drawn, or taken over, by a person, not registered.
    agreement : tuple of str
        Those of the notes that say of which references a model gave the labels (`agreement_notes`).
    baselines : tuple of MethodResult
        Other methods on the same subjects, shown beside the run, in this order.
    measures : mapping of str to sequence of StructureMeasures
        From `measure_structures`, by subject, for the surfaces, centres and volumes of the run's labels; may
        be empty.
    calibration : CalibrationReport or None
        How far the network's confidence is what it says.
    part : str
        Which subjects these are: ``"test"``, ``"validation"``.
    settings : dict
        Settings of the run.
    seed : int
        Seed of the bootstrap.
    command : tuple of str
        The command line that repeats the evaluation.
    notes : tuple of str
        Sentences the reader must know first.
    best_epoch : int or None
        Epoch of the network.
    references : mapping of str to str
        SHA-256 of the reference labels of each subject.
    """

    result: MethodResult
    table: LabelTable
    atlas_name: str
    atlas_version: str
    baselines: tuple[MethodResult, ...] = ()
    drawn: bool = False
    agreement: tuple[str, ...] = ()
    measures: Mapping[str, Sequence[StructureMeasures]] = field(default_factory=dict)
    calibration: CalibrationReport | None = None
    part: str = "test"
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    command: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    best_epoch: int | None = None
    references: Mapping[str, str] = field(default_factory=dict)


class MethodSummary(Entry):
    """Means of one method.

    `macro_miou` and `macro_miou_nuclei` are the VOC definition: counts summed over all voxels of all
    subjects, IoU per class, mean over the classes. The `mean_subject_…` are means over subjects of each
    subject's own mean IoU. `distance_nuclei_mm` is the mean over subjects of the mean distance of surfaces
    (ASSD) of the nuclei that are in both label maps; null in files of older versions.
    """

    name: str
    n_subjects: int
    macro_miou: Estimate
    macro_miou_nuclei: Estimate
    mean_subject_miou: Estimate
    mean_subject_miou_nuclei: Estimate
    distance_nuclei_mm: Estimate | None = None


class SubjectMeasures(Entry):
    """Numbers of one structure over the subjects that have it in their reference, the missed ones included.

    `dice`, `nsd_1mm` and `volume_difference_mm3` (predicted minus reference) are means; a missed structure
    counts as 0, 0 and minus its volume. `hd95_mm`, `assd_mm` and `centroid_error_mm` are medians, in which a
    missed one is farther than any other; null if that makes the number itself infinite.
    """

    n: int
    dice: Estimate
    nsd_1mm: Estimate
    hd95_mm: Estimate
    assd_mm: Estimate
    centroid_error_mm: Estimate
    volume_difference_mm3: Estimate


class EvaluatedStructure(Entry):
    """Pooled numbers of one structure over all subjects.

    `missed_subjects` counts the subjects that have it in the reference and not in the prediction;
    `baselines` is the pooled IoU of each other method by its name. `of_subjects` is null for the background,
    for a structure in no reference, and in files of older versions. `references_disagree_mm` is how far
    registrations disagree about a nucleus (ASSD, mean over open scans); null for tissue, without distances,
    for atlases of which it was not measured, and in files of older versions.
    """

    index: int
    name: str
    full_name: str
    side: Side
    group: Group
    reliability: str
    status: Status
    iou: Estimate
    dice: float | None
    reference_voxels: int
    missed_subjects: int
    baselines: Annotated[dict[str, float | None], Field(validation_alias=_BASELINES)]
    of_subjects: SubjectMeasures | None = None
    references_disagree_mm: float | None = None


class SubjectSummary(Entry):
    """Mean IoU of one subject, and its IoU by structure: 0 if missed, null if not in its reference.

    `iou` is empty in files of older versions.
    """

    subject: str
    macro_miou: float | None
    macro_miou_nuclei: float | None
    iou: dict[str, float | None] = Field(default_factory=dict)


class EvaluationReport(ReportEntry):
    """Content of ``metrics.json``; `calibration` is null where it was not asked for, and in older files.

    `agreement` are those of the notes that say of which references a model gave the labels. `best_epoch` is
    the epoch of the network, and `references` has the SHA-256 of the reference labels of each subject; null
    and empty in older files.
    """

    schema_name: Annotated[Literal["brainstem-metrics/1"], Field(alias="schema")] = "brainstem-metrics/1"
    created: str
    part: str
    atlas: str
    summary: MethodSummary
    baselines: Annotated[tuple[MethodSummary, ...], Field(validation_alias=_BASELINES)]
    structures: tuple[EvaluatedStructure, ...]
    subjects: tuple[SubjectSummary, ...]
    settings: dict[str, Any]
    bootstrap_seed: int
    command: tuple[str, ...]
    notes: tuple[str, ...]
    agreement: tuple[str, ...] = ()
    limits: str
    calibration: CalibrationReport | None = None
    best_epoch: int | None = None
    references: dict[str, str] = Field(default_factory=dict)

    def iou_per_structure(self) -> dict[str, float]:
        """Pooled IoU by structure name, for a model card; structures not in the reference are left out."""
        return {s.name: s.iou.value for s in self.structures if s.iou.value is not None}
