"""Label maps and volumes on disk: NIfTI files that every program places alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import atomic_path
from brainstem_app.imaging.scan_file import open_scan_file
from brainstem_app.imaging.spaces import Affine

FileSpace = Literal["native", "mni"]
_SPACE_CODE: dict[FileSpace, int] = {"native": 1, "mni": 4}
_SHEAR_TOLERANCE = 1e-4


def save_label_map(path: Path, labels: NDArray[Any], affine: Affine, *, space: FileSpace = "native") -> None:
    """Write labels as a uint8 NIfTI file, complete or not at all.

    Parameters
    ----------
    path : Path
        ``….nii.gz`` or ``….nii``; its folder exists.
    labels : ndarray of integers 0…255, shape (X, Y, Z)
        Label map.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+); written as sform and as qform. A sheared affine has no qform, so
        none is written, rather than one that puts the labels elsewhere.
    space : {"native", "mni"}
        What the world is, for the header: the scanner's (code 1) or MNI (code 4).

    Raises
    ------
    ValueError
        If a label is no integer of 0…255.
    """
    if not np.issubdtype(labels.dtype, np.integer) and labels.dtype != np.bool_:
        raise ValueError(f"labels must be integers, not {labels.dtype}")
    if labels.size and (labels.min() < 0 or labels.max() > 255):
        raise ValueError(f"labels must lie in 0…255, not {labels.min()}…{labels.max()}")
    _save(path, labels.astype(np.uint8, copy=False), affine, space)


def save_volume(path: Path, volume: NDArray[Any], affine: Affine, *, space: FileSpace = "native") -> None:
    """Write a volume (X, Y, Z) as a float32 NIfTI file, complete or not at all; see `save_label_map`."""
    _save(path, volume.astype(np.float32, copy=False), affine, space)


def load_label_map(path: Path) -> tuple[NDArray[np.uint8], Affine]:
    """Read a label map that this or another program wrote.

    Returns
    -------
    labels : ndarray of uint8, shape (X, Y, Z)
        Label map in the file's own voxel order.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+), chosen as for scans: the sform when its code is above 0.

    Raises
    ------
    InputError
        If the file cannot be read, is not three-dimensional, does not say where left and right are, or
        holds values that are no integers of 0…255.
    """
    values, affine = load_volume(path)
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        raise InputError(
            "The file holds fractions, so it is no label map.", path, "Give a file of whole numbers."
        )
    if values.size and (values.min() < 0 or values.max() > 255):
        span = f"{values.min():.0f} to {values.max():.0f}"
        raise InputError(
            f"The labels run from {span}; this program knows 0 to 255.", path, "Renumber the labels."
        )
    return values.astype(np.uint8), affine


def load_volume(path: Path) -> tuple[NDArray[np.float32], Affine]:
    """Read a volume whose place in space must be known: values (X, Y, Z), and voxel to world (mm, RAS+).

    Raises
    ------
    InputError
        If the file cannot be read, is not three-dimensional, or does not say where left and right are.
    """
    from brainstem_app.imaging.header_checks import check_header

    with open_scan_file(path) as opened:
        values = opened.read_values()
        placed = check_header(opened)
    for finding in placed.findings:
        if finding.code in ("orientation-unknown", "affine-singular"):
            raise InputError(finding.problem, path, finding.fix)
    return values, placed.affine


def _save(path: Path, voxels: NDArray[Any], affine: Affine, space: FileSpace) -> None:
    if voxels.ndim != 3:
        raise ValueError(f"a volume of three dimensions is needed, not of shape {voxels.shape}")
    image = nib.Nifti1Image(voxels, np.asarray(affine, dtype=np.float64))
    image.header.set_xyzt_units("mm")
    code = _SPACE_CODE[space]
    image.set_sform(affine, code)
    image.set_qform(affine, 0 if is_sheared(affine) else code)
    with atomic_path(path) as temporary:
        nib.save(image, temporary)


def is_sheared(affine: Affine) -> bool:
    """Whether the voxel axes are not at right angles (more than 0.1 µm over 1 mm)."""
    columns = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(columns.T @ columns - np.eye(3)).max() > _SHEAR_TOLERANCE)
