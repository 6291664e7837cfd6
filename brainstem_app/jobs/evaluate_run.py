"""Measure a run on subjects it has not learned from, beside two honest yardsticks.

``atlas placed by the normalisation``
    The atlas itself in the box, the same for every subject: what is reached without any network.
``reference repeatability``
    The reference labels made a second time with another setting, where the study has them: the ceiling that
    the reference itself sets.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import Counts, confusion_counts
from brainstem_app.jobs.job import EvaluateRunJob, TrainJob, read_job
from brainstem_app.jobs.keras_predictor import KerasPredictor
from brainstem_app.jobs.provenance import as_json
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.study_atlas import require_same_atlas, study_atlas
from brainstem_app.models.method import REFINED, PredictionMethod, Way
from brainstem_app.models.prediction import Predictor, predict_box
from brainstem_app.reports.cohort import write_cohort_report
from brainstem_app.reports.cohort_model import CohortInputs, CohortReport, CohortResult
from brainstem_app.study.study import Study

TakeSubject = Callable[[str, NDArray[np.uint8], Counts], None]
ATLAS_ALONE = "atlas placed by the normalisation"
REPEATABILITY = "reference repeatability"
NETWORK_ALONE = "network alone"
_PREDICTION = "prediction"


def evaluate_run(job: EvaluateRunJob, reporter: Reporter) -> Summary:
    """Write ``metrics.json``, ``.csv`` and ``.html`` of a run on a part of its study.

    Raises
    ------
    InputError
        If the run has no network yet, or the part has no subject.
    JobCancelled
        If the user cancels.
    """
    study = Study.open(job.study)
    report = evaluate_part(study, job.run, job.part, reporter, refine=job.refine)
    folder = study.run_folder(job.run)
    for name in ("metrics.json", "metrics.csv", "metrics.html"):
        reporter.artifact(name.replace(".", "_"), folder / name)
    summary: Summary = {"subjects": report.summary.n_subjects, "folder": str(folder)}
    for method in (report.summary, *report.yardsticks):
        _add(summary, f"macro_miou {method.name}", method.macro_miou.value)
        _add(summary, f"macro_miou_nuclei {method.name}", method.macro_miou_nuclei.value)
    return summary


def evaluate_part(
    study: Study,
    run: str,
    part: Literal["validation", "test"],
    reporter: Reporter,
    on_subject: TakeSubject = lambda name, labels, counts: None,
    *,
    refine: bool = False,
) -> CohortReport:
    """Predict each subject of a part with the run's best network and write the cohort report.

    `on_subject` is told each subject's predicted labels and confusion counts. With `refine` what the network
    says is refined (see `EvaluateRunJob`), and the network alone is one more yardstick.
    """
    folder = study.run_folder(run)
    names = study.splits().test if part == "test" else study.splits().validation
    if not names:
        raise InputError(f"The study has no {part} subject.", study.folder, "Prepare more subjects.")
    atlas = study_atlas(study)
    require_same_atlas(study, run, atlas)
    reporter.progress(0, len(names), "loading the network")
    job = _job_of(folder)
    way = Way.of(atlas, job.input, REFINED if refine else PredictionMethod())
    counts = _count(study, names, way, _load_best(folder), reporter, on_subject)
    yardsticks = [ATLAS_ALONE] + [REPEATABILITY] * (set(counts[REPEATABILITY]) == set(names))
    yardsticks += [NETWORK_ALONE] * refine
    inputs = CohortInputs(
        result=CohortResult(run, counts[_PREDICTION]),
        table=atlas.table,
        atlas_name=atlas.name,
        atlas_version=atlas.version,
        yardsticks=tuple(CohortResult(name, counts[name]) for name in yardsticks),
        part=part,
        settings=as_json({**job.model_dump(exclude={"study", "version", "kind"}), "refine": refine}),
        command=(
            *("brainstem-app", "evaluate", "--study", study.folder.name, "--run", run),
            *(("--refine",) if refine else ()),
        ),
        notes=_notes(study, part, len(names), REPEATABILITY in yardsticks),
    )
    return write_cohort_report(folder, inputs)


def _count(
    study: Study,
    names: tuple[str, ...],
    way: Way,
    predictor: Predictor,
    reporter: Reporter,
    on_subject: TakeSubject,
) -> dict[str, dict[str, Counts]]:
    """Confusion counts by subject of the prediction and of each yardstick."""
    counts: dict[str, dict[str, Counts]] = {
        name: {} for name in (_PREDICTION, NETWORK_ALONE, ATLAS_ALONE, REPEATABILITY)
    }
    for index, name in enumerate(names):
        box = study.load_box(name)
        prediction = predict_box(predictor, box.image, way, reporter.part(index, len(names), name))
        compared = {
            _PREDICTION: prediction.labels,
            NETWORK_ALONE: prediction.most_probable,
            ATLAS_ALONE: way.atlas,
            REPEATABILITY: study.load_repeat_labels(name),
        }
        for method, labels in compared.items():
            if labels is not None:
                counts[method][name] = confusion_counts(box.labels, labels, way.classes)
        on_subject(name, prediction.labels, counts[_PREDICTION][name])
    return counts


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
        f"{subjects} {part} subjects, split by subject (seed {study.splits().seed}); "
        "no slice of theirs was trained on.",
        "The reference labels come from registering the atlas to each scan, not from an expert.",
    ]
    if not has_repeat:
        notes.append("The reference was not made twice: prepare the study with --repeat to see its ceiling.")
    return tuple(notes)


def _add(summary: Summary, name: str, value: float | None) -> None:
    if value is not None:
        summary[name] = round(value, 4)
