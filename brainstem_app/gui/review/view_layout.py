"""Layouts of the views of Review."""

from __future__ import annotations

from enum import Enum, auto


class ViewLayout(Enum):
    """One plane; three planes and the nuclei in space; or labels and reference in one plane."""

    ONE = auto()
    THREE = auto()
    SIDE_BY_SIDE = auto()
