"""Regions of the atlas against other divisions of the brainstem: the Allen atlas, and one person's, by hand.

    python tests/benchmarks/compare_regions.py DATA [--eve RESULT]

DATA is the folder with ``atlases/`` and ``eve/`` (shared/data/README.md); RESULT what `segment` wrote of
``eve/JHU_MNI_SS_T1_Brain.nii.gz``, with the shipped model. Written for docs/explanation/labels-and-limits.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.preprocessing.transforms import grid_points

Labels = NDArray[np.integer]
NAMES = ("midbrain", "pons", "medulla")
# Allen 2020: PTR, MTg, RN, SN, SC, IC, cpd; PnBa, PnTg, mcp; MoPy, MoTg, IO, icp. The scp runs through two.
ALLEN = ((111, 112, 113, 114, 115, 116, 117), (122, 123, 128), (124, 125, 126, 127))
# Eve, Type II, both sides: what its tracts leave over of each part.
EVE = ((63, 128), (64, 129), (65, 130))
# Eve: structures that anatomy has in one part: cerebral peduncle, red nucleus, nigra; pontine crossing tract.
EVE_INSIDE = {"peduncle, RN, SN": (33, 98, 56, 121, 57, 122), "pontine crossing tract": (49, 114)}


def grouped(labels: Labels, groups: tuple[tuple[int, ...], ...]) -> Labels:
    """Label map with 1, 2, … for the labels of each group."""
    found = np.zeros(labels.shape, dtype=np.uint8)
    for number, group in enumerate(groups, start=1):
        found[np.isin(labels, group)] = number
    return found


def at_template_voxels(path: Path, shape: tuple[int, int, int]) -> Labels:
    """Nearest label of a map in MNI space at each voxel of the template's grid; 0 outside of it."""
    image = nib.load(path)
    values = np.asarray(image.dataobj).astype(np.int64)  # type: ignore[attr-defined]
    back = np.linalg.inv(image.affine)  # type: ignore[attr-defined]
    voxels = np.rint(grid_points(shape, mni_affine()) @ back[:3, :3].T + back[:3, 3]).astype(int)
    inside = ((voxels >= 0) & (voxels < values.shape)).all(axis=1)
    found = np.zeros(len(voxels), dtype=np.int64)
    found[inside] = values[tuple(voxels[inside].T)]
    return found.reshape(shape)


def show(title: str, ours: Labels, theirs: Labels) -> None:
    """Print how two divisions agree where both have one."""
    both = (ours > 0) & (theirs > 0)
    agree = (ours == theirs)[both].mean()
    sys.stdout.write(f"{title}: {both.sum()} voxels in both, {100 * agree:.1f} % agree\n")
    for k, name in enumerate(NAMES, start=1):
        mine, other = (ours == k) & both, (theirs == k) & both
        dice = 2 * (mine & other).sum() / (mine.sum() + other.sum())
        where = ", ".join(
            f"{100 * (ours[other] == j).mean():.1f} % {n}" for j, n in enumerate(NAMES, start=1)
        )
        sys.stdout.write(f"  {name}: Dice {dice:.3f}; of theirs {where}\n")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--eve", type=Path, help="folder of the result of eve's scan")
    given = parser.parse_args()
    atlas = load_atlas()
    if atlas.regions is None:
        sys.exit("the atlas has no regions")
    ours = atlas.regions.labels
    allen = at_template_voxels(given.data / "atlases/allen2020/AllenAtlas.nii.gz", ours.shape)
    show("Allen 2020, on the template", ours, grouped(allen, ALLEN))
    if given.eve is None:
        return
    found, _ = load_label_map(given.eve / "labels_regions_native.nii.gz")
    path = given.data / "eve/JHU_MNI_SS_WMPM_Type-II.nii.gz"
    eve = np.asarray(nib.load(path).dataobj).astype(np.int64)  # type: ignore[attr-defined]
    show("Eve, drawn by hand, on her scan", found, grouped(eve, EVE))
    for name, labels in EVE_INSIDE.items():
        inside = found[np.isin(eve, labels) & (found > 0)]
        where = ", ".join(f"{100 * (inside == j).mean():.1f} % {n}" for j, n in enumerate(NAMES, start=1))
        sys.stdout.write(f"  {name}, of what lies in the labels: {where}\n")


if __name__ == "__main__":
    main()
