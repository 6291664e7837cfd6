"""Simulated brainstem boxes with their labels, fast enough to make each training image anew.

Domain-randomised training after Billot et al., SynthSeg, Medical Image Analysis 86 (2023), starting from the
template's own grey levels instead of one level a label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.spaces import BOX_SHAPE, BOX_START, MNI_ORIGIN_MM, Affine, box_affine, ras_affine
from brainstem_app.preprocessing.intensity import normalise
from brainstem_app.simulation.acquisition import add_rician_noise, shading
from brainstem_app.simulation.contrast import (
    Range,
    TissueLevels,
    Tones,
    brainstem_gain,
    label_offsets,
    random_levels,
    random_tones,
    remap,
)
from brainstem_app.simulation.warp import Roughness, random_warp

if TYPE_CHECKING:
    from brainstem_app.preprocessing.template import Template

MARGIN = 16
TAPER_SLICES = 6
WARP_STEP_MM = 3.0
WARP_MARGIN_MM = 12.0
WARP_SHAPE = (25, 25, 33)

_Number = TypeVar("_Number", np.float32, np.bool_)


@dataclass(frozen=True)
class BoxSettings:
    """What simulated boxes look like; deviations are of normal distributions, ranges are drawn evenly.

    Attributes
    ----------
    shift_mm, rotation_degrees, scale : float
        Deviations of what the affine registration leaves, for each axis.
    warp : tuple of Roughness
        Amplitude and smoothness of the local deformation; the amplitudes are the largest drawn.
    csf, grey : tuple of float
        Ranges of the grey levels of fluid and grey matter; white matter is 1.
    label_contrast : float
        Deviation of a label's own grey level from the template's.
    shading, noise, blur_mm : tuple of float
        As in `SimulationSettings`.
    mask_growth_mm : tuple of float
        Range by which the brain mask is wider than the template's.
    extra_fluid : tuple of float
        Range of the fluid that a scan's brain mask holds beyond the template's, as a share of its voxels.
    """

    shift_mm: float = 1.0
    rotation_degrees: float = 2.5
    scale: float = 0.03
    warp: tuple[Roughness, ...] = (Roughness(2.0, 15.0), Roughness(1.2, 7.0))
    csf: Range = (0.1, 0.4)
    grey: Range = (0.5, 0.85)
    label_contrast: float = 0.02
    shading: Range = (0.0, 0.08)
    noise: Range = (0.005, 0.06)
    blur_mm: Range = (0.3, 0.9)
    mask_growth_mm: Range = (0.0, 6.0)
    extra_fluid: Range = (0.0, 0.25)


class SimulatedBox(NamedTuple):
    """A brainstem box and its true labels.

    Attributes
    ----------
    image : ndarray of float32, shape (50, 50, 73)
        Normalised as by `brainstem_app.preprocessing.intensity.normalise`.
    labels : ndarray of uint8, shape (50, 50, 73)
        True labels.
    """

    image: NDArray[np.float32]
    labels: NDArray[np.uint8]


def simulate_box(
    generator: np.random.Generator,
    template: Template,
    atlas_labels: NDArray[np.uint8],
    settings: BoxSettings | None = None,
) -> SimulatedBox:
    """Simulate the brainstem box of one subject, as preprocessing hands it to a network.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    template : Template
        Brain on the ``mni`` grid.
    atlas_labels : ndarray of uint8, shape (197, 233, 189)
        Label map on the ``mni`` grid.
    settings : BoxSettings, optional
        Ranges to draw from.
    """
    settings = settings or BoxSettings()
    levels = random_levels(generator, settings.csf, settings.grey)
    tones = random_tones(generator, levels)
    near = _undeformed(generator, template, atlas_labels, tones, levels, settings)
    voxels = _box_points(generator, settings) - near.origin_mm.astype(np.float32).reshape(3, 1, 1, 1)
    labels = map_coordinates(near.labels, voxels, order=0)
    image = map_coordinates(near.image, voxels, order=1, mode="nearest")
    brain = map_coordinates(near.brain.astype(np.uint8), voxels, order=0, mode="nearest") > 0
    image[~brain] *= _texture(generator, BOX_SHAPE, 2.5)[~brain]
    growth_mm = generator.uniform(*settings.mask_growth_mm) * _texture(generator, BOX_SHAPE, 5.0)
    mask = brain | (distance_transform_edt(~brain) <= growth_mm)
    noise = float(generator.uniform(*settings.noise))
    whole_brain = _whole_brain(generator, template, tones, levels, settings)
    whole_brain = add_rician_noise(generator, whole_brain, noise)
    return SimulatedBox(_normalise(_acquire(generator, image, noise, settings), mask, whole_brain), labels)


@dataclass(frozen=True)
class _Near:
    """The template around the box with the grey levels of a scan, and where its first voxel lies."""

    image: NDArray[np.float32]
    brain: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    origin_mm: NDArray[np.float64]


def _undeformed(
    generator: np.random.Generator,
    template: Template,
    atlas_labels: NDArray[np.uint8],
    tones: Tones,
    levels: TissueLevels,
    settings: BoxSettings,
) -> _Near:
    window = tuple(
        slice(max(0, a - MARGIN), a + n + MARGIN) for a, n in zip(BOX_START, BOX_SHAPE, strict=True)
    )
    origin_mm = np.add(MNI_ORIGIN_MM, [part.start for part in window])
    t1, brain, labels = template.t1[window], template.brain[window], atlas_labels[window]
    image = remap(t1 * brainstem_gain(generator, t1.shape, origin_mm), tones)
    image += label_offsets(labels, settings.label_contrast, generator)
    image[~brain] = levels.csf
    if generator.random() < 0.5:
        image, brain = _without_taper(image), _without_taper(brain)
    return _Near(image, brain, labels, origin_mm)


def _whole_brain(
    generator: np.random.Generator,
    template: Template,
    tones: Tones,
    levels: TissueLevels,
    settings: BoxSettings,
) -> NDArray[np.float32]:
    """Grey levels of every fourth voxel of the brain, and of the fluid around it."""
    sparse = (slice(None), slice(None, None, 2), slice(None, None, 2))
    tissue = remap(template.t1[sparse][template.brain[sparse]], tones)
    n_fluid = int(tissue.size * generator.uniform(*settings.extra_fluid))
    return np.append(tissue, np.full(n_fluid, levels.csf, dtype=np.float32))


def _normalise(
    image: NDArray[np.float32], mask: NDArray[np.bool_], whole_brain: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Standardise the box by the grey levels of the whole brain, as in preprocessing."""
    values = np.concatenate([image.ravel(), whole_brain])
    counted = np.concatenate([mask.ravel(), np.ones(whole_brain.size, dtype=bool)])
    return normalise(values, counted)[: image.size].reshape(image.shape)


