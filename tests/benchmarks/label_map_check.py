"""Label maps against their own warp: the label of each voxel, and the volume of each nucleus, on many grids.

    python tests/benchmarks/label_map_check.py --work FOLDER HEAD.nii.gz [HEAD.nii.gz …]

Each head is placed and its warp found once, and kept in FOLDER; then its labels are drawn on grids around its
brainstem. `label_map_against_warp` is what `write_measurement.py` calls.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.ndimage import label as connected
from scipy.spatial.transform import Rotation

from brainstem_app.atlas.warped import WarpedAtlas
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.imaging.trilinear import corners
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.prediction import predict_box
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.transforms import Transforms, cropped_affine, grid_points

Grid = tuple[tuple[int, int, int], Affine]

#: Voxel size (mm) and turn (degrees about every axis) of the grids.
GRIDS: dict[str, tuple[tuple[float, float, float], float]] = {
    "0.5 mm": ((0.5, 0.5, 0.5), 0.0),
    "1 mm": ((1.0, 1.0, 1.0), 0.0),
    "1 mm, oblique": ((1.0, 1.0, 1.0), 17.0),
    "1×1×3 mm": ((1.0, 1.0, 3.0), 0.0),
    "3×1×1 mm": ((3.0, 1.0, 1.0), 0.0),
    "1×1×3 mm, oblique": ((1.0, 1.0, 3.0), 17.0),
}
_FINE_MM = 0.25
_CHUNK = 20_000
# Voxels of the atlas around its nuclei.
_AROUND = 4
_EXTENT_MM = (90.0, 90.0, 110.0)


@dataclass(frozen=True)
class LabelMapFigures:
    """A label map beside the warp that it is a picture of; arrays hold a number a nucleus.

    Attributes
    ----------
    iou : ndarray
        With the labels that the warp has within each voxel, at points 0.25 mm apart: the most frequent one.
    volume_mm3 : ndarray
        Counted voxels.
    soft_mm3 : ndarray
        Volume under the warp, as reports have it.
    pieces : ndarray of int
        Connected parts (by faces, edges or corners).
    voxel_mm3 : float
    cpu_s : float
        What drawing the map took.
    """

    iou: NDArray[np.float64]
    volume_mm3: NDArray[np.float64]
    soft_mm3: NDArray[np.float64]
    pieces: NDArray[np.int64]
    voxel_mm3: float
    cpu_s: float

    @property
    def volume_error(self) -> NDArray[np.float64]:
        """Counted volume over the soft one, minus 1."""
        return self.volume_mm3 / self.soft_mm3 - 1

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Whether a nucleus's volume is within 5 %, or within half a voxel, of the soft one."""
        apart = np.abs(self.volume_mm3 - self.soft_mm3)
        return (apart <= 0.05 * self.soft_mm3) | (apart <= 0.5 * self.voxel_mm3 + 0.01 * self.soft_mm3)


def label_map_against_warp(warped: WarpedAtlas, grid: Grid, nuclei: Sequence[int]) -> LabelMapFigures:
    """Draw the label map of a warp on a grid and hold it against the warp itself.

    Parameters
    ----------
    warped : WarpedAtlas
    grid : tuple of shape and affine
        Voxels of a scan.
    nuclei : sequence of int
        Labels that are looked at.
    """
    begun = time.process_time()
    labels = warped.labels_on(grid)
    cpu_s = time.process_time() - begun
    finely = labels_within(warped, grid, nuclei)
    sure = np.ones((*BOX_SHAPE, int(warped.labels.max()) + 1), dtype=np.float32)
    soft = warped.measure(grid, sure)
    voxel = abs(float(np.linalg.det(grid[1][:3, :3])))
    masks = [(labels == k, finely == k) for k in nuclei]
    return LabelMapFigures(
        np.array([(a & b).sum() / max((a | b).sum(), 1) for a, b in masks]),
        np.array([a.sum() * voxel for a, _ in masks]),
        np.array([soft[k].volume_mm3 for k in nuclei]),
        np.array([connected(a, np.ones((3, 3, 3)))[1] for a, _ in masks]),
        voxel,
        cpu_s,
    )


