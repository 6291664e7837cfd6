"""Measure a run on subjects it has not learned from, beside two honest yardsticks.

``atlas placed by the normalisation``
    The atlas itself in the box, the same for every subject: what is reached without any network.
``reference repeatability``
    The reference labels made a second time with another setting, where the study has them: the ceiling that
    the reference itself sets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import Counts, confusion_counts
from brainstem_app.imaging.spaces import crop_to_box
from brainstem_app.jobs.job import EvaluateRunJob, TrainJob, read_job
from brainstem_app.jobs.keras_predictor import KerasPredictor
from brainstem_app.jobs.provenance import as_json
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.models.prediction import Prediction, predict_box
from brainstem_app.reports.cohort import write_cohort_report
from brainstem_app.reports.cohort_model import CohortInputs, CohortReport, CohortResult
from brainstem_app.study.study import Study

TakeSubject = Callable[[str, NDArray[np.uint8], Counts], None]
ATLAS_ALONE = "atlas placed by the normalisation"
REPEATABILITY = "reference repeatability"


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
    report = evaluate_part(study, job.run, job.part, reporter)
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
) -> CohortReport:
    """Predict each subject of a part with the run's best network and write the cohort report.

    `on_subject` is told each subject's predicted labels and confusion counts.
    """
    folder = study.run_folder(run)
    names = study.splits().test if part == "test" else study.splits().validation
    if not names:
        raise InputError(f"The study has no {part} subject.", study.folder, "Prepare more subjects.")
    atlas = load_atlas(study.settings.atlas)
    reporter.progress(0, len(names), "loading the network")
    job = _job_of(folder)
    predict = partial(predict_box, _load_best(folder), classes=atlas.table.n_classes, slice_input=job.input)
    network, alone, repeat = _count(study, names, atlas, predict, reporter, on_subject)
    yardsticks = [CohortResult(ATLAS_ALONE, alone)]
    if set(repeat) == set(names):
        yardsticks.append(CohortResult(REPEATABILITY, repeat))
    inputs = CohortInputs(
        result=CohortResult(run, network),
        table=atlas.table,
        atlas_name=atlas.name,
        atlas_version=atlas.version,
        yardsticks=tuple(yardsticks),
        part=part,
        settings=as_json(job.model_dump(exclude={"study", "version", "kind"})),
        command=("brainstem-app", "evaluate", "--study", study.folder.name, "--run", run),
        notes=_notes(study, part, len(names), bool(repeat)),
    )
    return write_cohort_report(folder, inputs)


def _count(
    study: Study,
    names: tuple[str, ...],
    atlas: Atlas,
    predict: Callable[..., Prediction],
    reporter: Reporter,
    on_subject: TakeSubject,
) -> tuple[dict[str, Counts], dict[str, Counts], dict[str, Counts]]:
    """Confusion counts by subject of the network, of the atlas alone, and of the reference made again."""
    classes = atlas.table.n_classes
    atlas_box: NDArray[np.uint8] = crop_to_box(atlas.labels)
    network: dict[str, Counts] = {}
    alone: dict[str, Counts] = {}
    repeat: dict[str, Counts] = {}
    for index, name in enumerate(names):
        box = study.load_box(name)
        prediction = predict(box.image, report=reporter.part(index, len(names), name))
        network[name] = confusion_counts(box.labels, prediction.labels, classes)
        on_subject(name, prediction.labels, network[name])
        alone[name] = confusion_counts(box.labels, atlas_box, classes)
        again = study.load_repeat_labels(name)
        if again is not None:
            repeat[name] = confusion_counts(box.labels, again, classes)
    return network, alone, repeat


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