def _texture(
    generator: np.random.Generator, shape: tuple[int, ...], smoothness_mm: float
) -> NDArray[np.float32]:
    """Smooth positive factors around 1."""
    noise = generator.standard_normal(shape, dtype=np.float32)
    smooth = gaussian_filter(noise, smoothness_mm, truncate=2)
    return np.asarray(np.clip(1 + 0.4 * smooth / smooth.std(), 0.2, 3.0))


def _without_taper(volume: NDArray[_Number]) -> NDArray[_Number]:
    """Let the medulla go on downward; in the template it tapers off in its last slices."""
    longer = volume.copy()
    longer[:, :, :TAPER_SLICES] = volume[:, :, TAPER_SLICES : TAPER_SLICES + 1]
    return longer


def _box_points(generator: np.random.Generator, settings: BoxSettings) -> NDArray[np.float32]:
    """Where each voxel of the box looks up the undeformed template, in mm, shape (3, 50, 50, 73)."""
    affine = box_affine() @ _residual(generator, settings)
    scales = tuple(
        Roughness(scale.amplitude_mm * generator.uniform(0.3, 1.0), scale.smoothness_mm)
        for scale in settings.warp
    )
    coarse = ras_affine(WARP_STEP_MM, box_affine()[:3, 3] - WARP_MARGIN_MM)
    return random_warp(generator, WARP_SHAPE, coarse, scales).points_on(BOX_SHAPE, affine)


def _residual(generator: np.random.Generator, settings: BoxSettings) -> Affine:
    """Small misalignment about the middle of the box, in voxels (1 mm)."""
    angles = generator.normal(0, settings.rotation_degrees, 3)
    residual = np.eye(4)
    residual[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(
        np.exp(generator.normal(0, settings.scale, 3))
    )
    middle = (np.array(BOX_SHAPE) - 1) / 2
    residual[:3, 3] = middle - residual[:3, :3] @ middle + generator.normal(0, settings.shift_mm, 3)
    return residual


def _acquire(
    generator: np.random.Generator,
    image: NDArray[np.float32],
    noise: float,
    settings: BoxSettings,
) -> NDArray[np.float32]:
    """Blur, shade and add noise that a later interpolation has smoothed a little."""
    image = gaussian_filter(image, generator.uniform(*settings.blur_mm))
    image *= shading(generator, BOX_SHAPE, generator.uniform(*settings.shading))
    image = add_rician_noise(generator, image, noise)
    return np.asarray(gaussian_filter(image, generator.uniform(0.0, 0.5)))
