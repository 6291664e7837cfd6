"""The command `compare`, and `--executor` of `prepare` and `segment`: which job each of them starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.cli.app import run
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.job import CompareJob, Job, OnSlurmJob, PrepareJob, SegmentJob
from brainstem_app.jobs.networks.machine_speed import Estimate


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that commands start, instead of doing them."""
    started: list[Job] = []
    for module in ("compare", "options", "studies"):
        monkeypatch.setattr(
            f"brainstem_app.cli.{module}.run_and_show", lambda job, **rest: started.append(job)
        )
    monkeypatch.setattr("brainstem_app.jobs.many.compare.describe_plan", lambda job: Estimate("a plan"))
    return started


def test_compare_makes_the_job_it_was_asked_for(jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    options = [
        "--repeats",
        "2",
        "--epochs",
        "3",
        "--size",
        "64",
        "--set",
        "learning_rate=0.001",
        "--name",
        "mine",
    ]
    assert run(["compare", "study", "--grid", "table1", *options, "--jobs", "4", "--keep", "none"]) == 0
    (job,) = jobs
    assert isinstance(job, CompareJob)
    assert (job.grid.name, job.grid.repeats, job.jobs, job.keep) == ("mine", 2, 4, "none")
    assert job.grid.settings == {
        "encoder": "resnet34",
        "alpha": 0.1,
        "epochs": 3,
        "input.size": 64,
        "learning_rate": 0.001,
    }
    assert "a plan" in capsys.readouterr().out


def test_help_says_that_the_grid_decides_before_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for option, default in (
        ("--repeats", "5"),
        ("--folds", "the study's own split"),
        ("--epochs", "10"),
        ("--batch-size", "16"),
        ("--size", "224"),
    ):
        told = said[said.index(f" {option} <") :].partition("]")[0]
        assert f"[default: the grid's, else {default}" in told
    assert run(["train", "--help"]) == 0
    assert "the grid" not in capsys.readouterr().out


def test_plan_is_shown_and_nothing_is_started(jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "study", "--grid", "alpha", "--plan"]) == 0
    assert jobs == []
    assert "a plan" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [["--grid", "table2"], ["--grid", "alpha", "--set", "alpha=0.5"], ["--grid", "alpha", "--slurm", "x=1"]],
)
def test_grid_that_does_not_fit_is_bad_input(
    jobs: list[Job], options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", "study", *options]) == 2
    assert "to do:" in capsys.readouterr().err
    assert jobs == []


def test_segment_and_prepare_go_to_a_cluster_when_asked(jobs: list[Job], tmp_path: Path) -> None:
    cluster = ["--executor", "slurm", "--slurm", "partition=gpu", "--slurm", "minutes=30"]
    assert run(["segment", "a.nii.gz", "--out", str(tmp_path), *cluster]) == 0
    assert run(["prepare", "ds", "--study", str(tmp_path), *cluster]) == 0
    settings = SlurmSettings(partition="gpu", minutes=30)
    assert jobs == [
        OnSlurmJob(job=SegmentJob(scans=(Path("a.nii.gz"),), out=tmp_path), slurm=settings),
        OnSlurmJob(job=PrepareJob(dataset=Path("ds"), study=tmp_path), slurm=settings),
    ]
