from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import BOX_SHAPE, Space, box_affine
from brainstem_app.study.beginning import begin_study
from brainstem_app.study.splits import split_subjects
from brainstem_app.study.study import Failure, Study, StudySettings, SubjectRecord
from brainstem_app.written_files import UNCERTAINTY_FILE

SETTINGS = StudySettings(dataset="/data/ds", atlas_version="1")


def _record(name: str, state: str = "finished") -> SubjectRecord:
    failure = Failure(what="It broke.") if state == "failed" else None
    return SubjectRecord.model_validate(
        {"name": name, "person": name, "state": state, "source": "scan.nii.gz", "failure": failure}
    )


def test_study_survives_the_disk(tmp_path: Path) -> None:
    made = Study.create(tmp_path / "study", SETTINGS)
    assert Study.open(tmp_path / "study") == made
    text = (tmp_path / "study" / "study.json").read_text(encoding="utf-8")
    assert '"schema": "brainstem-study/1"' in text


def _prepared(folder: Path) -> Study:
    study = Study.create(folder, SETTINGS)
    _record("sub-01").save(study.subject_folder("sub-01") / "manifest.json")
    return study


def test_creating_again_opens_what_is_there(tmp_path: Path) -> None:
    made = _prepared(tmp_path)
    assert Study.create(tmp_path, StudySettings(dataset="/data/ds", atlas_version="1", seed=9)) == made


@pytest.mark.parametrize("other", [{"space": "nonlinear"}, {"dataset": "/data/other"}])
def test_going_on_with_other_settings_is_refused(tmp_path: Path, other: dict[str, str]) -> None:
    _prepared(tmp_path)
    with pytest.raises(InputError, match=next(iter(other))):
        Study.create(tmp_path, SETTINGS.model_copy(update=other))


def test_study_that_was_only_begun_takes_on_all_settings(tmp_path: Path) -> None:
    begun = Study.create(tmp_path, StudySettings())
    assert begun.is_empty
    assert begun.settings.dataset_folder is None
    other = SETTINGS.model_copy(update={"space": Space.NONLINEAR, "seed": 9})
    made = Study.create(tmp_path, other)
    assert (made.settings.dataset, made.settings.space, made.settings.seed) == (
        "/data/ds",
        Space.NONLINEAR,
        9,
    )
    assert made.settings.created == begun.settings.created


