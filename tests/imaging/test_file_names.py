"""Pairs of files, and endings in capitals, wherever a scan or a label map is named."""

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from nibabel.nifti2 import Nifti2Pair
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.derivatives import bids_source
from brainstem_app.imaging.bids.new_dataset import NewScan, make_dataset
from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.file_names import file_stem
from brainstem_app.imaging.inputs import expand_inputs
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.imaging.reading import read_scan
from brainstem_app.reports.scan.manifest import sha256_of

from .conftest import WriteDicom, WriteNifti
from .dicom_files import edit_files

PAIRS = {
    "plain": (nib.Nifti1Pair, "T1.hdr", "T1.img"),
    "compressed": (nib.Nifti1Pair, "T1.hdr.gz", "T1.img.gz"),
    "capitals": (nib.Nifti1Pair, "T1.HDR", "T1.IMG"),
    "mixed": (nib.Nifti1Pair, "T1.hdr", "T1.IMG"),
    "nifti2": (Nifti2Pair, "T1.hdr", "T1.img"),
}


def _write_pair(
    folder: Path, kind: str, data: NDArray[np.float32], affine: NDArray[np.float64]
) -> tuple[Path, Path]:
    maker, header, image = PAIRS[kind]
    folder.mkdir()
    saved = folder / image.lower()
    nib.save(maker(data, affine), saved)
    saved.rename(folder / image)
    saved.with_name(header.lower()).rename(folder / header)
    return folder / header, folder / image


@pytest.mark.parametrize("kind", PAIRS)
def test_pair_is_one_scan_by_its_folder_or_either_file(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64], kind: str
) -> None:
    header, image = _write_pair(tmp_path / "pair", kind, head_data, head_affine)
    assert [one.path for one in expand_inputs([header.parent])] == [header]
    assert [one.path for one in expand_inputs([image, header])] == [header]
    assert [one.name for one in expand_inputs([image])] == ["T1"]
    for given in (header, image):
        scan = read_scan(given)
        np.testing.assert_array_equal(scan.data, head_data)
        np.testing.assert_allclose(scan.affine, head_affine)


@pytest.mark.parametrize(("missing", "left"), [("T1.img", "T1.hdr"), ("T1.hdr", "T1.img")])
def test_half_a_pair_is_refused_with_the_name_of_the_other_half(
    tmp_path: Path,
    head_data: NDArray[np.float32],
    head_affine: NDArray[np.float64],
    missing: str,
    left: str,
) -> None:
    _write_pair(tmp_path / "pair", "plain", head_data, head_affine)
    (tmp_path / "pair" / missing).unlink()
    for given in (tmp_path / "pair", tmp_path / "pair" / left):
        (one,) = expand_inputs([given])
        (finding,) = examine(one.path).findings
        assert finding.code == "pair-incomplete"
        assert missing in finding.fix


@pytest.mark.parametrize("given", ["pair", "pair/old.img", "pair/old.hdr"])
def test_analyze_pair_is_refused_as_such(tmp_path: Path, head_data: NDArray[np.float32], given: str) -> None:
    (tmp_path / "pair").mkdir()
    nib.save(nib.AnalyzeImage(head_data, np.eye(4)), tmp_path / "pair" / "old.hdr")
    (one,) = expand_inputs([tmp_path / given])
    assert [finding.code for finding in examine(one.path).findings] == ["format-analyze"]


def test_pairs_that_share_a_header_have_hashes_of_their_own(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64]
) -> None:
    first, _ = _write_pair(tmp_path / "anna", "plain", head_data, head_affine)
    second, _ = _write_pair(tmp_path / "bert", "plain", head_data * 2, head_affine)
    assert first.read_bytes() == second.read_bytes()
    assert sha256_of(first) != sha256_of(second)


@pytest.mark.parametrize("name", ["T1.NII", "T1.NII.GZ", "T1.Nii.gz", "T1.MGH", "T1.MGZ"])
def test_ending_in_capitals_is_an_ending(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64], name: str
) -> None:
    path = tmp_path / name
    labels = (head_data > 500).astype(np.uint8)
    kind = nib.MGHImage if "MG" in name else nib.Nifti1Image
    nib.save(kind(labels, head_affine), tmp_path / f"x{name.lower()}")
    (tmp_path / f"x{name.lower()}").rename(path)
    assert file_stem(path) == "T1"
    assert [(one.path, one.name) for one in expand_inputs([tmp_path])] == [(path, "T1")]
    assert "wrong-extension" not in {finding.code for finding in read_scan(path).findings}
    np.testing.assert_array_equal(load_label_map(path)[0], labels)


def test_dataset_with_endings_in_capitals_is_one(tmp_path: Path, write_nifti: WriteNifti) -> None:
    path = tmp_path / "data" / "sub-01" / "anat" / "sub-01_T1w.NII.GZ"
    path.parent.mkdir(parents=True)
    shutil.copyfile(write_nifti(), path)
    for given in (tmp_path / "data", tmp_path / "data" / "sub-01"):
        assert [(one.path, one.name) for one in expand_inputs([given])] == [(path, "sub-01")]
    assert bids_source(path).entities == "sub-01"


def test_two_series_of_a_folder_given_one_after_the_other_are_two_results(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = write_dicom(tmp_path / "exam")
    write_dicom(folder, number=4)
    names = [expand_inputs([tmp_path / f"exam#{number}"])[0].name for number in (3, 4)]
    assert names == ["exam_3", "exam_4"]


def test_dataset_is_made_of_pairs_and_of_dicom(
    tmp_path: Path,
    head_data: NDArray[np.float32],
    head_affine: NDArray[np.float64],
    write_dicom: WriteDicom,
) -> None:
    header, _ = _write_pair(tmp_path / "pair", "plain", head_data, head_affine)
    folder = write_dicom(tmp_path / "exam")
    root = make_dataset([NewScan(header, "a"), NewScan(folder, "b")], tmp_path / "made")
    for subject, source in (("sub-a", header), ("sub-b", folder)):
        scan, copy = read_scan(source), read_scan(root / subject / "anat" / f"{subject}_T1w.nii.gz")
        np.testing.assert_array_equal(copy.data, scan.data)
        np.testing.assert_allclose(copy.affine, scan.affine, atol=1e-4)


def test_no_dataset_is_made_of_dicom_that_does_not_say_how_it_lies(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = edit_files(
        write_dicom(tmp_path / "exam"), lambda dataset, _: delattr(dataset, "ImageOrientationPatient")
    )
    with pytest.raises(InputError, match="ImageOrientationPatient"):
        make_dataset([NewScan(folder, "a")], tmp_path / "made")
    assert not any((tmp_path / "made").iterdir())
