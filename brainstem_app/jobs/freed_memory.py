"""Memory that was freed is kept for what comes next, where the C library can be asked to.

GNU's gives large blocks back at once and has the system clear new ones for the next: of the processor time of
a segmentation that was the half second that the system itself took. Other C libraries stay as they are.
"""

from __future__ import annotations

import ctypes
import sys

# Of <malloc.h>.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
#: Blocks from here on are given back at once: the largest limit that there is.
LARGEST_KEPT = 32 * 2**20
#: So much may lie free before some of it is given back.
MOST_FREE = 256 * 2**20


def keep_freed_memory() -> bool:
    """Ask for it, for this process; whether it was granted."""
    if not sys.platform.startswith("linux"):
        return False
    allocate = getattr(ctypes.CDLL(None), "mallopt", None)
    if allocate is None:
        return False
    return bool(allocate(_MMAP_THRESHOLD, LARGEST_KEPT)) and bool(allocate(_TRIM_THRESHOLD, MOST_FREE))
