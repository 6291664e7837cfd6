"""Put the nuclei into one label map: thresholds, priorities, brainstem mask, tissue, no crumbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from brainstem_app.atlas.building.recipe import RecipeStructure
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.preprocessing.template import Template

Labels = NDArray[np.uint8]
_TOUCHING = ndi.generate_binary_structure(3, 3)


def fuse(
    nuclei: Sequence[RecipeStructure],
    probabilities: Mapping[str, NDArray[np.float32]],
    table: LabelTable,
    template: Template,
) -> Labels:
    """Label map of all structures on the ``mni`` grid.

    Parameters
    ----------
    nuclei : sequence of RecipeStructure
        Thresholds and priorities.
    probabilities : mapping of str to ndarray
        `structure_probability` of each, by its name in the recipe.
    table : LabelTable
        Indices.
    template : Template
        Brainstem and tissue.

    Returns
    -------
    ndarray of uint8, shape (197, 233, 189)
        Exactly symmetric; each nucleus in one piece and inside the brainstem, which holds no CSF.
    """
    labels = np.zeros(template.brainstem.shape, dtype=np.uint8)
    score = np.zeros(labels.shape, dtype=np.float32)
    taken = np.full(labels.shape, np.iinfo(np.int32).min, dtype=np.int32)
    for nucleus in sorted(nuclei, key=lambda n: -n.priority):
        volume = np.where(template.brainstem, probabilities[nucleus.name], 0)
        threshold = threshold_of(probabilities[nucleus.name], nucleus.threshold)
        mine = (volume >= threshold) & (taken <= nucleus.priority) & (volume / threshold > score)
        left_or_midline = table.by_name(nucleus.name + "_L" if nucleus.paired else nucleus.name).index
        labels[mine] = left_or_midline
        score[mine] = volume[mine] / threshold
        taken[mine] = nucleus.priority
    _mirror_left(labels, table)
    for nucleus in nuclei:
        index = table.by_name(nucleus.name + "_L" if nucleus.paired else nucleus.name).index
        labels[(labels == index) & ~largest_piece(labels == index)] = 0
    _mirror_left(labels, table)
    fill_with_tissue(labels, template, table)
    return labels


def threshold_of(volume: NDArray[np.float32], threshold: float | Literal["expected"]) -> float:
    """Return the threshold itself, or the one whose volume is the sum of the probabilities."""
    if threshold != "expected":
        return threshold
    ranked = np.sort(volume[volume > 0])[::-1]
    return float(ranked[min(max(round(float(ranked.sum())), 1), ranked.size) - 1])


def largest_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Largest piece of a mask whose voxels touch by a face, an edge or a corner."""
    pieces, n = ndi.label(mask, _TOUCHING)
    if n < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())


def _mirror_left(labels: Labels, table: LabelTable) -> None:
    """Copy the left half, mirrored, to the right one."""
    other_side = np.array(table.mirrored_indices(), dtype=np.uint8)
    half = labels.shape[0] // 2
    labels[half + 1 :] = other_side[labels[:half][::-1]]


def fill_with_tissue(labels: Labels, template: Template, table: LabelTable) -> None:
    """Make what is brainstem and no nucleus white or grey matter, in place, on the ``mni`` grid."""
    free = template.brainstem & (labels == 0)
    labels[free] = table.by_name("GM").index
    labels[free & template.white_matter] = table.by_name("WM").index
