"""Small files that others may have written: read whole, within limits, and never waited for.

A name may lead to a pipe or a device, on which reading never ends; a file may be larger than the memory; and
brackets may be nested so deep that a parser that calls itself breaks. All of that is an `OSError` or a
`ValueError` here, like any other fault of a file.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

#: Far more than any record, card, table or report of a few thousand people has.
MOST_BYTES = 256 * 2**20
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def require_regular(path: Path) -> os.stat_result:
    """Return the state of a file, links followed.

    Raises
    ------
    OSError
        If it is not there, or is a folder, a pipe or a device.
    """
    state = path.stat()
    _check(state, path)
    return state


def read_small(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file whole.

    Raises
    ------
    OSError
        If it cannot be read, is no regular file, or is larger than `most` bytes.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
        state = os.fstat(file.fileno())
        _check(state, path)
        if state.st_size > most:
            raise OSError(errno.EFBIG, f"it is larger than {most // 2**20} MB", str(path))
        return file.read()


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Read a file of UTF-8; as `read_small`, and UnicodeDecodeError (a ValueError) if it is none."""
    return read_small(path, most).decode("utf-8")


def read_json(path: Path, most: int = MOST_BYTES) -> Any:
    """Read a JSON file.

    Raises
    ------
    OSError
        As `read_small`.
    ValueError
        If it is no JSON, or nested too deep.
    """
    return parse_json(read_small(path, most))


def parse_json(text: str | bytes) -> Any:
    """Read JSON; ValueError if it is none, or nested too deep."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("its brackets are nested too deep") from error


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML; ValueError (also tomllib's own) if it is none, or nested too deep."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("its brackets are nested too deep") from error


def _check(state: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
