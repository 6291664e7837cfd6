"""Results belong to their study: whose each is, where it lies, and what people said of it."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.derivatives import dataset_id
from brainstem_app.study.identity import Identity, identity_of, place_in_study
from brainstem_app.study.result_state import Entry
from brainstem_app.study.segmentations import of_model, of_person, read_study_result, study_results

from .made_study import add_result, correct_by_hand, make_study, state_lines


def _scan(dataset: Path, name: str, value: float = 0.0) -> Path:
    subject, *others = name.split("_")
    sessions = [word for word in others if word.startswith("ses-")]
    path = dataset.joinpath(subject, *sessions, "anat", f"{name}_T1w.nii.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.full((4, 4, 4), value, np.float32), np.eye(4)), path)
    return path


def _place(study, scan: Path, name: str = "scan") -> str:
    folder = place_in_study(study, identity_of(scan, name), scan)[1]
    return folder.relative_to(study.folder / "segmentations").as_posix()


def test_sessions_of_a_person_lie_in_one_folder(tmp_path: Path) -> None:
    dataset = tmp_path / "ds"
    study = make_study(tmp_path / "study", dataset)
    scans = [_scan(dataset, name) for name in ("sub-01", "sub-02_ses-1", "sub-02_ses-2")]
    assert [_place(study, scan) for scan in scans] == ["sub-01", "sub-02/ses-1", "sub-02/ses-2"]


def test_run_is_named_where_a_session_has_several_scans_and_nowhere_else(tmp_path: Path) -> None:
    dataset = tmp_path / "ds"
    study = make_study(tmp_path / "study", dataset)
    alone = _scan(dataset, "sub-01_acq-mprage_run-1")
    assert _place(study, alone) == "sub-01"
    two = [_scan(dataset, f"sub-02_ses-1_run-{n}") for n in (1, 2)]
    assert [_place(study, scan) for scan in two] == ["sub-02/ses-1_run-1", "sub-02/ses-1_run-2"]


def test_person_of_another_dataset_is_another_person(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    own = _scan(tmp_path / "ds", "sub-01", 1)
    other = _scan(tmp_path / "site2", "sub-01", 2)
    namesake = _scan(tmp_path / "elsewhere" / "site2", "sub-01", 3)
    assert [_place(study, s) for s in (own, other, namesake)] == ["sub-01", "site2_sub-01", "site2-2_sub-01"]
    assert _place(study, other) == "site2_sub-01"  # the same every time


def test_loose_copy_of_a_scan_of_the_dataset_is_that_person_and_another_scan_is_refused(
    tmp_path: Path,
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    scan = _scan(tmp_path / "ds", "sub-01_ses-2", 1)
    copy = tmp_path / "loose" / "sub-01.nii.gz"
    copy.parent.mkdir()
    copy.write_bytes(scan.read_bytes())
    assert _place(study, copy, "sub-01") == "sub-01/ses-2"
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 4, 4), np.float32), np.eye(4)), copy)
    with pytest.raises(InputError, match="another scan"):
        _place(study, copy, "sub-01")
    assert _place(study, copy, "patient 7") == "patient 7"


def test_dataset_that_was_moved_is_still_the_studys(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", tmp_path / "old place" / "ds")
    assert _place(study, _scan(tmp_path / "new place" / "ds", "sub-01")) == "sub-01"


def test_judgement_is_kept_with_who_why_and_when_and_can_be_taken_back(
    tmp_path: Path, table: LabelTable
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    folder = add_result(study, table, "sub-01")
    (result,) = study_results(study.folder)
    assert (result.name, result.state, result.last) == ("sub-01/net-1", "unseen", None)
    result = result.write_down(Entry(deed="rejected", why="moved", who="anna"))
    again = read_study_result(study.folder, folder)
    assert (again.state, again.last.why, again.last.who) == ("rejected", "moved", "anna")
    assert again.last.date[:4].isdigit()
    assert result.write_down(Entry(deed="accepted", who="ben")).state == "accepted"
    assert result.write_down(Entry(deed="undecided", who="ben")).state == "unseen"
    assert [line["deed"] for line in state_lines(folder)] == ["rejected", "accepted", "undecided"]


def test_new_labels_of_the_same_scan_wait_for_a_new_look(tmp_path: Path, table: LabelTable) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    folder = add_result(study, table, "sub-01")
    read_study_result(study.folder, folder).write_down(Entry(deed="rejected", why="moved"))
    correct_by_hand(folder, 3, "labels_native.nii.gz")  # what a new segmentation would write
    result = read_study_result(study.folder, folder)
    assert result.state == "unseen"
    assert result.last.why == "earlier labels: moved"


def test_correction_makes_an_accepted_result_edited_but_lifts_no_rejection(
    tmp_path: Path, table: LabelTable
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    accepted, rejected = (add_result(study, table, name) for name in ("sub-01", "sub-02"))
    for folder, deed in ((accepted, "accepted"), (rejected, "rejected")):
        read_study_result(study.folder, folder).write_down(Entry(deed=deed, why="because"))
        correct_by_hand(folder, 3)
    first, second = study_results(study.folder)
    assert (first.state, second.state) == ("edited", "rejected")
    assert first.current_labels.name == second.current_labels.name == "labels_native_edited.nii.gz"
    assert second.write_down(Entry(deed="accepted")).state == "accepted"


def test_damaged_state_is_no_unseen_result(tmp_path: Path, table: LabelTable) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    folder = add_result(study, table, "sub-01")
    (folder / "state.json").write_text('{"schema": "brainstem-result/1", "subj', encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        study_results(study.folder)


def test_nothing_is_written_into_a_study_that_is_gone(tmp_path: Path, table: LabelTable) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    folder = add_result(study, table, "sub-01")
    result = read_study_result(study.folder, folder)
    (study.folder / "study.json").unlink()
    with pytest.raises(InputError, match="not there any more"):
        result.write_down(Entry(deed="accepted"))
    assert state_lines(folder) == []


def test_results_of_several_models_lie_side_by_side_and_one_is_chosen(
    tmp_path: Path, table: LabelTable
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    for version in ("1", "2"):
        add_result(study, table, "sub-01", version=version)
    results = study_results(study.folder)
    with pytest.raises(InputError, match="more than one model: net-1, net-2"):
        of_model(results, "", study.folder)
    with pytest.raises(InputError, match="more than one model"):
        of_model(results, "net", study.folder)
    assert [r.name for r in of_model(results, "net-2", study.folder)] == ["sub-01/net-2"]
    with pytest.raises(InputError, match="of the model other"):
        of_model(results, "other", study.folder)


def test_person_is_found_by_any_spelling_but_never_guessed(tmp_path: Path, table: LabelTable) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    for session in ("ses-1", "ses-2"):
        add_result(study, table, "sub-01", session=session)
    other = Identity("site2", dataset_id(tmp_path / "site2"), "sub-07")
    _, place = place_in_study(study, other)
    assert place.name == "site2_sub-07"
    add_result(study, table, "sub-07")
    results = study_results(study.folder)
    assert len(of_person(results, "1", "", study.folder)) == 2
    assert [r.name for r in of_person(results, "sub-01", "2", study.folder)] == ["sub-01/ses-2/net-1"]
    with pytest.raises(InputError, match="No result of this study is of sub-09"):
        of_person(results, "sub-09", "", study.folder)
    with pytest.raises(InputError, match="no segmentation yet"):
        of_person((), "sub-01", "", study.folder)