def test_study_with_results_alone_keeps_its_dataset_and_takes_on_the_space(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    (tmp_path / "segmentations" / "sub-01").mkdir(parents=True)
    assert not study.is_empty
    other = SETTINGS.model_copy(update={"space": Space.NONLINEAR})
    assert Study.create(tmp_path, other).settings.space is Space.NONLINEAR
    with pytest.raises(InputError, match="dataset"):
        Study.create(tmp_path, SETTINGS.model_copy(update={"dataset": "/data/other"}))


def test_folder_of_something_else_is_no_study_and_none_is_begun_there(tmp_path: Path) -> None:
    (tmp_path / "draft.txt").write_text("of somebody else", encoding="utf-8")
    with pytest.raises(InputError, match="no study"):
        Study.open(tmp_path)
    with pytest.raises(InputError, match="not empty"):
        begin_study(tmp_path, StudySettings())
    (tmp_path / "empty").mkdir()
    assert begin_study(tmp_path / "empty", StudySettings()) == Study.open(tmp_path / "empty")


def test_study_takes_on_a_new_atlas_and_knows_which_subjects_lack_it(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    old = _record("sub-01").model_copy(update={"settings": study.settings.atlas_settings})
    assert study.is_current(old)
    changed = Study.create(tmp_path, SETTINGS.model_copy(update={"atlas_sha256": "a" * 64}))
    assert not changed.is_current(old)
    assert Study.open(tmp_path).settings.atlas_sha256 == "a" * 64
    assert changed.settings.created == study.settings.created


def test_labels_of_another_atlas_than_the_studys_are_not_loaded(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    record = _record("sub-01").model_copy(update={"settings": {"atlas": "another"}})
    record.save(study.subject_folder("sub-01") / "manifest.json")
    with pytest.raises(InputError, match="another atlas") as caught:
        study.load_box("sub-01")
    assert "prepare" in caught.value.fix


@pytest.mark.parametrize("text", ["{", '{"schema": "brainstem-study/9", "dataset": ""}', "\x00\x01", "[]"])
def test_damaged_study_says_which_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="damaged") as caught:
        Study.open(tmp_path)
    assert caught.value.where == str(tmp_path / "study.json")


def test_binary_garbage_is_a_damaged_study_too(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_bytes(b"\xff\xfe\xff\x80")
    with pytest.raises(InputError, match="damaged"):
        Study.open(tmp_path)


def test_folder_without_a_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Study.open(tmp_path)
    assert "prepare" in caught.value.fix


def test_finished_and_failed_subjects_are_told_apart(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    for record in (_record("sub-01"), _record("sub-02", "failed")):
        record.save(study.subject_folder(record.name) / "manifest.json")
    (study.subject_folder("sub-03")).mkdir()
    (study.subject_folder("sub-03") / "manifest.json").write_text("{", encoding="utf-8")
    assert [record.name for record in study.subjects()] == ["sub-01", "sub-02"]
    assert [record.name for record in study.finished_subjects()] == ["sub-01"]
    assert study.subject("sub-03") is None


def test_splits_survive_the_disk(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    splits = split_subjects({f"sub-{i}": [f"sub-{i}"] for i in range(7)}, seed=0)
    study.save_splits(splits)
    assert study.splits() == splits


def test_prepared_box_is_read_with_its_types(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    folder = study.subject_folder("sub-01")
    folder.mkdir(parents=True)
    image = np.random.default_rng(0).random(BOX_SHAPE).astype(np.float32)
    labels = np.random.default_rng(1).integers(0, 34, BOX_SHAPE).astype(np.uint8)
    for name, volume in (("scan_box", image), ("labels_box", labels)):
        nibabel.save(nibabel.Nifti1Image(volume, box_affine()), folder / f"{name}.nii.gz")
    box = study.load_box("sub-01")
    np.testing.assert_array_equal(box.image, image)
    np.testing.assert_array_equal(box.labels, labels)
    assert (box.image.dtype, box.labels.dtype) == (np.float32, np.uint8)
    assert study.load_repeat_labels("sub-01") is None


def test_truncated_box_is_a_readable_error(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    folder = study.subject_folder("sub-01")
    folder.mkdir(parents=True)
    nibabel.save(
        nibabel.Nifti1Image(np.ones(BOX_SHAPE, np.float32), box_affine()), folder / "scan_box.nii.gz"
    )
    path = folder / "scan_box.nii.gz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="missing or damaged"):
        study.load_box("sub-01")


@pytest.mark.parametrize(("value", "count"), [(np.nan, 3), (np.inf, 1), (-np.inf, 2)])
def test_image_with_voxels_that_are_no_numbers_is_named_with_its_subject(
    tmp_path: Path, value: float, count: int
) -> None:
    study = Study.create(tmp_path, SETTINGS)
    image = np.zeros(BOX_SHAPE, np.float32)
    image[20, 20, :count] = value
    path = _write_boxes(study, "sub-07", image, np.zeros(BOX_SHAPE, np.uint8))
    with pytest.raises(InputError, match=f"sub-07 holds {count} voxels") as caught:
        study.load_box("sub-07")
    assert caught.value.where == str(path / "scan_box.nii.gz")
    assert "prepare" in caught.value.fix


@pytest.mark.parametrize("value", [np.nan, 2.5, -1.0, 300.0])
def test_labels_that_are_no_labels_are_named_with_their_subject(tmp_path: Path, value: float) -> None:
    study = Study.create(tmp_path, SETTINGS)
    labels = np.zeros(BOX_SHAPE, np.float32)
    labels[20, 20, 20] = value
    path = _write_boxes(study, "sub-07", np.zeros(BOX_SHAPE, np.float32), labels)
    with pytest.raises(InputError, match="sub-07") as caught:
        study.load_box("sub-07")
    assert caught.value.where == str(path / "labels_box.nii.gz")


def _write_boxes(study: Study, name: str, image: np.ndarray, labels: np.ndarray) -> Path:
    folder = study.subject_folder(name)
    folder.mkdir(parents=True)
    for file, volume in (("scan_box", image), ("labels_box", labels)):
        nibabel.save(nibabel.Nifti1Image(volume, box_affine()), folder / f"{file}.nii.gz")
    return folder


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "con", "LPT1.x", "x.", "a" * 101])
def test_run_names_cannot_leave_the_study_or_fail_on_windows(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        Study.create(tmp_path, SETTINGS).run_folder(name)


def test_run_that_differs_by_capitals_from_another_is_refused(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    study.run_folder("First").mkdir(parents=True)
    with pytest.raises(InputError, match="First"):
        study.run_folder("first")


@pytest.mark.parametrize("name", ["../../private", "/etc", "a\\b", ".."])
def test_splits_cannot_name_what_lies_elsewhere(tmp_path: Path, name: str) -> None:
    study = Study.create(tmp_path, SETTINGS)
    content = {"schema": "brainstem-splits/1", "seed": 0, "train": [name], "validation": [], "test": []}
    (tmp_path / "splits.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="cannot be the name of a folder") as caught:
        study.splits()
    assert caught.value.where == str(tmp_path / "splits.json")
    with pytest.raises(InputError):
        study.load_box(name)


def test_study_is_not_made_under_a_name_that_windows_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="aux"):
        Study.create(tmp_path / "aux", SETTINGS)
    assert not list(tmp_path.iterdir())


def test_uncertainty_is_read_where_a_subject_has_it_and_refused_where_it_is_none(tmp_path: Path) -> None:
    study = Study.create(tmp_path, SETTINGS)
    assert study.load_uncertainty("sub-01") is None
    path = study.subject_folder("sub-01") / UNCERTAINTY_FILE
    path.parent.mkdir()
    volume = np.full(BOX_SHAPE, 0.5, np.float32)
    nibabel.save(nibabel.Nifti1Image(volume, box_affine()), path)
    np.testing.assert_array_equal(study.load_uncertainty("sub-01"), volume)
    nibabel.save(nibabel.Nifti1Image(volume - 1, box_affine()), path)
    with pytest.raises(InputError, match="no distances"):
        study.load_uncertainty("sub-01")


def test_how_far_references_are_off_follows_the_atlas_only(tmp_path: Path) -> None:
    _prepared(tmp_path)
    known = SETTINGS.model_copy(update={"reference_mm": 0.3})
    assert Study.create(tmp_path, known).settings.reference_mm is None, "labels may be of another origin"
    other = known.model_copy(update={"atlas_sha256": "a" * 64})
    assert Study.create(tmp_path, other).settings.reference_mm == 0.3
