"""Subjects rejected by eye are neither trained on nor measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.study.quality import read_quality, save_decision
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings
from brainstem_app.written_files import QUALITY_FILE


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = Study.create(tmp_path, StudySettings(dataset="x"))
    made.save_splits(Splits(seed=0, train=("sub-1", "sub-2"), validation=("sub-3",), test=("sub-4",)))
    return made


def test_rejected_subject_leaves_the_split_and_comes_back_when_the_decision_is_taken_back(
    study: Study,
) -> None:
    save_decision(study.folder, "sub-2", "rejected")
    save_decision(study.folder, "sub-4", "accepted")
    assert study.splits().names == ("sub-1", "sub-3", "sub-4")
    save_decision(study.folder, "sub-2", None)
    assert study.splits().names == ("sub-1", "sub-2", "sub-3", "sub-4")
    assert read_quality(study.folder).decisions == {"sub-4": "accepted"}


def test_the_file_of_the_split_keeps_everybody(study: Study) -> None:
    save_decision(study.folder, "sub-1", "rejected")
    assert "sub-1" in Splits.load(study.folder / "splits.json").names


def test_damaged_decisions_are_not_taken_for_none(study: Study) -> None:
    (study.folder / QUALITY_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        study.splits()
