"""What a run on a GPU has left, as few files that are not large."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from packed_cells import WEIGHTS_FILE

CELLS_FILE = "cells.zip"
#: Bytes of a part, and of all parts together.
PART, MOST = 15 * 2**20, 56 * 2**20


def pack_results(out: Path, folder: Path) -> None:
    """Write ``cells.zip`` and the weights in parts ``RUN.npz.00``, ``.01`` …, as far as there is room."""
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f".{CELLS_FILE}"
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((*out.glob("chosen.json"), *out.glob("*/*/*"), *out.glob("*.log"))):
            if path.name != WEIGHTS_FILE and path.is_file() and not path.parent.name.startswith("."):
                packed.write(path, path.relative_to(out))
    half.replace(folder / CELLS_FILE)
    room = MOST - (folder / CELLS_FILE).stat().st_size
    for weights in sorted(out.glob(f"cells/*/{WEIGHTS_FILE}")):
        room -= weights.stat().st_size
        if room < 0:
            break
        _split(weights, folder / f"{weights.parent.name}.npz")


def _split(weights: Path, path: Path) -> None:
    content = weights.read_bytes()
    for number, start in enumerate(range(0, len(content), PART)):
        part = path.with_name(f"{path.name}.{number:02d}")
        if not part.exists():
            half = path.with_name(f".{part.name}")
            half.write_bytes(content[start : start + PART])
            os.replace(half, part)  # noqa: PTH105 - as elsewhere: one system call


def join_parts(folder: Path, path: Path) -> None:
    """Put the parts of one file of weights together again.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    parts = sorted(folder.glob(f"{path.name}.[0-9][0-9]"))
    if not parts:
        raise FileNotFoundError(f"There are no parts {path.name}.00 … in {folder}.")
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
