import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import LABELS_FILE_NAME
from brainstem_app.atlas.regions import REGIONS_FILE_NAME
from brainstem_app.errors import InputError
from brainstem_app.imaging.inputs import OWN_VOLUMES, expand_inputs, file_stem
from brainstem_app.jobs.scans.segment_dicom import DICOM_FILE_NAME
from brainstem_app.jobs.scans.segment_files import ARTIFACTS
from brainstem_app.models.library import MEAN_WARP_FILE
from brainstem_app.preprocessing.scan_to_atlas import ITK_FILES
from brainstem_app.preprocessing.transforms import WARP_FILE
from brainstem_app.written_files import (
    FINE_WARP_FILE,
    LABELS_BOX_FILE,
    REGION_LABELS_FILE,
    REPEAT_BOX_FILE,
    REPEAT_WARP_FILE,
    SCAN_BOX_FILE,
    UNCERTAINTY_FILE,
)

from .conftest import WriteDicom


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def _names(*paths: Path) -> list[str]:
    return [one.name for one in expand_inputs(paths)]


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.nii.gz", "a"), ("a.b.nii", "a.b"), ("T1.MGZ", "T1"), ("x.tar", "x.tar"), (".nii", ".nii")],
)
def test_stem_is_the_name_without_the_ending_of_a_scan(name: str, stem: str) -> None:
    assert file_stem(Path(name)) == stem


def test_file_is_named_by_its_stem(tmp_path: Path) -> None:
    assert _names(_touch(tmp_path / "Patient 7.nii.gz")) == ["Patient 7"]


