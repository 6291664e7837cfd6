"""Reader of the smooth shapes of a result's labels: the atlas's surfaces, carried to the scan by its warp."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.small_files import read_json
from brainstem_app.written_files import MANIFEST_FILE, REGION_LABELS_FILE, TRANSFORMS_FOLDER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from brainstem_app.gui.document.atlas_meshes import AtlasMeshes, Mesh
    from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
    from brainstem_app.gui.viewer.volume import LabelVolume
    from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas

# Part of the nuclei's voxels to which the warp must give the label they have; those at borders may differ.
_LEAST_ALIKE = 0.6


def read_warped_shapes(
    path: Path, labels: LabelVolume, nuclei: Collection[int], *, with_tissue: bool = False
) -> SmoothShapes | None:
    """Read the shapes of a label map as Segment has written it, of nuclei or of regions.

    Parameters
    ----------
    path : Path
        The label map.
    labels : LabelVolume
        Its voxels.
    nuclei : collection of int
        Labels that are looked at to see whether warp and atlas are theirs.
    with_tissue : bool
        Whether shapes of white and grey matter are wanted too.

    Returns
    -------
    SmoothShapes or None
        None if the result has no warp, if its atlas is not here, or if the two do not give these labels.
    """
    from brainstem_app.gui.document.atlas_meshes import folder_of_atlas, meshes_of_atlas
    from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas

    try:
        sha256 = str(read_json(path.with_name(MANIFEST_FILE))["files"]["atlas"]["sha256"])
        warp = ScanToAtlas.load(path.with_name(TRANSFORMS_FOLDER))
        folder = folder_of_atlas(sha256)
        if folder is None:
            return None
        is_regions = path.name == REGION_LABELS_FILE
        meshes = meshes_of_atlas(folder, sha256, is_regions=is_regions, with_tissue=with_tissue)
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
    if meshes is None or not _are_alike(labels, meshes.map, warp, nuclei):
        return None
    return _carried(meshes, warp, labels)


def _are_alike(
    labels: LabelVolume, atlas: NDArray[np.uint8], warp: ScanToAtlas, nuclei: Collection[int]
) -> bool:
    """Whether the warp gives most voxels of the nuclei the label they have."""
    from brainstem_app.imaging.spaces import box_affine

    z, y, x = np.nonzero(np.isin(labels.labels, list(nuclei)))
    if not len(x):
        return False
    affine = labels.grid.affine
    world = np.stack([x, y, z], axis=1) @ affine[:3, :3].T + affine[:3, 3]
    voxels = np.rint(warp.to_atlas(world) - box_affine()[:3, 3]).astype(int)
    inside = ((voxels >= 0) & (voxels < atlas.shape)).all(axis=1)
    i, j, k = voxels[inside].T
    alike = atlas[i, j, k] == labels.labels[z, y, x][inside]
    return float(alike.sum()) >= _LEAST_ALIKE * len(x)


def _carried(meshes: AtlasMeshes, warp: ScanToAtlas, labels: LabelVolume) -> SmoothShapes:
    """Carry the surfaces of an atlas to a scan."""
    from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
    from brainstem_app.gui.viewer.surfaces.surface import Surface

    shape = np.array(labels.grid.shape)

    def in_space(mesh: Mesh | None) -> Surface | None:
        """Carry surfaces; None where the scan ends within: the atlas goes on there, but nothing was seen."""
        if mesh is None:
            return None
        points = warp.to_scan(mesh.points.astype(np.float64))
        places = points @ inverse[:3, :3].T + inverse[:3, 3]
        if ((places < -1) | (places > shape)).any():
            return None
        return Surface.made(points.astype(np.float32), mesh.quads, mesh.labels)

    fine = meshes.fine
    inverse = np.linalg.inv(labels.grid.affine)
    voxels = warp.to_scan(fine.points.astype(np.float64)) @ inverse[:3, :3].T + inverse[:3, 3]
    return SmoothShapes.made(
        voxels.astype(np.float32),
        np.concatenate([fine.quads[:, (0, 1, 2)], fine.quads[:, (0, 2, 3)]]),
        np.concatenate([fine.labels, fine.labels]),
        in_space(meshes.coarse),
        meshes.known,
        in_space(meshes.around),
    )
