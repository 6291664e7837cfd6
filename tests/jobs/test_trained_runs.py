"""What is said where a run, or its network, is asked for and not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.networks.run_splits import training_of
from brainstem_app.study.study import Study, StudySettings


def test_run_that_is_not_there_or_has_no_network_is_named(tmp_path: Path) -> None:
    study = Study.create(tmp_path / "study", StudySettings(dataset="x"))
    with pytest.raises(InputError, match="“nix” has no network: the study has no run of this name") as none:
        training_of(study, "nix")
    assert none.value.fix == "Train one with `brainstem-app train`."
    folder = study.run_folder("one")
    folder.mkdir(parents=True)
    job = TrainJob(study=study.folder, run="one")
    (folder / "config.json").write_text(job.model_dump_json(), encoding="utf-8")
    with pytest.raises(InputError, match="The run “one” has no network"):
        training_of(study, "one")
    with pytest.raises(InputError, match="has no network") as other:
        training_of(study, "nix")
    assert other.value.fix == "There are: one."
    (folder / "best.keras").touch()
    assert training_of(study, "one") == job
