import gzip
import tarfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.imaging.bids.dataset import find_t1w_scans, read_participants
from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.imaging.orientation import axis_letters
from brainstem_app.imaging.reading import read_scan

pytestmark = pytest.mark.real_data

# sub-01 is straight, sub-40 tilted, sub-64 the largest.
SKULL_STRIPPED = ("sub-01", "sub-40", "sub-64")


def _scan(data_folder: Path, subject: str) -> Path:
    return data_folder / "ds002748" / subject / "anat" / f"{subject}_T1w.nii.gz"


def test_both_datasets_are_found_whole(data_folder: Path) -> None:
    scans = find_t1w_scans(data_folder / "ds002748")
    assert len(scans) == 52
    assert len(find_t1w_scans(data_folder / "ds000011")) == 10
    people = read_participants(data_folder / "ds002748")
    assert {s.subject for s in scans} <= set(people)


@pytest.mark.parametrize("subject", SKULL_STRIPPED)
def test_skull_stripped_scan_has_neither_error_nor_warning(data_folder: Path, subject: str) -> None:
    assert {f.level.value for f in examine(_scan(data_folder, subject)).findings} <= {"info"}


@pytest.mark.parametrize(("s_code", "q_code"), [(0, 1), (2, 1), (1, 0)])
def test_scan_lies_in_the_same_place_by_either_transform(
    data_folder: Path, tmp_path: Path, s_code: int, q_code: int
) -> None:
    path = _scan(data_folder, "sub-40")
    content = bytearray(gzip.decompress(path.read_bytes()))
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    header["sform_code"], header["qform_code"] = s_code, q_code
    content[:348] = header.binaryblock
    (tmp_path / "scan.nii").write_bytes(content)
    scan = read_scan(tmp_path / "scan.nii")
    np.testing.assert_allclose(scan.affine, read_scan(path).affine, atol=1e-4)
    assert {f.code for f in scan.findings} == {"oblique"}


def test_whole_head_has_no_finding(data_folder: Path) -> None:
    assert examine(data_folder / "ds000011" / "sub-01" / "anat" / "sub-01_T1w.nii.gz").findings == ()


def test_labels_of_sub_40_lie_on_the_scan(data_folder: Path, tmp_path: Path) -> None:
    scan = read_scan(_scan(data_folder, "sub-40"))
    save_label_map(tmp_path / "labels.nii.gz", (scan.data > 0).astype(np.uint8), scan.affine)
    labels, affine = load_label_map(tmp_path / "labels.nii.gz")
    np.testing.assert_array_equal(labels, scan.data > 0)
    np.testing.assert_allclose(affine, scan.affine, atol=1e-5)


def test_dicom_series_becomes_a_head(data_folder: Path, tmp_path: Path) -> None:
    with tarfile.open(data_folder / "dicom" / "studyforrest-t1w-dicom.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    scan = read_scan(tmp_path)
    assert scan.source == tmp_path
    assert scan.shape == (274, 384, 384)
    assert axis_letters(scan.affine) == ("L", "A", "S")
    assert scan.voxel_size_mm == pytest.approx((0.7, 0.667, 0.667), abs=1e-3)
    assert {f.level.value for f in scan.findings} <= {"info"}
