"""Write a file so that a crash leaves either the old one or the new one, never half."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from brainstem_app.plain_text import for_file

#: Names of files and folders that are being written, or were when their process was killed (the second form:
#: those of `kerasmodels.export.replaced_file.WRITING`).
TEMPORARY_NAME = re.compile(r"\.(?:[0-9a-f]{8}|writing)-.+")


def temporary_name(path: Path) -> Path:
    """Return a name beside a file or folder that it may have while it is made."""
    return path.with_name(f".{secrets.token_hex(4)}-{path.name}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on failure.

    The temporary name ends like ``path`` (``.nii.gz`` stays ``.nii.gz``), so that writers which choose the
    format by the ending do the same. The folder is made if it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)  # noqa: PTH105 - the documented atomic rename
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, line ends as given; what no reader could take is left out (`for_file`)."""
    with atomic_path(path) as temporary:
        harmless = for_file(text, is_json=path.suffix == ".json")
        temporary.write_text(harmless, encoding="utf-8", newline="\n")


def write_json(path: Path, content: object, indent: int = 1) -> None:
    """Write what JSON can hold, as `write_text`."""
    write_text(path, json.dumps(content, indent=indent, ensure_ascii=False) + "\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def clear_leftovers(folder: Path) -> None:
    """Remove what killed processes have left half-written in a folder and below it.

    To be called by whoever has the folder to himself. Folders that are links are not gone into.
    """
    for place, folders, names in os.walk(folder):
        for name in names:
            if TEMPORARY_NAME.fullmatch(name):
                with suppress(OSError):
                    Path(place, name).unlink()
        for name in (left for left in folders if TEMPORARY_NAME.fullmatch(left)):
            shutil.rmtree(Path(place, name), ignore_errors=True)
        folders[:] = [name for name in folders if not TEMPORARY_NAME.fullmatch(name)]


def clear_leftovers_of(*paths: Path) -> None:
    """Remove what killed processes have left half-written of single files, beside them.

    To be called by whoever may be the only one to write them.
    """
    for path in paths:
        for other in path.parent.glob(f".*-{escape(path.name)}"):
            if TEMPORARY_NAME.fullmatch(other.name) and other.name.partition("-")[2] == path.name:
                with suppress(OSError):
                    other.unlink()


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
