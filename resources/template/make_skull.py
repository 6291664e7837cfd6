"""Make ``skull.nii.gz`` and ``skull_ring.nii.gz`` of this folder: the mean skull and scalp of eight adults.

    python resources/template/make_skull.py ../shared/data/ds000011

The heads are those of ds000011 (PDDL 1.0) that the shipped network learned from. Each is placed by its brain,
the brain is painted out, and skulls are laid on their mean, mirrored, until it stays as it is. The mean of
the skulls' affines relative to the brains' is kept at nothing, so that the volume inside the mean skull is
that of the template's brain, which reaches to the skull. Both volumes are uint8 on the ``mni`` grid at 2 mm:
intensities 0…255, from as dark as fluid to the brain's brightest tissue, and 1 where heads are compared.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
from scipy.linalg import expm, logm

from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, ras_affine
from brainstem_app.preprocessing.affine import register_brain
from brainstem_app.preprocessing.head_size import (
    GRID_MM,
    GRID_SHAPE,
    Skull,
    SkullTemplate,
    place_skull,
    ring_around,
)
from brainstem_app.preprocessing.linear_registration import SampledVolume
from brainstem_app.preprocessing.n4 import correct_bias
from brainstem_app.preprocessing.skull_strip import brain_mask
from brainstem_app.preprocessing.template import load_template

HERE = Path(__file__).resolve().parent
SUBJECTS = ["01", "03", "06", "07", "09", "10", "12", "14"]
ROUNDS = 6
GRID = ras_affine(GRID_MM, MNI_ORIGIN_MM)


def skull_and_brain(path: Path) -> tuple[Skull, np.ndarray]:
    """Head without its brain, and the affine that places its brain."""
    scan = read_scan(path)
    whole = above_floor(scan.data, intensity_levels(scan.data))
    mask = brain_mask(whole, scan.affine)
    corrected = correct_bias(whole, mask, scan.voxel_size_mm)
    bright = np.where(mask, corrected / np.float32(np.percentile(corrected[mask], 99.5)), np.float32(0))
    placed = register_brain(bright, mask, scan.affine, load_template())
    return Skull.of(whole, mask, scan.affine), placed


def mean_skull(skulls: list[Skull], placed: list[np.ndarray]) -> np.ndarray:
    """Mean of placed skulls and their mirror images, where at least half of the scans show something."""
    total, seen = np.zeros((2, *GRID_SHAPE), dtype=np.float32)
    points = np.indices(GRID_SHAPE).reshape(3, -1).T * GRID_MM + np.array(MNI_ORIGIN_MM)
    for skull, matrix in zip(skulls, placed, strict=True):
        volume = skull.volume
        total += resample(volume.data, volume.affine, GRID_SHAPE, GRID, world_to_world=matrix)
        seen += skull.holds(points @ matrix[:3, :3].T + matrix[:3, 3]).reshape(GRID_SHAPE)
    total, seen = total + total[::-1], seen + seen[::-1]
    return np.where(seen >= len(skulls), total / np.maximum(seen, 1), 0).astype(np.float32)


def main(dataset: Path) -> None:
    """Write both volumes beside this script and say how the skulls' volumes are to the brains'."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    files = [dataset / f"sub-{n}" / "anat" / f"sub-{n}_T1w.nii.gz" for n in SUBJECTS]
    skulls, brains = zip(*(skull_and_brain(file) for file in files), strict=True)
    brain = load_template().brain
    ring = ring_around(brain[::2, ::2, ::2])
    placed = list(brains)
    for _ in range(ROUNDS):
        template = SkullTemplate(SampledVolume(mean_skull(skulls, placed), GRID), ring, brain.sum() / 1000)
        ring_mm = template.ring_mm
        for k, skull in enumerate(skulls):
            inside = skull.holds(ring_mm @ placed[k][:3, :3].T + placed[k][:3, 3])
            placed[k], _ = place_skull(skull, placed[k], template, inside)
        away = np.mean([logm(np.linalg.inv(a) @ b).real for a, b in zip(brains, placed, strict=True)], axis=0)
        placed = [matrix @ expm(-away) for matrix in placed]
        ratios = [
            np.linalg.det(b[:3, :3]) / np.linalg.det(a[:3, :3]) for a, b in zip(brains, placed, strict=True)
        ]
        logging.info("skull to brain: %s", " ".join(f"{ratio:.3f}" for ratio in ratios))
    mean = np.clip(np.rint(255 * mean_skull(skulls, placed)), 0, 255)
    for name, volume in (("skull", mean), ("skull_ring", ring)):
        save_label_map(HERE / f"{name}.nii.gz", volume.astype(np.uint8), GRID, space="mni")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
