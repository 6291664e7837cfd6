"""Files whose values would take far more memory than the files do: refused before they are taken apart."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension

from brainstem_app import small_files
from brainstem_app.atlas.source_tables.reading import read_source_table
from brainstem_app.errors import InputError
from brainstem_app.imaging.dicom.headers import read_images
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.text_table import read_text_table
from brainstem_app.imaging.unreadable import UnreadableScanError
from brainstem_app.models.card import read_card
from brainstem_app.small_files import parse_toml, read_small
from brainstem_app.study.grid import MOST_TRAININGS, read_grid
from brainstem_app.study.record import Record

from .imaging.dicom_files import classic_bytes

MB = 2**20


@pytest.mark.parametrize("unit", [b"[],", b'{"a":{}},', b"1,", b'"":1,'])
def test_json_of_very_many_values_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: bytes
) -> None:
    monkeypatch.setattr(small_files, "_MOST_IN_MEMORY", 8 * MB)
    path = tmp_path / "many.json"
    path.write_bytes(b"[" + unit * (2 * MB // len(unit)) + b"0]")
    with pytest.raises(OSError, match="its values need more than"):
        read_small(path)
    with pytest.raises(InputError, match="its values need more than"):
        Record.load(path)


@pytest.mark.parametrize("unit", ["a\tb\n", "\n", "\t"])
def test_table_of_very_many_cells_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    monkeypatch.setattr(small_files, "_MOST_IN_MEMORY", 8 * MB)
    path = tmp_path / "many.tsv"
    path.write_text("a\tb\n" + unit * (2 * MB // len(unit)), encoding="utf-8")
    with pytest.raises(InputError, match="its values need more than 8 MB"):
        read_text_table(path, "table")


@pytest.mark.parametrize("row", ["1 a 0 0 0 0", "1,a", ""])
def test_table_of_very_many_labels_is_refused_unread(tmp_path: Path, row: str) -> None:
    path = tmp_path / "many.csv"
    path.write_text(f"{row}\n" * 200_001, encoding="utf-8")
    with pytest.raises(InputError, match="more than 200,000 lines"):
        read_source_table(path)


def test_card_that_is_too_large_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_files, "_MOST_IN_MEMORY", MB)
    (tmp_path / "model.json").write_text("[" + '"",' * MB + "0]", encoding="utf-8")
    with pytest.raises(InputError, match="The model card cannot be read: its values need more than 1 MB"):
        read_card(tmp_path)


def test_long_text_of_few_values_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_text('["' + "a" * (8 * MB) + '"]', encoding="utf-8")
    assert len(read_small(path)) == 8 * MB + 4


@pytest.mark.parametrize(
    "text", ["a." * 5000 + "a = 1", "a = [" + "1," * 200_000 + "]", " a . " * 300 + "b=1"]
)
def test_toml_that_would_take_minutes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|longer than"):
        parse_toml(text)


def test_grid_of_endless_trainings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.json"
    path.write_text('{"repeats": 1000000000, "vary": {"loss": ["dice", "dicece"]}}', encoding="utf-8")
    with pytest.raises(InputError, match=f"{MOST_TRAININGS:,} are possible"):
        read_grid(path)


def test_dicom_file_of_more_images_than_bytes_is_none(tmp_path: Path) -> None:
    pixels = np.ones((16, 16), np.uint16)
    path = tmp_path / "1.dcm"
    for frames, is_read in (("1", True), ("2147483647", False)):
        content = classic_bytes(pixels, 0, 1, "t1", "x", 1.0, [(0x0028, 0x0008, "IS", frames)])
        path.write_bytes(content)
        assert (read_images(path) is not None) == is_read


def test_dicom_file_that_unpacks_to_gigabytes_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syntax = b"1.2.840.10008.1.2.1.99"
    meta = struct.pack("<HH2sH", 2, 0x10, b"UI", len(syntax)) + syntax
    head = bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta)) + meta
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(struct.pack("<HH2sHI", 0x0021, 0x1010, b"OB", 0, 300 * MB))
    packed += b"".join(packer.compress(bytes(MB)) for _ in range(300)) + packer.flush()
    path = tmp_path / "small.dcm"
    path.write_bytes(head + packed)
    monkeypatch.setattr("pydicom.dcmread", lambda *_, **__: pytest.fail("it is read whole"))
    assert read_images(path) is None


def test_what_lies_between_header_and_voxels_is_not_read(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.arange(1000, dtype=np.int16).reshape(10, 10, 10), np.eye(4))
    image.header.extensions.append(Nifti1Extension("comment", b"x" * 1000))
    nibabel.save(image, tmp_path / "scan.nii")
    whole = (tmp_path / "scan.nii").read_bytes()
    endless = whole[:352] + struct.pack("<ii", 2**31 - 16, 6) + whole[360:]
    (tmp_path / "odd.nii").write_bytes(endless)
    np.testing.assert_array_equal(read_scan(tmp_path / "odd.nii").data, image.get_fdata())


def test_voxels_far_behind_the_header_are_refused(tmp_path: Path) -> None:
    header = nibabel.Nifti1Header()
    header.set_data_shape((10, 10, 10))
    header["vox_offset"], header["magic"] = 2**33, b"n+1\0"
    path = tmp_path / "far.nii.gz"
    path.write_bytes(gzip.compress(header.binaryblock + bytes(MB)))
    with pytest.raises(UnreadableScanError, match="voxels begin 8590 MB behind it"):
        read_scan(path)
