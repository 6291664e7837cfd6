"""One test of what a DICOM file is, in every door of the program; and dcm2niix' own words in errors."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from brainstem_app.gui.scans.listing import list_scans, series_of
from brainstem_app.imaging.dicom import conversion as dicom
from brainstem_app.imaging.dicom.headers import is_dicom_file
from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.inputs import expand_inputs
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.unreadable import UnreadableScanError
from brainstem_app.jobs.scans.segment_dicom import came_as_dicom

from .conftest import WriteDicom


def _without_preamble(path: Path) -> None:
    path.write_bytes(path.read_bytes()[132:])


def _without_head(path: Path) -> None:
    """As before DICOM had files: elements alone, of implicit kind."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, True
    write_dataset(buffer, pydicom.dcmread(path))
    path.write_bytes(buffer.getvalue())


def _deflated(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    dataset.save_as(path)


@pytest.mark.parametrize("change", [_without_preamble, _without_head, _deflated])
def test_series_in_an_odd_form_is_seen_through_every_door(
    tmp_path: Path, write_dicom: WriteDicom, change: Callable[[Path], None]
) -> None:
    plain = read_scan(write_dicom(tmp_path / "plain"))
    folder = write_dicom(tmp_path / "exam")
    files = sorted(folder.iterdir())
    for path in files:
        change(path)
    assert is_dicom_file(files[4])
    assert [one.path for one in expand_inputs([folder])] == [folder]
    assert [one.path for one in list_scans([folder]).scans] == [folder]
    assert [one.images for one in series_of(folder)] == [36]
    assert came_as_dicom(files[4])
    assert examine(folder).is_usable
    for given in (folder, files[4]):
        scan = read_scan(given)
        np.testing.assert_array_equal(scan.data, plain.data)
        np.testing.assert_array_equal(scan.affine, plain.affine)


@pytest.mark.parametrize(
    "content", [b"\x08\x00\x05\x00" + bytes(400), b"\x02\x00\x00\x00UL\x04\x00" + b"\x07" * 400, b"\x08\x00"]
)
def test_file_that_only_begins_like_dicom_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.bin").write_bytes(content)
    assert not is_dicom_file(tmp_path / "data.bin")


def test_index_of_a_disk_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    dataset = pydicom.dataset.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3"
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    with pytest.raises(UnreadableScanError, match="index"):
        read_scan(path)


def test_error_has_the_words_and_exit_status_of_dcm2niix(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam")
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.202"
        dataset.PixelData = encapsulate([dataset.PixelData])
        dataset["PixelData"].is_undefined_length = True
        dataset.save_as(path)
    with pytest.raises(
        UnreadableScanError, match=r"exit status \d+: .*1\.2\.840\.10008\.1\.2\.4\.202"
    ) as caught:
        read_scan(folder)
    assert caught.value.where == str(folder)


def test_file_that_ends_early_is_named_as_the_user_knows_it(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam")
    path = folder / "IM003_0010.dcm"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(UnreadableScanError, match=r"not large enough.*IM003_0010\.dcm"):
        read_scan(folder)


def test_temporary_folder_without_room_is_named(
    tmp_path: Path, write_dicom: WriteDicom, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_dicom(tmp_path / "exam")

    def no_room(*_args: object, **_options: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path))

    monkeypatch.setattr(tempfile, "mkdtemp", no_room)
    with pytest.raises(UnreadableScanError, match="No space left") as caught:
        read_scan(folder)
    assert caught.value.code == "temporary-folder"
    assert "TMPDIR" in caught.value.fix


def test_folder_that_dcm2niix_cannot_write_to_is_its_own_words(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    with pytest.raises(UnreadableScanError, match=r"exit status [1-9]\d*: .*[Oo]utput folder"):
        dicom.convert_series(write_dicom(tmp_path / "exam"), tmp_path / "gone")


def test_copies_for_the_converter_do_not_name_the_patient(
    tmp_path: Path, write_dicom: WriteDicom, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_dicom(tmp_path / "exam", patient="Secret^Person")
    for path in folder.iterdir():
        _deflated(path)
    seen: list[bytes] = []
    convert = dicom._run_dcm2niix

    def look(options: list[str], *more: object) -> object:
        seen.extend(path.read_bytes() for path in Path(options[-1]).iterdir())
        return convert(options, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(dicom, "_run_dcm2niix", look)
    read_scan(folder)
    assert len(seen) == 36
    assert not any(b"Secret" in content or b"PAT-4711" in content for content in seen)
