from __future__ import annotations

import gc
import weakref

import pytest

from brainstem_app.garbage_collection import collect_young, loading, seldom_collected


class _Ring:
    def __init__(self) -> None:
        self.itself = self


def test_nothing_is_collected_while_libraries_are_loaded_and_all_is_as_before_then() -> None:
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_library_that_cannot_be_loaded_leaves_the_collection_on() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_collecting_seldom_ends_with_the_block() -> None:
    usual = gc.get_threshold()
    with seldom_collected():
        assert gc.get_threshold()[0] > usual[0]
    assert gc.get_threshold() == usual


def test_rings_of_a_scan_are_gone_before_the_next() -> None:
    with seldom_collected():
        ring = weakref.ref(_Ring())
        assert ring() is not None
        collect_young()
        assert ring() is None
