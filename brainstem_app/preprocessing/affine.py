"""Place a head in MNI space with twelve degrees of freedom: first the brain, then the brainstem.

The affine that fits the whole brain leaves the brainstem 1–5 mm off, mostly by one shift. A second affine
that looks at the brainstem alone takes most of that away. It maximises the correlation of the intensities,
then of the locally standardised intensities, which follow edges rather than brightness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, center_of_mass, gaussian_filter, gaussian_filter1d

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import Affine, Region, mni_affine, ras_affine
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear
from brainstem_app.preprocessing.template import Template

_GRID_MM = 2.0
_BRAIN_CENTRE_MM = (0.0, -20.0, 10.0)
_BRAIN_MARGIN_VOXELS = 2
_BRAIN_LEVELS = (
    PyramidLevel(6.0, 4, rigid=True),
    PyramidLevel(4.0, 4),
    PyramidLevel(2.0, 2),
    PyramidLevel(1.0, 2),
)

#: Where the brainstem step works: x −50…50, y −80…20, z −72…38 mm.
NEAR_BRAINSTEM = Region((48, 54, 0), (101, 101, 111))
_BRAINSTEM_CENTRE_MM = (0.0, -28.0, -35.0)
_BRAINSTEM_MARGIN_VOXELS = 6
_BRAINSTEM_COARSE = (PyramidLevel(4.0, 2), PyramidLevel(2.0, 2), PyramidLevel(1.0, 2))
_BRAINSTEM_EDGES = (PyramidLevel(2.0), PyramidLevel(1.0))
_LOCAL_SIGMA_MM = 3.0
_LOCAL_FLOOR = 0.03
# Beyond this the window of `locally_standardised` has no weight (scipy cuts a Gaussian at 4 sigma).
_LOCAL_REACH_VOXELS = 12
_LARGEST_SHIFT_MM = 15.0
_LARGEST_SCALE = 1.35


def register_brain(
    data: NDArray[np.float32], mask: NDArray[np.bool_], affine: Affine, template: Template
) -> Affine:
    """Affine of the whole brain: ``mni`` mm → ``native`` mm.

    Parameters
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Bias-corrected scan on its own grid.
    mask : ndarray of bool, shape (X, Y, Z)
        Brain.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm) of the scan.
    template : Template
        What to fit to.

    Returns
    -------
    ndarray of float64, shape (4, 4)
    """
    brain = np.where(mask, data, np.float32(0))
    grid_shape, grid_affine = _grid_around(mask, affine)
    moving = SampledVolume(resample(_blurred(brain, affine), affine, grid_shape, grid_affine), grid_affine)
    fixed = SampledVolume(_thinned(template.t1), ras_affine(_GRID_MM, mni_affine()[:3, 3]))
    region = binary_dilation(fixed.data > 0, iterations=_BRAIN_MARGIN_VOXELS)
    start = np.eye(4)
    start[:3, 3] = _centre_of_mass(moving) - _centre_of_mass(fixed)
    return register_linear(fixed, moving, region, start, _BRAIN_CENTRE_MM, _BRAIN_LEVELS)


def register_brainstem(aligned: NDArray[np.float32], template: Template) -> Affine:
    """Affine of the brainstem on top of the brain's: ``mni`` mm → mm of the brain-aligned image.

    Parameters
    ----------
    aligned : ndarray of float32, shape (101, 101, 111)
        Brain (zero outside) resampled to `NEAR_BRAINSTEM` by `register_brain`, brightness of the order of 1.
    template : Template
        What to fit to.

    Returns
    -------
    ndarray of float64, shape (4, 4)
        The identity where the step found nothing plausible (a shift above 15 mm, a scale above 1.35, or no
        better correlation than before).
    """
    affine = NEAR_BRAINSTEM.affine
    fixed, moving = NEAR_BRAINSTEM.crop(template.t1), aligned
    brainstem = NEAR_BRAINSTEM.crop(template.brainstem)
    region = binary_dilation(brainstem, iterations=_BRAINSTEM_MARGIN_VOXELS)
    fixed_edges = locally_standardised(fixed)
    edges = _EdgeCorrelation(fixed_edges, brainstem, moving)
    best, best_score = np.eye(4), edges.at(np.eye(4))
    current = best
    for images, levels in (
        ((fixed, moving), _BRAINSTEM_COARSE),
        ((fixed_edges, locally_standardised(moving)), _BRAINSTEM_EDGES),
    ):
        still, moved = (SampledVolume(image, affine) for image in images)
        found = register_linear(still, moved, region, current, _BRAINSTEM_CENTRE_MM, levels)
        score = edges.at(found)
        if is_plausible_correction(found) and score > best_score:
            best, best_score = found, score
        current = best
    return best


def is_plausible_correction(matrix: Affine) -> bool:
    """Whether a brainstem affine moves its centre at most 15 mm and scales at most by 1.35."""
    centre = np.array([*_BRAINSTEM_CENTRE_MM, 1.0])
    shift = np.linalg.norm((matrix @ centre - centre)[:3])
    scales = np.linalg.svd(matrix[:3, :3], compute_uv=False)
    limits = (1 / _LARGEST_SCALE, _LARGEST_SCALE)
    return bool(shift <= _LARGEST_SHIFT_MM and limits[0] <= scales.min() and scales.max() <= limits[1])


def locally_standardised(
    volume: NDArray[np.float32], sigma_voxels: float = _LOCAL_SIGMA_MM
) -> NDArray[np.float32]:
    """Subtract the local mean and divide by the local spread, both over a Gaussian window."""
    mean = gaussian_filter(volume, sigma_voxels)
    variance = gaussian_filter(volume * volume, sigma_voxels) - mean * mean
    result: NDArray[np.float32] = (volume - mean) / (np.sqrt(np.maximum(variance, 0)) + _LOCAL_FLOOR)
    return result.astype(np.float32)


def correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Pearson correlation of two sets of values; 0 where one of them is constant."""
    a = first.astype(np.float64) - first.mean(dtype=np.float64)
    b = second.astype(np.float64) - second.mean(dtype=np.float64)
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / norm) if norm > 0 else 0.0


