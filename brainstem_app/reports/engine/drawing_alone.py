"""Matplotlib's settings while something is drawn, by one thread at a time.

``matplotlib.rc_context`` changes the settings of the whole process: two pictures that are drawn beside each
other, as in the window, would each be drawn in part with the other's, and the first to end would leave them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import matplotlib

#: A name with dollar signs is no formula.
PLAIN_NAMES: Mapping[str, Any] = {"text.parse_math": False}
_DRAWING = RLock()


@contextmanager
def drawing_alone(settings: Mapping[str, Any] = PLAIN_NAMES, style: Path | None = None) -> Iterator[None]:
    """Draw with settings, or a style, that nobody else changes meanwhile; for functions too."""
    chosen: Any = dict(settings)
    with _DRAWING, matplotlib.rc_context(chosen, fname=style):
        yield
