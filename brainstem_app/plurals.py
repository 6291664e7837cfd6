"""Numbers with their nouns: 1 subject, 2 subjects, 3 nuclei."""

from __future__ import annotations

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


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, which is in the singular for 1 only.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; what stands before its last word stays as it is, e.g. ``"test subject"``.

    Examples
    --------
    >>> counted(1, "subject"), counted(0, "scan"), counted(2, "nucleus")
    ('1 subject', '0 scans', '2 nuclei')
    """
    return f"{number:,} {agreeing(number, noun, plural_of(noun))}"


def agreeing(number: int, singular: str, plural: str) -> str:
    """Return the word that goes with a number, e.g. "is" or "are"."""
    return singular if number == 1 else plural


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
