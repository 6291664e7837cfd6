"""Type of the function that long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the part that is done, 0 to 1, and a few words on what is being done.
ProgressCallback = Callable[[float, str], None]
