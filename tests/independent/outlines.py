"""The whole brainstem against outlines drawn by hand, and against FreeSurfer's label where that can be had.

    python tests/independent/outlines.py --data DATA --work WORK [--ants-python PYTHON] [--freesurfer FOLDER]

DATA holds ``rescan/`` (MICCAI 2012: ``NNNN_SS.nii.gz`` and ``NNNN_glm.nii.gz``). The protocols differ, so two
things are measured: how far the drawn border lies from ours where the brainstem faces fluid or the outside,
which all protocols draw alike; and Dice, step by step without what one protocol counts elsewhere.
Prints JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from laid_atlas import Laid, Layer, arguments, layer_of
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.atlas.warped import Grid
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.transforms import grid_points

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from drawn_outlines import (
    FREESURFER,
    MICCAI,
    Drawn,
    Protocol,
    at_heights,
    depths_mm,
)

#: Scanned, and drawn, twice; the second scans are not compared otherwise, so that each person counts once.
TWICE = (("1003", "1023"), ("1004", "1024"))


@dataclass(frozen=True)
class OutlineAgreement:
    """A drawn brainstem and another one.

    Attributes
    ----------
    mean_mm, p95_mm : float
        Distance of the drawn border, where it faces fluid, from the other one.
    deep_mm : float
        Mean signed distance: above 0 where the other brainstem reaches beyond the drawn one.
    dice : float
        Between the heights where both are drawn; all of it.
    dice_below : float
        Also without what the protocol counts to the ventral diencephalon.
    dice_shared : float
        Also without the cerebellum's white matter.
    volume_ratio : float
        Volume of the other one over the drawn one, in the field of `dice_shared`.
    """

    mean_mm: float
    p95_mm: float
    deep_mm: float
    dice: float
    dice_below: float
    dice_shared: float
    volume_ratio: float


def agreement(drawn: Drawn, laid: Laid, way: str, labels: NDArray[np.uint8]) -> OutlineAgreement:
    """Agreement of a drawn brainstem with the atlas's, as one way lays it on the scan."""
    deep = depths_mm(drawn.facing_mm(laid.placed), lambda grid: laid.share_on(labels > 0, way, grid))
    warped = laid.atlas((labels > 0).astype(np.uint8), way)
    return _agreement(drawn, laid, deep, warped.labels_on(laid.grid) > 0)


def drawn_twice(first: Drawn, laid: Laid, second: Drawn, to_second: Affine) -> OutlineAgreement:
    """Agreement of a drawn brainstem with another drawing of the same person, brought to the first scan."""

    def share_on(grid: Grid) -> NDArray[np.float32]:
        pull = np.linalg.inv(second.affine) @ to_second
        voxels = grid_points(*grid) @ pull[:3, :3].T + pull[:3, 3]
        return np.asarray(map_coordinates(second.stem.astype(np.float32), voxels.T, order=1).reshape(grid[0]))

    deep = depths_mm(first.facing_mm(laid.placed), share_on)
    return _agreement(first, laid, deep, share_on(laid.grid) > 0.5)


