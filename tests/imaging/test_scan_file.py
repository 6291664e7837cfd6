import gzip
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.unreadable import UnreadableScanError

from .conftest import WriteNifti


def _code_of(path: Path) -> str:
    with pytest.raises(UnreadableScanError) as caught:
        read_scan(path)
    assert caught.value.what
    assert caught.value.fix
    assert caught.value.exit_status == 2
    return caught.value.code


def test_missing_file(tmp_path: Path) -> None:
    assert _code_of(tmp_path / "nothing.nii.gz") == "file-missing"


@pytest.mark.parametrize("name", ["empty.nii", "empty.nii.gz", "empty.mgz"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert _code_of(tmp_path / name) == "file-empty"


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz", "scan.mgh", "scan.mgz"])
@pytest.mark.parametrize("share", [0.3, 0.99])
def test_truncated_file(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64], name: str, share: float
) -> None:
    path = tmp_path / name
    kind = nib.MGHImage if ".mg" in name else nib.Nifti1Image
    nib.save(kind(head_data, head_affine), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert _code_of(path) == "file-truncated"


@pytest.mark.parametrize("length", [1, 5, 20, 100, 347])
def test_file_that_ends_in_the_header(write_nifti: WriteNifti, length: int) -> None:
    path = write_nifti("scan.nii")
    path.write_bytes(path.read_bytes()[:length])
    assert _code_of(path) in {"format-unknown", "file-truncated", "file-damaged"}


@pytest.mark.parametrize("length", [5, 20, 100])
def test_compressed_file_that_ends_in_the_header(write_nifti: WriteNifti, length: int) -> None:
    path = write_nifti("scan.nii.gz")
    path.write_bytes(path.read_bytes()[:length])
    assert _code_of(path) in {"format-unknown", "file-truncated", "file-damaged"}


def test_damage_inside_a_compressed_file(write_nifti: WriteNifti) -> None:
    path = write_nifti("scan.nii.gz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = b"\x55" * 40
    path.write_bytes(content)
    assert _code_of(path) == "file-truncated"


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"PK\x03\x04" + b"x" * 400, "ZIP"), (b"\x89PNG" + b"x" * 400, "PNG"), (b"hello", "no scan")],
)
def test_file_of_another_kind(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "scan.nii"
    path.write_bytes(content)
    with pytest.raises(UnreadableScanError, match=word):
        read_scan(path)


def test_analyze_is_refused_because_it_does_not_tell_left_from_right(
    tmp_path: Path, head_data: NDArray[np.float32]
) -> None:
    nib.save(nib.AnalyzeImage(head_data, np.eye(4)), tmp_path / "old.hdr")
    assert _code_of(tmp_path / "old.hdr") == "format-analyze"


def test_compressed_content_named_nii(write_nifti: WriteNifti, head_data: NDArray[np.float32]) -> None:
    path = write_nifti("scan.nii.gz")
    wrong = path.rename(path.with_name("scan.nii"))
    scan = read_scan(wrong)
    np.testing.assert_array_equal(scan.data, head_data)
    assert "wrong-extension" in {f.code for f in scan.findings}


@pytest.mark.parametrize("name", ["scan.nii.gz", "scan.mgz", "scan.img", "scan"])
def test_uncompressed_content_under_another_name(
    write_nifti: WriteNifti, head_data: NDArray[np.float32], name: str
) -> None:
    path = write_nifti("right.nii")
    scan = read_scan(path.rename(path.with_name(name)))
    np.testing.assert_array_equal(scan.data, head_data)
    assert "wrong-extension" in {f.code for f in scan.findings}


@pytest.mark.parametrize("name", ["SCAN.NII.GZ", "Frau Müller/T1 脳.nii.gz", "a.b.c.nii"])
def test_names_of_every_kind(write_nifti: WriteNifti, head_data: NDArray[np.float32], name: str) -> None:
    scan = read_scan(write_nifti(name.lower()))
    np.testing.assert_array_equal(scan.data, head_data)
    assert "wrong-extension" not in {f.code for f in scan.findings}


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"])
def test_every_number_type_becomes_float32(write_nifti: WriteNifti, dtype: str) -> None:
    data = (np.arange(40 * 44 * 36) % 200).reshape(40, 44, 36).astype(dtype)
    scan = read_scan(_saved_as(write_nifti, data))
    assert scan.data.dtype == np.float32
    np.testing.assert_array_equal(scan.data, data)


def test_scaling_of_the_header_is_applied(write_nifti: WriteNifti) -> None:
    data = (np.arange(40 * 44 * 36) % 200).reshape(40, 44, 36).astype(np.int16)
    path = write_nifti("scan.nii", data)
    content = bytearray(path.read_bytes())
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    header["scl_slope"], header["scl_inter"] = 0.5, 3
    content[:348] = header.binaryblock
    path.write_bytes(content)
    np.testing.assert_allclose(read_scan(path).data, data * 0.5 + 3)


def test_big_endian_and_nifti2(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64]
) -> None:
    big = nib.Nifti1Image(head_data, head_affine, nib.Nifti1Header(endianness=">"))
    nib.save(big, tmp_path / "big.nii")
    nib.save(nib.Nifti2Image(head_data, head_affine), tmp_path / "two.nii.gz")
    nib.save(nib.Nifti1Pair(head_data, head_affine), tmp_path / "pair.img")
    for name in ("big.nii", "two.nii.gz", "pair.hdr"):
        scan = read_scan(tmp_path / name)
        np.testing.assert_array_equal(scan.data, head_data)
        np.testing.assert_allclose(scan.affine, head_affine)


