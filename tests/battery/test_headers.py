"""Scan files with broken headers: read as what they say, or refused in words; nothing in between."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from nibabel.affines import apply_affine
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.orientation import affine_from_letters, all_orientations
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Scan

from ..imaging.dicom_files import classic_bytes
from .tally import FIRST_SEED, TRIALS, counted

AREA = "Scan files"
#: With voxels of 4 mm a head has its place in it, and nothing is remarked on.
SHAPE = (40, 46, 38)
#: What is said of every scan of this size.
ALWAYS = frozenset({"slices-thick"})
#: Bytes that numbers of headers are made of when they go wrong: nothing, all, one, signs, NaN, infinity.
ODD = (0, 255, 1, 127, 128, 192)
NUMBERS = (0.0, -1.0, 1e-30, 1e30, np.nan, np.inf, -np.inf, 7.0, 0.5, -3.0)
NIFTI_FIELDS = {
    **dict.fromkeys(("pixdim", "srow_x", "srow_y", "srow_z", "quatern_b", "quatern_c", "quatern_d"), "f"),
    **dict.fromkeys(("qoffset_x", "scl_slope", "scl_inter", "vox_offset", "cal_max"), "f"),
    **dict.fromkeys(("dim", "datatype", "bitpix", "qform_code", "sform_code", "intent_code"), "h"),
    "xyzt_units": "u",
}
DICOM_VALUES = ("", "0", "-1", "1e30", "nan", "x", "1\\2", "0\\0\\0\\0\\0\\0", "A" * 300, "1\\0\\0\\1\\0\\0")


def _head() -> NDArray[np.int16]:
    rng = np.random.default_rng(0)
    return rng.integers(1, 2000, SHAPE).astype(np.int16)


def _nifti() -> bytes:
    affine = affine_from_letters("LAS", SHAPE, (4.0, 4.0, 4.0))
    image = nibabel.Nifti1Image(_head(), affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header.set_xyzt_units("mm")
    return bytes(image.to_bytes())


def _mgh() -> bytes:
    image = nibabel.MGHImage(_head(), affine_from_letters("LIA", SHAPE, (4.0, 4.0, 4.0)))
    return bytes(image.to_bytes())


def _scatter(content: bytes, rng: np.random.Generator, header: int) -> bytes:
    """Put odd or random bytes at random places of a header; or cut the file, or lengthen it."""
    changed = bytearray(content)
    for place in rng.integers(0, header, rng.integers(1, 6)):
        changed[place] = rng.choice(ODD) if rng.random() < 0.5 else rng.integers(256)
    if rng.random() < 0.1:
        return bytes(changed[: rng.integers(0, len(changed))])
    return bytes(changed) + (b"\x07" * 1000 if rng.random() < 0.05 else b"")


def _fields(content: bytes, rng: np.random.Generator) -> bytes:
    """Give one to three fields of a NIfTI header odd numbers."""
    header = nibabel.Nifti1Header(content[:348], check=False)
    raw = header.structarr
    for name in rng.choice(sorted(NIFTI_FIELDS), rng.integers(1, 4), replace=False):
        kind = NIFTI_FIELDS[name]
        limits = {"h": (-32768, 32767), "u": (0, 255), "f": (0, 0)}[kind]
        number = rng.choice(NUMBERS) if kind == "f" else rng.choice([0, 1, 2, 7, 16, 300, *limits])
        if kind == "u":
            number = int(number) % 256
        if raw[name].ndim:
            raw[name][rng.integers(raw[name].size)] = number
        else:
            raw[name] = number
    return bytes(header.binaryblock) + content[348:]


def _codes(scan: Scan) -> set[str]:
    return {finding.code for finding in scan.findings} - ALWAYS


def _read(path: Path) -> Scan | None:
    """Read a scan that could be segmented; None if it is refused, in words that say what to do."""
    refused = None
    try:
        scan = read_scan(path)
        require_usable(scan)
    except InputError as error:
        refused = error
    if refused is None:
        return scan
    assert refused.what
    assert refused.fix
    return None


def _require_right(path: Path, *, source: bytes) -> None:
    """Read a file; what is read without a finding has to be what nibabel reads of the same bytes."""
    scan = _read(path)
    if scan is None:
        return
    assert scan.data.dtype == np.float32
    assert np.isfinite(scan.data).all()
    assert np.isfinite(scan.affine).all()
    assert abs(np.linalg.det(scan.affine[:3, :3])) > 0
    kind = nibabel.MGHImage if path.suffix == ".mgh" else nibabel.Nifti1Image
    if _codes(scan):
        return
    other = kind.from_bytes(source)
    values = np.asarray(other.dataobj, dtype=np.float64).reshape(scan.data.shape)
    _require_same(scan, values, np.asarray(other.affine, dtype=np.float64))


def _require_same(scan: Scan, values: NDArray[np.float64], affine: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(scan.affine, affine, atol=1e-3)
    finite = np.isfinite(values)
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = values.astype(np.float32)
    np.testing.assert_allclose(scan.data[finite], wanted[finite], rtol=1e-5)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("change", [_scatter, _fields], ids=["bytes", "fields"])
def test_nifti_with_a_changed_header(tmp_path: Path, change: Callable[..., bytes], packed: bool) -> None:
    whole = _nifti()
    path = tmp_path / ("scan.nii.gz" if packed else "scan.nii")
    kind = "bytes" if change is _scatter else "fields"
    with counted(AREA, f"NIfTI{', gzip' if packed else ''}: {kind} of the header changed") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + 40 * TRIALS):
            rng = np.random.default_rng(seed)
            source = _scatter(whole, rng, 352) if change is _scatter else _fields(whole, rng)
            path.write_bytes(gzip.compress(source, 1) if packed else source)
            with tally.trial(f"seed {seed}"):
                _require_right(path, source=source)


def test_mgh_with_a_changed_header(tmp_path: Path) -> None:
    whole, path = _mgh(), tmp_path / "scan.mgh"
    with counted(AREA, "MGH: bytes of the header changed") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + 60 * TRIALS):
            source = _scatter(whole, np.random.default_rng(seed), 284)
            path.write_bytes(source)
            with tally.trial(f"seed {seed}"):
                _require_right(path, source=source)


def test_whole_files_are_read_without_a_word(tmp_path: Path) -> None:
    """Else no trial could tell what is remarked on from what is not."""
    (tmp_path / "a.nii").write_bytes(_nifti())
    (tmp_path / "b.mgh").write_bytes(_mgh())
    _series(tmp_path / "c", _head())
    said = {name: _codes(read_scan(tmp_path / name)) for name in ("a.nii", "b.mgh", "c")}
    assert said == {"a.nii": set(), "b.mgh": set(), "c": set()}


def test_gzip_with_changed_bytes(tmp_path: Path) -> None:
    """The checksum of gzip tells: no changed voxel is ever taken for one."""
    whole, path = gzip.compress(_nifti(), 1), tmp_path / "scan.nii.gz"
    right = _head().astype(np.float32)
    with counted(AREA, "NIfTI, gzip: bytes of the packed file changed, or the file cut") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + 60 * TRIALS):
            path.write_bytes(_scatter(whole, np.random.default_rng(seed), len(whole)))
            with tally.trial(f"seed {seed}"):
                scan = _read(path)
                assert scan is None or _codes(scan) or np.array_equal(scan.data, right)


def _save(kind: str, data: NDArray[np.int16], affine: NDArray[np.float64], folder: Path) -> Path:
    path = folder / f"scan{kind}"
    if kind in {".mgh", ".mgz"}:
        nibabel.save(nibabel.MGHImage(data, affine), path)
        return path
    make = {"2.nii": nibabel.Nifti2Image, ".img": nibabel.Nifti1Pair}.get(kind, nibabel.Nifti1Image)
    image = make(data, affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("kind", [".nii", ".nii.gz", "2.nii", ".img", ".mgh", ".mgz"])
def test_every_orientation_keeps_its_place(tmp_path: Path, kind: str) -> None:
    with counted(AREA, "48 orientations in 6 formats: every voxel keeps its place") as tally:
        for letters in all_orientations():
            affine = affine_from_letters(letters, SHAPE, (4.0, 4.1, 4.2))
            data = _head()
            data[3, 5, 7] = 30000
            path = _save(kind, data, affine, tmp_path)
            with tally.trial(f"{letters}{kind}"):
                scan = read_scan(path)
                place = np.argwhere(scan.data == 30000)
                assert place.shape == (1, 3)
                here = apply_affine(scan.affine, place[0])
                np.testing.assert_allclose(here, apply_affine(affine, (3, 5, 7)), atol=1e-3)
                np.testing.assert_array_equal(np.sort(scan.data, None), np.sort(data, None))


def _series(folder: Path, volume: NDArray[np.int16]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for index in range(volume.shape[2]):
        pixels = np.ascontiguousarray(volume[:, :, index].T)
        (folder / f"{index:03d}.dcm").write_bytes(classic_bytes(pixels, index, 3, "t1", "", 4.0, []))


def _break_series(folder: Path, rng: np.random.Generator) -> None:
    """Change an element in one slice or in all, take slices away, double them, or spoil their bytes."""
    files = sorted(folder.iterdir())
    way = rng.integers(5)
    if way == 0:
        for path in rng.choice(np.array(files, dtype=object), rng.integers(1, 6), replace=False):
            path.unlink()
    elif way == 1:
        shutil.copy(rng.choice(np.array(files, dtype=object)), folder / "copy.dcm")
    elif way == 2:
        path = rng.choice(np.array(files, dtype=object))
        content = path.read_bytes()
        # Nothing tells a changed pixel.
        path.write_bytes(_scatter(content, rng, content.index(b"\xe0\x7f\x10\x00OW")))
    else:
        some = files if way == 3 else [rng.choice(np.array(files, dtype=object))]
        tags = [element.tag for element in pydicom.dcmread(files[0]) if element.tag.group != 0x7FE0]
        tag, value = tags[rng.integers(len(tags))], str(rng.choice(DICOM_VALUES))
        for path in some:
            _set(path, tag, value)


def _set(path: Path, tag: pydicom.tag.BaseTag, value: str) -> None:
    """Write an element anew by hand: libraries refuse to write what is wrong."""
    content = path.read_bytes()
    head = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little")
    at = content.find(head, 132)
    length = int.from_bytes(content[at + 6 : at + 8], "little")
    new = value.encode() + (b" " if len(value) % 2 else b"")
    before = content[: at + 6] + len(new).to_bytes(2, "little")
    path.write_bytes(before + new + content[at + 8 + length :])


def test_dicom_series_with_broken_files(tmp_path: Path) -> None:
    folder, volume = tmp_path / "series", _head()
    whole = np.sort(volume, None)
    with counted(AREA, "DICOM: elements changed, slices missing, doubled or damaged") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + 6 * TRIALS):
            _series(folder, volume)
            with tally.trial(f"seed {seed}"):
                _break_series(folder, np.random.default_rng(seed))
                scan = _read(folder)
                assert scan is None or np.isfinite(scan.data).all()
                assert scan is None or _codes(scan) or np.array_equal(np.sort(scan.data, None), whole)
