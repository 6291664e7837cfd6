"""Where a result comes from: hashes of files, versions of software, the machine."""

from __future__ import annotations

import getpass
import os
import platform
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from brainstem_app import __version__
from brainstem_app.reports.scan.manifest import library_versions, sha256_of
from brainstem_app.written_files import MANIFEST_FILE


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path there; manifests themselves are left out."""
    return {
        path.relative_to(folder).as_posix(): sha256_of(path) or ""
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST_FILE
    }


def software_versions() -> dict[str, str]:
    """Versions of the program, Python and the packages that compute."""
    return {"brainstem-app": __version__, "python": platform.python_version(), **library_versions()}


def login_name() -> str:
    """Name of the user's login; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def usable_cores() -> int:
    """Count the processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def as_json(value: object) -> Any:
    """Dataclasses, enums, paths, NumPy scalars and arrays as plain JSON values."""
    return to_jsonable_python(value, fallback=_plain)


def _plain(value: object) -> object:
    to_list = getattr(value, "tolist", None)
    return to_list() if callable(to_list) else str(value)
