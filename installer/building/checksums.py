"""``SHA256SUMS`` of a folder of packages, as ``sha256sum --check`` reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from installer.building.release import NAME

FILE_NAME = "SHA256SUMS"


def write_checksums(folder: Path) -> Path:
    """Write the sums of all packages in a folder; returns the file."""
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(folder.glob(f"{NAME}-*")) if path.is_file()]
    target = folder / FILE_NAME
    target.write_text("".join(lines), encoding="utf-8", newline="\n")
    return target


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
