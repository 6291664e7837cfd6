"""All steps of the packages for Linux."""

from __future__ import annotations

from pathlib import Path

from installer.building.checksums import write_checksums
from installer.building.editions import Edition
from installer.linux.deb import build_deb
from installer.linux.freeze import freeze
from installer.linux.tarball import build_tarball
from installer.linux.tree import make_tree


def build_packages(edition: Edition, work: Path, out: Path, *, quick: bool = False) -> list[Path]:
    """Build the packages of an edition; returns their paths.

    Parameters
    ----------
    work : Path
        Folder for this system and edition; what is there from an earlier build is used again.
    out : Path
        Folder of finished packages.
    quick : bool
        Pack fast and large, to try the packages.
    """
    tree = make_tree(edition, freeze(edition, work), work)
    packages = [build_deb(edition, tree, work, out, quick), build_tarball(edition, tree, work, out, quick)]
    write_checksums(out)
    return packages
