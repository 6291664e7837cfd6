"""The program's folder as .tar.xz, with scripts that install it for one user."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from brainstem_app import __version__
from installer.building.editions import Edition
from installer.building.release import NAME, file_name, source_date_epoch
from installer.linux.tree import FILES, same_modes_and_dates

_XZ, _QUICK_XZ = "xz -T2 -3", "xz -T2 -0"


def build_tarball(edition: Edition, tree: Path, work: Path, out: Path, quick: bool) -> Path:
    """Pack a tree of `make_tree`; returns the archive."""
    top = f"{NAME}-{__version__}-{edition.name}"
    staging = work / "tarball"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    shutil.copytree(tree, staging / top, symlinks=True, copy_function=os.link)
    for name in ("install.sh", "uninstall.sh"):
        shutil.copy(FILES / name, staging / top)
    shutil.copy(FILES / "refresh.sh", staging / top / "share")
    same_modes_and_dates(staging)
    target = out / file_name("linux", edition, ".tar.xz")
    subprocess.run(
        ["tar", "--create", f"--file={target}", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]
        + [
            f"--mtime=@{source_date_epoch()}",
            "--format=gnu",
            f"--use-compress-program={_QUICK_XZ if quick else _XZ}",
        ]
        + [f"--directory={staging}", top],
        check=True,
    )
    shutil.rmtree(staging)
    return target
