"""Rights of what is written: new files and folders are the user's alone, unless their place is shared.

On a computer of several users the umask mostly lets all of them read, and scans are health data. Who shares a
folder with a group marks it with the set-group-ID bit (``chmod g+rwxs``); a study that is there is as open as
its folder. Default ACLs of a folder go before all this, as the system has it. Windows has rights from the
folder above, and nothing is done.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brainstem_app.written_files import STUDY_FILE

_OTHERS = 0o007
_GROUP = 0o070
_MAY_ENTER_AND_READ = 0o050
#: What nobody but the user may do.
PRIVATE = _GROUP | _OTHERS


@contextmanager
def as_open_as_its_place(folder: Path) -> Iterator[None]:
    """Let this process make files and folders in a folder as open as the place allows.

    The umask counts where it is stricter. It belongs to the whole process: jobs have one of their own.

    Parameters
    ----------
    folder : Path
        Where the results go; it need not exist.
    """
    if sys.platform == "win32":
        yield
        return
    before = os.umask(PRIVATE)
    os.umask(before | closed_bits(folder))
    try:
        yield
    finally:
        os.umask(before)


def make_folder(folder: Path, *, exist_ok: bool = False) -> None:
    """Make a folder, as open as its place; OSError if that cannot be."""
    with as_open_as_its_place(folder):
        folder.mkdir(parents=True, exist_ok=exist_ok)


def closed_bits(folder: Path) -> int:
    """Bits of group and others that are taken from what is new in a folder."""
    whole = Path(os.path.abspath(folder))  # noqa: PTH100 - links are followed by the looks below
    for place in (whole, *whole.parents):
        if (place / STUDY_FILE).is_file():
            return ~_mode_of(place) & PRIVATE
    there = next((place for place in (whole, *whole.parents) if place.is_dir()), whole)
    mode = _mode_of(there)
    if mode & stat.S_ISGID and mode & _GROUP & _MAY_ENTER_AND_READ == _MAY_ENTER_AND_READ:
        return (~mode & _GROUP) | _OTHERS
    return PRIVATE


def _mode_of(folder: Path) -> int:
    try:
        return folder.stat().st_mode
    except OSError:
        return 0