def test_single_volume_in_four_dimensions_is_squeezed(
    write_nifti: WriteNifti, head_data: NDArray[np.float32]
) -> None:
    np.testing.assert_array_equal(read_scan(write_nifti(data=head_data[..., None, None])).data, head_data)


def test_several_volumes_are_refused_with_their_count(
    write_nifti: WriteNifti, head_data: NDArray[np.float32]
) -> None:
    path = write_nifti(data=np.stack([head_data] * 7, axis=-1))
    with pytest.raises(UnreadableScanError, match="7 volumes"):
        read_scan(path)


def test_single_slice_is_refused(write_nifti: WriteNifti, head_data: NDArray[np.float32]) -> None:
    assert _code_of(write_nifti(data=head_data[:, :, :1])) == "not-three-dimensional"


def test_colours_and_complex_numbers_are_refused(
    write_nifti: WriteNifti, head_data: NDArray[np.float32]
) -> None:
    rgb = np.zeros((40, 44, 36), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert _code_of(write_nifti(data=rgb)) == "not-grey-scale"
    assert _code_of(write_nifti(data=head_data.astype(np.complex64))) == "not-grey-scale"


def test_header_of_an_impossible_size_is_refused_at_once(write_nifti: WriteNifti) -> None:
    path = write_nifti("scan.nii")
    content = bytearray(path.read_bytes())
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    header["dim"] = [3, 32000, 32000, 32000, 1, 1, 1, 1]
    content[:348] = header.binaryblock
    path.write_bytes(content)
    assert _code_of(path) == "too-many-voxels"


def test_unknown_number_type_is_refused(write_nifti: WriteNifti) -> None:
    path = write_nifti("scan.nii")
    content = bytearray(path.read_bytes())
    content[70:72] = (12345).to_bytes(2, "little")
    path.write_bytes(content)
    assert _code_of(path) == "file-damaged"


def test_nothing_is_printed_about_odd_headers(
    write_nifti: WriteNifti, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = write_nifti("scan.nii")
    content = bytearray(path.read_bytes())
    content[80:84] = b"\0\0\0\0"
    path.write_bytes(content)
    read_scan(path)
    assert capfd.readouterr() == ("", "")
    # Without a handler, as in the program, Python itself would print what is logged here.
    assert caplog.records == []


def test_double_compression_is_no_scan(write_nifti: WriteNifti) -> None:
    path = write_nifti("scan.nii.gz")
    twice = path.with_name("twice.nii.gz")
    with path.open("rb") as source, gzip.open(twice, "wb") as target:
        shutil.copyfileobj(source, target)
    assert _code_of(twice) == "format-unknown"


def test_link_whose_data_were_not_fetched(tmp_path: Path) -> None:
    link = tmp_path / "sub-01_T1w.nii.gz"
    link.symlink_to(tmp_path / ".git" / "annex" / "objects" / "x")
    assert _code_of(link) == "file-not-fetched"
    pointer = tmp_path / "sub-02_T1w.nii.gz"
    pointer.write_text("/annex/objects/SHA256E-s123--abc.nii.gz\n")
    assert _code_of(pointer) == "file-not-fetched"


@pytest.mark.parametrize("name", ["scan.nii", "scan2.nii", "scan.mgh"])
@given(changes=st.lists(st.tuples(st.integers(0, 560), st.integers(0, 255)), min_size=1, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_damaged_header_never_ends_in_a_traceback(
    tmp_path: Path, name: str, changes: list[tuple[int, int]]
) -> None:
    kind = {"scan.nii": nib.Nifti1Image, "scan2.nii": nib.Nifti2Image, "scan.mgh": nib.MGHImage}[name]
    nib.save(kind(np.ones((4, 5, 6), np.float32), np.eye(4)), tmp_path / name)
    content = bytearray((tmp_path / name).read_bytes())
    for place, value in changes:
        content[place] = value
    (tmp_path / name).write_bytes(content)
    for finding in examine(tmp_path / name).findings:
        assert finding.problem


def _saved_as(write_nifti: WriteNifti, data: NDArray[np.generic]) -> Path:
    if data.dtype != np.int64:
        return write_nifti(data=data)
    path = write_nifti("wide.nii")
    image = nib.load(path)
    nib.save(nib.Nifti1Image(data, image.affine, dtype="int64"), path.with_name("int64.nii"))
    return path.with_name("int64.nii")


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz", "scan.mgh", "scan.mgz"])
def test_files_are_read_where_none_can_be_mapped(
    tmp_path: Path,
    head_data: NDArray[np.float32],
    head_affine: NDArray[np.float64],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    def as_on_windows(*_: object, **__: object) -> None:
        raise OSError(8, "Not enough memory resources are available to process this command")

    kind = nib.MGHImage if ".mg" in name else nib.Nifti1Image
    nib.save(kind(head_data, head_affine), tmp_path / name)
    expected = read_scan(tmp_path / name).data
    monkeypatch.setattr(np, "memmap", as_on_windows)
    np.testing.assert_array_equal(read_scan(tmp_path / name).data, expected)
