"""Name and version of an atlas or a model in words: names end in numbers, too, e.g. ``brainstem31``."""

from __future__ import annotations

import re

#: As files of earlier versions of this program have it: ``brainstem31 5``.
_TWO_WORDS = re.compile(r"(\S+) (\S+)")


def with_version(name: str, version: str | None) -> str:
    """Name and version, as far as they are known."""
    return f"{name} version {version}" if name and version else name or version or ""


def read_title(title: str) -> str:
    """Name and version in words, from a file that may have them as two words."""
    found = _TWO_WORDS.fullmatch(title)
    return with_version(*found.groups()) if found else title
