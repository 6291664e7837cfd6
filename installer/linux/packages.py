"""All steps of the packages for Linux."""

from __future__ import annotations

from pathlib import Path

from installer.building.editions import Edition


def build_packages(edition: Edition, work: Path, out: Path) -> list[Path]:
    """Build the packages of an edition; returns their paths.

    Parameters
    ----------
    work : Path
        Folder for this system and edition; what is there from an earlier build is used again.
    out : Path
        Folder of finished packages.
    """
    raise NotImplementedError
