"""Where a result comes from: hashes of files, versions of software, the machine."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from brainstem_app import __version__

_PACKAGES = (
    "numpy", "scipy", "nibabel", "nilearn", "dipy", "SimpleITK", "onnxruntime", "keras", "tensorflow",
    "tensorflow-cpu", "pydantic",
)  # fmt: skip
_BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files of a folder (a DICOM series)."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path there; manifests themselves are left out."""
    return {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def software_versions() -> dict[str, str]:
    """Versions of the program, Python and the packages that compute."""
    versions = {"brainstem-app": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def machine() -> dict[str, str | int]:
    """Operating system, processor and number of usable cores."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": usable_cores(),
    }


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
