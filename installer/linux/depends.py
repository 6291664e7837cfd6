"""What the package needs of the system: found by dpkg-shlibdeps in the files themselves."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from installer.building.release import NAME
from installer.linux.elf import read_elf

#: Loaded while the program runs, so that no file names them: D-Bus by Qt, a font for the window.
_LOADED_LATER = ("libdbus-1-3", "fonts-dejavu-core | fonts-liberation | fonts-noto-core")
#: What nearly every file needs. dpkg-shlibdeps takes a second a file: those that need no more are left out.
_EVERYWHERE = re.compile(r"(ld-linux-x86-64|lib(c|m|dl|rt|util|pthread|gcc_s|stdc\+\+))\.so\.\d+")
_NEEDED = re.compile(r"\(NEEDED\)\s+Shared library: \[(.+)\]")
_STUB = f"Source: {NAME}\n\nPackage: {NAME}\nArchitecture: amd64\n"


def depends(root: Path, work: Path) -> str:
    """Value of ``Depends`` of a package that is laid out in a folder.

    Libraries that lie in the folder itself are not asked for. The C library has to be that of this machine or
    newer.
    """
    files = [path for path in root.rglob("*") if _is_linked(path)]
    own = {path.name for path in root.rglob("*.so*")}
    asking = [path for path, names in _needed(files).items() if any(_is_special(name, own) for name in names)]
    found = _ask(asking, sorted({str(path.parent) for path in files}), work)
    packages = {line for line in found if not line.startswith("libc6 ")}
    return ", ".join(sorted({*packages, *_LOADED_LATER, f"libc6 (>= {platform.libc_ver()[1]})"}))


def _is_special(name: str, own: set[str]) -> bool:
    return name not in own and not _EVERYWHERE.fullmatch(name)


def _needed(files: Sequence[Path]) -> dict[Path, list[str]]:
    """Names of the libraries that each file asks for."""
    return {path: _NEEDED.findall(text) for path, text in read_elf(files, "dynamic").items()}


def _ask(files: Sequence[Path], own: Sequence[str], work: Path) -> list[str]:
    if not files:
        return []
    place = work / "shlibdeps"
    shutil.rmtree(place, ignore_errors=True)
    (place / "debian").mkdir(parents=True)
    (place / "debian" / "control").write_text(_STUB, encoding="utf-8")
    done = subprocess.run(
        ["dpkg-shlibdeps", "-O", "--warnings=0", "--ignore-missing-info"]
        + [*(f"-l{folder}" for folder in own), *(f"-e{path}" for path in files)],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "warning:" not in line]
        raise SystemExit("dpkg-shlibdeps failed (Debian has it in dpkg-dev):\n" + "\n".join(errors))
    found = re.search(r"^shlibs:Depends=(.*)$", done.stdout, re.MULTILINE)
    return found.group(1).split(", ") if found else []


def _is_linked(path: Path) -> bool:
    """Whether a file is a program or library that names the libraries it needs."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
