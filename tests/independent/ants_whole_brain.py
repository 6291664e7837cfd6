"""ANTs as its users run it on whole brains; run by an interpreter that has antspyx, and nothing of ours.

    PYTHON tests/independent/ants_whole_brain.py EXCHANGE.npz RESULT.npz

EXCHANGE.npz holds ``scan`` (X, Y, Z), a brain without its skull on its own grid, ``affine`` (4×4),
``template`` with ``template_affine``, and ``points`` (N, 3), mm of the scan's world. RESULT.npz gets
``moved`` (N, 3), where those points lie in the template's world, mm, and ``cpu_s``. Nothing comes from our
own placement: ANTs' N4, its rigid and affine steps and its SyN (`antsRegistrationSyNQuick[s]`, mutual
information) begin at the centres of mass.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "1")  # read when ants is imported

import ants
import numpy as np
import pandas as pd

SEED = 1
WAY = "antsRegistrationSyNQuick[s]"


def main() -> None:
    """Register the pair of EXCHANGE.npz, and write where its points go."""
    exchange, result = Path(sys.argv[1]), Path(sys.argv[2])
    ants.config.set_ants_deterministic(True, SEED)
    start = time.process_time()
    with np.load(exchange) as file:
        scan = _image(file["scan"], file["affine"])
        template = _image(file["template"], file["template_affine"])
        points = file["points"]
    scan = ants.n4_bias_field_correction(scan, mask=scan > 0, shrink_factor=4)
    with tempfile.TemporaryDirectory() as scratch:
        found = ants.registration(scan, template, WAY, outprefix=f"{scratch}/")
        table = pd.DataFrame(points, columns=["x", "y", "z"])
        moved = ants.apply_transforms_to_points(3, table, found["fwdtransforms"])[["x", "y", "z"]].to_numpy()
    unfinished = result.with_suffix(".part.npz")
    np.savez_compressed(unfinished, moved=moved, cpu_s=time.process_time() - start)
    unfinished.rename(result)


def _image(values: Any, affine: Any) -> Any:
    """Image of ANTs in our own RAS millimetres: both images and all points are, so nothing needs turning."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    return ants.from_numpy(
        values.astype(np.float32),
        origin=affine[:3, 3].tolist(),
        spacing=spacing.tolist(),
        direction=affine[:3, :3] / spacing,
    )


if __name__ == "__main__":
    main()
