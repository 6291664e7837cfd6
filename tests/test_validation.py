"""Settings that do not fit, in plain words that name the setting, its value and its range."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from brainstem_app.errors import InputError
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.job import (
    ImportAtlasJob,
    ImportResultsJob,
    PrepareJob,
    SegmentJob,
    SimulateJob,
    TrainJob,
    read_job,
)
from brainstem_app.validation import option_of, validated
from kerasmodels.training.settings import TrainingSettings

TRAIN: dict[str, Any] = {"study": "s", "run": "r"}
COUNT, SHARE = "a whole number of at least 1", "a number from 0 to 1"
FINITE, FINITE_SHARE = "a finite number above 0", "a finite number from 0 to 1"
FOREIGN_WORDS = ("Input should", "validation error", "pydantic", "Value error", "ValidationError")
MISFITS = [
    (TrainJob, {**TRAIN, "alpha": 5}, f"--alpha is 5; it must be {SHARE}."),
    (TrainJob, {**TRAIN, "alpha": -0.1}, f"--alpha is -0.1; it must be {SHARE}."),
    (TrainJob, {**TRAIN, "alpha": "much"}, f"--alpha is “much”; it must be {SHARE}."),
    (TrainJob, {**TRAIN, "alpha": None}, f"--alpha is nothing; it must be {SHARE}."),
    (TrainJob, {**TRAIN, "alpha": True}, f"--alpha is “true”; it must be {SHARE}."),
    (TrainJob, {**TRAIN, "alpha": math.nan}, f"--alpha is NaN; it must be {FINITE_SHARE}."),
    (TrainJob, {**TRAIN, "learning_rate": math.inf}, f"--learning-rate is Infinity; it must be {FINITE}."),
    (TrainJob, {**TRAIN, "learning_rate": 0}, "--learning-rate is 0; it must be a number above 0."),
    (TrainJob, {**TRAIN, "epochs": 2.5}, f"--epochs is 2.5; it must be {COUNT}."),
    (TrainJob, {**TRAIN, "gradient_clip": math.inf}, f"--gradient-clip is Infinity; it must be {FINITE}."),
    (TrainJob, {**TRAIN, "gradient_clip": -1}, "--gradient-clip is -1; it must be a number above 0."),
    (TrainJob, {**TRAIN, "patience": 0}, f"--patience is 0; it must be {COUNT}."),
    (TrainJob, {**TRAIN, "seed": -1}, "--seed is -1; it must be a whole number of at least 0."),
    (
        TrainJob,
        {**TRAIN, "input": {"size": 100}},
        "--size is 100; it must be a whole number from 32 to 2048, a multiple of 32.",
    ),
    (TrainJob, {**TRAIN, "input": 5}, "--input is 5; it must be a group of settings."),
    (TrainJob, {**TRAIN, "schedule": "up"}, "--schedule is “up”; it must be one of constant, cosine."),
    (TrainJob, {**TRAIN, "decoder": "unett"}, "--decoder: There is no decoder named 'unett'."),
    (TrainJob, {**TRAIN, "loss": 3}, "--loss is 3; it must be text."),
    (TrainJob, {**TRAIN, "epoks": 3}, "There is no setting --epoks."),
    (TrainJob, {"study": "s"}, "--run is not given."),
    (TrainJob, [], "What was given must be a group of settings."),
    (PrepareJob, {"dataset": "d", "study": "s", "jobs": 0}, f"--jobs is 0; it must be {COUNT}."),
    (
        ImportResultsJob,
        {"study": "s", "results": []},
        "--results is a list of 0; it must be a list of at least 1, each a path.",
    ),
    (SegmentJob, {"scans": [], "out": "o"}, "No scan is given."),
    (SimulateJob, {"subjects": "two", "out": "o"}, f"--subjects is “two”; it must be {COUNT}."),
    (
        ImportAtlasJob,
        {"source": "s", "threshold": 3},
        "--threshold is 3; it must be a number above 0 and of at most 1.",
    ),
    (SlurmSettings, {"memory_gb": math.inf}, f"--memory-gb is Infinity; it must be {FINITE}."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "what"), MISFITS)
def test_setting_that_does_not_fit_is_named_with_its_range(
    kind: type[BaseModel], content: object, what: str
) -> None:
    with pytest.raises(InputError) as caught:
        validated(kind, content, None, "Give another value.", option_of)
    assert caught.value.what == what
    assert caught.value.fix
    assert not [word for word in FOREIGN_WORDS if word in str(caught.value)]


def test_nearest_names_are_offered() -> None:
    for content, near in (({**TRAIN, "epoks": 3}, "epochs"), ({**TRAIN, "encoder": "resnet43"}, "resnet34")):
        with pytest.raises(InputError) as caught:
            validated(TrainJob, content)
        assert near in caught.value.fix


def test_names_of_networks_are_those_of_the_library() -> None:
    job = {**TRAIN, "library": "segmentation_models", "decoder": "linknet", "encoder": "vgg16"}
    assert validated(TrainJob, job).decoder == "linknet"
    with pytest.raises(InputError, match="segmentation_models"):
        validated(TrainJob, {**job, "decoder": "n_deconet"})


def test_job_takes_no_setting_that_training_refuses() -> None:
    job, training = TrainJob.model_json_schema(), TrainingSettings.model_json_schema()
    shared = job["properties"].keys() & training["properties"].keys()
    assert {"alpha", "epochs", "seed", "patience", "gradient_clip", "learning_rate"} <= shared
    for name in shared:
        assert job["properties"][name] == training["properties"][name], name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"kind": "train", "study": "s", "run": "r", "alpha": 5}', f"alpha is 5; it must be {SHARE}."),
        ('{"kind": "train", "study": "s", "run": "../r"}', "“/” cannot be in the name of a folder"),
        ('{"kind": "segment", "scans": ["a"], "out": "o", "name": "../../x"}', "name: “../../x” cannot be"),
        ('{"kind": "dance"}', "kind is “dance”."),
        ("[]", "What was given must be a group of settings."),
        ('{"kind": "compare", "study": "s", "grid": {"name": "con", "vary": {"alpha": [1]}}}', "Windows"),
        (
            '{"kind": "on-slurm", "job": {"kind": "prepare", "dataset": "d", "study": "s", "jobs": "x"}}',
            f"job.jobs is “x”; it must be {COUNT}.",
        ),
        ("{", "It is no JSON"),
    ],
)  # fmt: skip
def test_job_file_that_does_not_fit_says_so_in_plain_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "job.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_job(tmp_path / "job.json")
    assert words in caught.value.what
    assert caught.value.where == str(tmp_path / "job.json")
    assert not [word for word in FOREIGN_WORDS if word in str(caught.value)]


def test_misfit_that_no_check_foresaw_is_told_in_plain_words() -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingSettings(alpha=5, epochs=0)
    failed = describe_failure(caught.value)
    assert failed.what == "alpha is 5; it must be less than or equal to 1."
    assert failed.exit_status == 2
    assert not [word for word in FOREIGN_WORDS if word in failed.what + failed.fix]
