"""Report of a run on many subjects, beside its baselines, with intervals over subjects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.errors import InputError
from brainstem_app.evaluation.bootstrap import bootstrap_mean, bootstrap_miou
from brainstem_app.evaluation.confusion import (
    Counts,
    dice_per_class,
    iou_per_class,
    macro_miou,
    mean_subject_miou,
)
from brainstem_app.evaluation.structures import Status
from brainstem_app.named_version import with_version
from brainstem_app.reports.engine.entry import Estimate, rounded
from brainstem_app.reports.evaluation.model import (
    EvaluatedStructure,
    EvaluationInputs,
    EvaluationReport,
    MethodResult,
    MethodSummary,
    SubjectSummary,
)
from brainstem_app.reports.evaluation.subjects import subject_measures
from brainstem_app.reports.scan.model import DRAWN_LIMITS, LIMITS


def build_evaluation_report(inputs: EvaluationInputs) -> EvaluationReport:
    """Compute the numbers of a run on many subjects; nothing is written.

    Raises
    ------
    InputError
        If there is no subject, the counts do not fit the label table, or a baseline has other subjects.
    """
    _check(inputs)
    rng = np.random.default_rng(inputs.seed)
    methods = [_summarise(result, inputs, rng) for result in (inputs.result, *inputs.baselines)]
    nuclei = [s.index for s in inputs.table.nuclei]
    return EvaluationReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        part=inputs.part,
        atlas=with_version(inputs.atlas_name, inputs.atlas_version),
        summary=methods[0],
        baselines=tuple(methods[1:]),
        structures=_structures(inputs, rng),
        subjects=tuple(
            SubjectSummary(
                subject=name,
                macro_miou=rounded(macro_miou(counts)),
                macro_miou_nuclei=rounded(macro_miou(counts, nuclei)),
                iou=dict(zip(inputs.table.names, map(rounded, iou_per_class(counts)), strict=True)),
            )
            for name, counts in sorted(inputs.result.counts.items())
        ),
        settings=inputs.settings,
        bootstrap_seed=inputs.seed,
        command=inputs.command,
        notes=inputs.notes,
        agreement=inputs.agreement,
        limits=DRAWN_LIMITS if inputs.drawn else LIMITS,
        calibration=inputs.calibration,
        best_epoch=inputs.best_epoch,
        references=dict(inputs.references),
    )


def _check(inputs: EvaluationInputs) -> None:
    if not inputs.result.counts:
        raise InputError(
            "There is no subject to evaluate.", inputs.result.name, "Choose a part with subjects."
        )
    shape = (inputs.table.n_classes,) * 2
    for result in (inputs.result, *inputs.baselines):
        if set(result.counts) != set(inputs.result.counts):
            raise InputError(
                f"“{result.name}” was measured on other subjects than “{inputs.result.name}”.",
                result.name,
                "Measure both on the same subjects.",
            )
        if any(counts.shape != shape for counts in result.counts.values()):
            raise InputError(
                f"The counts of “{result.name}” do not fit the atlas's {inputs.table.n_classes} classes.",
                result.name,
                "Use the atlas the run was trained with.",
            )


def _summarise(result: MethodResult, inputs: EvaluationInputs, rng: np.random.Generator) -> MethodSummary:
    every = [s.index for s in inputs.table.structures]
    nuclei = [s.index for s in inputs.table.nuclei]
    counts = list(result.counts.values())
    return MethodSummary(
        name=result.name,
        n_subjects=len(counts),
        macro_miou=_pooled(counts, every, rng),
        macro_miou_nuclei=_pooled(counts, nuclei, rng),
        mean_subject_miou=_over_subjects(counts, every, rng),
        mean_subject_miou_nuclei=_over_subjects(counts, nuclei, rng),
        distance_nuclei_mm=_distance(list(result.nuclei_mm.values()), inputs.seed),
    )


def _distance(values: list[float], seed: int) -> Estimate | None:
    if not values:
        return None
    # Draws of its own, so that those of the overlaps stay as they were in older reports.
    return Estimate.of(float(np.mean(values)), bootstrap_mean(values, np.random.default_rng(seed)))


def _pooled(counts: Sequence[Counts], classes: list[int], rng: np.random.Generator) -> Estimate:
    return Estimate.of(macro_miou(_sum(counts), classes), bootstrap_miou(counts, classes, rng).macro)


def _over_subjects(counts: Sequence[Counts], classes: list[int], rng: np.random.Generator) -> Estimate:
    values = [value for c in counts if (value := macro_miou(c, classes)) is not None]
    return Estimate.of(mean_subject_miou(counts, classes), bootstrap_mean(values, rng))


def _structures(inputs: EvaluationInputs, rng: np.random.Generator) -> tuple[EvaluatedStructure, ...]:
    counts = list(inputs.result.counts.values())
    total = _sum(counts)
    iou, dice = iou_per_class(total), dice_per_class(total)
    intervals = bootstrap_miou(counts, range(inputs.table.n_classes), rng).per_class
    others = {y.name: iou_per_class(_sum(list(y.counts.values()))) for y in inputs.baselines}
    # Beside a distance only.
    registered = inputs.measures and not inputs.drawn
    apart = disagreement_about(inputs.atlas_name, inputs.atlas_version) if registered else None
    entries = []
    for structure in inputs.table.structures:
        k = structure.index
        in_reference, predicted = int(total[k].sum()), int(total[:, k].sum())
        status = Status.ABSENT if not in_reference else Status.SCORED if predicted else Status.MISSED
        entries.append(
            EvaluatedStructure(
                index=k,
                name=structure.name,
                full_name=structure.full_name,
                side=structure.side,
                group=structure.group,
                reliability=structure.reliability,
                status=status,
                iou=Estimate.of(iou[k], intervals[k]),
                dice=rounded(dice[k]),
                reference_voxels=in_reference,
                missed_subjects=sum(bool(c[k].sum()) and not c[:, k].sum() for c in counts),
                baselines={name: rounded(values[k]) for name, values in others.items()},
                of_subjects=subject_measures(list(inputs.measures.values()), k, rng),
                references_disagree_mm=apart.between_mm(structure.name) if apart else None,
            )
        )
    return tuple(entries)


def _sum(counts: Sequence[Counts]) -> Counts:
    return np.asarray(np.stack(counts).sum(axis=0), dtype=np.int64)
