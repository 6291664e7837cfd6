"""The consensus of every open subject in one small file, and its reader.

>>> warp, disagreement = load_consensus("ds002748/sub-08")
>>> labels = reference_labels(load_atlas("brainstem31").labels, warp)

The file is an ``.npz``: for each subject ``SUBJECT/warp``, int16, (4, 30, 30, 39), and
``SUBJECT/mni_to_native`` (4×4, mm), and once ``origin_mm``. The four volumes are the displacement (x, y, z;
RAS) and the disagreement in hundredths of a millimetre on a grid of 2 mm, stored as differences along each of
the three axes, which compress to half the size; sums along the axes give them back exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.imaging.spaces import BOX, Affine, Region, ras_affine
from brainstem_app.preprocessing.transforms import Displacement, grid_points

PACKED_FILE = Path(__file__).with_name("consensus.npz")
STEP_MM = 2
_UNIT_MM = 0.01


@dataclass(frozen=True)
class PlacedConsensus:
    """A consensus on a grid of 1 mm, and the placement of the scan that it was made in.

    Attributes
    ----------
    displacement : ndarray of float32, shape (X, Y, Z, 3)
        In mm: ``atlas(x + d(x))`` is the label at x of the placed scan.
    disagreement : ndarray of float32, shape (X, Y, Z)
        Root mean square distance (mm) of the registrations from it.
    mni_to_native : ndarray, shape (4, 4)
        The placement: ``mni`` mm → ``native`` mm.
    """

    displacement: NDArray[np.float32]
    disagreement: NDArray[np.float32]
    mni_to_native: Affine


def load_consensus(
    subject: str, mni_to_native: Affine | None = None, path: Path = PACKED_FILE, region: Region = BOX
) -> tuple[Displacement, NDArray[np.float32]]:
    """Consensus of a subject on the ``box`` grid, and the disagreement (50, 50, 73) in mm.

    Parameters
    ----------
    subject : str
        ``DATASET/SUBJECT``, as `subjects_in` lists them.
    mni_to_native : ndarray, shape (4, 4), optional
        Where the program places this scan now, if not as it did when the consensus was made: the consensus is
        carried over. Beyond the edge of what is kept, 4 mm outside of the box, the edge goes on.
    path : Path
        The packed file.
    region : Region
        Another block of the ``mni`` grid than the box.

    Raises
    ------
    KeyError
        If the file has no such subject.
    """
    with np.load(path) as file:
        values = _summed(file[f"{subject}/warp"]).astype(np.float32) * np.float32(_UNIT_MM)
        then = file[f"{subject}/mni_to_native"]
        grid = ras_affine(STEP_MM, file["origin_mm"])
    now = grid_points(region.shape, region.affine)
    points = now
    if mni_to_native is not None:
        change = np.linalg.inv(then) @ mni_to_native
        points = now @ change[:3, :3].T + change[:3, 3]
    voxels = ((points - grid[:3, 3]) / STEP_MM).T
    x, y, z, apart = (map_coordinates(volume, voxels, order=3, mode="nearest") for volume in values)
    field = np.stack([x, y, z], axis=-1) + (points - now)
    disagreement = np.maximum(apart, 0).astype(np.float32).reshape(region.shape)
    return Displacement(field.astype(np.float32).reshape(*region.shape, 3), region.affine), disagreement


def subjects_in(path: Path = PACKED_FILE) -> list[str]:
    """``DATASET/SUBJECT`` of every subject in a packed file."""
    with np.load(path) as file:
        return sorted(name.removesuffix("/warp") for name in file.files if name.endswith("/warp"))


def save_packed(
    path: Path, consensuses: Mapping[str, PlacedConsensus], origin_mm: NDArray[np.float64]
) -> None:
    """Add consensuses, whose grids of 1 mm all begin at `origin_mm`, at 2 mm to a file.

    Subjects that the file holds already stay as they are, or are replaced if they are given again.

    Raises
    ------
    ValueError
        If what the file holds begins elsewhere.
    """
    arrays: dict[str, NDArray[np.float64] | NDArray[np.int16]] = {"origin_mm": np.asarray(origin_mm)}
    if path.exists():
        with np.load(path) as file:
            if not np.allclose(file["origin_mm"], origin_mm):
                raise ValueError(f"The grid of {path.name} begins elsewhere; move the file away.")
            arrays |= {name: file[name] for name in file.files}
    for subject, found in consensuses.items():
        volumes = np.concatenate([found.displacement, found.disagreement[..., None]], axis=-1)
        coarse = volumes[::STEP_MM, ::STEP_MM, ::STEP_MM].transpose(3, 0, 1, 2)
        arrays[f"{subject}/warp"] = _differences(np.rint(coarse / _UNIT_MM).astype(np.int16))
        arrays[f"{subject}/mni_to_native"] = found.mni_to_native
    unfinished = path.with_suffix(".part.npz")
    # Sorted, so that the same subjects give the same file in whatever order they came.
    np.savez_compressed(unfinished, allow_pickle=False, **dict(sorted(arrays.items())))
    unfinished.replace(path)


def _differences(volumes: NDArray[np.int16]) -> NDArray[np.int16]:
    for axis in (1, 2, 3):
        volumes = np.diff(volumes, axis=axis, prepend=np.int16(0))
    return volumes


def _summed(volumes: NDArray[np.int16]) -> NDArray[np.int16]:
    for axis in (3, 2, 1):
        volumes = np.cumsum(volumes, axis=axis, dtype=np.int16)
    return volumes
