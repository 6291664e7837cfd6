"""Name that is kept beside a decision."""

from __future__ import annotations

import getpass


def who_decides(given: str) -> str:
    """Return the name that was given, or that of the login; empty where the system knows none."""
    if given:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
