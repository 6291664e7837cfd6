"""One simulated subject: a deformed template head as a scanner would see it, with its true labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, MNI_SHAPE, Affine, mni_affine, ras_affine
from brainstem_app.progress import ProgressCallback
from brainstem_app.simulation.acquisition import ScannerGrid, add_rician_noise, blur, make_grid, shading
from brainstem_app.simulation.contrast import (
    Range,
    brainstem_gain,
    label_offsets,
    random_levels,
    random_tones,
    remap,
)
from brainstem_app.simulation.surroundings import HEAD_ORIGIN_MM, make_surroundings
from brainstem_app.simulation.surroundings import head_affine as coarse_head_affine
from brainstem_app.simulation.warp import Roughness, Warp, random_warp

if TYPE_CHECKING:
    from brainstem_app.preprocessing.template import Template

HEAD_1MM_SHAPE = (224, 272, 282)
WARP_STEP_MM = 4.0
WARP_SHAPE = (57, 69, 72)
SLAB = 16

_HEAD_FIELD_MM = ((180.0, 205.0), (235.0, 250.0), (220.0, 250.0))
_BRAIN_FIELD_MM = ((155.0, 165.0), (190.0, 200.0), (165.0, 175.0))


@dataclass(frozen=True)
class SimulationSettings:
    """What simulated subjects look like; each range is drawn from evenly.

    Attributes
    ----------
    with_skull : bool
        Whole heads; else the brain alone on exact zeros.
    orientations : tuple of str
        Directions of the voxel axes to choose from.
    voxel_size_mm : tuple of float
        Range of each edge of a voxel, drawn independently.
    oblique_degrees, pose_degrees : float
        Largest turn of the grid, and of the head, around each axis.
    pose_shift_mm : float
        Largest displacement of the head along each axis.
    scale : tuple of float
        Range of the size of the head along each axis, relative to the template.
    warp : tuple of Roughness
        Amplitude and smoothness of the deformation, coarse and fine.
    csf, grey : tuple of float
        Ranges of the grey levels of fluid and grey matter; white matter is 1.
    label_contrast : float
        Deviation of a label's own grey level from the template's.
    shading : tuple of float
        Range of the strength of the multiplicative field (standard deviation of its logarithm).
    noise : tuple of float
        Range of the standard deviation of the Rician noise; white matter is 1.
    blur_mm : tuple of float
        Range of the standard deviation of the point spread.
    """

    with_skull: bool = True
    orientations: tuple[str, ...] = ("LAS", "RAS", "PSR", "LPS", "ASL")
    voxel_size_mm: Range = (0.7, 1.3)
    oblique_degrees: float = 6.0
    pose_degrees: float = 10.0
    pose_shift_mm: float = 10.0
    scale: Range = (0.9, 1.1)
    warp: tuple[Roughness, ...] = (Roughness(4.0, 22.0), Roughness(1.5, 9.0))
    csf: Range = (0.15, 0.32)
    grey: Range = (0.62, 0.8)
    label_contrast: float = 0.015
    shading: Range = (0.05, 0.2)
    noise: Range = (0.01, 0.04)
    blur_mm: Range = (0.3, 0.6)


@dataclass(frozen=True)
class SimulatedSubject:
    """A simulated scan, its true labels, and the way from the scan to the template.

    Attributes
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Whole numbers from 0, as a scanner stores them.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+).
    labels : ndarray of uint8, shape (X, Y, Z)
        True labels on the same grid.
    orientation : str
        Directions of the voxel axes.
    voxel_size_mm : tuple of float
        Edges of a voxel.
    noise : float
        Deviation of the noise; white matter is 1.
    world_to_mni : ndarray, shape (4, 4)
        World of the scan to MNI world, before the warp.
    warp : Warp
        Deformation of the MNI world that follows `world_to_mni`.
    """

    data: NDArray[np.float32]
    affine: Affine
    labels: NDArray[np.uint8]
    orientation: str
    voxel_size_mm: tuple[float, float, float]
    noise: float
    world_to_mni: Affine
    warp: Warp


def simulate_subject(
    generator: np.random.Generator,
    template: Template,
    atlas_labels: NDArray[np.uint8],
    settings: SimulationSettings | None = None,
    report: ProgressCallback | None = None,
) -> SimulatedSubject:
    """Simulate one subject; the same generator state gives the same subject.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    template : Template
        Brain on the ``mni`` grid.
    atlas_labels : ndarray of uint8, shape (197, 233, 189)
        Label map on the ``mni`` grid.
    settings : SimulationSettings, optional
        Ranges to draw from.
    report : callable, optional
        Called with the share done (0…1) and what is done now; what it raises stops the work.
    """
    settings, report = settings or SimulationSettings(), report or _silent
    report(0.0, "deforming the head")
    letters = settings.orientations[int(generator.integers(len(settings.orientations)))]
    a, b, c = generator.uniform(*settings.voxel_size_mm, size=3)
    voxel_size_mm = (float(a), float(b), float(c))
    world_to_mni = _random_pose(generator, settings)
    grid = _random_grid(generator, letters, voxel_size_mm, world_to_mni, settings)
    warp = random_warp(generator, WARP_SHAPE, ras_affine(WARP_STEP_MM, HEAD_ORIGIN_MM), settings.warp)
    report(0.1, "drawing the head")
    head, head_affine = _render(generator, template, atlas_labels, settings)
    image, labels, brain = _pull(
        grid,
        world_to_mni,
        warp,
        (head, head_affine),
        atlas_labels,
        None if settings.with_skull else template.brain,
        lambda share: report(0.3 + 0.5 * share, "looking through the scanner"),
    )
    report(0.8, "adding shading and noise")
    noise = float(generator.uniform(*settings.noise))
    image = _acquire(generator, image, voxel_size_mm, noise, settings)
    if brain is not None:
        image[~brain] = 0
    return SimulatedSubject(
        np.round(image), grid.affine, labels, letters, voxel_size_mm, noise, world_to_mni, warp
    )


def _silent(share: float, text: str) -> None:
    """Report to nobody."""


def _random_pose(generator: np.random.Generator, settings: SimulationSettings) -> Affine:
    """World of the scan → MNI world: turn, shift and size of the head (never a reflection)."""
    angles = generator.uniform(-settings.pose_degrees, settings.pose_degrees, 3)
    mni_to_world = np.eye(4)
    mni_to_world[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(
        generator.uniform(*settings.scale, size=3)
    )
    mni_to_world[:3, 3] = generator.uniform(-settings.pose_shift_mm, settings.pose_shift_mm, 3)
    return np.asarray(np.linalg.inv(mni_to_world))


def _random_grid(
    generator: np.random.Generator,
    letters: str,
    voxel_size_mm: tuple[float, float, float],
    world_to_mni: Affine,
    settings: SimulationSettings,
) -> ScannerGrid:
    field = _HEAD_FIELD_MM if settings.with_skull else _BRAIN_FIELD_MM
    x, y, z = (float(generator.uniform(*extent)) for extent in field)
    # The grid is centred near the middle of what it shows, given in MNI mm.
    middle = np.array([0.0, -10.0, -15.0, 1.0] if settings.with_skull else [0.0, -18.0, 2.0, 1.0])
    centre = (np.linalg.inv(world_to_mni) @ middle)[:3] + generator.uniform(-4, 4, 3)
    angles = generator.uniform(-settings.oblique_degrees, settings.oblique_degrees, 3)
    scale = 1.0 if settings.with_skull else max(settings.scale)
    return make_grid(
        letters,
        voxel_size_mm,
        (x * scale, y * scale, z * scale),
        (float(angles[0]), float(angles[1]), float(angles[2])),
        (float(centre[0]), float(centre[1]), float(centre[2])),
    )


def _render(
    generator: np.random.Generator,
    template: Template,
    atlas_labels: NDArray[np.uint8],
    settings: SimulationSettings,
) -> tuple[NDArray[np.float32], Affine]:
    """Grey levels of the undeformed head in MNI space at 1 mm, and the voxel-to-world matrix."""
    levels = random_levels(generator, settings.csf, settings.grey)
    t1 = template.t1 * brainstem_gain(generator, MNI_SHAPE, mni_affine()[:3, 3])
    brain = remap(t1, random_tones(generator, levels))
    brain += label_offsets(atlas_labels, settings.label_contrast, generator)
    if not settings.with_skull:
        return np.where(template.brain, brain, np.float32(levels.csf)), mni_affine()
    affine = ras_affine(1.0, HEAD_ORIGIN_MM)
    around = make_surroundings(template.brain, levels, generator)
    head = resample(around, coarse_head_affine(), HEAD_1MM_SHAPE, affine)
    start = (np.array(MNI_ORIGIN_MM) - HEAD_ORIGIN_MM).astype(int)
    window = head[tuple(slice(s, s + n) for s, n in zip(start, MNI_SHAPE, strict=True))]
    window[template.brain] = brain[template.brain]
    return head, affine


def _pull(
    grid: ScannerGrid,
    world_to_mni: Affine,
    warp: Warp,
    head: tuple[NDArray[np.float32], Affine],
    atlas_labels: NDArray[np.uint8],
    brain: NDArray[np.bool_] | None,
    report: Callable[[float], None],
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Image, labels and brain mask on the scan's grid, each looked up once through pose and warp."""
    image = np.empty(grid.shape, dtype=np.float32)
    labels = np.empty(grid.shape, dtype=np.uint8)
    mask = None if brain is None else np.empty(grid.shape, dtype=np.bool_)
    for start in range(0, grid.shape[0], SLAB):
        report(start / grid.shape[0])
        part = slice(start, min(start + SLAB, grid.shape[0]))
        mni_mm = _mni_points(part, grid, world_to_mni, warp)
        map_coordinates(head[0], _voxels(mni_mm, head[1]), output=image[part], order=1)
        voxels = _voxels(mni_mm, mni_affine())
        map_coordinates(atlas_labels, voxels, output=labels[part], order=0)
        if brain is not None and mask is not None:
            mask[part] = map_coordinates(brain.view(np.uint8), voxels, order=0) > 0
    return image, labels, mask


