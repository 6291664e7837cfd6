"""Label maps and volumes on disk: NIfTI files that every program places alike."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import atomic_path
from brainstem_app.imaging.orientation import shear
from brainstem_app.imaging.scan import Finding
from brainstem_app.imaging.scan_file import open_scan_file
from brainstem_app.imaging.spaces import Affine

FileSpace = Literal["native", "mni"]
_SPACE_CODE: dict[FileSpace, int] = {"native": 1, "mni": 4}
_SHEAR_TOLERANCE = 1e-4
# How far from a whole number a value may lie that a header's scaling made of one.
_WHOLE_TOLERANCE = 1e-3
#: In reference labels: a voxel that nobody labelled. Neither learned from nor measured on.
IGNORED_LABEL = 255
# From here on not every whole number has a value of its own in the type.
_EXACT_FLOAT32 = 2**24
_EXACT_FLOAT64 = 2**53


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
    numbers, affine = load_label_numbers(path)
    if numbers.size and (numbers.min() < 0 or numbers.max() > 255):
        raise InputError(
            f"The labels run from {numbers.min()} to {numbers.max()}; this program knows 0 to 255.",
            path,
            "Renumber the labels.",
        )
    return numbers.astype(np.uint8), affine


def load_label_numbers(path: Path) -> tuple[NDArray[np.integer[Any]], Affine]:
    """Read the label numbers of another program's map exactly, however large or negative they are.

    Returns
    -------
    numbers : ndarray of integers, shape (X, Y, Z)
        Whole numbers as the file means them, its scaling applied.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+).

    Raises
    ------
    InputError
        As for `load_label_map`, but for the range; and if the file stores numbers so that neighbours cannot
        be told apart.
    """
    from brainstem_app.imaging.header_checks import check_header

    with open_scan_file(path) as opened:
        stored, slope, intercept = opened.read_stored()
        placed = check_header(opened)
    _require_place(placed.findings, path)
    return _whole(stored, slope, intercept, path), placed.affine


def _whole(stored: NDArray[Any], slope: float, intercept: float, path: Path) -> NDArray[np.integer[Any]]:
    """Return ``stored * slope + intercept`` as integers, never through a type that rounds them."""
    if np.issubdtype(stored.dtype, np.integer) and slope.is_integer() and intercept.is_integer():
        if (slope, intercept) == (1.0, 0.0):
            return stored
        return stored.astype(np.int64) * int(slope) + int(intercept)
    plain = (slope, intercept) == (1.0, 0.0)
    values = stored if plain else stored.astype(np.float64) * slope + intercept
    if not np.isfinite(values).all():
        raise InputError(
            "The file holds values that are no numbers, so it is no label map.", path, "Set them to 0."
        )
    whole = np.rint(values)
    odd = np.abs(values - whole) > _WHOLE_TOLERANCE
    if odd.any():
        raise InputError(
            f"The file holds fractions such as {values[odd][0]:g}, so it is no label map.",
            path,
            "Give a file of whole numbers.",
        )
    exact = _EXACT_FLOAT64 if stored.dtype.itemsize >= 8 and plain else _EXACT_FLOAT32
    if whole.size and np.abs(whole).max() >= exact:
        raise InputError(
            f"The labels go up to {np.abs(whole).max():.0f}, but the file stores them as "
            f"{stored.dtype.name}, which cannot tell neighbouring numbers above {exact} apart.",
            path,
            "Save the label map with whole numbers of 32 bits (int32), from where it was made.",
        )
    return whole.astype(np.int32 if exact == _EXACT_FLOAT32 else np.int64)


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
    _require_place(placed.findings, path)
    return values, placed.affine


def _require_place(findings: Iterable[Finding], path: Path) -> None:
    for finding in findings:
        if finding.code in ("orientation-unknown", "affine-singular"):
            raise InputError(finding.problem, path, finding.fix)


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
    return shear(affine) > _SHEAR_TOLERANCE
