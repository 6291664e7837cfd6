"""Draw Eve and Colin27 in three planes, with outlines of ours and theirs.

python tests/independent/draw_independent.py --data DATA --work WORK --out FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from hand_drawn_parts import LABELS, NUCLEI, SCAN, drawn_parts
from laid_atlas import AFFINE, Laid, Layer, arguments, layer_of
from landmarks import PERSON, TABLE, TEMPLATE, points_of, read_landmarks
from landmarks import SCAN as COLIN27
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.atlas.warped import Grid, WarpedAtlas
from brainstem_app.imaging.spaces import box_affine
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from measured_heads import SHIPPED

#: Planes (axis, mm of the template): across the red nuclei, along the midline, through pons and peduncles.
PLANES = ((2, -10.0), (0, 0.0), (1, -20.0))
OURS, THEIRS, PLAIN = "#00e5ff", "#ffffff", "#ffd400"
_HALF_MM, _STEP_MM = 32.0, 0.25
_MIDDLE_MM = np.array([0.0, -27.0, -34.0])


def draw_eve(layer: Layer, path: Path) -> None:
    """Parts, red nucleus and nigra: drawn (white), as shipped (blue), affine alone (yellow)."""
    laid = layer.lay("eve", layer.data / "eve" / SCAN)
    image: Any = nib.load(layer.data / "eve" / LABELS)
    eve = np.asarray(image.dataobj).astype(int)
    nuclei = {layer.index_of(name): number for number, name in enumerate(NUCLEI, start=1)}
    drawn = [drawn_parts(eve) == number for number in (1, 2, 3)]
    drawn += [eve == label for label in NUCLEI.values()]
    figure, axes = _figure("Eve: drawn by hand (white), as shipped (blue), affine alone (dashed)")
    for each, plane in zip(axes, PLANES, strict=True):
        points = _show(each, laid, plane)
        for way, colour, style in ((AFFINE, PLAIN, "dashed"), (SHIPPED, OURS, "solid")):
            regions = laid.atlas(layer.regions, way)
            labels = laid.atlas(layer.labels, way)
            for number in (1, 2, 3):
                _contour(each, _share(regions, points, number), colour, style)
            for label in nuclei:
                _contour(each, _share(labels, points, label), colour, style)
        for mask in drawn:
            _contour(each, _sampled(mask.astype(np.float32), laid.grid, points), THEIRS, "solid")
    _save(figure, path)


def draw_colin27(layer: Layer, path: Path) -> None:
    """Experts' landmarks (white) beside the template's own, brought here by warp and affine."""
    laid = layer.lay("colin27", layer.data / "landmarks" / COLIN27)
    table = read_landmarks(layer.data / "landmarks" / TABLE)
    names = [name for name in table[PERSON] if name in table[TEMPLATE]]
    experts = points_of(layer, laid)
    template = np.stack([table[TEMPLATE][name] for name in names])
    figure, axes = _figure(
        "Colin27: experts' landmarks (white +), the template's by the shipped warp (○) and the affine (×)"
    )
    there = {way: ScanToAtlas.of(laid.placed, laid.warped.fields[way]) for way in (AFFINE, SHIPPED)}
    for each, plane in zip(axes, PLANES, strict=True):
        points = _show(each, laid, plane)
        for number in (1, 2, 3):
            _contour(each, _share(laid.atlas(layer.regions, SHIPPED), points, number), OURS, "solid")
        marks = {
            "+": (THEIRS, np.stack([experts[name] for name in names])),
            "o": (OURS, there[SHIPPED].to_scan(template)),
            "x": (PLAIN, there[AFFINE].to_scan(template)),
        }
        _marks(each, laid, plane, marks)
    _save(figure, path)


def _figure(title: str) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(15, 5.4), facecolor="black", layout="constrained")
    figure.suptitle(title, color="white", fontsize=11)
    return figure, [figure.add_subplot(1, 3, 1 + k) for k in range(3)]


def _show(axes: Axes, laid: Laid, plane: tuple[int, float]) -> NDArray[np.float64]:
    """Show a plane of the scan, and return its points in the scan's world (X, Y, 3), mm."""
    axis, at_mm = plane
    steps = np.arange(-_HALF_MM, _HALF_MM + _STEP_MM / 2, _STEP_MM)
    across, up = np.meshgrid(steps, steps, indexing="ij")
    mni = np.empty((*across.shape, 3))
    first, second = _others(axis)
    mni[..., axis] = at_mm
    mni[..., first], mni[..., second] = across + _MIDDLE_MM[first], up + _MIDDLE_MM[second]
    points = laid.placed.to_native(mni.reshape(-1, 3)).reshape(mni.shape)
    seen = _sampled(laid.scan.data, laid.grid, points)
    bright = float(np.percentile(seen, 99.5))
    axes.imshow(seen.T, cmap="gray", origin="lower", vmin=0.2 * bright, vmax=bright)
    axes.set_title(f"{'xyz'[axis]} = {at_mm:g} mm of the template", color="white", fontsize=9)
    axes.axis("off")
    return points


def _others(axis: int) -> tuple[int, int]:
    first, second = (each for each in range(3) if each != axis)
    return first, second


def _sampled(values: NDArray[np.float32], grid: Grid, points: NDArray[np.float64]) -> NDArray[np.float32]:
    back = np.linalg.inv(grid[1])
    voxels = points.reshape(-1, 3) @ back[:3, :3].T + back[:3, 3]
    return np.asarray(map_coordinates(values, voxels.T, order=1).reshape(points.shape[:2]))


def _share(warped: WarpedAtlas, points: NDArray[np.float64], label: int) -> NDArray[np.float32]:
    """Share of a label at points of the scan: smooth outlines, straight from the warp."""
    voxels = (warped.map.to_atlas(points.reshape(-1, 3)) - box_affine()[:3, 3]).T
    mask = (warped.labels == label).astype(np.float32)
    return np.asarray(map_coordinates(mask, voxels, order=1).reshape(points.shape[:2]))


def _contour(axes: Axes, values: NDArray[np.float32], colour: str, style: str) -> None:
    if values.max() > 0.5:
        axes.contour(values.T, [0.5], colors=[colour], linewidths=1.0, linestyles=style)


def _marks(
    axes: Axes,
    laid: Laid,
    plane: tuple[int, float],
    marks: Mapping[str, tuple[str, NDArray[np.float64]]],
) -> None:
    """Mark points of the scan where they fall on a plane; those further than 6 mm from it are left out."""
    axis, at_mm = plane
    first, second = _others(axis)
    experts = laid.placed.to_mni(marks["+"][1])
    near = np.abs(experts[:, axis] - at_mm) < 6
    for shape, (colour, points) in marks.items():
        mni = laid.placed.to_mni(points)[near]
        pixels = (mni[:, [first, second]] - _MIDDLE_MM[[first, second]] + _HALF_MM) / _STEP_MM
        across, up = pixels.T
        if shape == "o":
            axes.scatter(across, up, marker=shape, s=60, facecolors="none", edgecolors=colour, linewidths=1.3)
        else:
            axes.scatter(across, up, marker=shape, s=60, color=colour, linewidths=1.3)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=80, facecolor="black")


if __name__ == "__main__":
    parser = arguments(str(__doc__))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    draw_eve(layer_of(given), given.out / "eve.png")
    draw_colin27(layer_of(given), given.out / "colin27.png")
