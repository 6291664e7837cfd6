"""The folder of the program as both packages have it: what was frozen, what the desktop needs, and papers."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from installer.building.editions import ROOT, Edition
from installer.building.papers import write_papers
from installer.building.release import NAME, source_date_epoch
from installer.building.wheels import PYTHON, lock_of

HERE = Path(__file__).resolve().parent
FILES = HERE / "files"


def make_tree(edition: Edition, frozen: Path, work: Path) -> Path:
    """Add to the frozen program what the desktop shows, the manual page and the papers; returns the folder.

    ::

        brainstem-app  _internal/             the program
        share/applications, icons, mime, man  for the desktop
        doc/                                  licences, bill of materials
    """
    python = work / "venv" / "bin" / "python"
    for old in ("share", "doc"):
        shutil.rmtree(frozen / old, ignore_errors=True)
    _add_share(frozen / "share", python, work)
    site = python.parents[1] / "lib" / f"python{PYTHON[0]}.{PYTHON[1]}" / "site-packages"
    lock = lock_of("linux", edition)
    write_papers(edition, "linux", python, site, lock, work / "shipped.json", frozen / "doc")
    same_modes_and_dates(frozen)
    return frozen


def _add_share(share: Path, python: Path, work: Path) -> None:
    for source, target in (
        (FILES / f"{NAME}.desktop", share / "applications"),
        (FILES / f"{NAME}.xml", share / "mime" / "packages"),
        (ROOT / "resources" / "icons" / f"{NAME}.svg", share / "icons" / "hicolor" / "scalable" / "apps"),
    ):
        target.mkdir(parents=True)
        shutil.copyfile(source, target / source.name)
    page = work / f"{NAME}.1"
    day = datetime.fromtimestamp(source_date_epoch(), UTC).date().isoformat()
    subprocess.run([python, HERE / "man_page.py", day, page], check=True)
    manual = share / "man" / "man1"
    manual.mkdir(parents=True)
    (manual / f"{page.name}.gz").write_bytes(gzip.compress(page.read_bytes(), 9, mtime=0))


def same_modes_and_dates(folder: Path) -> None:
    """Give every file below a folder the release's date, and modes that do not depend on who builds."""
    epoch = source_date_epoch()
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or os.access(path, os.X_OK)
            path.chmod(0o755 if executable else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
