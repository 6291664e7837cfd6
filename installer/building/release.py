"""Version, date and file names of a release, the same each time it is built."""

from __future__ import annotations

import os
import subprocess

from brainstem_app import __version__
from installer.building.editions import ROOT, Edition, System

NAME = "brainstem-app"
ARCHITECTURE = {"linux": "linux-x86_64", "windows": "windows-x86_64"}


def source_date_epoch() -> int:
    """Seconds of the epoch that files of the release are dated: SOURCE_DATE_EPOCH, else the last commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit("This is no git checkout; set SOURCE_DATE_EPOCH to the date of the release.")
    return int(done.stdout)


def file_name(system: System, edition: Edition, suffix: str) -> str:
    """Name of a file of the release, e.g. ``brainstem-app-0.1.0-linux-x86_64-predict.deb``."""
    return f"{NAME}-{__version__}-{ARCHITECTURE[system]}-{edition.name}{suffix}"
