"""The setup program for Windows, made by NSIS from a small folder, and what its script says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import brainstem_app
from installer.building.editions import FULL, PREDICT, ROOT
from installer.windows import setup_program
from installer.windows.drawings import write_icon
from installer.windows.setup_program import definitions, make_setup_program

SCRIPT = (ROOT / "installer" / "windows" / "setup.nsi").read_text(encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Small folder with all that the script names."""
    tree = tmp_path / "tree with a space"
    for name in ("python/pythonw.exe", "site/numpy/__init__.py", "app/brainstem_app/__init__.py"):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_bytes(b"x" * 3000)
    write_icon(tree / "brainstem-app.ico")
    return tree


def test_script_is_told_version_edition_and_size(tree: Path, tmp_path: Path) -> None:
    words = definitions(PREDICT, tree, tmp_path, tmp_path / "setup.exe", quick=True)
    given = dict(word.removeprefix("-D").split("=", 1) for word in words)
    assert given["VERSION"] == brainstem_app.__version__
    assert given["EDITION"] == "predict"
    assert int(given["SIZE_KB"]) >= 8
    used = set(re.findall(r"\$\{([A-Z_]+)\}", SCRIPT))
    own = set(re.findall(r"!define ([A-Z_]+) ", SCRIPT))
    of_macros = {"EXTENSION", "FOLDER", "MESSAGE", "STATUS"}
    assert used - own - of_macros == set(given)


def test_both_editions_replace_each_other() -> None:
    key = re.search(r'!define UNINSTALL_KEY "(.+)"', SCRIPT)
    assert key is not None
    assert "${" not in key[1]
    assert 'InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"' in SCRIPT
    assert 'WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"' in SCRIPT
    assert 'WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"' in SCRIPT


def test_nothing_is_written_for_all_users_or_removed_beside_the_program() -> None:
    assert "RequestExecutionLevel user" in SCRIPT
    assert "HKLM" not in SCRIPT
    assert "SetShellVarContext all" not in SCRIPT
    removed = re.findall(r"^ *RMDir /r \"([^\"]+)\"", SCRIPT, re.MULTILINE)
    assert removed
    assert all(re.fullmatch(r"\$INSTDIR\\[\w${}]+(\.old)?", path) for path in removed)


def test_settings_and_results_of_the_user_are_no_business_of_the_script() -> None:
    deleted = re.findall(r"DeleteRegKey(?: /ifempty)? HKCU \"([^\"]+)\"", SCRIPT)
    assert all(path.startswith(("${CLASSES}", "${UNINSTALL_KEY}")) for path in deleted)
    assert not re.search(r"(RMDir|Delete) .*\$(LOCALAPPDATA|APPDATA|PROFILE|DOCUMENTS)", SCRIPT)


@pytest.mark.skipif(shutil.which("makensis") is None, reason="NSIS is not installed")
def test_nsis_makes_a_program_of_64_bits_for_a_path_with_spaces(tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "out with a space" / "brainstem-app-setup.exe"
    path.parent.mkdir()
    make_setup_program(FULL, tree, tmp_path, path, quick=True)
    data = path.read_bytes()
    start = int.from_bytes(data[0x3C:0x40], "little")
    assert data[:2] == b"MZ"
    assert data[start : start + 6] == b"PE\0\0\x64\x86"
    assert "Brainstem App".encode("utf-16-le") in data


def test_missing_nsis_is_named(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_program.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="install the package nsis"):
        make_setup_program(FULL, tree, tmp_path, tmp_path / "setup.exe", quick=True)
