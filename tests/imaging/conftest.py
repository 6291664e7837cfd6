"""Small scans made by the tests: a head-like blob as NIfTI files and as DICOM series."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

WriteNifti = Callable[..., Path]
WriteDicom = Callable[..., Path]


def head(shape: tuple[int, int, int] = (40, 44, 36)) -> NDArray[np.float32]:
    """Ellipsoid of many grey values on black, float32."""
    axes = [np.linspace(-1, 1, n) for n in shape]
    radius = np.sqrt(sum(g**2 for g in np.meshgrid(*axes, indexing="ij")))
    return np.where(radius < 0.9, 1000 * (1.1 - radius), 0).astype(np.float32)


@pytest.fixture
def head_data() -> NDArray[np.float32]:
    return head()


@pytest.fixture
def head_affine() -> NDArray[np.float64]:
    """4 mm voxels, so that 40×44×36 of them cover a head: 160×176×144 mm."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = [-78, -86, -70]
    return affine


@pytest.fixture
def write_nifti(tmp_path: Path, head_affine: NDArray[np.float64]) -> WriteNifti:
    """Function that writes a NIfTI file with any two transforms and codes."""

    def write(
        name: str = "scan.nii.gz",
        data: NDArray[np.generic] | None = None,
        sform: NDArray[np.float64] | None = None,
        qform: NDArray[np.float64] | None = None,
        codes: tuple[int, int] = (1, 1),
    ) -> Path:
        values = head() if data is None else data
        sform = head_affine if sform is None else sform
        image = nib.Nifti1Image(values, sform)
        image.header.set_xyzt_units("mm")
        image.set_qform(sform if qform is None else qform, codes[1])
        image.set_sform(sform, codes[0])
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nib.save(image, path)
        return path

    return write


@pytest.fixture
def write_dicom() -> WriteDicom:
    """Function that writes one DICOM series, one file a slice, of a (columns, rows, slices) volume."""

    def write(
        folder: Path,
        volume: NDArray[np.generic] | None = None,
        number: int = 3,
        description: str = "t1_mprage",
        skip: tuple[int, ...] = (),
        patient: str = "Doe^Jane",
        spacing_mm: float = 4.0,
    ) -> Path:
        values = head() if volume is None else volume
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(values.shape[2]):
            if index not in skip:
                pixels = np.ascontiguousarray(values[:, :, index].T.astype("<i2"))
                content = _dicom_bytes(pixels, index, number, description, patient, spacing_mm)
                (folder / f"IM{number:03d}_{index:04d}.dcm").write_bytes(content)
        return folder

    return write


def _dicom_bytes(
    pixels: NDArray[np.generic], index: int, number: int, description: str, patient: str, spacing: float
) -> bytes:
    rows, columns = pixels.shape
    series = f"1.2.826.0.1.3680043.9.{number}"
    position = f"{-spacing * columns / 2}\\{-spacing * rows / 2}\\{spacing * index - 70}"
    elements = [
        (0x0008, 0x0008, "CS", "ORIGINAL\\PRIMARY\\M"),
        (0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.4"),
        (0x0008, 0x0018, "UI", f"{series}.{index + 1}"),
        (0x0008, 0x0020, "DA", "20200101"),
        (0x0008, 0x0030, "TM", "101010"),
        (0x0008, 0x0060, "CS", "MR"),
        (0x0008, 0x0070, "LO", "SIEMENS"),
        (0x0008, 0x103E, "LO", description),
        (0x0010, 0x0010, "PN", patient),
        (0x0010, 0x0020, "LO", "PAT-4711"),
        (0x0018, 0x0050, "DS", str(spacing)),
        (0x0018, 0x0080, "DS", "2300"),
        (0x0018, 0x0081, "DS", "2.98"),
        (0x0018, 0x5100, "CS", "HFS"),
        (0x0020, 0x000D, "UI", "1.2.826.0.1.3680043.9"),
        (0x0020, 0x000E, "UI", series),
        (0x0020, 0x0011, "IS", str(number)),
        (0x0020, 0x0013, "IS", str(index + 1)),
        (0x0020, 0x0032, "DS", position),
        (0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0"),
        (0x0028, 0x0002, "US", struct.pack("<H", 1)),
        (0x0028, 0x0004, "CS", "MONOCHROME2"),
        (0x0028, 0x0010, "US", struct.pack("<H", rows)),
        (0x0028, 0x0011, "US", struct.pack("<H", columns)),
        (0x0028, 0x0030, "DS", f"{spacing}\\{spacing}"),
        (0x0028, 0x0100, "US", struct.pack("<H", 16)),
        (0x0028, 0x0101, "US", struct.pack("<H", 16)),
        (0x0028, 0x0102, "US", struct.pack("<H", 15)),
        (0x0028, 0x0103, "US", struct.pack("<H", 1)),
        (0x7FE0, 0x0010, "OW", pixels.tobytes()),
    ]
    meta = _element(0x0002, 0x0002, "UI", "1.2.840.10008.5.1.4.1.1.4")
    meta += _element(0x0002, 0x0003, "UI", f"{series}.{index + 1}")
    meta += _element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1")
    start = b"\0" * 128 + b"DICM" + _element(0x0002, 0x0000, "UL", struct.pack("<I", len(meta)))
    return start + meta + b"".join(_element(*element) for element in elements)


def _element(group: int, number: int, kind: str, value: str | bytes) -> bytes:
    if isinstance(value, str):
        value = value.encode("ascii")
        value += (b"\0" if kind == "UI" else b" ") * (len(value) % 2)
    if kind == "OW":
        return struct.pack("<HH2sHI", group, number, kind.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, kind.encode(), len(value)) + value
