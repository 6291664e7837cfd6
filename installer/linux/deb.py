"""The program's folder as a Debian package."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from brainstem_app import __version__
from installer.building.editions import EDITIONS, Edition
from installer.building.release import NAME, file_name, source_date_epoch
from installer.linux.depends import depends
from installer.linux.tree import same_modes_and_dates

_MAINTAINER = "The Brainstem App developers <nobody@brainstem-app.invalid>"
_COMPRESSION, _QUICK_COMPRESSION = ("-Zxz", "-z3"), ("-Zzstd", "-z1")


def package_name(edition: Edition) -> str:
    """Name of an edition's package: that of the program for the full one."""
    return NAME if edition.name == "full" else f"{NAME}-{edition.name}"


def build_deb(edition: Edition, tree: Path, work: Path, out: Path, quick: bool) -> Path:
    """Pack a tree of `make_tree`; returns the package."""
    root = work / "deb"
    shutil.rmtree(root, ignore_errors=True)
    _lay_out(root, tree, package_name(edition))
    control = root / "DEBIAN"
    control.mkdir()
    files = sorted(path for path in (root / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    (control / "md5sums").write_text("".join(f"{_md5(p)}  {p.relative_to(root)}\n" for p in files))
    size = sum(path.stat().st_size for path in files) // 1024
    (control / "control").write_text(_control(edition, depends(root / "usr", work), size), encoding="utf-8")
    same_modes_and_dates(root)
    target = out / file_name("linux", edition, ".deb")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", *(_QUICK_COMPRESSION if quick else _COMPRESSION)]
        + ["--build", str(root), str(target)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(source_date_epoch())},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    shutil.rmtree(root)
    return target


def _lay_out(root: Path, tree: Path, package: str) -> None:
    """Put the parts of the tree where Debian wants them."""
    usr = root / "usr"
    usr.mkdir(parents=True)
    shutil.copytree(tree, usr / "lib" / NAME, symlinks=True, copy_function=os.link)
    shutil.move(usr / "lib" / NAME / "share", usr / "share")
    (usr / "share" / "doc").mkdir()
    shutil.move(usr / "lib" / NAME / "doc", usr / "share" / "doc" / package)
    (usr / "bin").mkdir()
    (usr / "bin" / NAME).symlink_to(f"../lib/{NAME}/{NAME}")


def _control(edition: Edition, needed: str, size: int) -> str:
    others = ", ".join(package_name(other) for other in EDITIONS.values() if other is not edition)
    provides = f"Provides: {NAME}\n" if package_name(edition) != NAME else ""
    return (
        f"Package: {package_name(edition)}\n"
        f"Version: {__version__}\n"
        "Architecture: amd64\n"
        f"Maintainer: {_MAINTAINER}\n"
        f"Installed-Size: {size}\n"
        f"Depends: {needed}\n"
        f"Conflicts: {others}\n"
        f"Replaces: {others}\n"
        f"{provides}"
        "Section: science\n"
        "Priority: optional\n"
        f"Description: {edition.summary}\n"
        " Takes a T1-weighted head scan and labels 31 nuclei of the brainstem on it, with a report.\n"
        " In a window or on the command line. Python and all libraries are inside; no network is needed.\n"
        " .\n"
        " For research only. Not for diagnosis or treatment.\n"
    )


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
