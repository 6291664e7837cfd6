"""Cells of a table: numbers, odd ones, values that are no age, and words however they are spelled."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from brainstem_app.reports.cohort.participants import is_head_size

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+(?:,\d+)?", re.ASCII)
_OLDEST = 120
_INFANT, _GROWN_UP = 2, 18
#: Heads of grown-ups differ by less; a larger factor means two units in one column.
_HEADS_DIFFER = 3
_CODES = re.compile(r"-[7-9]+|(?P<digit>[789])(?P=digit)+", re.ASCII)
_OTHER_AGES = {"months", "month", "days", "weeks", "onset", "group", "class", "band", "bin", "z", "squared"}
_MONTHS = "jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]"
_DATE = rf"\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|\d{{1,2}}[-. ]*(?:{_MONTHS})[a-z]*\.?[-. ]*\d*"
_ADVICE = (
    (
        re.compile(r"[+-]?\d{1,3}(?:[ ,.'’]\d{3})+(?:[.,]\d+)?"),
        "write it without marks between the thousands",
    ),
    (re.compile(r"[+-]?\d+,\d+"), "write it with a decimal point"),
    (re.compile(_DATE, re.IGNORECASE), "it looks like a date"),
    (re.compile(r"\d+\s*[-–]\s*\d+|[<>≤≥~≈]\s*\d.*|\d+\s*\+"), "write a number, not a range or a limit"),
    (re.compile(r"[+-]?[\d.,]+\s*[A-Za-zµ°%³]+.*"), "write the number without its unit"),
)


def number_of(cell: str, *, decimal_comma: bool = False) -> float | None:
    """Return the number that a cell holds; None for anything else, infinity included.

    Parameters
    ----------
    cell : str
        A minus sign may be the real one.
    decimal_comma : bool
        A comma stands before the decimals, and a point means nothing.
    """
    text = cell.strip().replace("−", "-")
    if decimal_comma:
        return float(text.replace(",", ".")) if _COMMA_NUMBER.fullmatch(text) else None
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def has_decimal_commas(cells: Iterable[str]) -> bool:
    """Whether any of these cells is a number with a decimal comma."""
    return any("," in cell and _COMMA_NUMBER.fullmatch(cell.strip().replace("−", "-")) for cell in cells)


def advice(cell: str) -> str:
    """Say in a few words what to do about a cell that is no number."""
    otherwise = "write the number alone" if re.search(r"[1-9]", cell) else "for unknown, write n/a"
    return next((text for form, text in _ADVICE if form.fullmatch(cell.strip())), otherwise)


def is_age(column: str) -> bool:
    """Whether a column is called like an age in years."""
    words = re.split(r"[^a-z]+", column.casefold())
    return "age" in words and not _OTHER_AGES.intersection(words)


def implausible(column: str, value: float, all_values: Sequence[float]) -> str | None:
    """Say why a number cannot be meant; None if it can.

    An age of a column that is in years lies above 0 and not above 120; a size of the head is positive and in
    the unit of the others. In any column a value such as −999 or 99 is a code for unknown where all others
    lie on one side of it and far away.
    """
    if is_age(column):
        in_years = median(all_values) <= _OLDEST
        if value <= 0 or (in_years and value > _OLDEST):
            return "is no age"
        rest = sorted(all_values)[1:]
        if in_years and value < _INFANT and value <= min(all_values) and rest and rest[0] >= _GROWN_UP:
            return f"would be an infant: all others are {rest[0]:g} or older"
    if is_head_size(column):
        usual = median(all_values)
        if value <= 0 or (usual > 0 and not usual / _HEADS_DIFFER < value < usual * _HEADS_DIFFER):
            return "is no size of a head in the unit of the others"
    if not _is_code(value):
        return None
    others = [other for other in all_values if not _is_code(other)]
    if not others:
        return None
    low, high = min(others), max(others)
    is_code = low >= 0 if value < 0 else value > 2 * high and value - high > high - low
    return f"looks like a code for unknown: all others lie between {low:g} and {high:g}" if is_code else None


def _is_code(value: float) -> bool:
    return value == int(value) and _CODES.fullmatch(f"{value:.0f}") is not None


def level_key(cell: str) -> str:
    """Return what stays the same of a word however it is spelled: spaces, upper case, ``1`` and ``1.0``."""
    text = " ".join(unicodedata.normalize("NFKC", cell).split()).casefold()
    number = number_of(text)
    return text if number is None else f"{number:g}"


def spelled_alike(cells: Iterable[str]) -> dict[str, str]:
    """For each spelling of a word the one to use: the commonest of those with one `level_key`."""
    times = Counter(cells)
    usual: dict[str, str] = {}
    for cell in sorted(times, key=lambda c: (-times[c], c)):
        usual.setdefault(level_key(cell), cell)
    return {cell: usual[level_key(cell)] for cell in times}
