"""Cells of a table: numbers that cannot be meant, and words however they are spelled."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from brainstem_app.imaging.text_table import number_of
from brainstem_app.reports.cohort.ages import age_doubts, is_age
from brainstem_app.reports.cohort.participants import is_head_size

#: Heads of grown-ups differ by less; a larger factor means two units in one column.
_HEADS_DIFFER = 3
_CODES = re.compile(r"-[7-9]+|(?P<digit>[789])(?P=digit)+", re.ASCII)
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


def advice(cell: str) -> str:
    """Say in a few words what to do about a cell that is no number."""
    otherwise = "write the number alone" if re.search(r"[1-9]", cell) else "for unknown, write n/a"
    return next((text for form, text in _ADVICE if form.fullmatch(cell.strip())), otherwise)


def implausible(column: str, values: Sequence[float]) -> dict[float, str]:
    """Say of each number of a column that cannot be meant why it cannot.

    Ages are above 0 and of one unit (`age_doubts`); a size of the head is positive and in the unit of the
    others. In any column a value such as −999 or 99 is a code for unknown where all others lie on one side of
    it and far away.
    """
    found = _codes(values)
    if is_head_size(column):
        usual = median(values)
        why = "is no size of a head in the unit of the others"
        found |= {
            value: why
            for value in values
            if value <= 0 or (usual > 0 and not usual / _HEADS_DIFFER < value < usual * _HEADS_DIFFER)
        }
    return found | (age_doubts(column, values)[0] if is_age(column) else {})


def _codes(values: Sequence[float]) -> dict[float, str]:
    codes, others = {v for v in values if _is_code(v)}, [v for v in values if not _is_code(v)]
    if not codes or not others:
        return {}
    low, high = min(others), max(others)
    why = f"looks like a code for unknown: all others lie between {low:g} and {high:g}"
    return {
        code: why
        for code in codes
        if (low >= 0 if code < 0 else code > 2 * high and code - high > high - low)
    }


def _is_code(value: float) -> bool:
    return value == int(value) and _CODES.fullmatch(f"{value:.0f}") is not None


def level_key(cell: str) -> str:
    """Return what stays the same of a word however it is spelled: spaces, upper case, ``1`` and ``1.0``."""
    text = " ".join(unicodedata.normalize("NFKC", cell).split()).casefold()
    number = number_of(text)
    return text if number is None else repr(number)


def spelled_alike(cells: Iterable[str]) -> dict[str, str]:
    """For each spelling of a word the one to use: the commonest of those with one `level_key`."""
    times = Counter(cells)
    usual: dict[str, str] = {}
    for cell in sorted(times, key=lambda c: (-times[c], c)):
        usual.setdefault(level_key(cell), cell)
    return {cell: usual[level_key(cell)] for cell in times}
