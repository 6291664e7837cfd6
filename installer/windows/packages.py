"""All steps of the package for Windows."""

from __future__ import annotations

from pathlib import Path

from installer.building.checksums import write_checksums
from installer.building.editions import Edition
from installer.building.release import file_name
from installer.windows.layout import lay_out
from installer.windows.setup_program import make_setup_program


def build_packages(edition: Edition, work: Path, out: Path, *, quick: bool = False) -> list[Path]:
    """Build the setup program of an edition; returns its path.

    Parameters
    ----------
    work : Path
        Folder for this system and edition; what is there from an earlier build is used again.
    out : Path
        Folder of finished packages.
    quick : bool
        Do not compress, to try the package.
    """
    tree = lay_out(edition, work)
    path = out / file_name("windows", edition, "-setup.exe")
    make_setup_program(edition, tree, work, path, quick=quick)
    write_checksums(out)
    return [path]
