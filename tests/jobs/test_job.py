from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import (
    DemoJob,
    EvaluateRunJob,
    Job,
    PrepareJob,
    SegmentJob,
    SimulateJob,
    TrainJob,
    read_job,
    write_job,
)

JOBS = [
    SegmentJob(scans=(Path("a.nii.gz"),), out=Path("out")),
    PrepareJob(dataset=Path("ds"), study=Path("study"), jobs=2, repeat=True),
    TrainJob(study=Path("study"), run="first", simulated=5, augment="wide"),
    EvaluateRunJob(study=Path("study"), run="first"),
    SimulateJob(subjects=2, out=Path("out")),
    DemoJob(out=Path("out")),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.kind)
def test_job_survives_its_file(tmp_path: Path, job: Job) -> None:
    write_job(job, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json") == job


@pytest.mark.parametrize(("written", "meant"), [("true", "mild"), ("false", "none")])
def test_job_from_before_there_were_two_augmentations_is_read(
    tmp_path: Path, written: str, meant: str
) -> None:
    text = f'{{"kind": "train", "study": "s", "run": "r", "augment": {written}}}'
    (tmp_path / "job.json").write_text(text, encoding="utf-8")
    job = read_job(tmp_path / "job.json")
    assert isinstance(job, TrainJob)
    assert job.augment == meant


def test_training_defaults_are_the_papers() -> None:
    job = TrainJob(study=Path("s"), run="r")
    assert (job.decoder, job.encoder, job.loss, job.alpha) == ("n_deconet", "resnet34", "dicece", 0.1)
    assert (job.epochs, job.batch_size, job.learning_rate) == (10, 16, 1e-4)


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"kind": "segment"}', '{"kind": "dance"}', '{"kind": "demo", "out": "x", "version": 2}'],
)
def test_file_that_is_no_job_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="does not describe a job"):
        read_job(tmp_path / "job.json")
