"""Intracranial volume from the skull: a measure of head size that does not shrink when the brain does.

Bone and fluid are both dark on a T1-weighted scan, so the inner border of the skull cannot be outlined on it.
But head size can be taken from the affine that lays the head on a template: FreeSurfer's eTIV takes that of
the whole head (Buckner et al., NeuroImage 2004, 23:724), which a small brain pulls along (Nordenskjöld et
al., NeuroImage 2013, 83:355), and SIENAX that of the skull (Smith et al., NeuroImage 2002, 17:479), which it
does not. Here the brain is painted out, and skull and scalp alone are laid on a template of theirs; the
volume of the template's skull, scaled as they are, is the result. Whoever changes how gives it another name
in `reports/scan_entry.py`: values of two methods are never compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, Affine, ras_affine
from brainstem_app.preprocessing.affine import correlation
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear
from brainstem_app.preprocessing.template import load_template, template_volume

GRID_MM, GRID_SHAPE = 2.0, (99, 117, 95)
# Share of a voxel that makes it one of the brain.
_OF_BRAIN = 0.3
_CENTRE_MM = (0.0, -20.0, 10.0)
_LEVELS = (PyramidLevel(4.0, 2), PyramidLevel(1.0, 2))
# So far around the brain the head is looked at.
_AROUND_MM = 36.0
# Darker than this share of the brain's brightest tissue is fluid, bone or air, and all the same.
_DARK = 0.15
# Where heads are compared, seen from the template's brain, mm: beyond all fluid, which widens as the brain
# shrinks; and the inner border of the scalp, for the outer one moves with fat.
_NEAREST_MM, _FARTHEST_MM = 4.0, 14.0
# Below lie face and neck, which defacing takes away and every head holds otherwise.
_LOWEST_MM = -25.0
# Of the ring that has to lie in the scan.
_LEAST_SHOWN = 0.90
# Of heads whose fat is bright the lowest correlation is 0.76; with fat suppressed it is 0.4, and the place
# wrong (docs/results/head-size.md).
_LEAST_CORRELATION = 0.60
# The skull's scale over that of the brain, as a ratio of volumes.
_PLAUSIBLE = (0.80, 1.40)


@dataclass(frozen=True)
class HeadSize:
    """Size of a head.

    Attributes
    ----------
    intracranial_ml : float or None
        Volume inside the skull; None where it cannot be measured.
    why_not : str
        Why, as a sentence's end; empty if it was measured.
    instead : str
        What to do to adjust for the size of the head all the same.
    """

    intracranial_ml: float | None
    why_not: str = ""
    instead: str = "To adjust for the size of the head, give its volume in the table of participants (eTIV)."

    def findings(self, brain_ml: float) -> tuple[Finding, ...]:
        """Note for the report of a scan whose intracranial volume cannot be measured; else none."""
        if self.intracranial_ml is not None:
            return ()
        finding = Finding(
            Level.INFO,
            "head-size-unknown",
            f"The volume inside the skull was not measured: {self.why_not}. The volume of the brain is given "
            f"alone ({brain_ml:,.0f} ml), which shrinks with the brain.",
            self.instead,
        )
        return (finding,)


NO_SKULL = HeadSize(
    None,
    "the scan was stripped of the skull",
    "To adjust for the size of the head, give the scan as acquired, with the skull.",
)


@dataclass(frozen=True)
class Skull:
    """Head without its brain.

    Attributes
    ----------
    volume : SampledVolume
        On a grid of 2 mm, 0…1: from as dark as fluid to as bright as the brain's brightest tissue. The
        brain is painted out, and what lies outside of the scan is 0.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm) of the scan.
    extent : tuple of int
        Its shape.
    """

    volume: SampledVolume
    affine: Affine
    extent: tuple[int, ...]

    @classmethod
    def of(cls, data: NDArray[np.float32], mask: NDArray[np.bool_], affine: Affine) -> Skull:
        """Take the brain out of a head.

        Parameters
        ----------
        data : ndarray of float32, shape (X, Y, Z)
            Whole head, above its own floor.
        mask : ndarray of bool, shape (X, Y, Z)
            Its brain.
        affine : ndarray, shape (4, 4)
            Voxel to world (mm).
        """
        planes = (np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
        corners = np.array(np.meshgrid(*((p[0], p[-1]) for p in planes))).reshape(3, -1)
        world = affine[:3, :3] @ corners + affine[:3, 3:]
        start = np.floor(world.min(axis=1) - _AROUND_MM)
        x, y, z = (np.ceil((world.max(axis=1) + _AROUND_MM - start) / GRID_MM).astype(int) + 1).tolist()
        grid = ras_affine(GRID_MM, start)
        top = np.float32(np.percentile(data[mask], 99.5))
        level = resample(data, affine, (x, y, z), grid) / top
        head = np.clip((level - np.float32(_DARK)) / np.float32(1 - _DARK), 0, 1)
        # Not a voxel more: what is hidden beside the brain would move with it.
        head[resample(mask.astype(np.float32), affine, (x, y, z), grid) > _OF_BRAIN] = 0
        return cls(SampledVolume(head.astype(np.float32), grid), affine, data.shape)

    def holds(self, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points (N, 3), mm, lie in the scan."""
        back = np.linalg.inv(self.affine)
        voxels = points_mm @ back[:3, :3].T + back[:3, 3]
        return np.asarray(((voxels >= 0) & (voxels <= np.array(self.extent) - 1)).all(axis=1))


