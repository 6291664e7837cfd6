"""Surfaces of nuclei: STL, a file a nucleus, for 3D Slicer, MeshLab or a printer; GLB, all in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable, Structure
from brainstem_app.imaging.atomic import write_bytes
from brainstem_app.imaging.spaces import Affine
from brainstem_app.imaging.surface_net import surface_net
from brainstem_app.plain_name import folder_name_of, name_key
from brainstem_app.reports.glb import NamedMesh, glb_bytes

Points = NDArray[np.float32]
Triangles = NDArray[np.int32]

SURFACES_FOLDER = "surfaces"
GLB_FILE_NAME = "nuclei.glb"
_ENDING = ".stl"
# 3D Slicer reads the space from here; without it, it takes an STL file's coordinates as LPS.
_HEADER = b"Brainstem App. Units mm. SPACE=RAS"
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def write_surfaces(folder: Path, labels: NDArray[np.uint8], affine: Affine, table: LabelTable) -> None:
    """Write ``surfaces/NAME.stl`` of every nucleus in the labels, and ``surfaces/nuclei.glb`` of all.

    Those of an earlier run go.

    Parameters
    ----------
    folder : Path
        Of the scan's results.
    labels : ndarray of uint8, shape (X, Y, Z)
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+): the coordinates of the surfaces.
    table : LabelTable
    """
    remove_surfaces(folder)
    present = np.bincount(labels.ravel(), minlength=256) > 0
    meshes = []
    taken: set[str] = set()
    for structure in table.nuclei:
        if present[structure.index]:
            name = _file_name(structure, taken)
            points, triangles = mask_mesh(labels == structure.index, affine)
            meshes.append(NamedMesh(structure.name, structure.full_name, structure.rgb, points, triangles))
            write_bytes(folder / SURFACES_FOLDER / name, stl_bytes(points[triangles]))
    if meshes:
        write_bytes(folder / SURFACES_FOLDER / GLB_FILE_NAME, glb_bytes(meshes))


def _file_name(structure: Structure, taken: set[str]) -> str:
    """Name of the file of a nucleus: its own, as far as every system can hold it and no other has it."""
    name = folder_name_of(structure.name, "nucleus")
    if name_key(name) in taken:
        name = f"{name}-{structure.index}"
    taken.add(name_key(name))
    return name + _ENDING


def remove_surfaces(folder: Path) -> None:
    """Remove the surfaces of an earlier run, which belong to other labels."""
    for file in (folder / SURFACES_FOLDER).glob(f"*{_ENDING}"):
        file.unlink()
    (folder / SURFACES_FOLDER / GLB_FILE_NAME).unlink(missing_ok=True)


def mask_triangles(mask: NDArray[np.bool_], affine: Affine) -> NDArray[np.float32]:
    """Return the closed surface of what is true: corners of its triangles in world mm, shape (N, 3, 3)."""
    points, triangles = mask_mesh(mask, affine)
    return np.asarray(points[triangles], dtype=np.float32)


def mask_mesh(mask: NDArray[np.bool_], affine: Affine) -> tuple[Points, Triangles]:
    """Return the closed surface of what is true.

    Returns
    -------
    points : ndarray of float32, shape (P, 3)
        In world mm.
    triangles : ndarray of int32, shape (N, 3)
        Points of each, counter-clockwise seen from outside, also where the affine mirrors.
    """
    around = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    if not len(around[0]):
        return np.zeros((0, 3), dtype=np.float32), np.zeros((0, 3), dtype=np.int32)
    part = mask[tuple(slice(a[0], a[-1] + 1) for a in around)]
    points, quads = surface_net(np.pad(part, 1))
    voxels = points.astype(np.float64) + [a[0] - 1 for a in around]
    world = (voxels @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
    corners = np.concatenate([quads[:, (0, 1, 2)], quads[:, (0, 2, 3)]])
    if np.linalg.det(affine[:3, :3]) < 0:
        corners = corners[:, ::-1]
    return world, np.asarray(corners, dtype=np.int32)


def stl_bytes(triangles: NDArray[np.float32]) -> bytes:
    """Binary STL file of triangles (N, 3, 3)."""
    records = np.zeros(len(triangles), dtype=_RECORD)
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(across, axis=1, keepdims=True)
    records["normal"] = across / np.maximum(length, 1e-12)
    records["corners"] = triangles
    return _HEADER.ljust(80) + len(triangles).to_bytes(4, "little") + bytes(records.tobytes())
