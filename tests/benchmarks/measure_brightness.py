"""Print the table on brightness in docs/results/window.md: which greys brainstem and fluid get.

    python tests/benchmarks/measure_brightness.py [--data shared/data]

All T1 scans of the data are read as the window reads them. The brainstem lies where the consensus of six
registrations has it (tests/consensus), or, in scans that have none, where the program lays the atlas.
*Before* is the rule up to 2026-11-30, by the box around the labels alone.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume, image_volume, label_volume
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import crop_to_box
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.reference import reference_labels
from brainstem_app.preprocessing.transforms import Transforms

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "consensus"))
from packed_consensus import PACKED_FILE, load_consensus, subjects_in  # noqa: E402

WHITE_MATTER = 1


@dataclass(frozen=True)
class Greys:
    """Where things lie between black (0) and white (1), and the share of white matter that is white, %."""

    fluid: float
    dark: float
    white_matter: float
    bright: float
    used: float
    clipped: float


def main() -> None:
    """Measure all scans under both rules and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    found: dict[str, list[tuple[Greys, Greys]]] = {}
    for source, image, labels in scans(parser.parse_args().data):
        pair = (
            measured(image, labels, before(image, labels)),
            measured(image, labels, image.window_for(labels)),
        )
        found.setdefault(source, []).append(pair)
    found["all"] = [pair for pairs in found.values() for pair in pairs]
    write = sys.stdout.write
    write(
        "| scans | rule | fluid | middle of the brainstem | white matter | share of the greys | clipped |\n"
    )
    write("|---|---|---|---|---|---|---|\n")
    for source, pairs in found.items():
        for number, rule in enumerate(("before", "now")):
            rows = np.array([astuple(pair[number]) for pair in pairs])
            fluid, dark, white, bright, used, clipped = np.median(rows, axis=0)
            least, most = rows[:, 4].min(), rows[:, 5].max()
            write(
                f"| {'' if number else f'{source} ({len(pairs)})'} | {rule} | {fluid:.2f} "
                f"| {dark:.2f}–{bright:.2f} | {white:.2f} | {used:.2f}, least {least:.2f} "
                f"| {clipped:.2f} %, most {most:.2f} % |\n"
            )


def scans(data: Path) -> Iterator[tuple[str, ImageVolume, LabelVolume]]:
    """Read one scan after the other, with the labels of its brainstem."""
    atlas = load_atlas().labels
    placed = np.load(PACKED_FILE)
    for name in subjects_in():
        source, subject = name.split("/")
        scan = read_scan(data / source / subject / "anat" / f"{subject}_T1w.nii.gz")
        box = reference_labels(atlas, load_consensus(name)[0])
        transforms = Transforms(placed[f"{name}/mni_to_native"])
        labels = transforms.labels_to_native(box, scan.data.shape, scan.affine)
        yield source, image_volume(scan.data, scan.affine), label_volume(labels, scan.affine)
    for source, path in _others(data):
        scan = read_scan(path)
        transforms = Transforms(normalise_scan(scan).transforms.mni_to_native)
        labels = transforms.labels_to_native(crop_to_box(atlas), scan.data.shape, scan.affine)
        yield source, image_volume(scan.data, scan.affine), label_volume(labels, scan.affine)


def _others(data: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((data / "rescan").glob("*_SS.nii.gz")):
        yield "OASIS", path
    yield "JHU's one person (eve)", data / "eve" / "JHU_MNI_SS_T1_Brain.nii.gz"
    yield "Colin27", data / "landmarks" / "ch2.nii.gz"
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(data / "dicom" / "studyforrest-t1w-dicom.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        yield "studyforrest, DICOM", max(Path(folder).rglob("*.dcm*"), key=lambda p: p.stat().st_size).parent


def before(image: ImageVolume, labels: LabelVolume) -> tuple[float, float]:
    """Black at half of the darkest twentieth of the box, white a tenth above its brightest hundredth."""
    inside = image.steps[_box(labels)]
    low, high = np.percentile(inside[inside > 0], (5.0, 99.0))
    return 0.5 * low, high + 0.1 * (high - 0.5 * low)


def measured(image: ImageVolume, labels: LabelVolume, window: tuple[float, float]) -> Greys:
    """Measure one scan under one window."""
    box, low, high = _box(labels), *window
    greys = (image.steps[box].astype(np.float64) - low) / (high - low)
    inside = greys[(labels.labels[box] > 0) & (image.steps[box] > 0)]
    around = greys[(labels.labels[box] == 0) & (image.steps[box] > 0)]
    white_matter = greys[labels.labels[box] == WHITE_MATTER]
    dark, bright = np.clip(np.percentile(inside, (5.0, 95.0)), 0, 1)
    return Greys(
        fluid=float(np.clip(np.percentile(around, 2.0), 0, 1)),
        dark=float(dark),
        white_matter=float(np.median(white_matter)),
        bright=float(bright),
        used=float(bright - dark),
        clipped=100 * float((white_matter >= 1).mean()),
    )


def _box(labels: LabelVolume) -> tuple[slice, ...]:
    if labels.extent is None:
        raise ValueError("there are no labels")
    return tuple(slice(low, high + 1) for low, high in zip(*(c[::-1] for c in labels.extent), strict=True))


if __name__ == "__main__":
    main()
