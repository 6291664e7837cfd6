import shutil
from pathlib import Path

import dcm2niix
import numpy as np
import pytest
from nibabel.affines import apply_affine
from numpy.typing import NDArray

from brainstem_app.imaging.dicom import conversion as dicom
from brainstem_app.imaging.dicom.conversion import convert_series, split_series
from brainstem_app.imaging.dicom.headers import holds_dicom, is_dicom_file
from brainstem_app.imaging.dicom.series import list_series
from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.unreadable import UnreadableScanError

from .conftest import WriteDicom
from .dicom_files import enhanced_bytes


def test_series_becomes_a_scan_whose_source_is_the_folder(
    tmp_path: Path, write_dicom: WriteDicom, head_data: NDArray[np.float32]
) -> None:
    scan = read_scan(write_dicom(tmp_path / "Exam Zoë 1"))
    assert scan.source == tmp_path / "Exam Zoë 1"
    assert scan.data.dtype == np.float32
    assert scan.shape == head_data.shape
    assert scan.voxel_size_mm == pytest.approx((4, 4, 4))
    assert not [f for f in scan.findings if f.level is Level.ERROR]


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ([(0x0008, 0x0060, "CS", "CT")], "a CT (Modality CT)"),
        ([(0x0008, 0x0060, "CS", "PT")], "a PET (Modality PT)"),
        ([(0x0018, 0x0020, "CS", "EP\\GR")], "an echo-planar series"),
        ([(0x0018, 0x0081, "DS", "92")], "T2-weighted or FLAIR (echo time 92 ms)"),
        ([(0x0008, 0x0008, "CS", "DERIVED\\PRIMARY\\DIFFUSION\\ADC")], "a map of diffusion (ImageType ADC"),
    ],
)
def test_series_that_its_header_calls_another_contrast_is_refused_by_name(
    tmp_path: Path, write_dicom: WriteDicom, elements: list[tuple[int, int, str, str]], said: str
) -> None:
    folder = write_dicom(tmp_path / "exam", extra=elements)
    (finding,) = (f for f in read_scan(folder).findings if f.level is Level.ERROR)
    assert finding.code == "dicom-not-t1"
    assert said in finding.problem
    assert not examine(folder).is_usable


def test_mark_lies_where_the_dicom_header_puts_it(tmp_path: Path, write_dicom: WriteDicom) -> None:
    volume = np.tile(np.arange(40)[:, None, None], (1, 44, 36)).astype(np.int16)
    volume[30, 5, 20] = 9000
    scan = read_scan(write_dicom(tmp_path / "exam", volume))
    voxel = np.unravel_index(np.argmax(scan.data), scan.shape)
    # The writer puts column 0, row 0, slice 0 at (−80, −88, −70) mm in DICOM's own LPS world.
    np.testing.assert_allclose(apply_affine(scan.affine, voxel), [80 - 120, 88 - 20, -70 + 80], atol=1e-3)


