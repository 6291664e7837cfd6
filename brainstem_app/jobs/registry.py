"""The kinds of jobs, one row each: what does it, where its results go, and what it is called in a list.

A new job is a model below `brainstem_app.jobs.kinds`, a member of `brainstem_app.jobs.job.Job`, a row here,
and the function that the row names.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from brainstem_app.garbage_collection import loading
from brainstem_app.jobs.job import Job
from brainstem_app.jobs.kinds import atlases, many, networks, people, results, scans, studies
from brainstem_app.jobs.kinds.job_model import JobModel
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.locations import user_data_folder
from brainstem_app.written_files import EXPORT_FOLDER, RUNS_FOLDER, SEGMENTATIONS_FOLDER


def _out(job: Any) -> Path:
    return Path(job.out)


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Attributes
    ----------
    model : type of JobModel
        Its settings.
    place : str
        Module of this package and function that does it, ``"scans.segment:segment"``; imported when it is
        needed, for many load libraries that take seconds.
    title : str
        What a job is called in a list; ``{job}`` stands for it.
    folder : callable
        Folder that the results of a job go to.
    cores : {"its own", "all", "none"}
        Cores that it keeps busy: one for each of its processes, all of the machine as what trains or predicts
        with Keras, or none as what waits for the disk.
    """

    model: type[JobModel]
    place: str
    title: str
    folder: Callable[[Any], Path] = _out
    cores: Literal["its own", "all", "none"] = "its own"

    def work(self, job: Job, reporter: Reporter) -> Summary:
        """Do a job of this kind."""
        module, _, function = self.place.partition(":")
        with loading():
            work = getattr(importlib.import_module(f"brainstem_app.jobs.{module}"), function)
        done: Summary = work(job, reporter)
        return done


def _run_folder(job: Any) -> Path:
    return Path(job.study / RUNS_FOLDER / job.run)


def _study(job: Any) -> Path:
    return Path(job.study)


def _segmentations(job: Any) -> Path:
    return Path(job.study / SEGMENTATIONS_FOLDER)


def _result(job: Any) -> Path:
    return Path(job.result)


# fmt: off
_ROWS = (
    JobKind(scans.SegmentJob, "scans.segment:segment", "Segment {job.what}"),
    JobKind(scans.EvaluateVolumesJob, "scans.evaluate_volumes:evaluate_volumes",
            "Compare {job.predicted.name}"),
    JobKind(scans.SimulateJob, "scans.simulate:simulate", "Simulate {job.subjects}"),
    JobKind(scans.MakeDatasetJob, "scans.make_dataset:gather", "Make the dataset {job.out.name}",
            cores="none"),
    JobKind(scans.DemoJob, "scans.demo:demo", "Demonstration"),
    JobKind(studies.PrepareJob, "studies.prepare:prepare", "Prepare {job.dataset.name}", _study),
    JobKind(studies.CopyStudyJob, "studies.copy_study:copy_study", "Save the study as {job.out.name}",
            cores="none"),
    JobKind(studies.AddReferenceJob, "studies.add_reference:add_reference",
            "Add {job.labels.name} to the training set", _study),
    JobKind(studies.RemoveReferenceJob, "studies.remove_reference:remove_reference",
            "Take the labels of {job.subject} out of the training set", _study),
    JobKind(results.QualityJob, "results.quality:look_at_results", "Quality of the results", _study),
    JobKind(results.AcceptResultsJob, "results.judge:accept", "Accept {job.subjects[0]}",
            _segmentations, cores="none"),
    JobKind(results.RejectResultsJob, "results.judge:reject", "Reject {job.subjects[0]}",
            _segmentations, cores="none"),
    JobKind(results.UndecideResultsJob, "results.judge:undecide", "Undecide {job.subjects[0]}",
            _segmentations, cores="none"),
    JobKind(results.CorrectResultJob, "results.correct:correct_result", "Report anew: {job.subject}",
            _segmentations),
    JobKind(results.CorrectFolderJob, "results.correct:correct_folder", "Report anew: {job.result.name}",
            _result),
    JobKind(results.RestoreFolderJob, "results.restore:restore_folder", "Restore {job.result.name}",
            _result, cores="none"),
    JobKind(results.RestoreResultsJob, "results.restore:restore_results", "Restore {job.subjects[0]}",
            _segmentations, cores="none"),
    JobKind(results.ImportResultsJob, "results.import_results:import_results",
            "Bring results from {job.results[0].name}", _segmentations, cores="none"),
    JobKind(results.ExportResultsJob, "results.export:export_results", "Export volumes", cores="none"),
    JobKind(networks.TrainJob, "networks.train:train", "Train {job.run}", _run_folder, cores="all"),
    JobKind(networks.EvaluateRunJob, "networks.evaluate_run:evaluate_run", "Measure {job.run}",
            _run_folder, cores="all"),
    JobKind(networks.ActivationsJob, "networks.activations:write_activation_maps", "Activations of {job.run}",
            lambda job: job.out or _run_folder(job)),
    JobKind(networks.ExportModelJob, "networks.export:export_model", "Add {job.run.name} to my models",
            lambda job: job.out or job.run / EXPORT_FOLDER, cores="all"),
    JobKind(networks.ExportEnsembleJob, "networks.ensemble:export_ensemble", "Join {job.name}",
            lambda job: job.out or job.runs[0].resolve().parent.parent / "ensembles" / job.name, cores="all"),
    JobKind(networks.MeasureSpeedJob, "networks.machine_speed:measure_speed",
            "Measure the speed of this machine", lambda job: user_data_folder(), cores="all"),
    JobKind(many.CompareJob, "many.compare:compare", "Compare {job.grid.name}",
            lambda job: job.study / "comparisons" / job.grid.name, cores="all"),
    JobKind(many.CompareCellJob, "many.compare_cell:compare_cell", "Train {job.train.run}",
            lambda job: _run_folder(job.train)),
    JobKind(many.OnSlurmJob, "many.on_slurm:on_slurm", "On a cluster: {job.job.kind}",
            lambda job: folder_of(job.job)),
    JobKind(people.CohortJob, "people.cohort:compare_cohort", "Compare groups of people"),
    JobKind(people.SaveReferenceJob, "people.reference:save_reference", "Save a reference group",
            cores="none"),
    JobKind(people.RetestJob, "people.retest:measure_repeatability", "Repeatability of volumes"),
    JobKind(people.ChangeJob, "people.change:measure_change", "Change over time: {job.what}", cores="all"),
    JobKind(atlases.BuildAtlasJob, "atlases.build_atlas:build", "Build the atlas {job.recipe.stem}",
            lambda job: job.out or job.recipe.parent),
    JobKind(atlases.ImportAtlasJob, "atlases.import_atlas:import_lab_atlas",
            "Import the atlas {job.source.name}", lambda job: job.out or job.source),
)
# fmt: on

#: By the word that a job file has for it.
KINDS: dict[str, JobKind] = {row.model.model_fields["kind"].default: row for row in _ROWS}


def folder_of(job: Job) -> Path:
    """Folder the results of a job go to."""
    return KINDS[job.kind].folder(job)
