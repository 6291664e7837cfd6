"""Look into programs and libraries of Linux, with binutils."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def read_elf(files: Sequence[Path], part: str) -> dict[Path, str]:
    """Return what readelf prints of a part, ``dynamic`` or ``sections``, for each file that has it."""
    if not files:
        return {}
    # Its files are named in what it prints only where there are several.
    command = ["readelf", f"--{part}", "--wide", *map(str, files), str(files[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    texts = (text.partition("\n") for text in f"\n{done.stdout}".split("\nFile: ")[1:])
    return {Path(name): text for name, _, text in texts}


def strip_debugging(folder: Path) -> None:
    """Take the sections for debuggers out of the libraries below a folder; others are not touched.

    A few wheels come with them, and Python itself.
    """
    libraries = [path for path in folder.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    found = [path for path, text in read_elf(libraries, "sections").items() if " .debug_info " in text]
    if found:
        subprocess.run(["strip", "--strip-debug", *found], check=True)
