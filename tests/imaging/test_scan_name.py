"""Whose a scan of a dataset is where its name and its folders do not say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import find_t1w_scans, subject_folders
from brainstem_app.imaging.bids.derivatives import bids_source
from brainstem_app.imaging.bids.scan_name import bids_scan, check_name, require_clear_name
from brainstem_app.imaging.scan import Level


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_session_that_a_name_leaves_out_is_that_of_the_folder_which_is_told(tmp_path: Path) -> None:
    sessions = [f"sub-05/{session}/anat/sub-05_run-1_T1w.nii.gz" for session in ("ses-1", "ses-2")]
    _touch(tmp_path, *sessions)
    found = find_t1w_scans(tmp_path)
    assert [(s.subject, s.session, s.run) for s in found] == [("sub-05", "1", "1"), ("sub-05", "2", "1")]
    assert [s.full_name for s in found] == ["sub-05_ses-1_run-1", "sub-05_ses-2_run-1"]
    assert list(subject_folders(found)) == ["sub-05_ses-1_run-1", "sub-05_ses-2_run-1"]
    assert bids_source(found[1].path).entities == "sub-05_ses-2_run-1"
    (finding,) = check_name(found[0].path)
    assert (finding.level, finding.code) == (Level.WARNING, "bids-name-without-session")
    assert "taken for sub-05_ses-1_run-1" in finding.problem
    require_clear_name(found[0].path)


@pytest.mark.parametrize(
    ("path", "named", "lies"),
    [
        ("sub-03/anat/sub-04_T1w.nii.gz", "sub-04", "sub-03"),
        ("sub-3/anat/sub-03_T1w.nii.gz", "sub-03", "sub-3"),
        ("sub-03/ses-1/anat/sub-03_ses-2_T1w.nii.gz", "ses-2", "ses-1"),
        ("sub-03/ses-1/anat/sub-04_ses-2_T1w.nii.gz", "sub-04_ses-2", "sub-03_ses-1"),
    ],
)
def test_scan_of_two_people_or_sessions_is_nobodys(tmp_path: Path, path: str, named: str, lies: str) -> None:
    scan = _touch(tmp_path, path) / path
    with pytest.raises(InputError, match=f"named {named}, but lies in the folder {lies}:") as caught:
        require_clear_name(scan)
    assert caught.value.where == str(scan)
    with pytest.raises(InputError, match="no BIDS name"):
        bids_source(scan)


def test_misnamed_scan_takes_the_name_of_no_other(tmp_path: Path) -> None:
    _touch(
        tmp_path, *(f"sub-{n}/anat/sub-{name}_T1w.nii" for n, name in (("3", "3"), ("3", "4"), ("4", "4")))
    )
    folders = subject_folders(find_t1w_scans(tmp_path))
    assert {name: scan.path.parts[-3] for name, scan in folders.items()} == {
        "sub-3": "sub-3",
        "sub-3_sub-4": "sub-3",
        "sub-4": "sub-4",
    }


def test_scans_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    _touch(tmp_path, "sub-1/anat/sub-1_ses-1_T1w.nii", "sub-1/ses-1/anat/sub-1_T1w.nii")
    assert list(subject_folders(find_t1w_scans(tmp_path))) == ["sub-1_ses-1", "sub-1_ses-1-2"]


@pytest.mark.parametrize(
    "path", ["sub-01/anat/sub-01_T1w.nii", "sub-01_a/anat/sub-01_a_T1w.nii", "sub-04_T1w.nii"]
)
def test_clear_names_are_not_remarked_on(tmp_path: Path, path: str) -> None:
    assert check_name(_touch(tmp_path, path) / path) == ()
    assert check_name(tmp_path / "gone" / path) == ()


def test_people_whose_names_are_no_bids_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    _touch(tmp_path, "sub-01-a/anat/sub-01-a_T1w.nii", "sub-01-b/anat/sub-01-b_T1w.nii")
    assert [scan.name for scan in find_t1w_scans(tmp_path)] == ["sub-01-a", "sub-01-b"]


def test_of_two_files_of_one_name_one_counts_which_is_told(tmp_path: Path) -> None:
    _touch(tmp_path, "sub-1/anat/sub-1_T1w.nii", "sub-1/anat/sub-1_T1w.nii.gz")
    (scan,) = find_t1w_scans(tmp_path)
    assert scan.path.name == "sub-1_T1w.nii.gz"
    (finding,) = check_name(scan.path)
    assert finding.level is Level.WARNING
    assert finding.problem.startswith("sub-1_T1w.nii.gz and sub-1_T1w.nii have one name in BIDS")
    assert bids_scan(tmp_path / "sub-1_T2w.nii") is None
