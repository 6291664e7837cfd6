"""Several coloured, named meshes in one GLB file (binary glTF 2.0), for Blender, web pages and slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# World (x right, y anterior, z superior; mm) to glTF (x left, y up, z forward; metres): a turn, no mirroring.
WORLD_TO_GLTF = np.array(
    [[-0.001, 0.0, 0.0, 0.0], [0.0, 0.0, 0.001, 0.0], [0.0, 0.001, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)
_ABOUT = {
    "generator": "Brainstem App",
    "vertices": "mm, RAS+: the scan's world coordinates",
    "nodes": "their matrix turns RAS mm into glTF's metres: x left, y up (superior), z forward (anterior)",
}


@dataclass(frozen=True, eq=False)
class NamedMesh:
    """A closed surface with a name.

    Attributes
    ----------
    name, full_name : str
        Of its node and mesh; in words.
    rgb : tuple of int
        Colour, 0…255 (sRGB).
    points : ndarray of float32, shape (P, 3)
        World mm, RAS+.
    triangles : ndarray of int32, shape (N, 3)
        Counter-clockwise seen from outside.
    """

    name: str
    full_name: str
    rgb: tuple[int, int, int]
    points: NDArray[np.float32]
    triangles: NDArray[np.int32]


def glb_bytes(meshes: Sequence[NamedMesh]) -> bytes:
    """Content of a GLB file with a node, a mesh and a material for each of the meshes.

    The vertices stay in world mm; the matrix of each node, `WORLD_TO_GLTF`, brings them into glTF's frame.
    """
    from trimesh import Scene, Trimesh
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import PBRMaterial

    scene = Scene(metadata=dict(_ABOUT))
    for mesh in meshes:
        material = PBRMaterial(
            name=mesh.name,
            baseColorFactor=[*_linear(mesh.rgb), 1.0],
            metallicFactor=0.0,
            roughnessFactor=0.7,
        )
        surface = Trimesh(
            mesh.points,
            mesh.triangles,
            process=False,
            visual=TextureVisuals(material=material),
            metadata={"full_name": mesh.full_name},
        )
        scene.add_geometry(surface, node_name=mesh.name, geom_name=mesh.name, transform=WORLD_TO_GLTF)
    return bytes(scene.export(file_type="glb", include_normals=True))


def _linear(rgb: tuple[int, int, int]) -> list[float]:
    """Linear parts 0…1 of an sRGB colour, as glTF wants them (IEC 61966-2-1)."""
    parts = np.array(rgb) / 255
    return [float(x) for x in np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)]
