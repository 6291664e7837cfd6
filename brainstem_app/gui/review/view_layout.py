"""Layouts of the views of Review."""

from __future__ import annotations

from enum import Enum, auto


class ViewLayout(Enum):
    """One plane; three planes and the nuclei in space; labels and reference in one plane; or space alone."""

    ONE = auto()
    THREE = auto()
    SIDE_BY_SIDE = auto()
    SPACE = auto()
