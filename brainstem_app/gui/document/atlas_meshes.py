"""Surfaces of the atlas that a result's labels are of, found by the hash in its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError

# How often the quads of the atlas's voxels are halved: then curves are smooth at any zoom.
_ROUNDS = 1


@dataclass(frozen=True, eq=False)
class Mesh:
    """Closed surfaces of labels.

    Attributes
    ----------
    points : ndarray of float32, shape (N, 3)
        In the atlas's world, mm.
    quads : ndarray of int32, shape (M, 4)
        Four points each, counter-clockwise seen from outside.
    labels : ndarray of uint8, shape (M,)
        Label of each quad.
    """

    points: NDArray[np.float32]
    quads: NDArray[np.int32]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class AtlasMeshes:
    """Map (50, 50, 73) of an atlas in the box, or of its regions, and surfaces of its labels.

    `fine` ones are of the `known` labels, for slices; `coarse` ones of nuclei or regions, for space, and
    those of the regions `around` nuclei.
    """

    map: NDArray[np.uint8]
    fine: Mesh
    coarse: Mesh
    known: frozenset[int]
    around: Mesh | None = None


def folder_of_atlas(sha256: str) -> Path | None:
    """Folder of the atlas whose map has a hash: the program's, the user's or one of a model; None without."""
    from brainstem_app.atlas.library import defining_file, list_atlases, load_atlas_table
    from brainstem_app.models.library import hash_file, list_models

    names = (*list_atlases(), *(model.atlas for model in list_models()))
    for name in dict.fromkeys(names):
        try:
            folder = load_atlas_table(name).folder
            if hash_file(defining_file(folder)) == sha256:
                return folder
        except (InputError, OSError):
            continue
    return None


@lru_cache(maxsize=3)  # nuclei, tissue, regions of an atlas: results are looked at one after the other
def meshes_of_atlas(folder: Path, _sha256: str, *, is_regions: bool, with_tissue: bool) -> AtlasMeshes | None:
    """Make the surfaces of an atlas, or of its regions; None if it has no regions.

    Tissue has four times the surface of all nuclei together, and is seldom looked at.

    Raises
    ------
    InputError
        If the atlas is damaged.
    """
    from brainstem_app.atlas.library import load_atlas
    from brainstem_app.imaging.spaces import crop_to_box

    atlas = load_atlas(folder)
    table, labels = atlas.table, atlas.labels
    if is_regions:
        if atlas.regions is None:
            return None
        table, labels = atlas.regions.table, atlas.regions.labels
    labels, around = crop_to_box(labels), None
    if atlas.regions is not None and not is_regions:
        regions = [s.index for s in atlas.regions.table.structures[1:]]
        around = _mesh_of(crop_to_box(atlas.regions.labels), regions, 0)
    nuclei = [s.index for s in (table.structures[1:] if is_regions else table.nuclei)]
    known = [s.index for s in table.structures[1:]] if with_tissue else nuclei
    fine, coarse = _mesh_of(labels, known, _ROUNDS), _mesh_of(labels, nuclei, 0)
    return AtlasMeshes(labels, fine, coarse, frozenset(known), around)


def _mesh_of(labels: NDArray[np.uint8], wanted: list[int], rounds: int) -> Mesh:
    """Make the surfaces of some labels of a map in the box, of as many as it holds."""
    from brainstem_app.imaging.spaces import box_affine
    from brainstem_app.imaging.surface_net import fine_surface_net

    points, quads, values, count = [], [], [], 0
    for label in sorted(set(wanted).intersection(np.unique(labels).tolist())):
        mask = labels == label
        inside = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
        part = mask[tuple(slice(along[0], along[-1] + 1) for along in inside)]
        found, corners = fine_surface_net(np.pad(part, 1), rounds)
        points.append(found + (box_affine()[:3, 3] + [along[0] - 1 for along in inside]))
        quads.append(corners + count)
        values.append(np.full(len(corners), label, dtype=np.uint8))
        count += len(found)
    return Mesh(np.concatenate(points).astype(np.float32), np.concatenate(quads), np.concatenate(values))