def test_two_series_are_refused_by_name_and_one_can_be_chosen(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = write_dicom(tmp_path / "exam", number=3, description="t1_mprage")
    write_dicom(
        folder, number=11, description="t2 tse", volume=np.random.default_rng(0).random((30, 30, 30)) * 99
    )
    with pytest.raises(UnreadableScanError, match=r"3 \(t1_mprage\), 11 \(t2_tse\)") as caught:
        read_scan(folder)
    assert caught.value.code == "several-series"
    assert "exam#3" in caught.value.fix
    assert read_scan(tmp_path / "exam#3").shape == (40, 44, 36)
    chosen = read_scan(folder, series="11")
    assert chosen.shape == (30, 30, 30)
    assert "Series 11 (t2_tse) was read" in chosen.findings[0].problem
    assert read_scan(folder, series="T2_TSE").shape == (30, 30, 30)
    assert [s.number for s in list_series(folder)] == ["3", "11"]
    with pytest.raises(UnreadableScanError, match="no series 5"):
        read_scan(tmp_path / "exam#5")


def test_one_file_of_a_series_stands_for_its_whole_series(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam", number=3)
    write_dicom(folder, number=4, volume=np.random.default_rng(0).random((30, 30, 30)) * 99)
    scan = read_scan(folder / "IM004_0002.dcm")
    assert scan.shape == (30, 30, 30)
    assert scan.source == folder
    assert "dicom-file-given" in {f.code for f in scan.findings}


def test_gap_of_missing_slices_is_an_error(tmp_path: Path, write_dicom: WriteDicom) -> None:
    scan = read_scan(write_dicom(tmp_path / "exam", skip=(10, 11, 12, 13)))
    assert {f.code: f.level for f in scan.findings}["dicom-slices-missing"] is Level.ERROR


def test_enhanced_file_holds_a_whole_series_in_any_order_of_its_frames(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    volume = np.random.default_rng(0).integers(0, 900, (40, 44, 36)).astype(np.int16)
    classic = read_scan(write_dicom(tmp_path / "classic", volume))
    frames = np.random.default_rng(1).permutation(36).tolist()
    for name, order in (("sorted", range(36)), ("shuffled", frames)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "IM0001").write_bytes(enhanced_bytes(volume, order, 3, 4.0))
        scan = read_scan(tmp_path / name)
        np.testing.assert_allclose(scan.affine, classic.affine, atol=1e-4)
        np.testing.assert_array_equal(scan.data, classic.data)
        assert not [f for f in scan.findings if f.level is Level.ERROR]


def test_gap_of_missing_frames_in_an_enhanced_file_is_an_error(tmp_path: Path) -> None:
    volume = np.random.default_rng(0).integers(0, 900, (40, 44, 40)).astype(np.int16)
    frames = [index for index in range(40) if index not in (10, 11)]
    (tmp_path / "IM0001").write_bytes(enhanced_bytes(volume, frames, 3, 4.0))
    scan = read_scan(tmp_path)
    assert {f.code: f.level for f in scan.findings}["dicom-slices-missing"] is Level.ERROR


@pytest.mark.parametrize("content", [None, b"just a text"])
def test_folder_without_dicom(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "readme.txt").write_bytes(content)
    assert not holds_dicom(tmp_path)
    with pytest.raises(UnreadableScanError) as caught:
        read_scan(tmp_path)
    assert caught.value.code == "folder-without-dicom"


def test_truncated_dicom_file_is_no_crash(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam", volume=np.ones((40, 44, 1)))
    file = folder / "IM003_0000.dcm"
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(UnreadableScanError):
        read_scan(folder)


def test_files_are_known_by_their_content(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam", volume=np.ones((8, 8, 2)))
    bare = folder / "sub" / "IM0001"
    bare.parent.mkdir()
    shutil.move(folder / "IM003_0000.dcm", bare)
    (folder / "IM003_0001.dcm").unlink()
    assert is_dicom_file(bare)
    assert holds_dicom(folder)
    assert not is_dicom_file(folder)


def test_no_name_of_the_patient_is_kept(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam", patient="Secret^Person")
    out = tmp_path / "out"
    out.mkdir()
    convert_series(folder, out)
    assert [p.name for p in out.iterdir()] == ["scan.nii"]
    content = (out / "scan.nii").read_bytes()
    assert b"Secret" not in content
    assert b"4711" not in content


def test_converter_that_does_not_end_is_stopped(
    tmp_path: Path, write_dicom: WriteDicom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dicom, "TIME_LIMIT_S", 1e-4)
    with pytest.raises(UnreadableScanError) as caught:
        read_scan(write_dicom(tmp_path / "exam"))
    assert caught.value.code == "dicom-too-slow"


def test_converter_that_is_missing_is_named(
    tmp_path: Path, write_dicom: WriteDicom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dcm2niix, "bin", str(tmp_path / "nothing"))
    with pytest.raises(UnreadableScanError, match="dcm2niix"):
        read_scan(write_dicom(tmp_path / "exam"))


def test_folder_with_a_hash_in_its_name_is_no_series(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "case#7")
    assert split_series(folder) == (folder, None)
    assert split_series(tmp_path / "case#7#3") == (folder, "3")
    assert read_scan(folder).shape == (40, 44, 36)
