"""Numbers of things in words, and lists of names that stay short: one form everywhere."""

from __future__ import annotations

from collections.abc import Sequence

_MOST_NAMES = 10


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: ``1 subject``, ``2 subjects``; `many` where an s does not do."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Names with commas; of a long list the first, and how many more there are."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
