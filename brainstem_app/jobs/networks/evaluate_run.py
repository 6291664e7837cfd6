"""Measure a run on subjects it has not learned from, beside two honest baselines.

``atlas placed by the normalisation``
    The atlas itself in the box, the same for every subject: what is reached without any network.
``reference repeatability``
    The reference labels made a second time with another setting, where the study has them: how well the
    reference repeats itself.

The network's confidence is calibrated on the validation subjects, and measured on the part's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import Counts, confusion_counts
from brainstem_app.evaluation.structures import (
    StructureMeasures,
    mean_distance_of_nuclei,
    measure_structures,
)
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.imaging.spaces import box_affine, crop_to_box
from brainstem_app.jobs.job import EvaluateRunJob, TrainJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.networks.calibrate import calibrate, predict_voxels
from brainstem_app.jobs.networks.keras_predictor import KerasPredictor
from brainstem_app.jobs.networks.run_metrics import best_epoch
from brainstem_app.jobs.networks.run_splits import run_splits, split_of_study, training_of
from brainstem_app.jobs.networks.training_warp import method_and_warp
from brainstem_app.jobs.provenance import as_json
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import require_same_atlas, study_atlas
from brainstem_app.models.atlas_fit import neighbourhood
from brainstem_app.models.card import read_card
from brainstem_app.models.method import PredictionContext
from brainstem_app.reports.evaluation.calibration import CalibrationCounts, SubjectVoxels
from brainstem_app.reports.evaluation.files import write_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, EvaluationReport, MethodResult
from brainstem_app.study.segmented_by import SegmentedBy, agreement_notes
from brainstem_app.study.splits import Splits, TestedPart
from brainstem_app.study.study import Study, SubjectRecord
from brainstem_app.written_files import BEST_NETWORK, EXPORT_FOLDER, LABELS_BOX_FILE, METRICS_FILE

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
    for name in (METRICS_FILE, "metrics.csv", "metrics.xlsx", "metrics.html", "metrics.pdf"):
        reporter.artifact(name.replace(".", "_"), folder / name)
    for note in report.agreement:
        reporter.warn(note, folder, "Correct or draw their labels and add them, then evaluate again.")
    summary: Summary = {"subjects": report.summary.n_subjects, "folder": str(folder)}
    for method in (report.summary, *report.baselines):
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
) -> EvaluationReport:
    """Predict each subject of a part with the run's best network and write the cohort report.

    `on_subject` is told each subject's predicted labels and confusion counts. With `refine` what the network
    says is refined (see `EvaluateRunJob`), and the network alone is one more baseline. If `calibrated`, the
    confidence is calibrated on the validation subjects first, and measured too.
    """
    folder = study.run_folder(run)
    job = training_of(study, run)
    splits = run_splits(study, job)
    names = splits.test if part == "test" else splits.validation
    if not names:
        raise InputError(f"The study has no {part} subject.", study.folder, "Prepare more subjects.")
    atlas = study_atlas(study)
    require_same_atlas(study, run, atlas)
    first = len(splits.validation) if calibrated else 0
    total = first + len(names) + 1  # the last is the report
    reporter.progress(0, total, "loading the network")
    method, warp = method_and_warp(study, atlas, splits.train, reporter, refine=refine)
    context = PredictionContext.of(atlas, job.input, method, warp)
    predictor = KerasPredictor(folder / BEST_NETWORK)
    calibration = None
    if calibrated:
        calibration = calibrate(study, splits.validation, context, predictor, reporter, total)
    counter = None
    if calibration is not None:
        region = _neighbourhood(context)
        counter = CalibrationCounts(calibration, atlas.table, region, same=not context.method.fit_atlas)
    found = _Found(context, atlas.table, on_subject, counter)
    for index, name in enumerate(names):
        box = study.load_box(name)
        voxels = predict_voxels(predictor, box, context, reporter.part(first + index, total, name))
        found.take(name, voxels, study.load_repeat_labels(name))
    reporter.progress(first + len(names), total, "comparing with the reference")
    everybody = [name for name in (ATLAS_ALONE, REPEATABILITY) if set(found.counts[name]) == set(names)]
    baselines = everybody + [NETWORK_ALONE] * refine
    records = _records_of(study, names)
    own = _exported_hashes(folder)
    agreement = agreement_notes(_models_of(records), len(names), part, own)
    if calibrated and part == "test":
        chosen = _records_of(study, splits.validation)
        agreement += agreement_notes(_models_of(chosen), len(chosen), "validation", own)
    inputs = EvaluationInputs(
        result=found.result(_PREDICTION, run),
        table=atlas.table,
        atlas_name=atlas.name,
        atlas_version=atlas.version,
        baselines=tuple(found.result(name, name) for name in baselines),
        measures=found.measures,
        calibration=counter.report() if counter else None,
        part=part,
        settings=as_json({**job.model_dump(exclude={"study", "version", "kind"}), "refine": refine}),
        command=EvaluateRunJob(study=study.folder, run=run, part=part, refine=refine).command_line(
            {"study": shareable(study.folder)}
        ),
        notes=(
            *_notes(splits, part, len(names), records, has_repeat=REPEATABILITY in baselines),
            *_not_tested(study, job),
            *agreement,
        ),
        agreement=agreement,
        drawn=any(record.is_drawn for record in records),
        best_epoch=best_epoch(folder),
        references={record.name: record.files.get(LABELS_BOX_FILE, "") for record in records},
    )
    return write_evaluation_report(folder, inputs)


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

    def result(self, method: str, name: str) -> MethodResult:
        """Numbers of a method under the name that the report has for it."""
        return MethodResult(name, self.counts[method], self.nuclei_mm[method])

    def take(self, name: str, voxels: SubjectVoxels, repeat: NDArray[np.uint8] | None) -> None:
        """Measure one subject, by the prediction and by each baseline."""
        compared = {
            _PREDICTION: voxels.labels,
            NETWORK_ALONE: voxels.most_probable,
            ATLAS_ALONE: self.context.atlas,
            REPEATABILITY: repeat,
        }
        for method, labels in compared.items():
            if labels is None:
                continue
            self.counts[method][name] = confusion_counts(
                voxels.reference, labels, self.context.classes, IGNORED_LABEL
            )
            measures = measure_structures(
                labels, box_affine(), self.table, voxels.reference, ignored=IGNORED_LABEL
            )
            if (distance := mean_distance_of_nuclei(measures)) is not None:
                self.nuclei_mm[method][name] = distance
            if method == _PREDICTION:
                self.measures[name] = measures
        if self.calibration is not None:
            self.calibration.add(voxels)
        self.on_subject(name, voxels.labels, self.counts[_PREDICTION][name])


def _neighbourhood(context: PredictionContext) -> NDArray[np.bool_]:
    """Where confidence is looked at: about the atlas's brainstem, or the template's."""
    if context.atlas is not None:
        return neighbourhood(context.atlas)
    from brainstem_app.preprocessing.template import load_template

    return neighbourhood(crop_to_box(load_template().brainstem).astype(np.uint8))


def _records_of(study: Study, names: Sequence[str]) -> tuple[SubjectRecord, ...]:
    there = {record.name: record for record in study.finished_subjects()}
    return tuple(there[name] for name in names if name in there)


def _not_tested(study: Study, job: TrainJob) -> tuple[str, ...]:
    """Say which test subjects of the study a run cannot be tested on."""
    tested = run_splits(study, job).test
    left = [name for name in split_of_study(study, job).test if name not in tested]
    if not left:
        return ()
    return (f"Not tested, as the run has learned from these people: {listed(left)}.",)


def _models_of(records: Sequence[SubjectRecord]) -> list[SegmentedBy]:
    return [record.segmented_by for record in records if record.segmented_by]


def _exported_hashes(run: Path) -> frozenset[str]:
    """Hashes of the weights that a run was exported as into its own folder; none if it was not."""
    try:
        return frozenset(read_card(run / EXPORT_FOLDER).sha256.values())
    except InputError:
        return frozenset()


def _notes(
    splits: Splits, part: str, n: int, records: Sequence[SubjectRecord], *, has_repeat: bool
) -> tuple[str, ...]:
    notes = [
        f"{counted(n, f'{part} subject')}, split by subject (seed {splits.seed}); "
        "no slice of theirs was trained on.",
    ]
    registered = n - sum(record.is_drawn for record in records)
    by_hand = sum(record.is_drawn and record.segmented_by is None for record in records)
    if by_hand == n:
        return (*notes, "The reference labels were drawn on these scans; none was registered.")
    if by_hand:
        notes.append(f"The reference labels of {by_hand} of {counted(n, 'subject')} were drawn.")
    if not registered:
        return tuple(notes)
    whose = "" if registered == n else f" of {registered} of {counted(n, 'subject')}"
    notes.append(
        f"The reference labels{whose} come from registering the atlas to each scan, not from an expert."
    )
    if not has_repeat:
        notes.append(
            "The reference was not made twice: prepare the study with --repeat to see how well it repeats."
        )
    return tuple(notes)


def _add(summary: Summary, name: str, value: float | None) -> None:
    if value is not None:
        summary[name] = round(value, 4)
