"""T1-like grey levels: random levels of the tissues, and the template's intensities mapped to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Medians of the template's intensities (0…1) in its tissues; 8-bit steps of the packaged volume.
TEMPLATE_CSF = 0.28
TEMPLATE_GREY = 0.66
TEMPLATE_WHITE = 0.84

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


def remap(
    intensity: NDArray[np.float32], levels: TissueLevels, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Give a template's intensities (0…1) the levels of another head; monotone, so that nothing is inverted.

    Piecewise linear through the three tissues, with a random bend (gamma) between grey and white.
    """
    between = 0.5 * (TEMPLATE_GREY + TEMPLATE_WHITE)
    bend = generator.uniform(0.4, 0.6)
    nodes = (0.0, TEMPLATE_CSF, TEMPLATE_GREY, between, TEMPLATE_WHITE, 1.0)
    values = (0.5 * levels.csf, levels.csf, levels.grey, levels.grey + bend * (1 - levels.grey), 1.0, 1.12)
    return np.interp(intensity, nodes, values).astype(np.float32)


def label_offsets(
    labels: NDArray[np.uint8], deviation: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a small offset of the grey level for each label (white matter is 1), none for background."""
    offsets = generator.normal(0.0, deviation, 256).astype(np.float32)
    offsets[0] = 0.0
    return offsets[labels]
