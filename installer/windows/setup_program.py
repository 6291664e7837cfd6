"""The setup program: setup.nsi, compiled by NSIS with a list of the files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path, PurePosixPath

from brainstem_app import __version__
from installer.building.editions import Edition
from installer.building.release import source_date_epoch
from installer.windows.drawings import write_side

_SCRIPT = Path(__file__).with_name("setup.nsi")


def make_setup_program(edition: Edition, tree: Path, work: Path, path: Path, *, quick: bool = False) -> None:
    """Pack a folder into a setup program.

    Parameters
    ----------
    tree : Path
        What is installed, as it will lie there.
    work : Path
        Folder for the list of files and the picture of the last page.
    path : Path
        The setup.exe to write.
    quick : bool
        Do not compress.

    Raises
    ------
    SystemExit
        If NSIS is not installed.
    """
    program = shutil.which("makensis")
    if program is None:
        raise SystemExit("The setup program is made by NSIS: install the package nsis.")
    (work / "files.nsh").write_text(file_commands(tree), encoding="utf-8")
    write_side(work / "side.bmp")
    words = definitions(edition, tree, work, path, quick=quick)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(source_date_epoch()), "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [program, "-V2", "-WX", "-INPUTCHARSET", "UTF8", *words, str(_SCRIPT)], env=environment, check=True
    )


def definitions(edition: Edition, tree: Path, work: Path, path: Path, *, quick: bool) -> list[str]:
    """Words for makensis that tell setup.nsi what to pack."""
    size = sum(one.stat().st_size for one in tree.rglob("*") if one.is_file())
    summary = edition.summary.removesuffix(" (without training)")
    values = {
        "VERSION": __version__,
        "EDITION": edition.name,
        "SUMMARY": summary,
        "TREE": str(tree),
        "LISTS": str(work),
        "OUT": str(path),
        "SIZE_KB": str(size // 1024),
        "COMPRESSION": "none" if quick else "lzma",
    }
    return [f"-D{name}={value}" for name, value in values.items()]


def file_commands(tree: Path) -> str:
    """NSIS commands that unpack every file of a folder, in the same order on every machine.

    Files of a kind follow each other, where they compress best.
    """
    folders: dict[tuple[str, PurePosixPath], list[PurePosixPath]] = defaultdict(list)
    for path in tree.rglob("*"):
        if path.is_file():
            name = PurePosixPath(path.relative_to(tree).as_posix())
            folders[name.suffix, name.parent].append(name)
    lines = []
    for suffix, folder in sorted(folders):
        lines.append(f'SetOutPath "$INSTDIR{_windows(folder)}"')
        lines += [f'File "{_quoted(str(tree / name))}"' for name in sorted(folders[suffix, folder])]
    return "".join(f"{line}\n" for line in lines)


def _windows(folder: PurePosixPath) -> str:
    return "".join(f"\\{_quoted(part)}" for part in folder.parts)


def _quoted(name: str) -> str:
    return name.replace("$", "$$").replace('"', '$\\"')
