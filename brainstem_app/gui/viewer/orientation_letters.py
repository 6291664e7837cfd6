"""Letters R L A P S I at the edges of a slice, taken from the scan's affine."""

from __future__ import annotations

from dataclasses import dataclass

from brainstem_app.gui.viewer.convention import Convention, Plane

_OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}


@dataclass(frozen=True)
class EdgeLetters:
    """What each edge of the picture is nearest to, as the patient's own direction."""

    left: str
    right: str
    top: str
    bottom: str


def edge_letters(axes: tuple[str, str, str], plane: Plane, convention: Convention) -> EdgeLetters:
    """Letters of the four edges.

    Parameters
    ----------
    axes : tuple of str
        Direction each axis of the drawn volume runs to, as `imaging.orientation.axis_letters` gives it.
    plane : Plane
    convention : Convention
        Decides whether the left-right axis is drawn mirrored; other axes never are.
    """
    rightwards = axes[plane.horizontal]
    upwards = axes[plane.vertical]
    if is_mirrored(plane, convention):
        rightwards = _OPPOSITE[rightwards]
    return EdgeLetters(_OPPOSITE[rightwards], rightwards, upwards, _OPPOSITE[upwards])


def is_mirrored(plane: Plane, convention: Convention) -> bool:
    """Whether the horizontal axis of the picture is drawn from right to left.

    A canonical volume runs to the patient's right, so the radiological convention mirrors axial and
    coronal slices. In a sagittal slice anterior is at the left in the radiological convention.
    """
    return convention.right_is_left
