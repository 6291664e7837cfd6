"""How far labels move when nothing but the offset, the scale or the background of the intensities changes.

    python tests/benchmarks/benchmark_intensities.py SCAN… [--before FOLDER]

Each version is written as a file and segmented by the job, as a user's would be. Printed is its Dice with
the labels of the scan as it is, mean and lowest over nuclei, and the span of their volumes; or the refusal.
``--before`` is what another version of the program wrote for the same scans (``segment SCAN… --out FOLDER``).
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.jobs.events import Event, Failed
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.run import run_job

Values = NDArray[np.float64]
Labels = NDArray[np.uint8]


def versions(data: Values) -> dict[str, Callable[[], Values]]:
    """Name the versions of a scan's intensities; the commonest value of its faces is its background."""
    background = data == 0
    tissue = data[~background]
    middle = tuple(n // 2 for n in data.shape)

    def spike(value: float) -> Values:
        spiked = data.copy()
        spiked[middle] = value
        return spiked

    standardised = (data - tissue.mean()) / tissue.std()
    return {
        "as double precision": lambda: data,
        "+100": lambda: data + 100,
        "+500": lambda: data + 500,
        "−1000": lambda: data - 1000,
        "+1e7": lambda: data + 1e7,
        "×1e−9": lambda: data * 1e-9,
        "×1e36": lambda: data * 1e36,
        "×1e−41": lambda: data * 1e-41,
        "standardised, all": lambda: (data - data.mean()) / data.std(),
        "standardised, background 0": lambda: np.where(background, 0.0, standardised),
        "background −32768": lambda: np.where(background, -32768.0, data),
        "background 32767": lambda: np.where(background, 32767.0, data),
        "+500, background 0": lambda: np.where(background, 0.0, data + 500),
        "one voxel 1e6": lambda: spike(1e6),
        "one voxel 1e30": lambda: spike(1e30),
        "one voxel −1e6": lambda: spike(-1e6),
    }


def segment(data: Values | None, like: Path, folder: Path) -> Labels | str:
    """Labels of a version, or of the file itself; or why it was refused."""
    folder = Path(tempfile.mkdtemp(dir=folder))
    scan = folder / "scan.nii.gz"
    if data is None:
        shutil.copyfile(like, scan)
    else:
        source = nibabel.Nifti1Image.from_filename(like)
        header = source.header.copy()
        header.set_data_dtype(np.float64)
        header.set_slope_inter(1, 0)
        nibabel.save(nibabel.Nifti1Image(data, source.affine, header), scan)
    events: list[Event] = []
    status = run_job(SegmentJob(scans=(scan,), out=folder / "out"), events.append, lambda: False)
    if status:
        (failed,) = (event for event in events if isinstance(event, Failed))
        return failed.what
    return load_label_map(folder / "out" / "scan" / "labels_native.nii.gz")[0]


def compared(first: Labels, second: Labels, nuclei: list[int]) -> str:
    """Mean and lowest Dice of the nuclei of two label maps, and the span of their volumes' ratios."""
    dice: list[float] = []
    ratios: list[float] = []
    for index in nuclei:
        a, b = first == index, second == index
        if a.any() or b.any():
            dice.append(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))
            ratios.append(int(np.count_nonzero(b)) / max(1, int(np.count_nonzero(a))))
    return f"{np.mean(dice):.4f} | {min(dice):.3f} | {min(ratios):.2f}–{max(ratios):.2f}"


def rows(scan: Path, before: Path | None, wanted: list[str]) -> Iterator[str]:
    """Lines of the table of one scan."""
    data = np.asarray(nibabel.Nifti1Image.from_filename(scan).dataobj, dtype=np.float64)
    nuclei = [structure.index for structure in load_atlas().table.nuclei]
    with tempfile.TemporaryDirectory() as name:
        own = segment(None, scan, Path(name))
        if isinstance(own, str):
            yield f"| as it is | refused: {own} | | |"
            return
        if before is not None:
            yield f"| as it is, before | {compared(_labels_before(before, scan), own, nuclei)} |"
        for version, make in versions(data).items():
            if wanted and version not in wanted:
                continue
            found = segment(make(), scan, Path(name))
            yield f"| {version} | " + (
                f"refused: {found} | | |" if isinstance(found, str) else compared(own, found, nuclei) + " |"
            )


def _labels_before(folder: Path, scan: Path) -> Labels:
    return load_label_map(folder / scan.name.removesuffix(".nii.gz") / "labels_native.nii.gz")[0]


def main() -> None:
    """Print a table for each scan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", nargs="+", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="Names of versions.")
    given = parser.parse_args()
    for scan in given.scans:
        print(f"\n{scan.name}\n\n| intensities | mean Dice | lowest | volumes × |\n|---|---|---|---|")
        for row in rows(scan, given.before, given.only):
            print(row, flush=True)


if __name__ == "__main__":
    main()
