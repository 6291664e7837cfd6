"""Colour scale of a heat map of overlaps: what is low stays without colour, whatever the others are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: An overlap below this is never in full colour, be it the best of its table.
_LEAST_TOP = 0.5
#: Differences below this share of the scale are not made to look large.
_LEAST_SPAN = 0.1


@dataclass(frozen=True)
class ColourScale:
    """From no colour at `low` to full colour at `high`."""

    low: float = 0.0
    high: float = 1.0

    def shade(self, value: float) -> float:
        """Strength of the colour of a value, 0…1."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def scale_of(values: Iterable[float]) -> ColourScale:
    """Scale for overlaps, 0…1: from the lowest of them to the highest, or to 0.5 if that is higher.

    It spans 0.1 at least, so that two networks that hardly differ look alike.
    """
    known = tuple(values)
    if not known:
        return ColourScale()
    high = max(*known, _LEAST_TOP)
    return ColourScale(max(0.0, min(*known, high - _LEAST_SPAN)), high)
