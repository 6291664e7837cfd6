"""Freeze the program with PyInstaller: one folder with Python, the libraries and the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from installer.building.checksums import sha256
from installer.building.editions import Edition
from installer.building.release import source_date_epoch
from installer.building.wheels import (
    PYTHON,
    TOOLS,
    build_own_wheel,
    install_into_venv,
    lock_of,
    locked_hashes,
)
from installer.linux.elf import strip_debugging

HERE = Path(__file__).resolve().parent
_SPEC = HERE / "brainstem-app.spec"


@dataclass(frozen=True)
class Settings:
    """What the spec file is told.

    Attributes
    ----------
    entry : str
        The script that is frozen.
    shipped : str
        File to write the list of collected files to.
    trains : bool
        Whether the edition trains.
    distributions : list of str
        Packages whose metadata goes along, so that the program can name their versions.
    left_out, excluded_modules, excluded_files : list of str
        Patterns of resources; names of modules; patterns of files.
    """

    entry: str
    shipped: str
    trains: bool
    distributions: list[str]
    left_out: list[str]
    excluded_modules: list[str]
    excluded_files: list[str]


def freeze(edition: Edition, work: Path) -> Path:
    """Build the program's folder; returns it.

    Parameters
    ----------
    work : Path
        Where the environment is made, and the folder below ``frozen/``.
    """
    python, wheel = make_environment(edition, work)
    trains = bool(edition.extras)
    left_out = tomllib.loads((HERE / "left_out.toml").read_text(encoding="utf-8"))
    settings = Settings(
        entry=str(HERE / "entry.py"),
        shipped=str(work / "shipped.json"),
        trains=trains,
        distributions=[*locked_hashes(lock_of("linux", edition)), "brainstem-app"],
        left_out=list(edition.left_out),
        excluded_modules=[*left_out["modules"], *([] if trains else left_out["modules_of_training"])],
        excluded_files=[*left_out["files_of_the_desktop"], *left_out["files_unused"]],
    )
    told = json.dumps(asdict(settings))
    frozen, done = work / "frozen" / "brainstem-app", work / "frozen.txt"
    stamp = f"{sha256(wheel)} {sha256(_SPEC)} {told}"
    if not done.is_file() or done.read_text(encoding="utf-8") != stamp:
        done.unlink(missing_ok=True)
        _run_pyinstaller(python, told, work)
        strip_debugging(frozen)
        done.write_text(stamp, encoding="utf-8")
    return frozen


def _run_pyinstaller(python: Path, told: str, work: Path) -> None:
    subprocess.run(
        [
            *(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", work / "frozen", "--workpath", work / "pyinstaller", _SPEC),
        ],
        env={
            **os.environ,
            "BRAINSTEM_APP_FREEZE": told,
            "PYTHONHASHSEED": "1",
            "SOURCE_DATE_EPOCH": str(source_date_epoch()),
        },
        cwd=work,  # not the checkout: the program is to come from its wheel
        check=True,
    )


def make_environment(edition: Edition, work: Path) -> tuple[Path, Path]:
    """Make an environment with exactly the locked packages, the tools and the program.

    Returns
    -------
    tuple of Path
        Its Python, and the wheel of the program that is installed in it.
    """
    if sys.version_info[:2] != PYTHON:
        raise SystemExit(
            f"The packages are built with Python {PYTHON[0]}.{PYTHON[1]}; start build.py with it."
        )
    lock, folder = lock_of("linux", edition), work / "venv"
    python, done = folder / "bin" / "python", folder / "installed.txt"
    wanted = lock.read_text(encoding="utf-8") + TOOLS.read_text(encoding="utf-8")
    if not done.is_file() or done.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install_into_venv(python, [lock, TOOLS])
        done.write_text(wanted, encoding="utf-8")
    wheel = build_own_wheel(python, work / "wheel")
    subprocess.run(
        [
            *(python, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index", "--no-compile"),
            *("--force-reinstall", wheel),
        ],
        check=True,
    )
    return python, wheel
