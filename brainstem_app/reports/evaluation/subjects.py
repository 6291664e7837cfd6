"""Surfaces, centres and volumes of one structure over many subjects, missed ones counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from brainstem_app.atlas.label_table import Group
from brainstem_app.evaluation.bootstrap import bootstrap_mean, bootstrap_median
from brainstem_app.evaluation.structures import Status, StructureMeasures
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.evaluation.model import SubjectMeasures

#: A missed structure is farther than any that was found.
_MISSED_MM = float("inf")


def subject_measures(
    measures: Sequence[Sequence[StructureMeasures]], index: int, rng: np.random.Generator
) -> SubjectMeasures | None:
    """Numbers of structure `index` over subjects; None for the background or if no reference has it."""
    own = [m for of_subject in measures for m in of_subject if m.structure.index == index]
    counted = [m for m in own if m.status in (Status.SCORED, Status.MISSED)]
    if not counted or counted[0].structure.group is Group.BACKGROUND:
        return None
    return SubjectMeasures(
        n=len(counted),
        dice=_mean([m.dice for m in counted], rng),
        nsd_1mm=_mean([m.nsd_1mm for m in counted], rng),
        hd95_mm=_median([m.hd95_mm for m in counted], rng),
        assd_mm=_median([m.assd_mm for m in counted], rng),
        centroid_error_mm=_median([m.centroid_error_mm for m in counted], rng),
        volume_difference_mm3=_mean([m.volume_difference_mm3 for m in counted], rng),
    )


def _mean(values: Sequence[float | None], rng: np.random.Generator) -> Estimate:
    known = [value for value in values if value is not None]
    return Estimate.of(float(np.mean(known)), bootstrap_mean(known, rng))


def _median(values: Sequence[float | None], rng: np.random.Generator) -> Estimate:
    known = [_MISSED_MM if value is None else value for value in values]
    return Estimate.of(float(np.median(known)), bootstrap_median(known, rng))
