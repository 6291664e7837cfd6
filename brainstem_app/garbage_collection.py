"""When Python looks for rings of objects that nobody holds any more: seldom, where hardly any are made.

It looks again and again at all that the libraries made when they were loaded: of the processor time of a
start a sixth.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects until the young are looked at, and how often until the older ones are.
_SELDOM = (100_000, 20, 20)


@contextmanager
def loading() -> Iterator[None]:
    """While libraries are loaded: nothing is looked for, and what is there at the end is never looked at."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While few rings are made: they are looked for seldom."""
    usual = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def collect_young() -> None:
    """Look for rings among what was made lately."""
    gc.collect(1)
