"""The .deb and the .tar.xz of a folder that looks like the frozen program."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from brainstem_app import __version__
from installer.building.editions import FULL, PREDICT
from installer.linux.deb import build_deb
from installer.linux.elf import strip_debugging
from installer.linux.tarball import build_tarball
from installer.linux.tree import FILES

NEEDED = ("dpkg-deb", "dpkg-shlibdeps", "readelf", "xz")
pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED),
    reason="dpkg-dev, binutils or xz-utils is not installed",
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    tree = tmp_path / "frozen"
    (tree / "_internal").mkdir(parents=True)
    shutil.copy("/bin/true", tree / "brainstem-app")
    (tree / "_internal" / "data.txt").write_text("data\n")
    (tree / "doc" / "licences").mkdir(parents=True)
    (tree / "doc" / "copyright").write_text("GPL-3.0-or-later\n")
    (tree / "share" / "applications").mkdir(parents=True)
    shutil.copy(FILES / "brainstem-app.desktop", tree / "share" / "applications")
    return tree


def _answer(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_deb_has_program_command_menu_entry_and_papers(tree: Path, tmp_path: Path) -> None:
    path = build_deb(PREDICT, tree, tmp_path, tmp_path, quick=True)
    assert path.name == f"brainstem-app-{__version__}-linux-x86_64-predict.deb"
    listing = _answer("dpkg-deb", "--contents", path)
    assert "./usr/bin/brainstem-app -> ../lib/brainstem-app/brainstem-app\n" in listing
    for name in (
        "./usr/lib/brainstem-app/_internal/data.txt",
        "./usr/share/applications/brainstem-app.desktop",
        "./usr/share/doc/brainstem-app-predict/copyright",
    ):
        assert f" {name}\n" in listing
    assert {line.split()[1] for line in listing.splitlines()} == {"root/root"}


def test_deb_needs_the_c_library_and_replaces_the_other_edition(tree: Path, tmp_path: Path) -> None:
    path = build_deb(PREDICT, tree, tmp_path, tmp_path, quick=True)
    fields = dict(line.split(": ", 1) for line in _answer("dpkg-deb", "--field", path).splitlines()[:12])
    assert "libc6 (>= 2." in fields["Depends"]
    assert fields["Conflicts"] == fields["Replaces"] == "brainstem-app"
    full = build_deb(FULL, tree, tmp_path, tmp_path, quick=True)
    assert _answer("dpkg-deb", "--field", full, "Package", "Conflicts").splitlines() == [
        "Package: brainstem-app",
        "Conflicts: brainstem-app-predict",
    ]


def test_deb_asks_for_the_package_of_a_library_that_is_not_inside(tree: Path, tmp_path: Path) -> None:
    shutil.copy(shutil.which("dpkg-deb") or "", tree / "_internal" / "other")
    path = build_deb(PREDICT, tree, tmp_path, tmp_path, quick=True)
    assert "liblzma5" in _answer("dpkg-deb", "--field", path, "Depends")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no compiler")
def test_sections_for_debuggers_are_taken_out_of_libraries(tmp_path: Path) -> None:
    source = tmp_path / "one.c"
    source.write_text("int one(void) { return 1; }\n")
    for name in ("with.so", "other.so.1"):
        subprocess.run(["gcc", "-g", "-shared", "-o", tmp_path / name, source], check=True)
    subprocess.run(["strip", "--strip-debug", tmp_path / "other.so.1"], check=True)
    before = _digest(tmp_path / "other.so.1")
    strip_debugging(tmp_path)
    assert ".debug_info" not in _answer("readelf", "--sections", "--wide", tmp_path / "with.so")
    assert _digest(tmp_path / "other.so.1") == before


def test_packages_are_the_same_each_time(tree: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
        build_deb(PREDICT, tree, folder, folder, quick=True)
        build_tarball(PREDICT, tree, folder, folder, quick=True)
    first, second = ({path.name: _digest(path) for path in folder.glob("*.*")} for folder in folders)
    assert len(first) == 2
    assert first == second


def test_archive_has_one_folder_with_the_scripts(tree: Path, tmp_path: Path) -> None:
    path = build_tarball(PREDICT, tree, tmp_path, tmp_path, quick=True)
    with tarfile.open(path) as archive:
        members = {member.name: member for member in archive.getmembers()}
    top = f"brainstem-app-{__version__}-predict"
    assert {name.partition("/")[0] for name in members} == {top}
    assert members[f"{top}/install.sh"].mode & 0o111
    assert members[f"{top}/brainstem-app"].isfile()
    assert {member.uid for member in members.values()} == {0}
