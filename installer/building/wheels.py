"""The packages of an edition, pinned with the SHA-256 of each wheel in ``installer/locks/``.

A lock file is made from installer/constraints.txt and pyproject.toml, for Python 3.11 and one system; those
of a checkout, ``source-….txt``, for every Python that it runs on::

    installer/build.py lock
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from installer.building.editions import EDITIONS, ROOT, SOURCE, SYSTEMS, Edition, System, extra

LOCKS = ROOT / "installer" / "locks"
#: What freezes the program, builds its wheel and writes its bill of materials: the extra ``packages``.
TOOLS = LOCKS / "tools.txt"
CONSTRAINTS = ROOT / "installer" / "constraints.txt"
#: Python that the packages bring with them; the wheels are for it.
PYTHON = (3, 11)
_VERSION = ".".join(map(str, PYTHON))
#: Those that a checkout runs on.
SOURCE_PYTHONS = ("3.11", "3.12", "3.13")
SOURCE_TESTS = LOCKS / "source-linux-test.txt"

_PLATFORMS: dict[System, tuple[str, ...]] = {
    "linux": (*(f"manylinux_2_{minor}_x86_64" for minor in range(35, 16, -1)), "manylinux2014_x86_64"),
    "windows": ("win_amd64",),
}


def lock_of(system: System, edition: Edition) -> Path:
    """Lock file of an edition."""
    return LOCKS / f"{system}-{edition.name}.txt"


def write_locks() -> None:
    """Write all lock files anew: after a change of constraints.txt or of the dependencies."""
    for system in SYSTEMS:
        for edition in EDITIONS.values():
            _write_lock(lock_of(system, edition), system, edition.requirements(system))
    _write_lock(TOOLS, "linux", extra("packages"))
    for system in SYSTEMS:
        users = [*SOURCE.requirements(system), "hatchling"]
        _write_lock(source_lock(system), system, users, SOURCE_PYTHONS)
        if system == "linux":
            with_tests = [*users, *extra("test"), *extra("packages")]
            _write_lock(SOURCE_TESTS, system, with_tests, SOURCE_PYTHONS, but=source_lock(system))


def source_lock(system: System) -> Path:
    """Lock file of what the program needs from a checkout."""
    return LOCKS / f"source-{system}.txt"


def _write_lock(
    path: Path,
    system: System,
    requirements: Sequence[str],
    pythons: Sequence[str] = (_VERSION,),
    but: Path | None = None,
) -> None:
    """Write the version of every wheel under the constraints, and its hashes, one for each Python.

    Those that another lock file has are left out.
    """
    pins: dict[str, set[str]] = {}
    for python in pythons:
        for pin, digest in _resolve(system, requirements, python):
            pins.setdefault(pin, set()).add(digest)
    known = but.read_text(encoding="utf-8") if but is not None else ""
    lines = [
        pin + "".join(f" --hash=sha256:{digest}" for digest in sorted(digests)) + "\n"
        for pin, digests in sorted(pins.items())
        if f"\n{pin} " not in known
    ]
    named = _VERSION if len(pythons) == 1 else f"{pythons[0]} to {pythons[-1]}"
    head = f"# Made by `installer/build.py lock` for Python {named} on {system}; not to be edited.\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text(head + "".join(lines), encoding="utf-8")


def _resolve(system: System, requirements: Sequence[str], python: str) -> Iterator[tuple[str, str]]:
    """Resolve requirements under the constraints; yields every wheel's pin and hash.

    pip evaluates the environment markers of packages for the system it runs on: those of pyproject.toml and
    constraints.txt are evaluated here, what packages need on Windows alone is named in `WINDOWS_ALSO`.
    """
    from installer.building.markers import lines_for  # needs a package that building does not

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as constraints:
        constraints.write("\n".join(lines_for(CONSTRAINTS.read_text(encoding="utf-8").splitlines(), system)))
        constraints.flush()
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
            + ["--report", "-", "--only-binary", ":all:", "--target", "none", "-c", constraints.name]
            + [*_for(system, python), *lines_for(requirements, system)],
            stdout=subprocess.PIPE,
            check=True,
        )
    for item in json.loads(done.stdout)["install"]:
        about, digest = item["metadata"], item["download_info"]["archive_info"]["hashes"]["sha256"]
        yield f"{str(about['name']).lower()}=={about['version']}", digest


def normal_name(name: str) -> str:
    """Name of a package in lower case with dashes, however it was written."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_hashes(lock: Path) -> dict[str, str]:
    """SHA-256 of the wheel of every package of a lock file, by its `normal_name`."""
    lines = (line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    pins = (line.partition(" --hash=sha256:") for line in lines)
    return {normal_name(pin.partition("==")[0]): digest for pin, _, digest in pins}


def install_into_venv(python: Path, locks: Sequence[Path]) -> None:
    """Install exactly what lock files name into the environment of a Python; refuses other files."""
    _pip(python, ["install", "--no-compile", *_hashed(locks)])


def install_into_folder(lock: Path, folder: Path, system: System) -> None:
    """Unpack the wheels of a lock file for a system, which need not be this one, into a folder."""
    _pip(
        Path(sys.executable),
        ["install", "--no-compile", "--target", str(folder), *_for(system), *_hashed([lock])],
    )


def build_own_wheel(python: Path, folder: Path) -> Path:
    """Build the program's own wheel, with the hatchling that the environment of a Python has."""
    _pip(python, ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)])
    return max(folder.glob("brainstem_app-*.whl"), key=lambda path: path.stat().st_mtime)


def _for(system: System, python: str = _VERSION) -> list[str]:
    platforms = [word for name in _PLATFORMS[system] for word in ("--platform", name)]
    return ["--implementation", "cp", "--python-version", python, *platforms]


def _hashed(locks: Sequence[Path]) -> list[str]:
    files = [word for lock in locks for word in ("-r", str(lock))]
    return ["--require-hashes", "--no-deps", "--only-binary", ":all:", *files]


def _pip(python: Path, words: list[str]) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *words]
    subprocess.run(command, check=True)