class _EdgeCorrelation:
    """Correlation of the locally standardised intensities in the brainstem, as a function of the affine.

    Computed on the brainstem and what the windows at its border reach, not on the whole region.
    """

    def __init__(
        self, fixed_edges: NDArray[np.float32], brainstem: NDArray[np.bool_], moving: NDArray[np.float32]
    ) -> None:
        voxels = np.argwhere(brainstem)
        low = np.maximum(voxels.min(axis=0) - _LOCAL_REACH_VOXELS, 0)
        high = np.minimum(voxels.max(axis=0) + 1 + _LOCAL_REACH_VOXELS, brainstem.shape)
        x, y, z = (high - low).tolist()
        self._shape = (x, y, z)
        self._affine = ras_affine(1.0, NEAR_BRAINSTEM.affine[:3, 3] + low)
        self._mask = brainstem[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        self._fixed = fixed_edges[brainstem]
        self._moving = moving

    def at(self, matrix: Affine) -> float:
        """Correlation where the moving image is pulled along a matrix."""
        moved = resample(
            self._moving, NEAR_BRAINSTEM.affine, self._shape, self._affine, world_to_world=matrix
        )
        return correlation(self._fixed, locally_standardised(moved)[self._mask])


def _grid_around(mask: NDArray[np.bool_], affine: Affine) -> tuple[tuple[int, int, int], Affine]:
    """RAS grid of 2 mm around the mask, with a margin of 10 mm."""
    voxels = np.argwhere(mask)
    low, high = voxels.min(axis=0), voxels.max(axis=0)
    corners = np.array(
        [[x, y, z, 1] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    )
    world = corners @ affine[:3].T
    start = world.min(axis=0) - 10.0
    x, y, z = (np.ceil((world.max(axis=0) + 10.0 - start) / _GRID_MM).astype(int) + 1).tolist()
    return (x, y, z), ras_affine(_GRID_MM, start)


def _thinned(volume: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur a volume of 1 mm and keep every other voxel; what one axis drops, the next need not blur."""
    for axis in range(3):
        volume = gaussian_filter1d(volume, 0.4 * _GRID_MM, axis)
        volume = volume[(slice(None),) * axis + (slice(None, None, int(_GRID_MM)),)]
    return volume


def _blurred(volume: NDArray[np.float32], affine: Affine) -> NDArray[np.float32]:
    """Blur to the working grid, so that thinning does not alias."""
    sizes = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    blurred: NDArray[np.float32] = gaussian_filter(
        volume, np.where(sizes < _GRID_MM, 0.4 * _GRID_MM / sizes, 0.0)
    )
    return blurred


def _centre_of_mass(volume: SampledVolume) -> NDArray[np.float64]:
    """Centre of mass in mm."""
    voxel = np.asarray(center_of_mass(volume.data.astype(np.float64)))
    return voxel * volume.voxel_mm + volume.affine[:3, 3]
