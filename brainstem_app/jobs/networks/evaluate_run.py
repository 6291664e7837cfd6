"""Measure a run on subjects it has not learned from, beside two honest yardsticks.

``atlas placed by the normalisation``
    The atlas itself in the box, the same for every subject: what is reached without any network.
``reference repeatability``
    The reference labels made a second time with another setting, where the study has them: the ceiling that
    the reference itself sets.

The network's confidence is calibrated on the validation subjects, and measured on the part's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.counting import counted
from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import Counts, confusion_counts
from brainstem_app.evaluation.structures import (
    StructureMeasures,
    mean_distance_of_nuclei,
    measure_structures,
)
from brainstem_app.imaging.spaces import box_affine
from brainstem_app.jobs.job import EvaluateRunJob, TrainJob, read_job
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.networks.calibrate import calibrate, predict_voxels
from brainstem_app.jobs.networks.keras_predictor import KerasPredictor
from brainstem_app.jobs.networks.training_warp import training_warp
from brainstem_app.jobs.provenance import as_json
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import require_same_atlas, study_atlas
from brainstem_app.models.atlas_fit import neighbourhood
from brainstem_app.models.method import REFINED, PredictionContext, PredictionMethod
from brainstem_app.reports.calibration import CalibrationCounts, SubjectVoxels
from brainstem_app.reports.cohort import write_cohort_report
from brainstem_app.reports.cohort_model import CohortInputs, CohortReport, CohortResult
from brainstem_app.study.splits import TestedPart
from brainstem_app.study.study import Study

TakeSubject = Callable[[str, NDArray[np.uint8], Counts], None]
ATLAS_ALONE = "atlas placed by the normalisation"
REPEATABILITY = "reference repeatability"
NETWORK_ALONE = "network alone"
_PREDICTION = "prediction"
_METHODS = (_PREDICTION, NETWORK_ALONE, ATLAS_ALONE, REPEATABILITY)


def evaluate_run(job: EvaluateRunJob, reporter: Reporter) -> Summary:
    """Write ``metrics.json``, ``.csv``, ``.xlsx``, ``.html`` and ``.pdf`` of a run on a part of its study.

    Raises
    ------
    InputError
        If the run has no network yet, or the part has no subject.
    JobCancelled
        If the user cancels.
    """
    study = Study.open(job.study)
    report = evaluate_part(study, job.run, job.part, reporter, refine=job.refine, calibrated=True)
    folder = study.run_folder(job.run)
    for name in ("metrics.json", "metrics.csv", "metrics.xlsx", "metrics.html", "metrics.pdf"):
        reporter.artifact(name.replace(".", "_"), folder / name)
    summary: Summary = {"subjects": report.summary.n_subjects, "folder": str(folder)}
    for method in (report.summary, *report.yardsticks):
        _add(summary, f"macro_miou {method.name}", method.macro_miou.value)
        _add(summary, f"macro_miou_nuclei {method.name}", method.macro_miou_nuclei.value)
    return summary


def evaluate_part(
    study: Study,
    run: str,
    part: TestedPart,
    reporter: Reporter,
    on_subject: TakeSubject = lambda name, labels, counts: None,
    *,
    refine: bool = False,
    calibrated: bool = False,
) -> CohortReport:
    """Predict each subject of a part with the run's best network and write the cohort report.

    `on_subject` is told each subject's predicted labels and confusion counts. With `refine` what the network
    says is refined (see `EvaluateRunJob`), and the network alone is one more yardstick. If `calibrated`, the
    confidence is calibrated on the validation subjects first, and measured too.
    """
    folder = study.run_folder(run)
    names = study.splits().test if part == "test" else study.splits().validation
    if not names:
        raise InputError(f"The study has no {part} subject.", study.folder, "Prepare more subjects.")
    atlas = study_atlas(study)
    require_same_atlas(study, run, atlas)
    first = len(study.splits().validation) if calibrated else 0
    total = first + len(names) + 1  # the last is the report
    reporter.progress(0, total, "loading the network")
    job = _job_of(folder)
    method, warp = (REFINED, training_warp(study)) if refine else (PredictionMethod(), None)
    context = PredictionContext.of(atlas, job.input, method, warp)
    predictor = _load_best(folder)
    calibration = calibrate(study, context, predictor, reporter, total) if calibrated else None
    counter = None
    if calibration is not None:
        region = neighbourhood(context.atlas)
        counter = CalibrationCounts(calibration, atlas.table, region, same=not context.method.fit_atlas)
    found = _Found(context, atlas.table, on_subject, counter)
    for index, name in enumerate(names):
        box = study.load_box(name)
        voxels = predict_voxels(predictor, box, context, reporter.part(first + index, total, name))
        found.take(name, voxels, study.load_repeat_labels(name))
    reporter.progress(first + len(names), total, "comparing with the reference")
    yardsticks = [ATLAS_ALONE] + [REPEATABILITY] * (set(found.counts[REPEATABILITY]) == set(names))
    yardsticks += [NETWORK_ALONE] * refine
    inputs = CohortInputs(
        result=found.result(_PREDICTION, run),
        table=atlas.table,
        atlas_name=atlas.name,
        atlas_version=atlas.version,
        yardsticks=tuple(found.result(name, name) for name in yardsticks),
        measures=found.measures,
        calibration=counter.report() if counter else None,
        part=part,
        settings=as_json({**job.model_dump(exclude={"study", "version", "kind"}), "refine": refine}),
        command=EvaluateRunJob(study=study.folder, run=run, part=part, refine=refine).command_line(
            {"study": shareable(study.folder)}
        ),
        notes=_notes(study, part, len(names), REPEATABILITY in yardsticks),
    )
    return write_cohort_report(folder, inputs)


@dataclass
class _Found:
    """Numbers of the subjects so far."""

    context: PredictionContext
    table: LabelTable
    on_subject: TakeSubject
    calibration: CalibrationCounts | None
    counts: dict[str, dict[str, Counts]] = field(default_factory=lambda: {m: {} for m in _METHODS})
    nuclei_mm: dict[str, dict[str, float]] = field(default_factory=lambda: {m: {} for m in _METHODS})
    measures: dict[str, list[StructureMeasures]] = field(default_factory=dict)

    def result(self, method: str, name: str) -> CohortResult:
        """Numbers of a method under the name that the report has for it."""
        return CohortResult(name, self.counts[method], self.nuclei_mm[method])

    def take(self, name: str, voxels: SubjectVoxels, repeat: NDArray[np.uint8] | None) -> None:
        """Measure one subject, by the prediction and by each yardstick."""
        compared = {
            _PREDICTION: voxels.labels,
            NETWORK_ALONE: voxels.most_probable,
            ATLAS_ALONE: self.context.atlas,
            REPEATABILITY: repeat,
        }
        for method, labels in compared.items():
            if labels is None:
                continue
            self.counts[method][name] = confusion_counts(voxels.reference, labels, self.context.classes)
            measures = measure_structures(labels, box_affine(), self.table, voxels.reference)
            if (distance := mean_distance_of_nuclei(measures)) is not None:
                self.nuclei_mm[method][name] = distance
            if method == _PREDICTION:
                self.measures[name] = measures
        if self.calibration is not None:
            self.calibration.add(voxels)
        self.on_subject(name, voxels.labels, self.counts[_PREDICTION][name])


def _load_best(folder: Path) -> KerasPredictor:
    best = folder / "best.keras"
    if not best.exists():
        raise InputError(
            "The run has no network yet.", best, "Train it for at least one epoch with `brainstem-app train`."
        )
    return KerasPredictor(best)


def _job_of(folder: Path) -> TrainJob:
    job = read_job(folder / "config.json")
    if not isinstance(job, TrainJob):
        raise InputError(
            "This is not the configuration of a training run.", folder / "config.json", "Train the run again."
        )
    return job


def _notes(study: Study, part: str, subjects: int, has_repeat: bool) -> tuple[str, ...]:
    notes = [
        f"{counted(subjects, f'{part} subject')}, split by subject (seed {study.splits().seed}); "
        "no slice of theirs was trained on.",
        "The reference labels come from registering the atlas to each scan, not from an expert.",
    ]
    if not has_repeat:
        notes.append("The reference was not made twice: prepare the study with --repeat to see its ceiling.")
    return tuple(notes)


def _add(summary: Summary, name: str, value: float | None) -> None:
    if value is not None:
        summary[name] = round(value, 4)
