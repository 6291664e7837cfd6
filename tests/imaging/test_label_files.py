"""Where a lab keeps its label maps: BIDS derivatives, folders by subject, a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.scan_name import BidsScan, bids_scan
from brainstem_app.imaging.label_files import LabelFiles


def _scan(name: str) -> BidsScan:
    scan = bids_scan(Path(f"{name}_T1w.nii.gz"))
    assert scan is not None
    return scan


def _made(root: Path, *names: str) -> LabelFiles:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return LabelFiles.find(root)


def test_derivatives_are_found_by_subject_and_session_whatever_else_the_name_says(tmp_path: Path) -> None:
    files = _made(
        tmp_path,
        "sub-01/ses-1/anat/sub-01_ses-1_desc-manual_dseg.nii.gz",
        "sub-01/ses-2/anat/sub-01_ses-2_run-1_space-orig_dseg.nii.gz",
        "sub-01/ses-2/anat/sub-01_ses-2_space-MNI152NLin2009aSym_dseg.nii.gz",
        "sub-02/anat/sub-02_space-T1w_dseg.nii",
        "sub-02/anat/sub-02_T1w.nii.gz",
    )
    assert files.of(_scan("sub-01_ses-1_run-2")).name == "sub-01_ses-1_desc-manual_dseg.nii.gz"
    assert files.of(_scan("sub-01_ses-2_run-1")).name == "sub-01_ses-2_run-1_space-orig_dseg.nii.gz"
    assert files.of(_scan("sub-02")).name == "sub-02_space-T1w_dseg.nii"
    for missing in ("sub-01_ses-2_run-2", "sub-03", "sub-02_ses-1"):
        with pytest.raises(InputError, match="no label map of sub-"):
            files.of(_scan(missing))


def test_two_maps_of_one_scan_are_refused_with_their_names(tmp_path: Path) -> None:
    files = _made(
        tmp_path, "sub-01/anat/sub-01_desc-anna_dseg.nii.gz", "sub-01/anat/sub-01_desc-ben_dseg.nii.gz"
    )
    with pytest.raises(InputError, match="2 label maps of sub-01: sub-01_desc-anna"):
        files.of(_scan("sub-01"))


def test_folder_by_subject_needs_no_bids_names(tmp_path: Path) -> None:
    files = _made(tmp_path, "sub-01/nuclei.nii.gz", "2.mgz", "S3/labels.nii", "notes.txt")
    assert files.of(_scan("sub-01")).name == "nuclei.nii.gz"
    assert files.of(_scan("sub-02")).name == "2.mgz"
    assert files.of(_scan("sub-S3")).name == "labels.nii"


def test_list_names_the_file_of_each_subject(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("participant_id,labels\n1,maps/a.nii.gz\nsub-02,maps/b.nii.gz\n")
    files = LabelFiles.find(tmp_path / "list.csv")
    assert files.of(_scan("sub-01")) == tmp_path / "maps/a.nii.gz"
    assert files.of(_scan("sub-02_ses-1")) == tmp_path / "maps/b.nii.gz"
    (tmp_path / "dseg.tsv").touch()
    assert files.tables() == (tmp_path / "dseg.tsv",)


@pytest.mark.parametrize("what", ["nothing", "folder", "list"])
def test_place_without_labels_is_refused(tmp_path: Path, what: str) -> None:
    place = tmp_path / what
    if what == "folder":
        place.mkdir()
    if what == "list":
        place = tmp_path / "list.csv"
        place.write_text("who,what\n1,2\n")
    with pytest.raises(InputError) as caught:
        LabelFiles.find(place)
    assert "participant_id" in caught.value.fix
