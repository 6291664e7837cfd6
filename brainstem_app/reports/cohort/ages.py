"""Ages in a column: all of one unit, and none far from the others by a slip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

_OTHER_AGES = {"months", "month", "days", "weeks", "onset", "group", "class", "band", "bin", "z", "squared"}
_YEARS = {"year", "years", "yr", "yrs"}
_OLDEST = 120
_GROWN_UP, _PAST_INFANCY = 18, 36
_MONTHS = 12
#: Ages of one unit lie closer than this to their neighbours, as a ratio; from the second on, surely.
_GAP, _WIDE_GAP = 2.5, 5
#: Months of a toddler and of somebody old: no study has both.
_TODDLER, _OLD = 5 * _MONTHS, 60 * _MONTHS
#: Of so many people one may be an exception.
_FEW = 10


def is_age(column: str) -> bool:
    """Whether a column is called like an age in years."""
    words = _words(column)
    return "age" in words and not _OTHER_AGES.intersection(words)


def age_doubts(column: str, values: Sequence[float]) -> tuple[dict[float, str], dict[float, str]]:
    """Say of each number of a column of ages why it cannot be meant, and why it may not be.

    Ages are in years, or all in another unit: months, in a study of infants. A few far from all others are
    slips (6.4 for 64), and two parts with a wide gap, one of which no years can be, are of two units. Where
    both parts can be years, children and the old of one study, it is only asked.

    Parameters
    ----------
    column : str
        Its name.
    values : sequence of float
        Those of everybody; at least one.

    Returns
    -------
    refused, asked : dict of float to str
        Of each such number the words to put behind it.
    """
    refused = {age: "is no age" for age in values if age <= 0}
    ages = sorted(age for age in values if age > 0)
    if ages and (median(ages) <= _OLDEST or _YEARS.intersection(_words(column))):
        refused |= {age: "is no age in years" for age in ages if age > _OLDEST}
        ages = [age for age in ages if age <= _OLDEST]
    if len(ages) < 3:
        return refused, {}
    low, high = _parted(ages)
    gap = high[0] / low[-1]
    fewer, rest = (low, high) if len(low) < len(high) else (high, low)
    why = f"is far from the others, which are {rest[0]:g} to {rest[-1]:g}: another unit, or a slip"
    is_few = len(fewer) <= max(1, len(ages) // _FEW)
    is_mixed = ages[0] <= _OLDEST < ages[-1]
    as_months = 0.5 <= median(high) / _MONTHS / median(low) <= 2
    may_be_slip = is_few and high[0] >= (_GROWN_UP if fewer is low else _PAST_INFANCY)
    if (gap >= _WIDE_GAP and (is_mixed or may_be_slip)) or (gap >= _GAP and is_mixed and as_months):
        return refused | dict.fromkeys(fewer, why), {}
    if ages[0] < _TODDLER and ages[-1] > _OLD:
        young = f"would be a child below 5 in months, in which others must be (up to {ages[-1]:g})"
        return refused | {age: young for age in ages if age < _TODDLER}, {}
    is_asked = gap >= _GAP and (may_be_slip or as_months or (is_few and gap >= _WIDE_GAP))
    return refused, dict.fromkeys(fewer, why) if is_asked else {}


def _words(column: str) -> set[str]:
    return set(re.split(r"[^a-z]+", column.casefold()))


def _parted(ages: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """Ages below and above the widest gap between neighbours, as a ratio."""
    widest = max(range(1, len(ages)), key=lambda k: ages[k] / ages[k - 1])
    return ages[:widest], ages[widest:]
