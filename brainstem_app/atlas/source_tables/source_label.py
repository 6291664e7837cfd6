"""One row of a lab's table: a number of the label map, and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceLabel:
    """What a number means.

    Attributes
    ----------
    number : int
        Value in the label map; of an image of several volumes, the number of the volume.
    name : str
        As the table has it.
    colour : str
        ``#rrggbb``, or empty where the table has none.
    """

    number: int
    name: str
    colour: str = ""


def hex_colour(rgb: Sequence[str | int]) -> str:
    """Colour ``#rrggbb`` of three integers 0…255; ValueError if they are none."""
    values = [int(value) for value in rgb]
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise ValueError(f"{list(rgb)} is no colour of three numbers 0 to 255")
    return "#" + "".join(f"{value:02x}" for value in values)