def _mni_points(part: slice, grid: ScannerGrid, world_to_mni: Affine, warp: Warp) -> NDArray[np.float32]:
    """MNI coordinates (3, n, Y, Z) in mm of a slab of the scan's voxels."""
    shift = np.eye(4)
    shift[0, 3] = part.start
    grid_to_mni = world_to_mni @ grid.affine @ shift
    return warp.points_on((part.stop - part.start, grid.shape[1], grid.shape[2]), grid_to_mni)


def _voxels(points_mm: NDArray[np.float32], affine: Affine) -> NDArray[np.float32]:
    """World points (mm) as voxels of a grid without rotation and of 1 mm."""
    return points_mm - affine[:3, 3].astype(np.float32)[:, None, None, None]


def _acquire(
    generator: np.random.Generator,
    image: NDArray[np.float32],
    voxel_size_mm: tuple[float, float, float],
    noise: float,
    settings: SimulationSettings,
) -> NDArray[np.float32]:
    image = blur(image, float(generator.uniform(*settings.blur_mm)), voxel_size_mm)
    image *= shading(
        generator, (image.shape[0], image.shape[1], image.shape[2]), generator.uniform(*settings.shading)
    )
    white = np.float32(generator.uniform(300, 900))
    return add_rician_noise(generator, image, noise) * white
