"""Write a folder of the form that the scripts here read, from one simulated head whose truth is known.

    python tests/independent/write_simulated.py FOLDER [--seed 1]
    python tests/independent/outlines.py --data FOLDER --work WORK     (and the other two)

What should come out is known: distances far below a voxel and Dice near 1 by the shipped model, or the script
is wrong. Real drawings are then measured once.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from hand_drawn_parts import LABELS, NUCLEI, PARTS
from hand_drawn_parts import SCAN as EVE
from landmarks import ORIGIN_MM, PERSON, TABLE, TEMPLATE
from landmarks import SCAN as COLIN27
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, map_coordinates

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.simulation.subject import SimulatedSubject, SimulationSettings, simulate_subject

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from drawn_outlines import MICCAI

#: Points of the template that are looked for in the head, mm.
POINTS = {"front": (0.0, -23.0, -21.0), "right": (13.0, -26.0, -10.0), "left": (-11.0, -30.0, -21.0)}
_SEEN_BY_ALL = SimulationSettings(
    with_skull=False, orientations=("RAS",), voxel_size_mm=(1.0, 1.0), oblique_degrees=0.0
)


def write_simulated(folder: Path, seed: int) -> None:
    """Write ``rescan/``, ``eve/`` and ``landmarks/`` of one head."""
    atlas = load_atlas()
    assert atlas.regions is not None
    head = simulate_subject(np.random.default_rng(seed), load_template(), atlas.labels, _SEEN_BY_ALL)
    for name in ("rescan", "eve", "landmarks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for scan in ("rescan/1000_SS.nii.gz", f"eve/{EVE}", f"landmarks/{COLIN27}"):
        _save(head.data, head, folder / scan)
    stem = head.labels > 0
    drawn = np.where(stem, MICCAI.stem, np.where(head.data > 0, 1, 0))
    drawn[binary_dilation(stem, iterations=2) & ~stem] = MICCAI.fluid[0]
    _save(drawn.astype(np.int16), head, folder / "rescan" / "1000_glm.nii.gz")
    regions = _seen(atlas.regions.labels, head)
    eve = np.zeros(stem.shape, dtype=np.int16)
    for number, labels in enumerate(PARTS.values(), start=1):
        eve[stem & (regions == number)] = labels[0]
    indices = {structure.name: structure.index for structure in atlas.table.nuclei}
    for nucleus, label in NUCLEI.items():
        eve[head.labels == indices[nucleus]] = label
    _save(eve, head, folder / "eve" / LABELS)
    with (folder / "landmarks" / TABLE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("template", "fid", "name", "x", "y", "z"))
        for number, (name, point) in enumerate(POINTS.items()):
            there = _in_head(np.array(point), head) + np.array(ORIGIN_MM) - head.affine[:3, 3]
            table.writerow((PERSON, number, name, *there))
            table.writerow((TEMPLATE, number, name, *point))


def _save(values: NDArray[np.generic], head: SimulatedSubject, path: Path) -> None:
    nib.save(nib.Nifti1Image(values, head.affine), path)


def _seen(labels: NDArray[np.uint8], head: SimulatedSubject) -> NDArray[np.uint8]:
    """Label map of the template on the head's voxels."""
    points = head.warp.points_on(head.labels.shape, head.world_to_mni @ head.affine)
    voxels = points - mni_affine()[:3, 3].astype(np.float32)[:, None, None, None]
    return np.asarray(map_coordinates(labels, voxels, order=0), dtype=np.uint8)


def _in_head(point_mm: NDArray[np.float64], head: SimulatedSubject) -> NDArray[np.float64]:
    """Where a point of the template lies in the head, mm."""
    warp = Displacement(np.moveaxis(head.warp.displacement_mm, 0, -1), head.warp.affine)
    found = point_mm.copy()
    for _ in range(50):
        found = point_mm - warp.at(found[None])[0]
    back = np.linalg.inv(head.world_to_mni)
    return np.asarray(back[:3, :3] @ found + back[:3, 3])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write_simulated(given.folder, given.seed)
