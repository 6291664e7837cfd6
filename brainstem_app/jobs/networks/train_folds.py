"""Train a network on every fold of a study, test each on its own people, and report on everybody at once.

::

    runs/RUN-fold1/ …   one run a fold, as any other
    folds/RUN/          metrics.json  .csv  .xlsx  .html  .pdf: everybody, each by the network that has not
    seen them
                        folds.csv: a row a fold
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from brainstem_app.evaluation.confusion import Counts, macro_miou
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import CompareCellJob, TrainJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.many.compare_cell import compare_cell
from brainstem_app.jobs.many.compare_plan import GridCell, Plan
from brainstem_app.jobs.many.same_references import require_same_references
from brainstem_app.jobs.networks.run_splits import require_folds
from brainstem_app.jobs.provenance import as_json
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.reports.engine.sheets import csv_text
from brainstem_app.reports.evaluation.files import write_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, MethodResult
from brainstem_app.reports.grid.folds import mean_sd
from brainstem_app.study.cell_record import PREDICTIONS_FILE, Predictions, read_cell
from brainstem_app.study.segmented_by import agreement_notes
from brainstem_app.study.study import Study
from brainstem_app.written_files import METRICS_FILE

FOLDS_FOLDER = "folds"


def fold_job(job: TrainJob, fold: int) -> TrainJob:
    """Job of one fold, whose run is named after it."""
    return job.model_copy(update={"run": f"{job.run}-fold{fold}", "fold": fold})


def train_folds(job: TrainJob, reporter: Reporter) -> Summary:
    """Train and test every fold of a job that names none; folds that are done are not run again.

    Raises
    ------
    InputError
        If the study has too few people, a run was begun with other settings, or folds saw other images or
        labels than others will.
    JobCancelled
        If the user cancels; finished folds and whole epochs are kept.
    """
    count = job.folds or 0
    study = Study.open(job.study)
    require_folds(study, count, reporter)
    cells = tuple(GridCell({}, 1, fold_job(job, fold)) for fold in range(1, count + 1))
    found = {cell.job.run: read_cell(study.run_folder(cell.job.run)) for cell in cells}
    require_same_references(Plan(cells, {run: one for run, one in found.items() if one}), study)
    counts: list[Mapping[str, Counts]] = []
    for fold, one in enumerate((cell.job for cell in cells), start=1):
        folder = study.run_folder(one.run)
        with claimed((claim_of(folder, "The run"),), job.kind):
            compare_cell(CompareCellJob(train=one), reporter.stage(fold - 1, fold, count))
        reporter.artifact("run", folder, one.run)
        counts.append(Predictions.load(folder / PREDICTIONS_FILE, labels=False).counts)
    return _report(job, study, counts, reporter)


def _report(
    job: TrainJob, study: Study, counts: Sequence[Mapping[str, Counts]], reporter: Reporter
) -> Summary:
    atlas = study_atlas(study)
    nuclei = [structure.index for structure in atlas.table.nuclei]
    of_folds = [_sum(each) for each in counts]
    values = {
        "all": [macro_miou(each) for each in of_folds],
        "nuclei": [macro_miou(each, nuclei) for each in of_folds],
    }
    spread = {
        name: mean_sd([one for one in found if one is not None] or [0.0]) for name, found in values.items()
    }
    folder = study.folder / FOLDS_FOLDER / job.run
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        [fold, len(each), all_classes, of_nuclei]
        for fold, (each, all_classes, of_nuclei) in enumerate(
            zip(counts, values["all"], values["nuclei"], strict=True), start=1
        )
    ]
    write_text(folder / "folds.csv", csv_text(["fold", "subjects", "macro_miou", "macro_miou_nuclei"], rows))
    everybody = {name: one for each in counts for name, one in each.items()}
    records = [record for record in study.finished_subjects() if record.name in everybody]
    models = [record.segmented_by for record in records if record.segmented_by]
    agreement = agreement_notes(models, len(everybody), "test")
    words = ", ".join(f"{one:.3f}" for one in values["nuclei"] if one is not None)
    report = write_evaluation_report(
        folder,
        EvaluationInputs(
            result=MethodResult(job.run, everybody, {}),
            table=atlas.table,
            atlas_name=atlas.name,
            atlas_version=atlas.version,
            part="test",
            settings=as_json(job.model_dump(exclude={"study", "version", "kind"})),
            command=job.command_line({"study": shareable(study.folder)}),
            notes=(
                f"Cross-validation in {len(counts)} folds: each subject was labelled by the one network "
                "that had neither been trained nor chosen on any scan of that person.",
                f"Mean IoU of the nuclei of each fold: {words}; mean ± standard deviation over folds "
                f"{_words(spread['nuclei'])}.",
                *agreement,
            ),
            agreement=agreement,
            drawn=any(record.is_drawn for record in records),
        ),
    )
    for name in ("metrics.html", METRICS_FILE, "folds.csv"):
        reporter.artifact(Path(name).suffix.lstrip("."), folder / name)
    return {
        "folds": len(counts),
        "subjects": len(everybody),
        "macro_miou over folds": _words(spread["all"]),
        "macro_miou_nuclei over folds": _words(spread["nuclei"]),
        "macro_miou_nuclei of everybody": round(report.summary.macro_miou_nuclei.value or 0.0, 4),
        "folder": str(folder),
    }


def _words(spread: tuple[float, float | None]) -> str:
    mean, sd = spread
    return f"{mean:.4f} ± {sd:.4f}" if sd is not None else f"{mean:.4f}"


def _sum(counts: Mapping[str, Counts]) -> Counts:
    first, *rest = counts.values()
    return sum(rest, start=first)
