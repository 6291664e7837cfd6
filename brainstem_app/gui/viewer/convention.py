"""Layout of a slice on the screen: its plane, and which side of the patient is at the left."""

from __future__ import annotations

from enum import Enum, StrEnum


class Convention(StrEnum):
    """Which side of the patient is drawn at the left of the screen."""

    RADIOLOGICAL = "radiological"
    NEUROLOGICAL = "neurological"

    @property
    def right_is_left(self) -> bool:
        """True if the patient's right is at the left of the screen."""
        return self is Convention.RADIOLOGICAL


class Plane(Enum):
    """A plane through a canonical (R, A, S) volume.

    Attributes
    ----------
    normal, horizontal, vertical : int
        Axes of the volume (0 left-right, 1 posterior-anterior, 2 inferior-superior): the one that is
        stepped through, the one drawn from left to right, and the one drawn from bottom to top.
    """

    AXIAL = (2, 0, 1)
    CORONAL = (1, 0, 2)
    SAGITTAL = (0, 1, 2)

    @property
    def normal(self) -> int:
        """Axis that is stepped through."""
        return int(self.value[0])

    @property
    def horizontal(self) -> int:
        """Axis drawn from left to right."""
        return int(self.value[1])

    @property
    def vertical(self) -> int:
        """Axis drawn from bottom to top."""
        return int(self.value[2])
