"""Functions that long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the part that is done, 0 to 1, and a few words on what is being done.
ProgressCallback = Callable[[float, str], None]


def within(report: ProgressCallback, start: float, end: float) -> ProgressCallback:
    """Return what a part of the work tells its own share to: from `start` to `end` of the whole."""
    return lambda share, text: report(start + (end - start) * min(max(share, 0.0), 1.0), text)
