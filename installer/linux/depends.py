"""What the package needs of the system: found by dpkg-shlibdeps in the files themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from installer.building.release import NAME

#: Loaded while the program runs, so that no file names them: D-Bus by Qt, a font for the window.
_LOADED_LATER = ("libdbus-1-3", "fonts-dejavu-core | fonts-liberation | fonts-noto-core")
_STUB = f"Source: {NAME}\n\nPackage: {NAME}\nArchitecture: amd64\n"


def depends(tree: Path, work: Path) -> str:
    """Value of ``Depends`` of a folder with programs and libraries.

    Libraries that lie in the folder itself are not asked for.
    """
    files = [path for path in tree.rglob("*") if _is_linked(path)]
    own = sorted({str(path.parent) for path in files})
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
        raise SystemExit(f"dpkg-shlibdeps failed (Debian has it in dpkg-dev):\n{done.stderr}")
    found = re.search(r"^shlibs:Depends=(.*)$", done.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(f"dpkg-shlibdeps named no package:\n{done.stdout}{done.stderr}")
    return ", ".join(sorted({*found.group(1).split(", "), *_LOADED_LATER}))


def _is_linked(path: Path) -> bool:
    """Whether a file is a program or library that names the libraries it needs."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
