"""How far today's placement of scans is from the one a study was prepared with, printed as a Markdown table.

    python tests/benchmarks/placed_again.py STUDY [--subject sub-01 ...]

For a change of the bias correction or of the registration: a study that is already prepared stays as good as
new if its scans, placed again, lie where they lay. Each scan is normalised anew; the study is not changed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import Affine, crop_to_box, mni_affine
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.reference import TRANSFORMS_FOLDER
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.study.study import Study

HEAD = (
    "| subject | moved, mean (mm) | moved, most (mm) | intensities, r | fit before | fit now | edges before "
    "| edges now | CPU (s) |\n|---|---|---|---|---|---|---|---|---|"
)


def moved_mm(before: Affine, now: Affine) -> np.ndarray:
    """Distance (N,) in mm between where two placements lay the template's brainstem, voxel by voxel."""
    voxels = np.argwhere(load_template().brainstem)
    points = voxels @ mni_affine()[:3, :3].T + mni_affine()[:3, 3]
    between = before - now
    return np.linalg.norm(points @ between[:3, :3].T + between[:3, 3], axis=1)


def row(study: Study, name: str, source: Path, fit: dict[str, float]) -> str:
    """Place one scan again and return its line of the table."""
    start = time.process_time()
    normalised = normalise_scan(read_scan(source), space=study.settings.space)
    cpu_s = time.process_time() - start
    before = Transforms.load(study.subject_folder(name) / TRANSFORMS_FOLDER)
    moved = moved_mm(before.mni_to_native, normalised.transforms.mni_to_native)
    brainstem = crop_to_box(load_template().brainstem)
    r = np.corrcoef(study.load_box(name).image[brainstem], normalised.box[brainstem])[0, 1]
    fits = [fit["correlation"], normalised.fit.correlation, fit["edges"], normalised.fit.edges]
    shown = " | ".join(f"{value:.3f}" for value in (moved.mean(), moved.max(), r, *fits))
    return f"| {name} | {shown} | {cpu_s:.1f} |"


def main() -> None:
    """Read the arguments, place the scans again, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--subject", action="append", default=[], help="may be given again; default all")
    given = parser.parse_args()
    study = Study.open(given.study)
    print(HEAD)
    for record in study.finished_subjects():
        if not given.subject or record.name in given.subject:
            print(row(study, record.name, Path(record.source), dict(record.fit)), flush=True)


if __name__ == "__main__":
    main()
