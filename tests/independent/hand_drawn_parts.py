"""Midbrain, pons, medulla, red nucleus and substantia nigra against those drawn by hand on one person.

    python tests/independent/hand_drawn_parts.py --data DATA --work WORK [--ants-python PYTHON]

DATA holds ``eve/`` (Oishi et al., NeuroImage 46 (2009), Type-II table) and ``atlases/cit168/``. Tracts that
run through several parts (corticospinal tract, medial lemniscus) go to the nearest part. The cerebellar
peduncles and the cerebellum are left out on both sides, since protocols cut them at different places. Prints
JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from laid_atlas import Laid, Layer, arguments, layer_of
from measured_heads import SHIPPED, Warped
from numpy.typing import NDArray
from outlines import dice
from scipy.ndimage import distance_transform_edt

from brainstem_app.evaluation.surface import compare_surfaces, surface_points_mm
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.transforms import grid_points

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from drawn_outlines import at_heights

SCAN, LABELS = "JHU_MNI_SS_T1_Brain.nii.gz", "JHU_MNI_SS_WMPM_Type-II.nii.gz"
Labels = NDArray[np.int_]

#: What belongs to one part: midbrain with peduncle, red nucleus, nigra; pons with its crossing tract.
PARTS = {
    "midbrain": (63, 128, 33, 98, 56, 121, 57, 122),
    "pons": (64, 129, 49, 114),
    "medulla": (65, 130),
}
#: Corticospinal tract and medial lemniscus, which run through all three.
_THROUGH = (29, 94, 31, 96)
#: Superior, middle and inferior cerebellar peduncles, cerebellum.
_LEFT_OUT = (32, 97, 50, 115, 30, 95, 28, 93)
#: Nuclei of our atlas, and Eve's labels of them.
NUCLEI = {"RN_L": 56, "RN_R": 121, "SN_L": 57, "SN_R": 122}
#: What can be compared: Eve's label of the nigra lies on the subthalamic nucleus (`nigra_label`).
COMPARED = (*PARTS, "RN_L", "RN_R")
CIT168 = "atlases/cit168/CIT168toMNI152_prob_atlas_bilat_1mm.nii.gz"
CIT168_VOLUMES = {"substantia nigra": [6, 8], "subthalamic nucleus": [15]}


def drawn_parts(eve: Labels) -> NDArray[np.uint8]:
    """Midbrain, pons and medulla (1, 2, 3) of Eve's label map, with the tracts that run through them."""
    parts = np.zeros(eve.shape, dtype=np.uint8)
    for number, labels in enumerate(PARTS.values(), start=1):
        parts[np.isin(eve, labels)] = number
    nearest = distance_transform_edt(parts == 0, return_distances=False, return_indices=True)
    through = np.isin(eve, _THROUGH)
    parts[through] = parts[tuple(nearest)][through]
    return parts


def compared(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], affine: Affine) -> dict[str, Any]:
    """Dice, mean distance of surfaces, distance of centres (and the way from theirs to ours), and volumes."""
    surfaces = compare_surfaces(surface_points_mm(ours, affine), surface_points_mm(theirs, affine))
    apart = _centre(ours, affine) - _centre(theirs, affine)
    voxel = abs(float(np.linalg.det(affine[:3, :3])))
    return {
        "dice": dice(ours, theirs),
        "surfaces_mm": None if surfaces is None else surfaces.assd_mm,
        "centres_mm": float(np.linalg.norm(apart)),
        "centre_offset_mm": apart.tolist(),
        "ours_mm3": float(ours.sum() * voxel),
        "theirs_mm3": float(theirs.sum() * voxel),
    }


def _centre(mask: NDArray[np.bool_], affine: Affine) -> NDArray[np.float64]:
    return np.asarray(affine[:3, :3] @ np.argwhere(mask).mean(axis=0) + affine[:3, 3])


def parts_by_way(layer: Layer) -> dict[str, Any]:
    """All figures of Eve, by way and part."""
    folder = layer.data / "eve"
    laid = layer.lay("eve", folder / SCAN)
    image: Any = nib.load(folder / LABELS)
    eve = np.asarray(image.dataobj).astype(int)
    return {way: _one_way(layer, laid, way, eve) for way in laid.ways}


def measure(layer: Layer) -> dict[str, Any]:
    """All figures of Eve."""
    return {"by_way": parts_by_way(layer), "nigra_label": nigra_label(layer)}


def nigra_label(layer: Layer) -> dict[str, Any]:
    """How far the middle of Eve's nigra lies from two nuclei of CIT168, by the shipped warp, mm."""
    laid = layer.lay("eve", layer.data / "eve" / SCAN)
    image: Any = nib.load(layer.data / "eve" / LABELS)
    eve = np.asarray(image.dataobj).astype(int)
    cit168: Any = nib.load(layer.data / CIT168)
    shares = np.asarray(cit168.dataobj)
    found: dict[str, Any] = {}
    for name, side in (("SN_L", -1), ("SN_R", 1)):
        middle = laid.to_atlas(_centre(eve == NUCLEI[name], laid.scan.affine)[None], SHIPPED)[0]
        x = cit168.affine[0, 0] * np.arange(shares.shape[0]) + cit168.affine[0, 3]
        here = (side * x > 0)[:, None, None]
        masks = {each: (shares[..., v].sum(axis=-1) > 0.5) & here for each, v in CIT168_VOLUMES.items()}
        apart = {each: middle - _centre(mask, cit168.affine) for each, mask in masks.items()}
        found[name] = {each: float(np.linalg.norm(offset)) for each, offset in apart.items()}
    return found


def _one_way(layer: Layer, laid: Laid, way: str, eve: Labels) -> dict[str, Any]:
    labels = laid.atlas(layer.labels, way).labels_on(laid.grid)
    regions = laid.atlas(layer.regions, way).labels_on(laid.grid)
    affine, field = laid.scan.affine, at_heights(grid_points(*laid.grid), laid.placed).reshape(eve.shape)
    field &= ~np.isin(eve, _LEFT_OUT)
    theirs = drawn_parts(eve)
    found = {
        name: compared((regions == number) & field, (theirs == number) & field, affine)
        for number, name in enumerate(PARTS, start=1)
    }
    both = (regions > 0) & (theirs > 0) & field
    found["where both have a part"] = {"agree": float((regions == theirs)[both].mean())}
    soft = _volumes_mm3(layer, laid.warped, way)
    for name, label in NUCLEI.items():
        found[name] = compared(labels == layer.index_of(name), eve == label, affine)
        found[name]["ours_mm3"] = soft[name]
    return found


def _volumes_mm3(layer: Layer, warped: Warped, way: str) -> dict[str, float]:
    """Volumes as a report gives them: from the warp."""
    parts = layer.bench.parts
    volumes = np.exp(parts.log_volumes(warped.fields[way]) + warped.log_scale)
    return dict(zip(parts.names, volumes.tolist(), strict=True))


if __name__ == "__main__":
    print(json.dumps(measure(layer_of(arguments(str(__doc__)).parse_args())), indent=1))