def test_dataset_gives_one_scan_a_subject_and_session(tmp_path: Path) -> None:
    _touch(tmp_path / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    _touch(tmp_path / "sub-02" / "ses-2" / "anat" / "sub-02_ses-2_T1w.nii.gz")
    assert _names(tmp_path) == ["sub-01", "sub-02_ses-2"]
    assert _names(tmp_path / "sub-01") == ["sub-01"]


def test_runs_of_one_session_get_their_run_in_the_name(tmp_path: Path) -> None:
    for run in (1, 2):
        _touch(tmp_path / "sub-01" / "anat" / f"sub-01_run-{run}_T1w.nii.gz")
    _touch(tmp_path / "sub-02" / "anat" / "sub-02_T1w.nii.gz")
    assert _names(tmp_path) == ["sub-01_run-1", "sub-01_run-2", "sub-02"]


def test_same_subject_of_two_datasets_gets_the_dataset_in_the_name(tmp_path: Path) -> None:
    for dataset in ("old", "new"):
        _touch(tmp_path / dataset / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    assert _names(tmp_path / "old", tmp_path / "new") == ["old_sub-01", "new_sub-01"]
    assert _names(tmp_path / "old" / "sub-01", tmp_path / "new") == ["old_sub-01", "new_sub-01"]


def test_same_stem_in_two_folders_gets_the_folder_in_the_name(tmp_path: Path) -> None:
    paths = [_touch(tmp_path / folder / "T1.mgz") for folder in ("anna", "bert")]
    assert _names(*paths) == ["anna_T1", "bert_T1"]


def test_names_that_differ_only_in_case_or_ending_stay_apart(tmp_path: Path) -> None:
    paths = [_touch(tmp_path / name) for name in ("t1.nii", "t1.nii.gz", "T1.mgz")]
    assert _names(*paths) == ["t1_nii", "t1_nii.gz", "T1_mgz"]
    other = _touch(tmp_path / "b" / "t1.nii")
    assert _names(paths[0], paths[1], other)[2] == "b_t1"


def test_scans_whose_names_leave_out_whose_they_are_are_told_apart_by_their_own_folders(
    tmp_path: Path,
) -> None:
    for place in (
        "sub-03/anat/sub-04",
        "sub-04/anat/sub-04",
        "sub-05/ses-1/anat/sub-05",
        "sub-05/ses-2/anat/sub-05",
    ):
        _touch(tmp_path / "ds" / f"{place}_T1w.nii.gz")
    assert _names(tmp_path / "ds") == ["sub-03", "sub-04", "sub-05_ses-1", "sub-05_ses-2"]
    assert _names(tmp_path / "ds" / "sub-05") == ["sub-05_ses-1", "sub-05_ses-2"]
    files = [tmp_path / "ds" / "sub-05" / ses / "anat" / "sub-05_T1w.nii.gz" for ses in ("ses-1", "ses-2")]
    assert _names(*files) == ["ses-1_anat_sub-05_T1w", "ses-2_anat_sub-05_T1w"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_one_series_by_two_ways_is_numbered(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam", volume=np.ones((8, 8, 2)))
    (tmp_path / "way").symlink_to(folder)
    assert _names(folder, tmp_path / "way") == ["exam", "exam-2"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_linked_scans_are_named_by_where_the_links_lie(tmp_path: Path) -> None:
    data = [_touch(tmp_path / "store" / name / "T1.nii") for name in ("xx", "yy")]
    links = [tmp_path / person / "T1.nii" for person in ("anna", "bert")]
    for link, target in zip(links, data, strict=True):
        link.parent.mkdir()
        link.symlink_to(target)
    assert _names(*links) == ["anna_T1", "bert_T1"]


def test_scan_given_twice_is_done_once(tmp_path: Path) -> None:
    path = _touch(tmp_path / "a.nii")
    assert _names(path, path) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="such files cannot exist there")
def test_names_are_allowed_on_windows(tmp_path: Path) -> None:
    path = _touch(tmp_path / "aux.nii")
    other = _touch(tmp_path / 'a:b?"c.nii')
    assert _names(path, other) == ["aux_", "a_b_c"]


def test_plain_folder_of_scans_gives_each_of_them(tmp_path: Path) -> None:
    for name in ("b.nii.gz", "a.mgz", ".hidden.nii", "notes.txt"):
        _touch(tmp_path / name)
    assert _names(tmp_path) == ["a", "b"]


def test_dicom_folder_is_one_scan_and_its_series_can_be_named(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = write_dicom(tmp_path / "case 7" / "exam", volume=np.ones((8, 8, 2)))
    assert _names(folder) == ["exam"]
    assert _names(folder.with_name("exam#3"), folder.with_name("exam#4")) == ["exam_3", "exam_4"]


def test_folder_without_scans_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no scan"):
        expand_inputs([tmp_path])


def test_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        expand_inputs([tmp_path / "nothing.nii"])


def test_no_path_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="No scan"):
        expand_inputs([])


def test_start_up_modules_load_neither_nibabel_nor_scipy() -> None:
    modules = (
        "inputs",
        "bids",
        "dicom",
        "scan",
        "spaces",
        "doctor",
        "orientation",
        "resampling",
        "unreadable",
    )
    imports = "; ".join(f"import brainstem_app.imaging.{name}" for name in modules)
    check = f"import sys; {imports}; sys.exit(bool(set(sys.modules) & {{'nibabel', 'scipy', 'pandas'}}))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_scans_of_one_name_are_told_apart_by_the_folder_that_differs(tmp_path: Path) -> None:
    paths = [_touch(tmp_path / site / "sub-01" / "anat" / "T1w.nii.gz") for site in ("a", "b")]
    assert _names(*paths) == ["a_sub-01_anat_T1w", "b_sub-01_anat_T1w"]
    assert _names(*paths[::-1]) == ["b_sub-01_anat_T1w", "a_sub-01_anat_T1w"]


def test_subjects_of_datasets_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for site in ("a", "b"):
        _touch(tmp_path / site / "raw" / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    given = [tmp_path / site / "raw" for site in ("a", "b")]
    assert _names(*given) == ["a_raw_sub-01", "b_raw_sub-01"]


def test_what_the_program_wrote_is_no_scan(tmp_path: Path) -> None:
    for name in (
        *OWN_VOLUMES,
        "labels_native_edited-2.nii.gz",
        "sub-01_space-orig_desc-x_dseg.nii.gz",
        "._b.nii",
    ):
        _touch(tmp_path / name)
    with pytest.raises(InputError, match="only files that Brainstem App wrote"):
        expand_inputs([tmp_path])
    for name in OWN_VOLUMES:
        with pytest.raises(InputError, match="is no scan"):
            expand_inputs([tmp_path / name])
    _touch(tmp_path / "b.nii")
    assert _names(tmp_path) == ["b"]


def test_every_volume_that_the_program_writes_is_known_as_its_own() -> None:
    written = {name for name in ARTIFACTS.values() if name.endswith(".nii.gz")}
    written |= {SCAN_BOX_FILE, LABELS_BOX_FILE, REPEAT_BOX_FILE, FINE_WARP_FILE}
    written |= {REPEAT_WARP_FILE, WARP_FILE, MEAN_WARP_FILE, LABELS_FILE_NAME, DICOM_FILE_NAME}
    written |= {REGION_LABELS_FILE, REGIONS_FILE_NAME, UNCERTAINTY_FILE}
    written |= {name for name in ITK_FILES if name.endswith(".nii.gz")}
    assert written == OWN_VOLUMES
