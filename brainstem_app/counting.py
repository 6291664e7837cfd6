"""Numbers with their nouns, and names in lists: one form everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_NAMES = 10
_IRREGULAR = {
    "nucleus": "nuclei",
    "person": "people",
    "axis": "axes",
    "child": "children",
    "man": "men",
    "woman": "women",
    "series": "series",
    "hypothesis": "hypotheses",
    "analysis": "analyses",
    "vertex": "vertices",
}
_HISSING = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and its noun, which is in the singular for 1 only.

    Parameters
    ----------
    number : int
    one : str
        In the singular; what stands before its last word stays as it is, e.g. ``"test subject"``.
    many : str, optional
        The words for other numbers, where `one` does not end in its noun, e.g. ``"nuclei were"``.

    Examples
    --------
    >>> counted(1, "subject"), counted(0, "scan"), counted(2, "nucleus"), counted(2, "scan is", "scans are")
    ('1 subject', '0 scans', '2 nuclei', '2 scans are')
    """
    return f"{number:,} {agreeing(number, one, many or plural_of(one))}"


def agreeing(number: int, singular: str, plural: str) -> str:
    """Return the word that goes with a number, e.g. "is" or "are"."""
    return singular if number == 1 else plural


def natural_key(name: str) -> list[tuple[int, str]]:
    """Key that sorts names with numbers in them by their values: ``ses-2`` before ``ses-10``."""
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", name)]


def plural_of(noun: str) -> str:
    """Return the plural of a noun, or of a phrase that ends in one."""
    before, space, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y") and last[-2:-1] not in _VOWELS:
        last = f"{last[:-1]}ies"
    elif last.endswith(_HISSING):
        last = f"{last}es"
    else:
        last = f"{last}s"
    return f"{before}{space}{last}"


def listed(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Names with commas; of a long list the first, and how many more there are."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
