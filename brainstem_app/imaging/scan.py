"""A scan in memory, and what was found in its header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import Affine


class Level(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One thing found in a scan: how bad, what, and what to do.

    Attributes
    ----------
    level : Level
        ``error`` findings forbid processing.
    code : str
        Stable kebab-case name, e.g. ``"qform-sform-differ"``.
    problem : str
        One sentence for the user.
    fix : str
        What to do, one sentence.
    """

    level: Level
    code: str
    problem: str
    fix: str = ""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by how much they matter; those that matter alike keep their order."""
    return sorted(findings, key=lambda finding: list(Level).index(finding.level), reverse=True)


@dataclass(frozen=True)
class Scan:
    """One three-dimensional T1-weighted scan on its own grid.

    Attributes
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Intensities in the file's own voxel order (``native``), finite.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+): the one transform of the header that was chosen.
    source : Path
        File or DICOM folder the scan was read from.
    findings : tuple of Finding
        What the header checks found.
    """

    data: NDArray[np.float32]
    affine: Affine
    source: Path
    findings: tuple[Finding, ...] = field(default=())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along the three axes."""
        x, y, z = self.data.shape
        return x, y, z

    @property
    def voxel_size_mm(self) -> tuple[float, float, float]:
        """Length of a voxel's edges in mm, in the order of the data's axes."""
        x, y, z = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return float(x), float(y), float(z)
