"""install.sh and uninstall.sh of the .tar.xz, on a folder that looks like the program's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FILES = Path(__file__).resolve().parents[2] / "installer" / "linux" / "files"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the scripts are for Linux")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "Jörg Müller"
    home.mkdir()
    return home


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The unpacked archive, with a script in place of the program."""
    folder = tmp_path / "unpacked here" / "brainstem-app-1"
    (folder / "_internal").mkdir(parents=True)
    program = folder / "brainstem-app"
    program.write_text('#!/bin/sh\necho started with "$*"\n')
    program.chmod(0o755)
    share = folder / "share"
    for place in ("applications", "mime/packages", "icons/hicolor/scalable/apps", "man/man1"):
        (share / place).mkdir(parents=True)
    shutil.copy(FILES / "brainstem-app.desktop", share / "applications")
    shutil.copy(FILES / "brainstem-app.xml", share / "mime" / "packages")
    (share / "icons/hicolor/scalable/apps/brainstem-app.svg").write_text("<svg/>")
    (share / "man/man1/brainstem-app.1.gz").write_bytes(b"")
    for name, place in (("install.sh", folder), ("uninstall.sh", folder), ("refresh.sh", share)):
        shutil.copy(FILES / name, place)
    return folder


def _run(script: Path, home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(
        [script, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=script.parent
    )


def _left(home: Path) -> list[Path]:
    """Files and links below the home, without what the desktop's own programs write."""
    paths = (path for path in home.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted(path.relative_to(home) for path in paths if path.name != "mimeinfo.cache")


def test_program_is_installed_below_a_home_with_space_and_umlaut(unpacked: Path, home: Path) -> None:
    done = _run(unpacked / "install.sh", home)
    assert done.returncode == 0, done.stderr
    started = subprocess.run(
        [home / ".local/bin/brainstem-app", "x"], capture_output=True, text=True, check=True
    )
    assert started.stdout == "started with x\n"
    entry = (home / ".local/share/applications/brainstem-app.desktop").read_text(encoding="utf-8")
    assert f'Exec="{home}/.local/opt/brainstem-app/brainstem-app" %F\n' in entry
    assert "Name=Brainstem App\n" in entry


def test_uninstalling_leaves_nothing_but_what_is_the_users(unpacked: Path, home: Path) -> None:
    own = home / ".local/share/brainstem-app/models/mine.json"
    other = home / ".local/share/applications/other.desktop"
    for path in (own, other):
        path.parent.mkdir(parents=True)
        path.write_text("[Desktop Entry]\nType=Application\nName=Other\nExec=true\n")
    _run(unpacked / "install.sh", home)
    done = _run(home / ".local/opt/brainstem-app/uninstall.sh", home)
    assert done.returncode == 0, done.stderr
    assert _left(home) == sorted(path.relative_to(home) for path in (own, other))


def test_installing_again_replaces_the_old_program(unpacked: Path, home: Path) -> None:
    _run(unpacked / "install.sh", home)
    stale = home / ".local/opt/brainstem-app/_internal/of-the-old-version"
    stale.touch()
    done = _run(unpacked / "install.sh", home)
    assert done.returncode == 0, done.stderr
    assert not stale.exists()


def test_folder_of_something_else_is_not_replaced(unpacked: Path, home: Path) -> None:
    precious = home / "data" / "scan.nii"
    precious.parent.mkdir()
    precious.touch()
    done = _run(unpacked / "install.sh", home, home / "data")
    assert done.returncode != 0
    assert "something else" in done.stderr
    assert precious.exists()


def test_path_with_signs_of_the_shell_stands_escaped_in_the_desktop_entry(unpacked: Path, home: Path) -> None:
    target = home / 'a "b" $c %d'
    done = _run(unpacked / "install.sh", home, target)
    assert done.returncode == 0, done.stderr
    entry = (home / ".local/share/applications/brainstem-app.desktop").read_text(encoding="utf-8")
    assert r'/a \\"b\\" \\$c %%d/brainstem-app" %F' in entry
