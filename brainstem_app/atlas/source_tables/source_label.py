"""One row of a lab's table, a number and what it is, and the table as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Counting(Enum):
    """What the numbers of a table count."""

    #: Values of a label map.
    VALUES = auto()
    #: Volumes from 0; a label map that sums them up holds the number plus 1.
    VOLUMES = auto()
    #: One of the two; the table does not say which.
    UNKNOWN = auto()


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
    region : str
        Region of the brainstem that the table says it lies in; empty where it says none.
    full_name : str
        Its name in words, where the table has one beside the short name; else empty.
    abbreviation : str
        Its short name, where the table has one beside the name; else empty.
    """

    number: int
    name: str
    colour: str = ""
    region: str = ""
    full_name: str = ""
    abbreviation: str = ""


@dataclass(frozen=True)
class SourceTable:
    """What the numbers of an atlas mean.

    Attributes
    ----------
    labels : tuple of SourceLabel
        Each number once.
    counting : Counting
        What the numbers are.
    """

    labels: tuple[SourceLabel, ...]
    counting: Counting = Counting.VALUES


def hex_colour(rgb: Sequence[str | int]) -> str:
    """Colour ``#rrggbb`` of three integers 0…255; ValueError if they are none."""
    values = [int(value) for value in rgb]
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise ValueError(f"{list(rgb)} is no colour of three numbers 0 to 255")
    return "#" + "".join(f"{value:02x}" for value in values)


def whole_number(text: str) -> int | None:
    """Whole number that a cell of a table holds, also ``-1`` or ``7.0``; None if it holds none."""
    digits, _, decimals = text.strip().partition(".")
    if not digits.lstrip("+-").isdecimal() or decimals.strip("0"):
        return None
    try:
        return int(digits)
    except ValueError:
        return None
