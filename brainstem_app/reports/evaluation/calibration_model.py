"""Data model of the calibration of a network's confidence, a part of ``metrics.json``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from brainstem_app.evaluation.calibration import N_BINS
from brainstem_app.evaluation.usual_confidence import UsualConfidences
from brainstem_app.reports.engine.entry import Entry, Estimate


class ReliabilityBin(Entry):
    """Voxels with a confidence above `low` up to `high`: how confident on average, which share is right.

    `confidence` and `right` are null without voxels.
    """

    low: float
    high: float
    voxels: int
    confidence: float | None
    right: float | None


class ReliabilityDiagram(Entry):
    """Confidence against the share of right voxels, with temperature 1 and with the fitted one for nuclei.

    `labels` says whose confidence: of the label that is given, or of the network's most probable class (the
    same unless the atlas is bent to the probabilities). `voxels` says which: all of the brainstem's
    neighbourhood, or those of them that are labelled as a nucleus.
    """

    labels: Literal["label given", "most probable class"]
    voxels: Literal["neighbourhood", "nuclei"]
    n_voxels: int
    right: float | None
    ece_before: Estimate
    ece_after: Estimate
    before: tuple[ReliabilityBin, ...]
    after: tuple[ReliabilityBin, ...]


class NucleusCalibration(Entry):
    """One nucleus, means over the subjects in which it was labelled and is in the reference.

    `confidence_before` and `confidence` are at temperature 1 and at the fitted one; `precision` is the share
    of its labelled voxels that are right. `marked` counts the subjects in which it is marked, `poor` those in
    which its Dice is poor.
    """

    name: str
    subjects: int
    confidence_before: float | None
    confidence: float | None
    precision: float | None
    dice: float | None
    iou: float | None
    marked: int
    poor: int


class CalibrationReport(Entry):
    """Calibration of one network by one method.

    The temperature and the threshold `low_confidence` come from the `validation_subjects`, everything else
    is measured on the subjects of the report. `nll_before` and `nll_after` are of the validation subjects,
    nats a voxel that may be a nucleus. Over all nuclei of all subjects: `rank_correlation` (Spearman) of
    confidence and Dice, the mean distance of both, and how many poor and good nuclei there are and are
    marked. `usual_confidence` is that of the validation subjects, null for too few of them.
    """

    temperature: Annotated[float, Field(gt=0)]
    low_confidence: float
    poor_dice: float
    validation_subjects: int
    nll_before: float
    nll_after: float
    bins: int = N_BINS
    diagrams: tuple[ReliabilityDiagram, ...]
    nuclei: tuple[NucleusCalibration, ...]
    rank_correlation_before: float | None
    rank_correlation: float | None
    distance_before: float | None
    distance: float | None
    poor: int
    poor_marked: int
    good: int
    good_marked: int
    usual_confidence: UsualConfidences | None = None
