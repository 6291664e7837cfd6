"""Folds of a study: everybody is tested once, all scans of a person together, and the folds stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.study.folds import fold_of, make_folds, not_in_folds
from brainstem_app.study.quality import save_decision
from brainstem_app.study.study import Study, StudySettings, SubjectRecord

PEOPLE = {
    f"sub-{k:02d}": [f"sub-{k:02d}_ses-{s}" for s in (1, 2)] if k % 3 == 0 else [f"sub-{k:02d}"]
    for k in range(13)
}


@pytest.mark.parametrize("count", [2, 3, 5, 13])
def test_everybody_is_tested_in_exactly_one_fold_with_all_sessions(count: int) -> None:
    folds = make_folds(PEOPLE, count, seed=3).folds
    every = sorted(scan for scans in PEOPLE.values() for scan in scans)
    assert sorted(name for fold in folds for name in fold.test) == every
    for fold in folds:
        assert sorted(fold.names) == every
        assert fold.train
        assert fold.validation
        assert fold.test
        for scans in PEOPLE.values():
            assert sum(bool(set(scans) & set(part)) for part in (fold.train, fold.validation, fold.test)) == 1


def test_folds_hold_about_the_same_share_of_each_group_and_depend_on_the_seed_alone() -> None:
    people = {f"sub-{k}": [f"sub-{k}"] for k in range(20)}
    group_of = {name: "patient" if int(name[4:]) < 10 else "control" for name in people}
    folds = make_folds(people, 5, seed=1, group_of=group_of)
    for fold in folds.folds:
        assert sum(group_of[name] == "patient" for name in fold.test) == 2
    assert make_folds(dict(reversed(people.items())), 5, seed=1, group_of=group_of) == folds
    assert make_folds(people, 5, seed=2, group_of=group_of) != folds


@pytest.mark.parametrize(("people", "count"), [(2, 2), (4, 5), (9, 1)])
def test_too_few_people_are_refused(people: int, count: int) -> None:
    with pytest.raises(InputError, match=f"{people} people"):
        make_folds({f"sub-{k}": [f"sub-{k}"] for k in range(people)}, count, seed=0)


def _add(study: Study, name: str) -> None:
    folder = study.subject_folder(name)
    folder.mkdir(parents=True)
    SubjectRecord(name=name, person=name, state="finished", source="made").save(folder / "manifest.json")


def test_folds_of_a_study_stay_when_subjects_come_and_leave_out_who_is_rejected(tmp_path: Path) -> None:
    study = Study.create(tmp_path, StudySettings(dataset="made"))
    for k in range(6):
        _add(study, f"sub-{k}")
    before = [fold_of(study, 3, k) for k in (1, 2, 3)]
    assert (tmp_path / "folds-3.json").is_file()
    _add(study, "sub-9")
    assert [fold_of(study, 3, k) for k in (1, 2, 3)] == before
    assert not_in_folds(study, 3) == ("sub-9",)
    assert not_in_folds(study, 2) == ()
    save_decision(tmp_path, before[0].test[0], "rejected")
    assert before[0].test[0] not in fold_of(study, 3, 1).names
    with pytest.raises(InputError, match="no fold 4 of 3"):
        fold_of(study, 3, 4)
