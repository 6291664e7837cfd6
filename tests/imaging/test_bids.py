from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import find_t1w_scans, is_bids_dataset, read_participants
from brainstem_app.imaging.bids.derivatives import bids_source
from brainstem_app.imaging.bids.scan_name import check_name


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_entities_come_from_the_file_name(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "sub-10/anat/sub-10_T1w.nii.gz",
        "sub-2/ses-pre/anat/sub-2_ses-pre_acq-mprage_run-02_T1w.nii",
        "sub-2/ses-post/anat/sub-2_ses-post_T1w.nii.gz",
    )
    found = [(s.subject, s.session, s.run, s.name) for s in find_t1w_scans(tmp_path)]
    assert found == [
        ("sub-2", "post", None, "sub-2_ses-post"),
        ("sub-2", "pre", "02", "sub-2_ses-pre"),
        ("sub-10", None, None, "sub-10"),
    ]


def test_everything_that_is_no_raw_t1w_is_left_out(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "sub-1/anat/sub-1_T1w.nii.gz",
        "sub-1/anat/sub-1_T2w.nii.gz",
        "sub-1/anat/sub-1_T1w.json",
        "sub-1/anat/._sub-1_T1w.nii.gz",
        "sub-1/anat/sub-1_space-MNI_T1w.nii.gz",
        "sub-1/func/sub-1_T1w.nii.gz",
        "derivatives/fmriprep/sub-1/anat/sub-1_T1w.nii.gz",
        "sourcedata/sub-1/anat/sub-1_T1w.nii.gz",
    )
    assert [s.path for s in find_t1w_scans(tmp_path)] == [tmp_path / "sub-1/anat/sub-1_T1w.nii.gz"]


def test_scan_that_was_not_fetched_is_not_dropped_silently(tmp_path: Path) -> None:
    _touch(tmp_path, "sub-1/anat/sub-1_T1w.nii.gz")
    (tmp_path / "sub-1/anat/sub-1_run-2_T1w.nii.gz").symlink_to(tmp_path / "nowhere")
    assert len(find_t1w_scans(tmp_path)) == 2


def test_folder_of_one_subject_is_enough(tmp_path: Path) -> None:
    _touch(tmp_path, "sub-1/ses-1/anat/sub-1_ses-1_T1w.nii.gz", "sub-2/anat/sub-2_T1w.nii.gz")
    assert [s.name for s in find_t1w_scans(tmp_path / "sub-1")] == ["sub-1_ses-1"]
    assert [s.name for s in find_t1w_scans(tmp_path / "sub-1" / "ses-1")] == ["sub-1_ses-1"]


def test_what_makes_a_dataset(tmp_path: Path) -> None:
    assert not is_bids_dataset(tmp_path)
    assert not is_bids_dataset(tmp_path / "missing")
    assert is_bids_dataset(_touch(tmp_path / "a", "dataset_description.json"))
    assert is_bids_dataset(_touch(tmp_path / "b", "sub-1/anat/x"))
    assert not is_bids_dataset(_touch(tmp_path / "c", "sub-1.nii.gz"))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ((), "no BIDS dataset"),
        (("dataset_description.json", "sub-1/anat/sub-1_T2w.nii.gz"), "no T1-weighted"),
    ],
)
def test_folder_without_scans_is_refused(tmp_path: Path, files: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        find_t1w_scans(_touch(tmp_path, *files))


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_t1w_scans(tmp_path / "nothing")


def test_participants_by_subject_without_missing_values(tmp_path: Path) -> None:
    text = "\ufeffparticipant_id\tage\tsex\nsub-01\t34\tf\n02\tn/a\tm\nsub-03\t40\n"
    (tmp_path / "participants.tsv").write_text(text, encoding="utf-8")
    assert read_participants(tmp_path) == {
        "sub-01": {"age": "34", "sex": "f"},
        "sub-02": {"sex": "m"},
        "sub-03": {"age": "40"},
    }


def test_names_that_a_spreadsheet_made_numbers_are_those_of_the_folders(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"sub-{name}/anat/x" for name in ("01", "02", "3", "03", "010")))
    text = "participant_id;age\r\n1;31\r\n2.0;32\r\n3;33\r\n10;40\r\n;\r\n"
    (tmp_path / "participants.tsv").write_bytes(text.encode("utf-16"))
    found = {name: row["age"] for name, row in read_participants(tmp_path).items()}
    assert found == {"sub-01": "31", "sub-02": "32", "sub-3": "33", "sub-010": "40"}


def test_dataset_without_participants(tmp_path: Path) -> None:
    assert read_participants(tmp_path) == {}


def test_what_two_rows_of_one_person_say_in_different_ways_is_not_known(tmp_path: Path) -> None:
    rows = "participant_id\tgroup\tage\tsex\nsub-01\tals\t60\tf\nsub-01\tals\t61\tn/a\nsub-01\tals\t60\tf\n"
    (tmp_path / "participants.tsv").write_text(rows, encoding="utf-8")
    assert read_participants(tmp_path) == {"sub-01": {"group": "als", "sex": "f"}}


def test_table_without_subjects_is_refused(tmp_path: Path) -> None:
    (tmp_path / "participants.tsv").write_text("name,age\nx,3\n")
    with pytest.raises(InputError, match="participant_id"):
        read_participants(tmp_path)


def test_parts_of_a_complex_image_are_left_out_but_for_its_magnitude(tmp_path: Path) -> None:
    _touch(
        tmp_path, *(f"sub-2/anat/sub-2_part-{part}_T1w.nii.gz" for part in ("mag", "phase", "real", "imag"))
    )
    assert [s.path.name for s in find_t1w_scans(tmp_path)] == ["sub-2_part-mag_T1w.nii.gz"]
    only_phase = _touch(tmp_path / "other", "sub-1/anat/sub-1_part-phase_T1w.nii.gz")
    with pytest.raises(InputError, match="no T1-weighted"):
        find_t1w_scans(only_phase)


def test_name_in_capitals_is_that_of_a_scan(tmp_path: Path) -> None:
    _touch(tmp_path, "sub-06/ses-A/anat/SUB-06_SES-A_T1W.NII.GZ", "sub-07/anat/Sub-07_run-1_t1w.Nii")
    found = find_t1w_scans(tmp_path)
    assert [(s.subject, s.session, s.full_name) for s in found] == [
        ("sub-06", "A", "sub-06_ses-A"),
        ("sub-07", None, "sub-07_run-1"),
    ]
    assert [check_name(s.path) for s in found] == [(), ()]
    assert bids_source(found[0].path).entities == "sub-06_ses-A"
