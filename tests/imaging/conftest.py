"""Small scans made by the tests: a head-like blob as NIfTI files and as DICOM series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from .dicom_files import classic_bytes

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
        extra: Sequence[tuple[int, int, str, str]] = (),
    ) -> Path:
        values = head() if volume is None else volume
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(values.shape[2]):
            if index not in skip:
                pixels = np.ascontiguousarray(values[:, :, index].T.astype("<i2"))
                content = classic_bytes(pixels, index, number, description, patient, spacing_mm, extra)
                (folder / f"IM{number:03d}_{index:04d}.dcm").write_bytes(content)
        return folder

    return write
