"""Make a source's label symmetric and mend its known faults, as a probability on the ``mni`` grid.

The grid is symmetric: reversing the first axis mirrors about x = 0 exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from brainstem_app.atlas.building.recipe import RecipeStructure
from brainstem_app.atlas.building.sources import Source
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, MNI_SHAPE

Probability = NDArray[np.float32]
MIDPLANE = -round(MNI_ORIGIN_MM[0])
# How far beyond the ring around the aqueduct the source's own label is believed.
RING_MARGIN_MM = 1.0


def structure_probability(
    structure: RecipeStructure, source: Source, aqueduct: NDArray[np.bool_]
) -> Probability:
    """Probability of a midline nucleus, or of the left one of a pair, mended as the recipe says.

    Parameters
    ----------
    structure : RecipeStructure
        What to take and to correct.
    source : Source
        Registered source.
    aqueduct : ndarray of bool, shape (197, 233, 189)
        Aqueduct and upper fourth ventricle of the template.

    Returns
    -------
    ndarray of float32, shape (197, 233, 189)
        Midline: exactly symmetric. Pair: the left nucleus, 0 where x ≥ 0; the right one is its mirror image.
    """
    if structure.paired:
        volume = _left_of_pair(structure, source)
    else:
        volume = mirror_mean(source.probability(structure.labels))
    volume = _shifted(volume, structure)
    if structure.smooth_mm:
        volume = ndi.gaussian_filter(volume, structure.smooth_mm)
    if structure.column_mm is not None:
        volume = column(volume, structure.column_mm)
    if structure.aqueduct_mm is not None:
        around, front, lowest, highest = structure.aqueduct_mm
        near = ring(aqueduct, around + RING_MARGIN_MM, front + RING_MARGIN_MM, lowest, highest)
        volume = np.maximum(volume * near, ring(aqueduct, *structure.aqueduct_mm))
    if structure.paired:
        volume[MIDPLANE:] = 0
        return volume
    return mirror_mean(volume)


def mirror_mean(volume: Probability) -> Probability:
    """Mean of a volume and its mirror image; exactly symmetric."""
    return ((volume + volume[::-1]) / 2).astype(np.float32)


def column(volume: Probability, radius_mm: float) -> Probability:
    """Keep what is within a radius of the centre line through the axial slices.

    The centre line is the straight line fitted to the slices' centres of mass (each slice weighted by
    its mass), so that a blurred map's ragged ends do not bend it. Voxels within the radius become 1,
    others 0; the slices are those that hold at least half as much as the median slice.
    """
    mass = volume.sum(axis=(0, 1))
    used = np.flatnonzero(mass >= 0.5 * np.median(mass[mass > 1]))
    index = np.indices(volume.shape[:2], dtype=np.float32)
    centres = np.array([[(index[a] * volume[..., k]).sum() / mass[k] for a in (0, 1)] for k in used])
    lines = [np.polyfit(used, centres[:, a], 1, w=np.sqrt(mass[used])) for a in (0, 1)]
    kept = np.zeros_like(volume)
    for k in used:
        x, y = (np.polyval(line, k) for line in lines)
        kept[..., k] = np.hypot(index[0] - x, index[1] - y) <= radius_mm
    return kept


def ring(
    canal: NDArray[np.bool_], around_mm: float, front_mm: float, lowest_mm: float, highest_mm: float
) -> Probability:
    """1 within a distance of a canal, in axial slices between two heights, else 0.

    The distance allowed is `around_mm` behind and beside the canal and `front_mm` in front of it, in
    between at an angle: half an ellipse in front.
    """
    result = np.zeros(canal.shape, dtype=np.float32)
    heights = MNI_ORIGIN_MM[2] + np.arange(MNI_SHAPE[2])
    y = np.arange(canal.shape[1])[None, :]
    for k in np.flatnonzero((heights >= lowest_mm) & (heights <= highest_mm)):
        if not canal[..., k].any():
            continue
        distance, nearest = ndi.distance_transform_edt(~canal[..., k], return_indices=True)
        forward = np.clip(y - nearest[1], 0, None)
        beside = np.sqrt(np.clip(distance**2 - forward**2, 0, None))
        result[..., k] = np.hypot(beside / around_mm, forward / front_mm) <= 1
        behind = y < nearest[1]
        result[..., k][behind] = (distance <= around_mm)[behind]
    return result


def _left_of_pair(structure: RecipeStructure, source: Source) -> Probability:
    left = source.probability(structure.left or structure.labels)
    right = source.probability(structure.right or structure.labels)
    if structure.labels:
        left[MIDPLANE:] = 0
        right[: MIDPLANE + 1] = 0
    return ((left + right[::-1]) / 2).astype(np.float32)


def _shifted(volume: Probability, structure: RecipeStructure) -> Probability:
    away, forward, up = structure.shift_mm
    if not any(structure.shift_mm):
        return volume
    return np.asarray(ndi.shift(volume, (-away, forward, up), order=1), dtype=np.float32)
