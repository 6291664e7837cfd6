"""Which groups are set against which: two, or several together, under names of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.reports.cohort.cells import level_key

_BETWEEN, _TOGETHER, _CALLED = ":", "+", "="
_HOW = (
    "Write them as ALS-B:ALS-S, or several together and a name for them, patients=ALS-B+ALS-S:control, with "
    "the names that the table has."
)


@dataclass(frozen=True)
class Contrast:
    """The mean of some groups minus the mean of others, each group of a side with the same weight.

    Attributes
    ----------
    over, under : tuple of str
        Groups of both sides; the difference is the first minus the second.
    name, reference : str
        What the sides are called: a name of their own, or the groups.
    """

    over: tuple[str, ...]
    under: tuple[str, ...]
    name: str
    reference: str

    @property
    def groups(self) -> tuple[str, ...]:
        """All groups that it weighs."""
        return (*self.over, *self.under)

    def weights(self, groups: Sequence[str]) -> NDArray[np.float64]:
        """Weight of each group of a model; they sum to 0."""
        found = np.zeros(len(groups))
        for side, sign in ((self.over, 1.0), (self.under, -1.0)):
            for group in side:
                found[groups.index(group)] = sign / len(side)
        return found


def against_reference(groups: Sequence[str]) -> tuple[Contrast, ...]:
    """Contrast of each group with the first."""
    return tuple(Contrast((group,), (groups[0],), group, groups[0]) for group in groups[1:])


def read_contrasts(
    texts: Sequence[str], groups: Sequence[str], where: Path | None = None
) -> tuple[Contrast, ...]:
    """Read contrasts such as ``patients=ALS-B+ALS-S:control``.

    Parameters
    ----------
    texts : sequence of str
        One contrast each: two sides with a colon between; a side is a group or several with plus signs
        between, perhaps with a name and an equals sign before. Groups may have these signs in their names.
    groups : sequence of str
        Those that there are; upper and lower case do not matter.
    where : Path, optional
        The table, for errors.

    Raises
    ------
    InputError
        If a side names no group, both name the same, or a contrast is asked for twice.
    """
    by_key = {level_key(group): group for group in groups}
    found: list[Contrast] = []
    for text in texts:
        read = next(_readings(text, by_key), None)
        if read is None:
            raise InputError(
                f"“{text}” does not say which groups to set against each other; there are: {listed(groups)}.",
                where,
                _HOW,
            )
        if twice := sorted(set(read.over) & set(read.under)):
            raise InputError(
                f"“{text}” has {listed(twice)} on both sides.", where, "Let each group stand on one side."
            )
        if any({other.over, other.under} == {read.over, read.under} for other in found):
            raise InputError(f"“{text}” is asked for twice.", where, "Leave it out once.")
        found.append(read)
    return tuple(found)


def written(contrast: Contrast) -> str:
    """Contrast as `read_contrasts` reads it."""
    return _BETWEEN.join((_TOGETHER.join(contrast.over), _TOGETHER.join(contrast.under)))


def _readings(text: str, groups: dict[str, str]) -> Iterator[Contrast]:
    """All ways in which a contrast can be read."""
    for left, right in _splits(text, _BETWEEN):
        over, under = _side(left, groups), _side(right, groups)
        if over and under:
            yield Contrast(over[0], under[0], over[1], under[1])


def _side(text: str, groups: dict[str, str]) -> tuple[tuple[str, ...], str] | None:
    """Return groups of a side and its name; None if it cannot be read."""
    if own := _together(text, groups):
        return own, " + ".join(own)
    for name, rest in _splits(text, _CALLED):
        if name.strip() and (own := _together(rest, groups)):
            return own, name.strip()
    return None


def _together(text: str, groups: dict[str, str]) -> tuple[str, ...]:
    """Return groups with plus signs between, each once; none if it cannot be read."""
    if group := groups.get(level_key(text)):
        return (group,)
    for left, right in _splits(text, _TOGETHER):
        if (
            (one := groups.get(level_key(left)))
            and (others := _together(right, groups))
            and one not in others
        ):
            return (one, *others)
    return ()


def _splits(text: str, sign: str) -> Iterator[tuple[str, str]]:
    for place, letter in enumerate(text):
        if letter == sign:
            yield text[:place], text[place + 1 :]
