"""How far a lab's atlas lies from the program's own, measured on the structures that both have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainstem_app.atlas.importing.resampled_map import ResampledMap
from brainstem_app.atlas.importing.side_names import split_side
from brainstem_app.atlas.label_table import Side, Structure
from brainstem_app.atlas.library import DEFAULT_ATLAS, load_atlas
from brainstem_app.counting import counted
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM
from brainstem_app.named_version import with_version

#: A common shift beyond this (mm) is more than differences of definition or of the MNI152 templates explain.
LARGE_SHIFT_MM = 2.5


@dataclass(frozen=True)
class LandmarkOffset:
    """Where structures lie, seen from those of the same name in the program's own atlas.

    Attributes
    ----------
    reference : str
        Name and version of that atlas.
    vectors_mm : dict of str to tuple of float
        For each structure the way from the program's centre to the source's: right, anterior, superior.
    """

    reference: str
    vectors_mm: dict[str, tuple[float, float, float]]

    @property
    def shift_mm(self) -> tuple[float, float, float]:
        """Median of the vectors along each axis: what most structures have in common."""
        x, y, z = np.median(list(self.vectors_mm.values()), axis=0)
        return float(x), float(y), float(z)

    @property
    def is_large(self) -> bool:
        """Whether the common shift is more than definitions and templates explain."""
        return bool(self.vectors_mm) and float(np.linalg.norm(self.shift_mm)) > LARGE_SHIFT_MM

    def describe(self) -> str:
        """Say what was measured in one or two sentences; empty if nothing was."""
        if not self.vectors_mm:
            return ""
        lengths = {name: float(np.linalg.norm(v)) for name, v in self.vectors_mm.items()}
        farthest = max(lengths, key=lambda name: lengths[name])
        shift = ", ".join(f"{value:+.1f}" for value in self.shift_mm).replace("-", "−")
        return (
            f"Measured against {self.reference}: the centres of "
            f"{counted(len(lengths), 'structure')} of the same name "
            f"lie {np.mean(list(lengths.values())):.1f} mm from its own on average, {farthest} the farthest "
            f"({lengths[farthest]:.1f} mm); their common shift is ({shift}) mm to the right, front and top."
        )

    def as_numbers(self) -> dict[str, Any]:
        """Numbers for the atlas' description."""
        if not self.vectors_mm:
            return {}
        return {
            "compared_with": self.reference,
            "shift_mm": [round(value, 2) for value in self.shift_mm],
            "offsets_mm": {name: [round(x, 2) for x in v] for name, v in self.vectors_mm.items()},
        }


def measure_offset(resampled: Sequence[ResampledMap]) -> LandmarkOffset:
    """Compare centres with those of structures of the same short or full name, and side, in brainstem31."""
    atlas = load_atlas(DEFAULT_ATLAS)
    centres = {}
    for structure in atlas.table.nuclei:
        voxels = np.argwhere(atlas.labels == structure.index)
        for key in _keys_of(structure):
            centres[key] = voxels.mean(axis=0) + MNI_ORIGIN_MM
    vectors = {}
    for p in resampled:
        name, full_name = p.name.casefold(), split_side(p.full_name)[0].casefold()
        side = p.side or Side.MIDLINE
        known = centres.get((name, side), centres.get((full_name, side)))
        if known is not None and np.isfinite(p.centre_mm).all():
            x, y, z = np.array(p.centre_mm) - known
            vectors[p.table_name] = (float(x), float(y), float(z))
    return LandmarkOffset(with_version(atlas.name, atlas.version), vectors)


def _keys_of(structure: Structure) -> list[tuple[str, Side]]:
    names = (structure.name, structure.full_name.removesuffix(f", {structure.side.value}"))
    return [(split_side(name)[0].casefold(), structure.side) for name in names]
