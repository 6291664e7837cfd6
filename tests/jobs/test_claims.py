"""What a job holds while it works: the second one on the same thing is told by whom, and changes nothing."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from brainstem_app.imaging.atomic import clear_leftovers
from brainstem_app.jobs.claims import Claim, claim_of, claimed, claims_of
from brainstem_app.jobs.events import Event, Failed
from brainstem_app.jobs.job import (
    ActivationsJob,
    CohortJob,
    CompareCellJob,
    CompareJob,
    CopyStudyJob,
    DemoJob,
    EvaluateRunJob,
    EvaluateVolumesJob,
    ExportModelJob,
    ImportAtlasJob,
    Job,
    MeasureSpeedJob,
    RetestJob,
    SaveReferenceJob,
    SimulateJob,
    TrainJob,
)
from brainstem_app.jobs.run import run_job
from brainstem_app.locations import user_data_folder
from brainstem_app.locks.lock_file import InUseError
from brainstem_app.study.grid import Grid
from brainstem_app.study.quality import read_quality, save_decision
from brainstem_app.study.record import changing
from brainstem_app.study.study import Study, StudySettings


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    Study.create(folder, StudySettings(dataset=str(tmp_path)))
    (folder / "runs" / "first").mkdir(parents=True)
    return folder


def _files(folder: Path) -> dict[Path, float]:
    return {path: path.stat().st_mtime for path in folder.rglob("*")}


def _jobs(study: Path) -> list[Job]:
    train = TrainJob(study=study, run="first")
    out = study.parent / "out"
    return [
        train,
        CompareCellJob(train=train),
        EvaluateRunJob(study=study, run="first"),
        CompareJob(study=study, grid=Grid(name="grid", vary={"alpha": [0.1]})),
        ActivationsJob(study=study, run="first"),
        ActivationsJob(study=study, run="first", out=out),
        ExportModelJob(run=study / "runs" / "first"),
        ExportModelJob(run=study / "runs" / "first", out=out, name="mine", install=True),
        ImportAtlasJob(source=study, name="mine"),
        CopyStudyJob(study=study, out=out),
        CohortJob(results=(study,), out=out),
        RetestJob(results=study, out=out),
        SaveReferenceJob(results=(study,), out=out),
        EvaluateVolumesJob(predicted=study, reference=study, out=out),
        DemoJob(out=out),
        SimulateJob(subjects=1, out=out),
        MeasureSpeedJob(),
    ]


@pytest.mark.parametrize("index", range(17))
def test_second_job_on_the_same_thing_is_refused_and_changes_nothing(
    study: Path, index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(study.parent / "data"))
    job = _jobs(study)[index]
    events: list[Event] = []
    with claimed(claims_of(job), job.kind):
        before = _files(study.parent)
        assert run_job(job, events.append, lambda: False) == 2
        assert _files(study.parent) == before
    end = events[-1]
    assert isinstance(end, Failed)
    assert f" is in use by process {os.getpid()} on " in end.what
    assert f", {job.kind}, since " in end.what
    assert end.where
    assert end.fix


def test_lock_in_a_new_folder_does_not_make_it_a_used_one(study: Path) -> None:
    """The jobs that ask for an empty folder; told by how far they come."""
    for job in (
        CopyStudyJob(study=study, out=study.parent / "a"),
        SimulateJob(subjects=1, out=study.parent / "b"),
    ):
        events: list[Event] = []
        run_job(job, events.append, lambda: True)
        end = events[-1]
        assert isinstance(end, Failed)
        assert end.what == "Cancelled."


def test_train_evaluate_and_the_cell_of_a_comparison_claim_the_same_run(study: Path) -> None:
    jobs = _jobs(study)[:3]
    assert len({claims_of(job) for job in jobs}) == 1
    assert claims_of(TrainJob(study=study, run="FIRST"))[0].lock == claims_of(jobs[0])[0].lock


def test_installing_claims_the_name_among_the_models(study: Path) -> None:
    job = ExportModelJob(run=study / "runs" / "first", name="mine", install=True)
    folders = {claim.folder for claim in claims_of(job)}
    assert folders == {
        study / "runs" / "first" / "export",
        (user_data_folder() / "models" / "mine").resolve(),
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("First", "first"),
        (unicodedata.normalize("NFD", "é"), "É"),
        ("x" * 250, "X" * 250),
        ("ß" * 120, "ß" * 120),
    ],
)
def test_names_that_some_systems_do_not_tell_apart_share_a_lock(tmp_path: Path, one: str, other: str) -> None:
    with claimed((claim_of(tmp_path / one, "The run"),), "train"):
        with pytest.raises(InUseError), claimed((claim_of(tmp_path / other, "The run"),), "train"):
            pass
        with claimed((claim_of(tmp_path / "second", "The run"),), "train"):
            pass


def test_link_to_a_folder_shares_its_lock(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    assert claim_of(tmp_path / "a" / "run", "The run") == claim_of(tmp_path / "b" / "run", "The run")


def test_what_killed_processes_left_half_written_is_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "sub-01"
    for name in (".0123abcd-qc.png", "transforms/.89abcdef-warp.nii.gz", "qc.png", ".hidden", ".0123abcd"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    with claimed((claim_of(folder, "The subject"),), "prepare"):
        pass
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {"qc.png", ".hidden", ".0123abcd"}


def test_nothing_is_cleared_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".0123abcd-x").touch()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "link").symlink_to(tmp_path / "other", target_is_directory=True)
    clear_leftovers(tmp_path / "own")
    assert (tmp_path / "other" / ".0123abcd-x").exists()


def test_decisions_clear_what_killed_ones_left_half_written_and_nothing_else(study: Path) -> None:
    half = [".0123abcd-quality.json", ".89abcdef-quality.tsv", ".0123abcd-splits.json"]
    others = [".0123abcd-window.json", ".0123abcd", "quality.json.old", ".0123abcd-2-quality.json"]
    for name in (*half, *others):
        (study / name).touch()
    save_decision(study, "sub-01", "rejected")
    there = {path.name for path in study.iterdir()}
    assert there & set(half) == set()
    assert set(others) <= there


def test_of_several_claims_all_are_given_back_if_one_is_held(tmp_path: Path) -> None:
    a, b = (claim_of(tmp_path / name, "The run") for name in "ab")
    with claimed((b,), "train"), pytest.raises(InUseError), claimed((b, a), "train"):
        pass
    with claimed((a, b), "train"):
        assert _locks(tmp_path) == {".a.lock", ".b.lock"}
    assert _locks(tmp_path) == set()


def _locks(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_decision_on_a_subject_waits_for_who_changes_the_study(study: Path) -> None:
    save_decision(study, "sub-01", "rejected")
    with changing(study, "prepare"), pytest.raises(InUseError):
        save_decision(study, "sub-02", "rejected")
    assert read_quality(study).rejected == {"sub-01"}
    assert isinstance(claim_of(study, "The study"), Claim)