def labels_within(warped: WarpedAtlas, grid: Grid, nuclei: Sequence[int]) -> NDArray[np.uint8]:
    """Most frequent label of a warp within each voxel around the nuclei, at points at most 0.25 mm apart."""
    shape, affine = grid
    result = np.zeros(shape, dtype=np.uint8)
    region = warped.transforms.native_region(shape, affine)
    size = tuple(part.stop - part.start for part in region)
    centres = grid_points(size, cropped_affine(affine, region))
    classes = int(warped.labels.max()) + 1
    near = _near(warped, nuclei, centres)
    counts = np.ceil(np.sqrt((affine[:3, :3] ** 2).sum(axis=0)) / _FINE_MM).astype(int)
    found = np.zeros(len(centres), dtype=np.uint8)
    for start in range(0, len(near), _CHUNK):
        rows = near[start : start + _CHUNK]
        votes = np.zeros((len(rows), classes), dtype=np.int32)
        for index in np.ndindex(*counts.tolist()):
            offset = affine[:3, :3] @ ((np.array(index) + 0.5) / counts - 0.5)
            votes[np.arange(len(rows)), _labels_at(warped, centres[rows] + offset)] += 1
        found[rows] = votes.argmax(axis=1)
    result[region] = found.reshape(size)
    return result


def _near(warped: WarpedAtlas, nuclei: Sequence[int], centres: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows of points around the nuclei: what is further away holds nothing of them."""
    around = binary_dilation(np.pad(np.isin(warped.labels, nuclei), _AROUND), iterations=_AROUND)
    voxels = np.rint(warped.map.to_atlas(centres) - box_affine()[:3, 3]).astype(int) + _AROUND
    inside = np.flatnonzero(((voxels >= 0) & (voxels < np.array(around.shape))).all(axis=1))
    return np.asarray(inside[around[tuple(voxels[inside].T)]], dtype=np.intp)


def _labels_at(warped: WarpedAtlas, points: NDArray[np.float64]) -> NDArray[np.intp]:
    voxels = (warped.map.to_atlas(points) - box_affine()[:3, 3]).T.astype(np.float32)
    shares = np.zeros((len(points), int(warped.labels.max()) + 1), dtype=np.float32)
    rows = np.arange(len(points))
    for corner in corners(np.pad(warped.labels, 1), voxels + np.float32(1)):
        shares[rows, corner.values] += corner.weight
    return np.asarray(shares.argmax(axis=1), dtype=np.intp)


def grid_around(warped: WarpedAtlas, sizes_mm: tuple[float, float, float], degrees: float) -> Grid:
    """Grid around a placed brainstem, turned about every axis, its voxels off those of the atlas."""
    turn = Rotation.from_euler("xyz", [degrees, -degrees, degrees / 2], degrees=True).as_matrix()
    x, y, z = (int(extent / size) for extent, size in zip(_EXTENT_MM, sizes_mm, strict=True))
    middle = box_affine()[:3, 3] + np.array(BOX_SHAPE) / 2
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array(sizes_mm)
    affine[:3, 3] = warped.transforms.to_native(middle[None])[0] - affine[:3, :3] @ (np.array([x, y, z]) / 2)
    return (x, y, z), affine


def warp_of(path: Path, model: LoadedModel, work: Path) -> WarpedAtlas:
    """Warp of a head by a model, found once."""
    kept = work / f"{path.parents[2].name}-{path.name.removesuffix('.nii.gz')}-{model.card.version}.npz"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        normalised = normalise_scan(read_scan(path))
        found = predict_box(model.open_network(), normalised.box, model.context)
        if found.displacement is None:
            raise SystemExit(f"The model {model.card.name} does not warp the atlas.")
        np.savez(kept, field=found.displacement, placed=normalised.transforms.mni_to_native)
    with np.load(kept) as known:
        return WarpedAtlas(model.context.bent_atlas, known["field"], Transforms(known["placed"]))


def rows(figures: dict[str, list[LabelMapFigures]]) -> list[str]:
    """Table of the figures of several heads on each grid."""
    lines = [
        "| grid | IoU, mean / least of a nucleus (%) | volume over soft, mean / least / most of a nucleus "
        "| beyond 5 % and half a voxel | in pieces | CPU (s) |",
        "|---" * 6 + "|",
    ]
    for name, heads in figures.items():
        iou = np.array([each.iou for each in heads])
        ratio = 1 + np.array([each.volume_error for each in heads])
        lost = sum(int((~each.kept).sum()) for each in heads)
        pieces = sum(int((each.pieces > 1).sum()) for each in heads)
        lines.append(
            f"| {name} | {100 * iou.mean():.0f} / {100 * iou.mean(axis=0).min():.0f} | {ratio.mean():.3f} / "
            f"{ratio.min():.2f} / {ratio.max():.2f} | {lost} of {ratio.size} | {pieces} | "
            f"{np.mean([each.cpu_s for each in heads]):.2f} |"
        )
    return lines


def main() -> None:
    """Read the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", default="brainstem31")
    given = parser.parse_args()
    model = load_model(given.model, "onnx")
    warps = [warp_of(path, model, given.work) for path in given.heads]
    figures = {
        name: [label_map_against_warp(w, grid_around(w, *how), model.context.nuclei) for w in warps]
        for name, how in GRIDS.items()
    }
    print("\n".join(rows(figures)))


if __name__ == "__main__":
    main()
