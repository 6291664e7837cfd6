"""What the left button does in a view."""

from __future__ import annotations

from enum import Enum, auto


class Gesture(Enum):
    """Way of drawing with the mouse: none, strokes, a touch, the corners of a polygon, a ruler."""

    NONE = auto()
    STROKE = auto()
    TOUCH = auto()
    POLYGON = auto()
    RULER = auto()
