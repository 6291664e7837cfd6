"""The packages of an edition, pinned with the SHA-256 of each wheel in ``installer/locks/``.

A lock file is made from installer/constraints.txt and pyproject.toml, for Python 3.11 and one system::

    installer/build.py lock
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from installer.building.editions import EDITIONS, ROOT, SYSTEMS, Edition, System, extra

LOCKS = ROOT / "installer" / "locks"
#: What freezes the program, builds its wheel and writes its bill of materials: the extra ``packages``.
TOOLS = LOCKS / "tools.txt"
CONSTRAINTS = ROOT / "installer" / "constraints.txt"
#: Python that the packages bring with them; the wheels are for it.
PYTHON = (3, 11)
_VERSION = ".".join(map(str, PYTHON))

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


def _write_lock(path: Path, system: System, requirements: Sequence[str]) -> None:
    """Resolve requirements under the constraints and write every wheel's version and hash.

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
            + [*_for(system), *lines_for(requirements, system)],
            stdout=subprocess.PIPE,
            check=True,
        )
    lines = sorted(_pin(item) for item in json.loads(done.stdout)["install"])
    head = f"# Made by `installer/build.py lock` for Python {_VERSION} on {system}; not to be edited.\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text(head + "".join(lines), encoding="utf-8")


def _pin(item: dict[str, dict[str, dict[str, dict[str, str]]]]) -> str:
    about, digest = item["metadata"], item["download_info"]["archive_info"]["hashes"]["sha256"]
    return f"{str(about['name']).lower()}=={about['version']} --hash=sha256:{digest}\n"


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


def _for(system: System) -> list[str]:
    platforms = [word for name in _PLATFORMS[system] for word in ("--platform", name)]
    return ["--implementation", "cp", "--python-version", _VERSION, *platforms]


def _hashed(locks: Sequence[Path]) -> list[str]:
    files = [word for lock in locks for word in ("-r", str(lock))]
    return ["--require-hashes", "--no-deps", "--only-binary", ":all:", *files]


def _pip(python: Path, words: list[str]) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *words]
    subprocess.run(command, check=True)
