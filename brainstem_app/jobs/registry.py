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
from brainstem_app.study.result_state import SEGMENTATIONS_FOLDER


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
    folder : callable
        Folder that the results of a job go to.
    title : str
        What a job is called in a list; ``{job}`` stands for it.
    cores : {"its own", "all", "none"}
        Cores that it keeps busy: one for each of its processes, all of the machine as what trains or predicts
        with Keras, or none as what waits for the disk.
    """

    model: type[JobModel]
    place: str
    folder: Callable[[Any], Path]
    title: str
    cores: Literal["its own", "all", "none"] = "its own"

    def work(self, job: Job, reporter: Reporter) -> Summary:
        """Do a job of this kind."""
        module, _, function = self.place.partition(":")
        with loading():
            work = getattr(importlib.import_module(f"brainstem_app.jobs.{module}"), function)
        done: Summary = work(job, reporter)
        return done


def _run_folder(job: Any) -> Path:
    return Path(job.study / "runs" / job.run)


def _out(job: Any) -> Path:
    return Path(job.out)


def _segmentations(job: Any) -> Path:
    return Path(job.study / SEGMENTATIONS_FOLDER)


_ROWS = (
    JobKind(scans.SegmentJob, "scans.segment:segment", _out, "Segment {job.what}"),
    JobKind(
        scans.EvaluateVolumesJob,
        "scans.evaluate_volumes:evaluate_volumes",
        _out,
        "Compare {job.predicted.name}",
    ),
    JobKind(scans.SimulateJob, "scans.simulate:simulate", _out, "Simulate {job.subjects}"),
    JobKind(
        scans.MakeDatasetJob,
        "scans.make_dataset:gather",
        _out,
        "Make the dataset {job.out.name}",
        cores="none",
    ),
    JobKind(scans.DemoJob, "scans.demo:demo", _out, "Demonstration"),
    JobKind(
        studies.PrepareJob, "studies.prepare:prepare", lambda job: job.study, "Prepare {job.dataset.name}"
    ),
    JobKind(
        studies.CopyStudyJob,
        "studies.copy_study:copy_study",
        _out,
        "Save the study as {job.out.name}",
        cores="none",
    ),
    JobKind(
        studies.AddReferenceJob,
        "studies.add_reference:add_reference",
        lambda job: job.study,
        "Add {job.labels.name} to the training set",
    ),
    JobKind(
        studies.RemoveReferenceJob,
        "studies.remove_reference:remove_reference",
        lambda job: job.study,
        "Take the labels of {job.subject} out of the training set",
    ),
    JobKind(
        results.QualityJob, "results.quality:look_at_results", lambda job: job.study, "Quality of the results"
    ),
    JobKind(
        results.AcceptResultsJob, "results.judge:accept", _segmentations, "Accept {job.subjects[0]}", "none"
    ),
    JobKind(
        results.RejectResultsJob, "results.judge:reject", _segmentations, "Reject {job.subjects[0]}", "none"
    ),
    JobKind(
        results.UndecideResultsJob,
        "results.judge:undecide",
        _segmentations,
        "Undecide {job.subjects[0]}",
        "none",
    ),
    JobKind(
        results.CorrectResultJob,
        "results.correct:correct_result",
        _segmentations,
        "Report anew: {job.subject}",
    ),
    JobKind(
        results.RestoreResultsJob,
        "results.restore:restore_results",
        _segmentations,
        "Restore {job.subjects[0]}",
        "none",
    ),
    JobKind(
        results.ImportResultsJob,
        "results.import_results:import_results",
        _segmentations,
        "Import {job.results[0].name}",
        "none",
    ),
    JobKind(results.ExportResultsJob, "results.export:export_results", _out, "Export volumes", "none"),
    JobKind(networks.TrainJob, "networks.train:train", _run_folder, "Train {job.run}", cores="all"),
    JobKind(
        networks.EvaluateRunJob,
        "networks.evaluate_run:evaluate_run",
        _run_folder,
        "Measure {job.run}",
        cores="all",
    ),
    JobKind(
        networks.ActivationsJob,
        "networks.activations:write_activation_maps",
        lambda job: job.out or _run_folder(job),
        "Activations of {job.run}",
    ),
    JobKind(
        networks.ExportModelJob,
        "networks.export:export_model",
        lambda job: job.out or job.run / "export",
        "Add {job.run.name} to my models",
        cores="all",
    ),
    JobKind(
        networks.ExportEnsembleJob,
        "networks.ensemble:export_ensemble",
        lambda job: job.out or job.runs[0].resolve().parent.parent / "ensembles" / job.name,
        "Join {job.name}",
        cores="all",
    ),
    JobKind(
        networks.MeasureSpeedJob,
        "networks.machine_speed:measure_speed",
        lambda job: user_data_folder(),
        "Measure the speed of this machine",
        cores="all",
    ),
    JobKind(
        many.CompareJob,
        "many.compare:compare",
        lambda job: job.study / "comparisons" / job.grid.name,
        "Compare {job.grid.name}",
        cores="all",
    ),
    JobKind(
        many.CompareCellJob,
        "many.compare_cell:compare_cell",
        lambda job: _run_folder(job.train),
        "Train {job.train.run}",
    ),
    JobKind(
        many.OnSlurmJob,
        "many.on_slurm:on_slurm",
        lambda job: folder_of(job.job),
        "On a cluster: {job.job.kind}",
    ),
    JobKind(people.CohortJob, "people.cohort:compare_cohort", _out, "Compare groups of people"),
    JobKind(
        people.SaveReferenceJob, "people.reference:save_reference", _out, "Save a reference group", "none"
    ),
    JobKind(people.RetestJob, "people.retest:measure_repeatability", _out, "Repeatability of volumes"),
    JobKind(
        people.ChangeJob, "people.change:measure_change", _out, "Change over time: {job.what}", cores="all"
    ),
    JobKind(
        atlases.BuildAtlasJob,
        "atlases.build_atlas:build",
        lambda job: job.out or job.recipe.parent,
        "Build the atlas {job.recipe.stem}",
    ),
    JobKind(
        atlases.ImportAtlasJob,
        "atlases.import_atlas:import_lab_atlas",
        lambda job: job.out or job.source,
        "Import the atlas {job.source.name}",
    ),
)

#: By the word that a job file has for it.
KINDS: dict[str, JobKind] = {row.model.model_fields["kind"].default: row for row in _ROWS}


def folder_of(job: Job) -> Path:
    """Folder the results of a job go to."""
    return KINDS[job.kind].folder(job)
