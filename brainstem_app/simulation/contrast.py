"""T1-like grey levels: random levels of the tissues, and the template's intensities mapped to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Medians of the template's intensities (0…1) in its tissues; 8-bit steps of the packaged volume.
TEMPLATE_CSF = 0.28
TEMPLATE_GREY = 0.66
TEMPLATE_WHITE = 0.84

# The template's brainstem is darker than that of scans: its median lies 0.41 of the way from grey to
# cerebral white matter, in ds002748 sub-01 and ds000011 sub-07 (N4-corrected) 0.88. A gain of 1.11 mends it.
BRAINSTEM_CENTRE_MM = (0.0, -32.0, -38.0)
BRAINSTEM_SPREAD_MM = (32.0, 30.0, 36.0)
BRAINSTEM_GAIN = (0.06, 0.17)

Range = tuple[float, float]


@dataclass(frozen=True)
class TissueLevels:
    """Grey levels of one head; white matter is 1."""

    csf: float
    grey: float
    bone: float
    marrow: float
    muscle: float
    fat: float


def random_levels(generator: np.random.Generator, csf: Range, grey: Range) -> TissueLevels:
    """Draw the levels of one T1-weighted head, grey matter and CSF within the given ranges."""
    return TissueLevels(
        csf=generator.uniform(*csf),
        grey=generator.uniform(*grey),
        bone=generator.uniform(0.04, 0.12),
        marrow=generator.uniform(0.3, 0.7),
        muscle=generator.uniform(0.4, 0.6),
        fat=generator.uniform(0.9, 1.5),
    )


@dataclass(frozen=True)
class Tones:
    """A piecewise linear curve from the template's intensities to grey levels, increasing."""

    template: tuple[float, ...]
    level: tuple[float, ...]


def random_tones(generator: np.random.Generator, levels: TissueLevels) -> Tones:
    """Draw the curve through the levels of fluid, grey and white matter, with a bend between the last two."""
    bend = generator.uniform(0.4, 0.6)
    between = levels.grey + bend * (1 - levels.grey)
    return Tones(
        (0.0, TEMPLATE_CSF, TEMPLATE_GREY, 0.5 * (TEMPLATE_GREY + TEMPLATE_WHITE), TEMPLATE_WHITE, 1.0),
        (0.5 * levels.csf, levels.csf, levels.grey, between, 1.0, 1.12),
    )


def remap(intensity: NDArray[np.float32], tones: Tones) -> NDArray[np.float32]:
    """Give a template's intensities (0…1) the grey levels of another head."""
    return np.interp(intensity, tones.template, tones.level).astype(np.float32)


def brainstem_gain(
    generator: np.random.Generator, shape: tuple[int, ...], origin_mm: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Draw factors that brighten the template's brainstem to that of scans, fading out around it.

    Parameters
    ----------
    generator : Generator
        Source of randomness.
    shape : tuple of int
        Voxels of 1 mm.
    origin_mm : ndarray, shape (3,)
        MNI position of the first voxel.
    """
    bells = [
        np.exp(-0.5 * ((start + np.arange(n) - centre) / spread) ** 2).astype(np.float32)
        for n, start, centre, spread in zip(
            shape, origin_mm, BRAINSTEM_CENTRE_MM, BRAINSTEM_SPREAD_MM, strict=True
        )
    ]
    x, y, z = np.ix_(*bells)
    return np.asarray(1 + np.float32(generator.uniform(*BRAINSTEM_GAIN)) * (x * y * z))


def label_offsets(
    labels: NDArray[np.uint8], deviation: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a small offset of the grey level for each label (white matter is 1), none for background."""
    offsets = generator.normal(0.0, deviation, 256).astype(np.float32)
    offsets[0] = 0.0
    return offsets[labels]
