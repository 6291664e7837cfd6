"""The members of the consensus that ANTs makes; run by an interpreter that has antspyx, and nothing of ours.

    PYTHON tests/consensus/ants_members.py EXCHANGE.npz FOLDER [MEMBER …]

EXCHANGE.npz holds ``scan``, ``template`` (X, Y, Z) and ``origin_mm`` (3) of one grid of 1 mm; ``ants-cc.npz``
and ``ants-mi.npz``, or only those named, are written into FOLDER: ``field`` (X, Y, Z, 3) in mm, float16, and
``cpu_s``.
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
WAYS: dict[str, dict[str, Any]] = {
    "ants-cc": {
        "type_of_transform": "SyN",
        "aff_metric": "mattes",
        "aff_iterations": (100, 50, 20),
        "aff_shrink_factors": (4, 2, 1),
        "aff_smoothing_sigmas": (2, 1, 0),
        "aff_random_sampling_rate": 0.1,
        "syn_metric": "CC",
        "syn_sampling": 2,
        "reg_iterations": (50, 30, 2),
    },
    "ants-mi": {
        "type_of_transform": "SyNOnly",
        "syn_metric": "mattes",
        "syn_sampling": 32,
        "reg_iterations": (40, 20, 5),
        "grad_step": 0.15,
        "flow_sigma": 3,
        "total_sigma": 0.5,
    },
}


def main() -> None:
    """Register the pair of EXCHANGE.npz every way, and write the displacements."""
    exchange, folder = Path(sys.argv[1]), Path(sys.argv[2])
    ants.config.set_ants_deterministic(True, SEED)
    with np.load(exchange) as file:
        origin = [float(value) for value in file["origin_mm"]]
        still, moving = (
            ants.from_numpy(file[name], origin=origin, spacing=[1.0] * 3) for name in ("scan", "template")
        )
    for name, way in ((name, WAYS[name]) for name in sys.argv[3:] or WAYS):
        start = time.process_time()
        with tempfile.TemporaryDirectory() as scratch:
            found = ants.registration(
                still, moving, initial_transform="Identity", outprefix=f"{scratch}/", **way
            )
            field = _displacements(still.shape, origin, found["fwdtransforms"])
        unfinished = folder / f"{name}.part.npz"
        np.savez_compressed(unfinished, field=field.astype(np.float16), cpu_s=time.process_time() - start)
        unfinished.rename(folder / f"{name}.npz")


def _displacements(shape: tuple[int, ...], origin: list[float], transforms: list[str]) -> Any:
    """Where each voxel's point goes, less the point; the affine of ANTs' own included."""
    points = np.indices(shape).reshape(3, -1).T + np.array(origin)
    table = pd.DataFrame(points, columns=["x", "y", "z"])
    moved = ants.apply_transforms_to_points(3, table, transforms)[["x", "y", "z"]].to_numpy()
    return (moved - points).reshape(*shape, 3)


if __name__ == "__main__":
    main()
