"""The folder that is installed: Python, the libraries, the program.

=====================  =================================================================
``python/``            the embeddable Python, Microsoft's C++ runtime
``site/``              the libraries
``app/``               brainstem_app, kerasmodels and their resources
``doc/``               licences of all that is shipped, bill of materials
``brainstem-app.exe``  the command line
=====================  =================================================================
"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from installer.building.editions import ROOT, Edition
from installer.building.markers import applies
from installer.building.papers import write_papers
from installer.building.release import source_date_epoch
from installer.building.wheels import PYTHON, build_own_wheel, install_into_folder, lock_of
from installer.windows.drawings import write_icon
from installer.windows.embedded_python import unpack_python
from installer.windows.launcher import write_launcher

#: Folders of modules, which python311._pth names.
MODULE_FOLDERS = ("site", "app")
#: Longest path below the folder of the program, so that 259 letters suffice in the folder of most users.
LONGEST_PATH = 185

_LEFT_OUT = Path(__file__).with_name("left_out.toml")


def lay_out(edition: Edition, work: Path) -> Path:
    """Make the folder of an edition anew; returns it. Libraries unpacked before are used again."""
    tree, libraries = work / "tree", _unpacked_libraries(edition, work)
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    unpack_python(work, tree / "python", MODULE_FOLDERS)
    left_out = tomllib.loads(_LEFT_OUT.read_text(encoding="utf-8"))
    shutil.copytree(libraries, tree / "site", copy_function=os.link)  # nothing is written into them
    move_runtime(tree / "site", tree / "python", left_out["runtime"])
    trim(tree / "site", left_out)
    _write_papers(edition, work, tree, left_out["runtime"])
    _unpack_program(edition, work, tree / "app")
    write_launcher(tree / "brainstem-app.exe")
    write_icon(tree / "brainstem-app.ico")
    shutil.copyfile(ROOT / "LICENSE", tree / "LICENSE.txt")
    refuse_long_paths(tree)
    for name in MODULE_FOLDERS:
        translate(tree / name)
    _date_files(tree)
    return tree


def _unpacked_libraries(edition: Edition, work: Path) -> Path:
    """Folder with all that the lock file names, as pip unpacks it."""
    lock, folder, done = lock_of("windows", edition), work / "libraries", work / "libraries.txt"
    wanted = lock.read_text(encoding="utf-8")
    if not done.is_file() or done.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        install_into_folder(lock, folder, "windows")
        if missing := missing_requirements(folder):
            raise SystemExit(f"{lock} lacks what its packages need on Windows: {', '.join(missing)}.")
        done.write_text(wanted, encoding="utf-8")
    return folder


def missing_requirements(site: Path) -> list[str]:
    """Return what packages in a folder want on Windows and no package there fulfils."""
    there = {canonicalize_name(one.name): one.version for one in distributions(path=[str(site)])}
    return sorted(
        f"{one.name} wants {requirement}"
        for one in distributions(path=[str(site)])
        for requirement in _requirements(one)
        if not _is_met(requirement, there.get(canonicalize_name(requirement.name)))
    )


def _is_met(requirement: Requirement, version: str | None) -> bool:
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _requirements(distribution: Distribution) -> list[Requirement]:
    all_of_them = [Requirement(line) for line in distribution.requires or ()]
    return [one for one in all_of_them if applies(one, "windows")]


def move_runtime(site: Path, python: Path, names: list[str]) -> None:
    """Move the C++ runtime beside python.exe, and drop what else of it is there.

    Of what both bring, the newer goes: Microsoft promises that it serves what was built with an older one.
    """
    for name in names:
        places = [path for path in (site / name, site / "Scripts" / name) if path.is_file()]
        shutil.copyfile(places[0], python / name)
    for path in site.glob("*.dll"):
        path.unlink()


def trim(site: Path, left_out: dict[str, Any]) -> None:
    """Remove what is not shipped of unpacked wheels, after the patterns of left_out.toml."""
    for pattern in left_out["files"]:
        for path in sorted(site.glob(pattern)):
            _remove(path)
    qt = site / "PySide6"
    modules = {f"Qt6{name}.dll" for name in left_out["qt_modules"]}
    modules |= {f"Qt{name}.pyd" for name in left_out["qt_modules"]}
    for path in sorted(qt.iterdir()):
        if path.name not in modules and not _fits(path.name, left_out["qt_files"]):
            _remove(path)
    for path in sorted((qt / "plugins").glob("*/*")):
        if not _fits(path.relative_to(qt / "plugins").as_posix(), left_out["qt_plugins"]):
            _remove(path)
    for folder in sorted(site.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def _write_papers(edition: Edition, work: Path, tree: Path, runtime: list[str]) -> None:
    """Write the papers of what is left of the libraries, of Python and of the launcher."""
    libraries, collected = work / "libraries", work / "shipped.json"
    kept = [path.relative_to(tree / "site") for path in (tree / "site").rglob("*") if path.is_file()]
    names = sorted(str((libraries / path).resolve()) for path in [*kept, *map(Path, runtime)])
    collected.write_text(json.dumps(names), encoding="utf-8")
    lock, python = lock_of("windows", edition), Path(sys.executable)
    write_papers(
        edition, "windows", python, libraries, lock, collected, tree / "doc", shipped_python=tree / "python"
    )


def _unpack_program(edition: Edition, work: Path, folder: Path) -> None:
    """Unpack the program's own wheel, without the resources that the edition does not need."""
    with zipfile.ZipFile(build_own_wheel(Path(sys.executable), work / "wheel")) as wheel:
        wheel.extractall(folder)
    for pattern in edition.left_out:
        for path in (folder / "brainstem_app" / "resources").glob(pattern):
            path.unlink()


def translate(folder: Path) -> None:
    """Translate all modules of a folder, so that the first start is no slower than the next ones.

    The files are taken as they are, without a look at the module's date. A path that would be too long for
    Windows is left out.

    Raises
    ------
    SystemExit
        If the Python that builds is not of the version that is shipped, whose translations differ.
    """
    if sys.version_info[:2] != PYTHON:
        raise SystemExit(
            f"The packages are built with Python {PYTHON[0]}.{PYTHON[1]}; start build.py with it."
        )
    compileall.compile_dir(
        folder,
        stripdir=folder.parent,
        quiet=2,  # some libraries bring modules for other versions of Python
        workers=0,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    for path in folder.rglob("__pycache__/*.pyc"):
        if len(path.relative_to(folder.parent).as_posix()) > LONGEST_PATH:
            path.unlink()


def refuse_long_paths(tree: Path) -> None:
    r"""Raise SystemExit where a path would be too long for Windows in the folder of a user.

    Windows' own limit is 259 letters; ``C:\Users\NAME\AppData\Local\Programs\Brainstem App`` takes 60.
    """
    names = (path.relative_to(tree).as_posix() for path in tree.rglob("*"))
    if long := sorted(name for name in names if len(name) > LONGEST_PATH):
        raise SystemExit(f"Paths of more than {LONGEST_PATH} letters: {', '.join(long)}.")


def _date_files(tree: Path) -> None:
    """Date all files alike, so that the same sources give the same package."""
    date = source_date_epoch()
    for path in tree.rglob("*"):
        os.utime(path, (date, date))