def _agreement(
    drawn: Drawn, laid: Laid, deep: NDArray[np.float64], other: NDArray[np.bool_]
) -> OutlineAgreement:
    field = at_heights(grid_points(*laid.grid), laid.placed).reshape(drawn.labels.shape)
    below = field & ~np.isin(drawn.labels, drawn.protocol.upper)
    shared = below & ~np.isin(drawn.labels, drawn.protocol.lateral)
    return OutlineAgreement(
        mean_mm=float(np.abs(deep).mean()),
        p95_mm=float(np.percentile(np.abs(deep), 95)),
        deep_mm=float(deep.mean()),
        dice=dice(drawn.stem & field, other & field),
        dice_below=dice(drawn.stem & below, other & below),
        dice_shared=dice(drawn.stem & shared, other & shared),
        volume_ratio=float((other & shared).sum() / (drawn.stem & shared).sum()),
    )


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Overlap of two masks, 0…1."""
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


def rigid(still: Scan, moving: Scan) -> Affine:
    """Rigid map (4×4) from one scan's world to another's of the same person, mm, by mutual information."""
    images = [_itk(scan) for scan in (still, moving)]
    search = sitk.ImageRegistrationMethod()
    search.SetMetricAsMattesMutualInformation(50)
    search.SetMetricSamplingStrategy(search.REGULAR)
    search.SetMetricSamplingPercentage(0.1)
    search.SetInterpolator(sitk.sitkLinear)
    search.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200)
    search.SetOptimizerScalesFromPhysicalShift()
    search.SetShrinkFactorsPerLevel([4, 2, 1])
    search.SetSmoothingSigmasPerLevel([2, 1, 0])
    start = sitk.CenteredTransformInitializer(
        *images, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    search.SetInitialTransform(start, inPlace=False)
    found = search.Execute(*images)
    corners = np.vstack([np.zeros(3), 100 * np.eye(3)])
    moved = np.array([found.TransformPoint(corner.tolist()) for corner in corners])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = (moved[1:] - moved[0]).T / 100, moved[0]
    return matrix


def _itk(scan: Scan) -> sitk.Image:
    """Image in our own RAS millimetres: both are, so nothing needs turning."""
    sizes = np.array(scan.voxel_size_mm)
    image = sitk.GetImageFromArray(np.ascontiguousarray(scan.data.T))
    image.SetSpacing(sizes.tolist())
    image.SetOrigin(scan.affine[:3, 3].tolist())
    image.SetDirection((scan.affine[:3, :3] / sizes).ravel().tolist())
    return image


def measure(layer: Layer) -> dict[str, Any]:
    """All figures of the outlines, by way and person."""
    folder = layer.data / "rescan"
    names = [path.name.partition("_")[0] for path in sorted(folder.glob("*_glm.nii.gz"))]
    people = [name for name in names if name not in {second for _, second in TWICE}]
    laid = {name: layer.lay(name, folder / f"{name}_SS.nii.gz") for name in people}
    drawn = {name: _drawn(folder, name, laid[name].scan.affine) for name in people}
    found: dict[str, Any] = {"people": people, "by_way": _by_way(layer, laid, drawn)}
    found["drawn_twice"] = {}
    for first, second in (pair for pair in TWICE if set(pair) <= set(names)):
        again = read_scan(folder / f"{second}_SS.nii.gz")
        other = _drawn(folder, second, again.affine)

        def work(first: str = first, again: Scan = again, other: Drawn = other) -> dict[str, Any]:
            to_second = rigid(laid[first].scan, again)
            twice = drawn_twice(drawn[first], laid[first], other, to_second)
            whole = float(other.stem.sum() / drawn[first].stem.sum())  # both at 1 mm
            return {**asdict(twice), "whole_volume_ratio": whole}

        of = (drawn[first].labels, other.labels, laid[first].warped.to_native)
        found["drawn_twice"][f"{first}/{second}"] = layer.kept(f"{first}-{second}", of, work)
    found["freesurfer"] = _freesurfer(layer)
    return found


def _drawn(folder: Path, name: str, affine: Affine, protocol: Protocol = MICCAI) -> Drawn:
    return Drawn.read(folder / f"{name}_glm.nii.gz", affine, protocol)


def _by_way(layer: Layer, laid: dict[str, Laid], drawn: dict[str, Drawn]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, each in laid.items():
        for way in each.ways:

            def work(name: str = name, each: Laid = each, way: str = way) -> dict[str, Any]:
                return asdict(agreement(drawn[name], each, way, layer.labels))

            of = (drawn[name].labels, layer.labels, each.warped.fields[way], each.warped.to_native)
            found.setdefault(way, {})[name] = layer.kept(f"{name}-{way.replace(' ', '-')}", of, work)
    return found


def _freesurfer(layer: Layer) -> dict[str, Any] | None:
    """The same for subjects that FreeSurfer has segmented: its ``aseg`` on its own conformed grid."""
    if layer.freesurfer is None:
        return None
    subjects = sorted(path.parents[1] for path in layer.freesurfer.glob("*/mri/aseg.mgz"))
    laid = {each.name: layer.lay(f"freesurfer-{each.name}", each / "mri" / "orig.mgz") for each in subjects}
    drawn = {
        each.name: _on_grid_of(laid[each.name].scan, each / "mri" / "aseg.mgz", FREESURFER)
        for each in subjects
    }
    return {"people": list(laid), "by_way": _by_way(layer, laid, drawn)}


def _on_grid_of(scan: Scan, path: Path, protocol: Protocol) -> Drawn:
    image: Any = nib.load(path)
    if image.shape != scan.shape or not np.allclose(image.affine, scan.affine, atol=1e-3):
        sys.exit(f"{path} is not on the grid of {scan.source}. Give both as FreeSurfer wrote them.")
    return Drawn.read(path, scan.affine, protocol)


if __name__ == "__main__":
    print(json.dumps(measure(layer_of(arguments(str(__doc__)).parse_args())), indent=1))
