"""The registrations of the consensus: each lays the template around the brainstem on a scan in its own way.

All of them begin at the program's affine placement and return one form: displacements d in mm on the voxels
of `AROUND_BOX`, where ``atlas(x + d(x))`` is the label at x of the placed scan. They fail differently:

- ``dipy-fine``: SyN, local correlation, radius 4, 60/40/20 iterations: the program's reference;
- ``dipy-stiff``: SyN, local correlation, radius 3, 50/30/10 iterations, smoother updates;
- ``ants-cc``: an affine of its own by mutual information, then SyN by local correlation, radius 2;
- ``ants-mi``: SyN by mutual information of the whole region, its total field smoothed too;
- ``dipy-edges``: SyN by local correlation of the images' edges (size of the gradient), not their intensities;
- ``demons``: diffeomorphic demons (squared differences) on locally standardised images.

A mirrored scan is no other opinion: the template is symmetric, and the warp comes out mirrored.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from dipy.align.imwarp import SymmetricDiffeomorphicRegistration
from dipy.align.metrics import CCMetric
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter, gaussian_gradient_magnitude

from brainstem_app.imaging.spaces import AROUND_BOX
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.syn import FINE

Volume = NDArray[np.float32]
MEMBERS = ("dipy-fine", "dipy-stiff", "ants-cc", "ants-mi", "dipy-edges", "demons")
ANTS_MEMBERS = tuple(name for name in MEMBERS if name.startswith("ants"))
ANTS_SCRIPT = Path(__file__).with_name("ants_members.py")
_LOCAL_MM = 5.0
_EDGE_MM = 1.0
_DEMONS_LEVELS = ((4, 40), (2, 30), (1, 15))


@dataclass(frozen=True)
class Pair:
    """What is registered, cropped to `AROUND_BOX`: a placed scan (−3 outside the brain), and the template."""

    scan: Volume
    template: Volume

    @property
    def brains(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Brain in the scan and in the template."""
        return self.scan > -LIMIT, self.template > 0


def dipy_fine(pair: Pair) -> Volume:
    """Register as `fine_warp` does."""
    return _syn(pair.scan, pair.template, FINE.radius, FINE.iterations)


def dipy_stiff(pair: Pair) -> Volume:
    """Register with a smaller window and smoother updates."""
    return _syn(pair.scan, pair.template, 3, (50, 30, 10), smoothing=3.0)


def dipy_edges(pair: Pair) -> Volume:
    """Register where the images change, whatever they change from and to; the brain's own edge left out."""
    still, moving = (
        np.where(binary_erosion(brain), gaussian_gradient_magnitude(image, _EDGE_MM), np.float32(0))
        for image, brain in zip((pair.scan, pair.template), pair.brains, strict=True)
    )
    return _syn(still, moving, 4, (30, 15, 6))


def demons(pair: Pair) -> Volume:
    """Register by squared differences, which need images that are made alike region by region."""
    images = [
        locally_standardised(image, brain)
        for image, brain in zip((pair.scan, pair.template), pair.brains, strict=True)
    ]
    field: sitk.Image | None = None
    for shrink, iterations in _DEMONS_LEVELS:
        still, moving = (_shrunk(_itk(image), shrink) for image in images)
        search = sitk.DiffeomorphicDemonsRegistrationFilter()
        search.SetNumberOfIterations(iterations)
        search.SmoothDisplacementFieldOn()
        search.SetStandardDeviations(1.5)
        search.SmoothUpdateFieldOn()
        search.SetUpdateFieldStandardDeviations(1.0)
        search.SetMaximumUpdateStepLength(0.5)
        if field is None:
            field = search.Execute(still, moving)
        else:
            start = sitk.Resample(field, still, sitk.Transform(), sitk.sitkLinear, 0.0, field.GetPixelID())
            field = search.Execute(still, moving, start)
    found = sitk.GetArrayFromImage(field)  # type: ignore[arg-type]  # there is a level
    return np.asarray(found.transpose(2, 1, 0, 3), dtype=np.float32)


_HERE: dict[str, Callable[[Pair], Volume]] = {
    "dipy-fine": dipy_fine,
    "dipy-stiff": dipy_stiff,
    "dipy-edges": dipy_edges,
    "demons": demons,
}


def register_here(name: str, pair: Pair) -> tuple[Volume, float]:
    """Displacements (75, 76, 85, 3) in mm of one of this environment's members, and its CPU seconds."""
    start = time.process_time()
    return _HERE[name](pair), time.process_time() - start


def register_by_ants(pair: Pair, python: Path, folder: Path, names: Sequence[str] = ANTS_MEMBERS) -> None:
    """Let an environment that has antspyx write its members into a folder, as `save_member` does."""
    exchange = folder / "for_ants.npz"
    np.savez(exchange, scan=pair.scan, template=pair.template, origin_mm=AROUND_BOX.affine[:3, 3])
    subprocess.run([python, ANTS_SCRIPT, exchange, folder, *names], check=True)
    exchange.unlink()


def save_member(path: Path, field: Volume, cpu_s: float) -> None:
    """Write a member's displacements, to 0.004 mm at 8 mm, and what they cost."""
    unfinished = path.with_suffix(".part.npz")
    np.savez_compressed(unfinished, field=field.astype(np.float16), cpu_s=cpu_s)
    unfinished.rename(path)


def load_member(path: Path) -> tuple[Volume, float]:
    """Read what `save_member` wrote."""
    with np.load(path) as file:
        return file["field"].astype(np.float32), float(file["cpu_s"])


def locally_standardised(image: Volume, brain: NDArray[np.bool_]) -> Volume:
    """Image less its local mean over its local deviation within the brain, between −3 and 3; 0 outside."""
    weight = gaussian_filter(brain.astype(np.float32), _LOCAL_MM) + np.float32(1e-3)
    difference = image - gaussian_filter(np.where(brain, image, np.float32(0)), _LOCAL_MM) / weight
    difference = np.where(brain, difference, np.float32(0))
    deviation = np.sqrt(gaussian_filter(difference**2, _LOCAL_MM) / weight)
    least = np.float32(0.3) * np.median(deviation[brain])
    standard = np.clip(difference / np.maximum(deviation, least), -3, 3)
    return np.where(brain, standard, np.float32(0)).astype(np.float32)


def _syn(
    still: Volume, moving: Volume, radius: int, iterations: tuple[int, ...], *, smoothing: float = 2.0
) -> Volume:
    registration = SymmetricDiffeomorphicRegistration(
        metric=CCMetric(3, radius=radius, sigma_diff=smoothing), level_iters=list(iterations)
    )
    registration.verbosity = 0
    grid = AROUND_BOX.affine
    mapping = registration.optimize(
        still.astype(np.float64), moving.astype(np.float64), static_grid2world=grid, moving_grid2world=grid
    )
    return np.asarray(mapping.get_forward_field(), dtype=np.float32)


def _itk(image: Volume) -> sitk.Image:
    """Image in the axes of our own grid: its displacements need no turning from LPS to RAS."""
    made = sitk.GetImageFromArray(np.ascontiguousarray(image.T))
    made.SetOrigin([float(value) for value in AROUND_BOX.affine[:3, 3]])
    return made


def _shrunk(image: sitk.Image, factor: int) -> sitk.Image:
    if factor == 1:
        return image
    small: sitk.Image = sitk.Shrink(sitk.SmoothingRecursiveGaussian(image, factor / 2), [factor] * 3)
    return small