def measure_head(skull: Skull, mni_to_native: Affine, template: SkullTemplate) -> HeadSize:
    """Measure the volume inside a skull.

    Parameters
    ----------
    skull : Skull
    mni_to_native : ndarray, shape (4, 4)
        Placement of the brain (`register_brain`), to begin with.
    template : SkullTemplate

    Returns
    -------
    HeadSize
        Without a volume where the scan cuts the head, or skull and scalp do not resemble the template's.
    """
    inside = skull.holds(template.ring_mm @ mni_to_native[:3, :3].T + mni_to_native[:3, 3])
    if inside.mean() < _LEAST_SHOWN:
        share = f"{100 * inside.mean():.0f} %"
        return HeadSize(None, f"only {share} of skull and scalp above the ears lie in the scan")
    found, fit = place_skull(skull, mni_to_native, template, inside)
    ratio = float(np.linalg.det(found[:3, :3]) / np.linalg.det(mni_to_native[:3, :3]))
    if fit < _LEAST_CORRELATION or not _PLAUSIBLE[0] <= ratio <= _PLAUSIBLE[1]:
        return HeadSize(
            None, f"skull and scalp do not look like those of other heads (correlation {fit:.2f})"
        )
    return HeadSize(float(np.linalg.det(found[:3, :3])) * template.inside_ml)


def place_skull(
    skull: Skull, start: Affine, template: SkullTemplate, inside: NDArray[np.bool_]
) -> tuple[Affine, float]:
    """Affine of the skull, ``mni`` mm → ``native`` mm, and its correlation with the template's.

    Parameters
    ----------
    skull : Skull
    start : ndarray, shape (4, 4)
        Where to begin.
    template : SkullTemplate
    inside : ndarray of bool, shape (N,)
        Which points of the template's ring lie in the scan.
    """
    region = np.zeros(GRID_SHAPE, dtype=bool)
    region[template.ring] = inside
    found = register_linear(template.volume, skull.volume, region, start, _CENTRE_MM, _LEVELS)
    moved = resample(
        skull.volume.data, skull.volume.affine, GRID_SHAPE, template.volume.affine, world_to_world=found
    )
    return found, correlation(template.volume.data[region], moved[region])


@dataclass(frozen=True)
class SkullTemplate:
    """Mean skull and scalp of adults.

    Attributes
    ----------
    volume : SampledVolume
        Shape `GRID_SHAPE`, 2 mm, in ``mni``, 0…1; the brain is painted out.
    ring : ndarray of bool, shape `GRID_SHAPE`
        Border of skull and scalp above face and neck, where heads are compared.
    inside_ml : float
        Volume inside the skull.
    """

    volume: SampledVolume
    ring: NDArray[np.bool_]
    inside_ml: float

    @property
    def ring_mm(self) -> NDArray[np.float64]:
        """Points (N, 3) of the ring, mm."""
        return np.asarray(np.argwhere(self.ring) * GRID_MM + np.array(MNI_ORIGIN_MM))


def ring_around(brain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels of the 2 mm grid in which heads are compared, around the template's brain on that grid."""
    away_mm = distance_transform_edt(~brain) * GRID_MM
    height_mm = np.arange(GRID_SHAPE[2]) * GRID_MM + MNI_ORIGIN_MM[2]
    near = (away_mm >= _NEAREST_MM) & (away_mm <= _FARTHEST_MM)
    return np.asarray(near & (height_mm > _LOWEST_MM))


@lru_cache(maxsize=1)
def load_skull() -> SkullTemplate:
    """Load the packaged template of skull and scalp.

    Raises
    ------
    BrainstemError
        If one of its files is missing or damaged.
    """
    stored = template_volume("skull", GRID_SHAPE)
    ring = template_volume("skull_ring", GRID_SHAPE) > 0
    volume = SampledVolume((stored / np.float32(255)).astype(np.float32), ras_affine(GRID_MM, MNI_ORIGIN_MM))
    return SkullTemplate(volume, ring, float(load_template().brain.sum()) / 1000)
