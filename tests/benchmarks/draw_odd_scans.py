"""Draw each odd scan with its labels in three planes, a PNG a version, to be looked at by eye.

    python tests/benchmarks/draw_odd_scans.py --work FOLDER --out PICTURES --head STRIPPED.nii.gz
        --whole HEAD.nii.gz

The versions, and what FOLDER keeps, are those of `write_odd_scans.py`. All pictures have the same places of
the template, so that they can be laid beside each other: scan alone above, below it the label map as it is on
the scan's own voxels, and in white the nuclei's outlines on the good scan. A refused scan is drawn bare.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from odd_scans import OddScan
from scipy.ndimage import map_coordinates
from write_odd_scans import Bench, Placed, name_of, plain, versions

from brainstem_app.atlas.label_table import Group
from brainstem_app.imaging.spaces import Affine

Picture = NDArray[np.float32]
#: Planes: axis of the template that is left out, its place (mm), and what is there.
PLANES = (
    (2, -9.0, "axial −9: red nuclei, colliculi"),
    (2, -30.0, "axial −30: upper pons"),
    (2, -52.0, "axial −52: upper medulla"),
    (1, -21.0, "coronal −21"),
    (1, -36.0, "coronal −36"),
    (0, 1.0, "sagittal 1"),
    (0, 6.0, "sagittal 6"),
)
# Drawn of the template's space, mm, and the distance of the pixels.
_LOW, _HIGH = np.array([-34.0, -68.0, -76.0]), np.array([34.0, 0.0, 14.0])
_STEP_MM = 0.5
_INCHES, _DPI = 2.35, 80


@dataclass(frozen=True)
class Drawn:
    """A version's voxels and labels, and where they lie in the good scan's world.

    Attributes
    ----------
    data : ndarray of float32
    labels : ndarray of uint8 or None
        None of a refused scan.
    affine : ndarray, shape (4, 4)
        Voxel → world of the good scan, mm.
    """

    data: Picture
    labels: NDArray[np.uint8] | None
    affine: Affine


def points_of(plane: tuple[int, float, str]) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Points (N, 3) of a plane of the template, mm, and the picture's shape (rows from below)."""
    axis, place, _ = plane
    across, up = (k for k in range(3) if k != axis)
    u, v = (np.arange(_LOW[k], _HIGH[k], _STEP_MM) for k in (across, up))
    grid = np.meshgrid(v, u, indexing="ij")
    points = np.empty((grid[0].size, 3))
    points[:, axis], points[:, up], points[:, across] = place, grid[0].ravel(), grid[1].ravel()
    return points, (len(v), len(u))


def sampled(
    volume: NDArray[np.generic], affine: Affine, world: NDArray[np.float64], shape: tuple[int, int]
) -> Picture:
    """Nearest voxels of a volume, so that its grid is seen."""
    back = np.linalg.inv(affine)
    voxels = world @ back[:3, :3].T + back[:3, 3]
    found = map_coordinates(volume.astype(np.float32), voxels.T, order=0, mode="grid-constant", cval=0)
    return np.asarray(found.reshape(shape), dtype=np.float32)


def sheet(name: str, said: str, drawn: Drawn, good: Drawn, clean: Placed, colours: Picture) -> Figure:
    """Picture of one version; `clean` places the planes of the template in the good scan."""
    figure = Figure(figsize=(_INCHES * len(PLANES), 2 * _INCHES * 1.2 + 0.5), facecolor="black")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(PLANES))
    figure.subplots_adjust(0.002, 0.002, 0.998, 0.92, 0.01, 0.01)
    figure.suptitle(f"{name} — {said}", color="white", fontsize=9)
    for column, plane in enumerate(PLANES):
        points, shape = points_of(plane)
        world = points @ clean.to_native[:3, :3].T + clean.to_native[:3, 3]
        image = sampled(drawn.data, drawn.affine, world, shape)
        top = float(np.percentile(image[image > 0], 99.5)) if (image > 0).any() else 1.0
        for row in axes[:, column]:
            row.imshow(image, cmap="gray", vmin=0, vmax=top, origin="lower", interpolation="nearest")
            row.set_axis_off()
        axes[0, column].set_title(plane[2], color="white", fontsize=7, pad=1)
        if drawn.labels is not None:
            own = sampled(drawn.labels, drawn.affine, world, shape).astype(np.uint8)
            axes[1, column].imshow(colours[own], origin="lower", interpolation="nearest")
        if good.labels is not None:
            _outlines(axes[1, column], sampled(good.labels, good.affine, world, shape), colours)
        for row in axes[:, column]:
            # The patient's right on the left, the front on the left.
            row.set_xlim(shape[1] - 0.5, -0.5)
    return figure


def _outlines(axes: Axes, labels: Picture, colours: Picture) -> None:
    """Outline nuclei in white, and the brainstem."""
    for index in np.unique(labels).astype(int):
        if index and colours[index, 3] > _FAINT:
            axes.contour(labels == index, levels=[0.5], colors="white", linewidths=0.5)
    axes.contour(labels > 0, levels=[0.5], colors="yellow", linewidths=0.5)


_FAINT, _FULL = 0.18, 0.6


def colours_of(bench: Bench) -> Picture:
    """Colour (RGBA) of each label: tissue faint, nuclei not."""
    table = bench.models[-1].atlas.table
    found = np.zeros((table.n_classes, 4), dtype=np.float32)
    for structure in table.structures[1:]:
        red, green, blue = (int(structure.colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
        found[structure.index] = (red, green, blue, _FULL if structure.group is Group.NUCLEUS else _FAINT)
    return found


def draw_head(bench: Bench, path: Path, out: Path, *, only_masks: bool) -> None:
    """Draw all versions of a head."""
    colours, clean, good = colours_of(bench), None, None
    for number, odd in enumerate(versions(bench, path, only_masks=only_masks)):
        placed = bench.placed(f"{name_of(path)} {odd.name}", odd)
        clean = clean or placed
        drawn = _drawn(bench, odd, placed)
        good = good or drawn
        said = f"refused: {placed.refused}" if placed.refused else "; ".join(placed.said) or "no word"
        figure = sheet(f"{name_of(path)}: {odd.name}", said, drawn, good, clean, colours)
        figure.savefig(out / f"{plain(name_of(path))}-{number:02}-{plain(odd.name)}.png", dpi=_DPI)


def _drawn(bench: Bench, odd: OddScan, placed: Placed) -> Drawn:
    labels = None
    if not placed.refused:
        labels = bench.labelled(placed, -1).warped.labels_on((placed.shape, placed.affine))
    return Drawn(odd.data, labels, placed.affine)


def main() -> None:
    """Read the arguments and draw every version."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--head", type=Path, action="append", default=[])
    parser.add_argument("--whole", type=Path, action="append", default=[])
    parser.add_argument("--model", default="brainstem31")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.work, [given.model])
    for path in given.head:
        draw_head(bench, path, given.out, only_masks=False)
    for path in given.whole:
        draw_head(bench, path, given.out, only_masks=True)


if __name__ == "__main__":
    main()
