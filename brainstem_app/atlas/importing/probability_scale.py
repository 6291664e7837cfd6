"""What the values of a lab's maps are: masks, probabilities, per cent or bytes; one answer for an atlas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError

# How far beyond its ends, as a share of the scale, interpolation by a cubic or a sinc carries a value.
_OVERSHOOT = 0.1
_PERCENT = 100.0
_BYTE = 255.0
# An atlas in per cent in which nothing is likelier than this, or in bytes less than this, cannot be told.
_LEAST_PERCENT = 10.0
_LEAST_BYTE = 240.0
_NOISE = 1e-4


@dataclass(frozen=True)
class ValueRange:
    """Values of one map.

    Attributes
    ----------
    what : str
        The map in words, to begin a sentence.
    file : Path
        Where it lies.
    low, high : float
        Least and largest value.
    is_single : bool
        Whether there is one value above 0 only, as in a mask.
    """

    what: str
    file: Path
    low: float
    high: float
    is_single: bool

    @classmethod
    def of(cls, values: NDArray[np.float32], file: Path, name: str = "") -> ValueRange:
        """Range of a map, what is no number apart.

        Raises
        ------
        InputError
            If nothing is above 0.
        """
        what = f"The map of {name}" if name else "The map"
        finite = values[np.isfinite(values)]
        positive = finite[finite > 0]
        if positive.size == 0:
            raise InputError(f"{what} is empty.", file, "Remove it from the atlas, or give the right file.")
        high = float(positive.max())
        return cls(what, file, float(finite.min()), high, float(positive.min()) == high)


@dataclass(frozen=True)
class ProbabilityScale:
    """How the maps of an atlas are read.

    Attributes
    ----------
    top : float
        Value that means certainty: 1, 100 or 255.
    notes : tuple of str
        What the user should know of it.
    """

    top: float
    notes: tuple[str, ...]

    def probability(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability 0…1 of a map of this atlas; a map of one value beyond the scale is a mask."""
        finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        positive = finite[finite > 0]
        high = float(positive.max(initial=0))
        if high > self.top * (1 + _OVERSHOOT) and float(positive.min()) == high:
            return (finite > 0).astype(np.float32)
        return np.asarray(np.clip(finite / np.float32(self.top), 0, 1), dtype=np.float32)


def scale_of(ranges: Sequence[ValueRange]) -> ProbabilityScale:
    """Scale that all maps of an atlas share, as far as they are no masks.

    Raises
    ------
    InputError
        If the values are none of probabilities, per cent, bytes or masks.
    """
    # A map of one value is a mask, and says nothing of the scale, unless it is a probability already.
    graded = [r for r in ranges if not r.is_single or r.high <= 1]
    top = _top_of(max(graded, key=lambda r: r.high)) if graded else 1.0
    lowest = min(ranges, key=lambda r: r.low)
    if lowest.low < -_OVERSHOOT * top:
        raise _odd(lowest)
    notes = []
    low, high = lowest.low, max((r.high for r in graded), default=1.0)
    if top != 1:
        unit = "per cent" if top == _PERCENT else "255ths"
        notes.append(f"The maps hold values up to {high:g}: they are read as {unit}.")
    if low < -_NOISE * top or high > (1 + _NOISE) * top:
        notes.append(
            f"The maps hold values from {low:g} to {high:g}, as interpolation leaves them: they are cut to 0 "
            f"to {top:g}."
        )
    return ProbabilityScale(top, tuple(notes))


def _top_of(highest: ValueRange) -> float:
    high = highest.high
    if high <= 1 + _OVERSHOOT:
        return 1.0
    if _LEAST_PERCENT <= high <= _PERCENT * (1 + _OVERSHOOT):
        return _PERCENT
    if _LEAST_BYTE <= high <= _BYTE * (1 + _OVERSHOOT):
        return _BYTE
    raise _odd(highest)


def _odd(found: ValueRange) -> InputError:
    return InputError(
        f"{found.what} holds values from {found.low:g} to {found.high:g}; a probability is 0 to 1 (or 0 to "
        "100 per cent, or 0 to 255).",
        found.file,
        "Give masks, or probability maps scaled to 0 to 1; a label map is given as one file with --table.",
    )
