"""How far today's placement of scans is from the one a study was prepared with, printed as a Markdown table.

    python tests/benchmarks/placed_again.py STUDY [--subject sub-01 ...] [--into COPY]

For a change of the bias correction or of the registration: a study that is already prepared stays as good as
new if its scans, placed again, lie where they lay. Each scan is normalised anew; the study is not changed.
With --into, a copy of the study gets the new placements and boxes; its references stay where they lie on each
person's anatomy (the fine warps are carried along), so that networks can be scored on scans as the program
places them today without an hour of registering.
"""

from __future__ import annotations

import argparse
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import save_volume
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine, crop_to_box, mni_affine
from brainstem_app.preprocessing.normalise import Normalised, normalise_scan
from brainstem_app.preprocessing.reference import relabel_subject
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement, Transforms, grid_points
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.study import Study
from brainstem_app.written_files import FINE_WARP_FILE, REPEAT_WARP_FILE, SCAN_BOX_FILE, TRANSFORMS_FOLDER

MANIFEST = "manifest.json"
HEAD = (
    "| subject | moved, mean (mm) | moved, most (mm) | intensities, r | fit before | fit now | edges before "
    "| edges now | CPU (s) |\n|---|---|---|---|---|---|---|---|---|"
)


def moved_mm(before: Affine, now: Affine) -> NDArray[np.float64]:
    """Distance (N,) in mm between where two placements lay the template's brainstem, voxel by voxel."""
    voxels = np.argwhere(load_template().brainstem)
    points = voxels @ mni_affine()[:3, :3].T + mni_affine()[:3, 3]
    between = before - now
    return np.asarray(np.linalg.norm(points @ between[:3, :3].T + between[:3, 3], axis=1), dtype=np.float64)


def row(study: Study, name: str, source: Path, fit: dict[str, Any], into: Study | None) -> str:
    """Place one scan again and return its line of the table; leave the new placement in another study."""
    start = time.process_time()
    normalised = normalise_scan(read_scan(source), space=study.settings.space)
    cpu_s = time.process_time() - start
    before = Transforms.load(study.subject_folder(name) / TRANSFORMS_FOLDER)
    moved = moved_mm(before.mni_to_native, normalised.transforms.mni_to_native)
    brainstem = crop_to_box(load_template().brainstem)
    r = np.corrcoef(study.load_box(name).image[brainstem], normalised.box[brainstem])[0, 1]
    fits = [fit["correlation"], normalised.fit.correlation, fit["edges"], normalised.fit.edges]
    if into is not None:
        keep(into, name, normalised, before)
    shown = " | ".join(f"{value:.3f}" for value in (moved.mean(), moved.max(), r, *fits))
    return f"| {name} | {shown} | {cpu_s:.1f} |"


def keep(study: Study, name: str, normalised: Normalised, before: Transforms) -> None:
    """Replace a subject's placement and box; carry its fine warps, and with them its references, along."""
    folder = study.subject_folder(name)
    between = np.linalg.inv(before.mni_to_native) @ normalised.transforms.mni_to_native
    normalised.transforms.save(folder / TRANSFORMS_FOLDER)
    save_volume(folder / SCAN_BOX_FILE, normalised.box, box_affine(), space="mni")
    for warp in (FINE_WARP_FILE, REPEAT_WARP_FILE):
        path = folder / TRANSFORMS_FOLDER / warp
        if path.exists():
            carried(Displacement.load(path), between).save(path)
    atlas = load_atlas(study.settings.atlas)
    relabel_subject(folder, atlas.labels, atlas.table.names)
    record = study.subject(name)
    if record is not None:
        files = {file: sha256_of(folder / file) for file in record.files if (folder / file).exists()}
        record.model_copy(update={"files": files, "fit": asdict(normalised.fit)}).save(folder / MANIFEST)


def carried(warp: Displacement, between: Affine) -> Displacement:
    """Displacement that leads from a box moved by a matrix (mm to mm) to where the old one led."""
    points = grid_points(BOX_SHAPE, box_affine())
    there = points @ between[:3, :3].T + between[:3, 3]
    low = box_affine()[:3, 3]
    # Beyond the old box its border's displacement goes on.
    inside = np.clip(there, low, low + np.array(BOX_SHAPE) - 1)
    field = there + warp.at(inside) - points
    return Displacement(field.reshape(*BOX_SHAPE, 3).astype(np.float32), box_affine())


def main() -> None:
    """Read the arguments, place the scans again, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--subject", action="append", default=[], help="may be given again; default all")
    parser.add_argument("--into", type=Path, help="copy of the study that gets the new placements")
    given = parser.parse_args()
    study = Study.open(given.study)
    into = None
    if given.into is not None:
        shutil.copytree(
            given.study, given.into, ignore=shutil.ignore_patterns("runs", "comparisons", "qc.png")
        )
        into = Study.open(given.into)
    print(HEAD)
    for record in study.finished_subjects():
        if not given.subject or record.name in given.subject:
            print(row(study, record.name, Path(record.source), dict(record.fit), into), flush=True)


if __name__ == "__main__":
    main()
