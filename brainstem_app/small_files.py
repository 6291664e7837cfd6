"""Small files that others may have written: read whole, within limits, and never waited for.

A name may lead to a pipe or a device, on which reading never ends; a file may be larger than the memory, or
become so when it is taken apart; and brackets may be nested so deep that a parser that calls itself breaks.
All of that is an `OSError` or a `ValueError` here, like any other fault of a file.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

#: Far more than any record, card, table or report of a few thousand people has.
MOST_BYTES = 64 * 2**20
#: What may be made of a file in memory. A list of nothing takes three bytes of a file, and sixty of memory.
_MOST_IN_MEMORY = 2**29
_BYTES_OF_JSON = {b"[": 64, b"{": 240, b":": 30, b'"': 40, b",": 32}
_BYTES_OF_A_TABLE = {b"\n": 400, b"\r": 400, b"<": 200, b"\t": 100, b",": 100, b";": 100, b"=": 100, b"[": 64}
#: What is smaller is not counted: it cannot become large.
_FEW_BYTES = 2**20
_MOST_TOML, _DEEPEST_TOML = 2**18, 200
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
        If it cannot be read, is no regular file, is larger than `most` bytes, or holds more values than fit
        into a modest memory.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
        state = os.fstat(file.fileno())
        _check(state, path)
        if state.st_size > most:
            raise OSError(errno.EFBIG, f"it is larger than {most // 2**20} MB", str(path))
        content = file.read(most)
    if _bytes_in_memory(content) > _MOST_IN_MEMORY:
        raise OSError(errno.EFBIG, f"its values need more than {_MOST_IN_MEMORY // 2**20} MB", str(path))
    return content


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
    """Read TOML; ValueError (also tomllib's own) if it is none, too long for tomllib, or nested too deep."""
    if len(text) > _MOST_TOML:
        raise ValueError(f"it is longer than {_MOST_TOML // 1024} KB")
    # Names of names of names take the square of their number.
    names = re.split(r"[\n,=\[\]{}]", text.replace(" ", "").replace("\t", ""))
    if max(name.count(".") for name in names) > _DEEPEST_TOML:
        raise ValueError("its names are nested too deep")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("its brackets are nested too deep") from error


def _check(state: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))


def _bytes_in_memory(content: bytes) -> int:
    """About as much as the lists, objects, rows and cells of a text take, without making any."""
    if len(content) < _FEW_BYTES:
        return 0
    is_json = content[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{"))
    weights = _BYTES_OF_JSON if is_json else _BYTES_OF_A_TABLE
    return sum(weight * content.count(sign) for sign, weight in weights.items())
