"""The packages for Linux with all but the frozen libraries: built, installed, used, removed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from brainstem_app import __version__
from installer.building.checksums import write_checksums
from installer.building.editions import PREDICT
from installer.building.wheels import PYTHON, lock_of, locked_hashes
from installer.linux.deb import build_deb
from installer.linux.tarball import build_tarball
from installer.linux.tree import make_tree

NEEDED = ("dpkg-deb", "dpkg-shlibdeps", "readelf", "xz")
pytestmark = [
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in NEEDED),
        reason="dpkg-dev, binutils or xz-utils is not installed",
    ),
    pytest.mark.skipif(sys.version_info[:2] != PYTHON, reason="packages are made with Python 3.11 alone"),
]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages are built: this environment stands in for the one that is frozen."""
    pytest.importorskip("cyclonedx", reason="the extra packages is not installed")
    work = tmp_path_factory.mktemp("work")
    (work / "venv").symlink_to(sys.prefix)
    libraries = Path(sysconfig.get_path("purelib")).resolve()
    shipped = [str(path) for path in libraries.rglob("*.py")]
    (work / "shipped.json").write_text(json.dumps([*shipped, shutil.which("xz")]), encoding="utf-8")
    return work


@pytest.fixture(scope="module")
def tree(work: Path) -> Path:
    """The program's folder, with a script in place of what PyInstaller makes."""
    frozen = work / "frozen"
    (frozen / "_internal").mkdir(parents=True)
    program = frozen / "brainstem-app"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m brainstem_app "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    shutil.copy("/bin/true", frozen / "_internal" / "true")
    return make_tree(PREDICT, frozen, work)


def _answer(*command: str | Path, home: Path | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **({"HOME": str(home)} if home else {})}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_bill_of_materials_names_every_library_with_its_hash_and_licence(tree: Path) -> None:
    bill = json.loads((tree / "doc" / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    parts = {part["name"]: part for part in bill["components"]}
    locked = locked_hashes(lock_of("linux", PREDICT))
    for name in ("numpy", "nibabel", "pyjpegls"):
        assert parts[name]["hashes"] == [{"alg": "SHA-256", "content": locked[name]}]
        assert parts[name]["licenses"]
    assert {"cpython", "xz-utils"} <= set(parts)
    assert "tensorflow-cpu" not in parts


def test_licences_of_everything_lie_beside_it(tree: Path) -> None:
    told = (tree / "doc" / "copyright").read_text(encoding="utf-8")
    folder = tree / "doc" / "licences"
    parts = json.loads((tree / "doc" / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    for part in parts:
        place = folder / f"{part['name']}-{part['version'].replace(':', '_')}"
        assert any(place.iterdir()), place
        assert f"\n{part['name']} {part['version']}: " in told
    assert (folder / "resources" / "template" / "NOTICE.md").is_file()


def test_manual_page_has_every_command_and_is_plain_roff(tree: Path) -> None:
    packed = tree / "share" / "man" / "man1" / "brainstem-app.1.gz"
    text = gzip.decompress(packed.read_bytes()).decode()
    assert f'"Brainstem App {__version__}"' in text
    for command in ("segment", "demo", "models export", "diagnose"):
        assert f"\n.SS {command}" in text
    if shutil.which("groff"):
        page = packed.with_name("page.1")
        page.write_text(text, encoding="utf-8")
        done = subprocess.run(
            ["groff", "-Kutf8", "-man", "-Tutf8", "-ww", "-z", page],
            capture_output=True,
            text=True,
            check=True,
        )
        page.unlink()
        assert done.stderr == ""


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-utils is missing")
def test_menu_entry_is_valid(tree: Path) -> None:
    assert _answer("desktop-file-validate", tree / "share" / "applications" / "brainstem-app.desktop") == ""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="dpkg unpacks for root alone")
def test_deb_is_installed_and_purged_and_leaves_nothing(tree: Path, work: Path, tmp_path: Path) -> None:
    package = build_deb(PREDICT, tree, work, tmp_path, quick=True)
    root = tmp_path / "root"
    for name in ("info", "updates"):
        (root / "var/lib/dpkg" / name).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    dpkg = ["dpkg", f"--root={root}", "--force-depends", "--log=/dev/null"]
    _answer(*dpkg, "--install", package)
    assert _answer(root / "usr/bin/brainstem-app", "--version") == f"brainstem-app {__version__}\n"
    documents = root / "usr/share/doc/brainstem-app-predict"
    assert (documents / "sbom.cdx.json").is_file()
    _answer(*dpkg, "--verify", "brainstem-app-predict")
    _answer(*dpkg, "--purge", "brainstem-app-predict")
    left = [path for path in root.rglob("*") if path.is_file() or path.is_symlink()]
    assert [path for path in left if root / "var/lib/dpkg" not in path.parents] == []


def test_archive_is_installed_for_a_user_and_removed(tree: Path, work: Path, tmp_path: Path) -> None:
    package = build_tarball(PREDICT, tree, work, tmp_path, quick=True)
    with tarfile.open(package) as archive:
        archive.extractall(tmp_path / "unpacked here", filter="tar")
    (folder,) = (tmp_path / "unpacked here").iterdir()
    home = tmp_path / "Jörg Müller"
    home.mkdir()
    _answer(folder / "install.sh", home=home)
    program = home / ".local/bin/brainstem-app"
    assert _answer(program, "--version") == f"brainstem-app {__version__}\n"
    _answer(home / ".local/opt/brainstem-app/uninstall.sh", home=home)
    assert [path for path in home.rglob("*") if "brainstem" in path.name] == []


def test_checksums_are_read_by_sha256sum(tree: Path, work: Path, tmp_path: Path) -> None:
    build_tarball(PREDICT, tree, work, tmp_path, quick=True)
    write_checksums(tmp_path)
    done = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("-predict.tar.xz: OK\n")
