"""Surfaces of nuclei and regions: STL, a file each, for 3D Slicer, MeshLab or a printer; GLB, all in one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Structure
from brainstem_app.imaging.atomic import write_bytes
from brainstem_app.imaging.spaces import Affine, box_affine
from brainstem_app.imaging.surface_net import surface_net
from brainstem_app.plain_name import folder_name_of, name_key
from brainstem_app.reports.exports.glb import NamedMesh, glb_bytes

Points = NDArray[np.float32]
Triangles = NDArray[np.int32]

SURFACES_FOLDER = "surfaces"
GLB_FILE_NAME = "nuclei.glb"
REGIONS_GLB_FILE_NAME = "regions.glb"
#: What the names of the regions' files begin with: a region and a nucleus may have one name.
REGION_PREFIX = "region_"
_ENDING = ".stl"
# 3D Slicer reads the space from here; without it, it takes an STL file's coordinates as LPS.
_HEADER = b"Brainstem App. Units mm. SPACE=RAS"
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


@dataclass(frozen=True, eq=False)
class Shapes:
    """Labels whose surfaces are wanted, on the scan's grid and, under a warp, on the atlas's.

    Attributes
    ----------
    labels : ndarray of uint8, shape (X, Y, Z)
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+) of the scan: the world of the surfaces.
    structures : sequence of Structure
        Whose surfaces, by their labels.
    warped : WarpedShapes or None
        Where they come from the warp: smooth, whatever the scan's voxels are.
    """

    labels: NDArray[np.uint8]
    affine: Affine
    structures: Sequence[Structure]
    warped: WarpedShapes | None = None

    def meshes(self) -> list[NamedMesh]:
        """Make the closed surfaces of those that are in the labels."""
        present = np.bincount(self.labels.ravel(), minlength=256) > 0
        found = [s for s in self.structures if present[s.index]]
        return [NamedMesh(s.name, s.full_name, s.rgb, *self._mesh(s.index)) for s in found]

    def _mesh(self, index: int) -> tuple[Points, Triangles]:
        if self.warped is not None and index in self.warped.whole:
            points, triangles = mask_mesh(self.warped.labels == index, box_affine())
            return self.warped.to_scan(points.astype(np.float64)).astype(np.float32), triangles
        return mask_mesh(self.labels == index, self.affine)


@dataclass(frozen=True, eq=False)
class WarpedShapes:
    """Labels of the atlas in the box, and the way from there to the scan.

    Attributes
    ----------
    labels : ndarray of uint8, shape (50, 50, 73)
    to_scan : callable
        Takes points (N, 3) of the atlas to the scan, mm; it turns nothing inside out.
    whole : collection of int
        Labels that the scan covers: the surfaces of others end where the scan does.
    """

    labels: NDArray[np.uint8]
    to_scan: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    whole: Collection[int]


def write_surfaces(folder: Path, nuclei: Shapes, regions: Shapes | None = None) -> None:
    """Write ``surfaces/NAME.stl`` of every nucleus in the labels, and ``surfaces/nuclei.glb`` of all.

    Of regions ``surfaces/region_NAME.stl`` and ``surfaces/regions.glb``. Those of an earlier run go.
    """
    remove_surfaces(folder)
    for shapes, prefix, together in (
        (nuclei, "", GLB_FILE_NAME),
        (regions, REGION_PREFIX, REGIONS_GLB_FILE_NAME),
    ):
        meshes = [] if shapes is None else shapes.meshes()
        taken: set[str] = set()
        for number, mesh in enumerate(meshes):
            path = folder / SURFACES_FOLDER / _file_name(prefix + mesh.name, number, taken)
            write_bytes(path, stl_bytes(mesh.points[mesh.triangles]))
        if meshes:
            write_bytes(folder / SURFACES_FOLDER / together, glb_bytes(meshes))


def _file_name(wanted: str, number: int, taken: set[str]) -> str:
    """Name of the file of a surface: as wanted, if every system can hold it and no other has it."""
    name = folder_name_of(wanted, "surface")
    if name_key(name) in taken:
        name = f"{name}-{number + 1}"
    taken.add(name_key(name))
    return name + _ENDING


def remove_surfaces(folder: Path) -> None:
    """Remove the surfaces of an earlier run, which belong to other labels."""
    for file in (folder / SURFACES_FOLDER).glob(f"*{_ENDING}"):
        file.unlink()
    for name in (GLB_FILE_NAME, REGIONS_GLB_FILE_NAME):
        (folder / SURFACES_FOLDER / name).unlink(missing_ok=True)


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
