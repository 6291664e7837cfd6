"""What is in a package: the libraries of Python, those of the system, Python itself."""

from __future__ import annotations

import platform
import subprocess
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import cast

from installer.building.wheels import locked_hashes, normal_name


@dataclass(frozen=True)
class Item:
    """Something that others made and the package brings along.

    Attributes
    ----------
    name, version : str
    kind : str
        Where it comes from, as in a package URL: ``pypi``, ``deb``, ``generic``.
    licence : str
        What its own metadata say, an SPDX expression or words; empty if nothing.
    texts : tuple of Path
        Files with its licence and notices.
    sha256 : str
        Of the wheel; empty if there is none.
    files : frozenset of Path
        What it has installed.
    """

    name: str
    version: str
    kind: str
    licence: str = ""
    texts: tuple[Path, ...] = ()
    sha256: str = ""
    files: frozenset[Path] = field(default=frozenset(), repr=False)


_LICENCE_FILES = ("licen", "copying", "notice", "authors", "copyright")


def all_locked(site: Path, lock: Path) -> list[Item]:
    """Every package of a lock file that is installed in a folder, by name."""
    hashes = locked_hashes(lock)
    found = (_item(each, hashes) for each in distributions(path=[str(site)]))
    return sorted((item for item in found if item is not None), key=lambda item: item.name)


def part_of(items: Iterable[Item], files: Iterable[Path]) -> list[Item]:
    """Those packages of which at least one file, besides their metadata, is among the given."""
    shipped = {path for path in files if not _is_metadata(path)}
    return [item for item in items if shipped & item.files]


def system_packages(files: Iterable[Path]) -> list[Item]:
    """Debian packages that files outside of the Python environment come from; none on another system."""
    names: set[str] = set()
    for path in files:
        if path.parts[1:2] in {("lib",), ("usr",)}:
            # Since /lib is a link to /usr/lib, dpkg may know a file under either name.
            for name in (str(path), str(path.resolve())):
                names |= {name, name.removeprefix("/usr"), f"/usr{name}"}
    found = _lines(["dpkg-query", "--search", *sorted(names)]) if names else []
    owners = sorted({line.partition(": ")[0].split(",")[0] for line in found})
    shown = "--showformat=${Package} ${Version}\n"
    pairs = [line.split() for line in _lines(["dpkg-query", "--show", shown, *owners])] if owners else []
    texts = Path("/usr/share/doc")
    return [Item(name, version, "deb", texts=(texts / name / "copyright",)) for name, version in pairs]


def python_itself() -> Item:
    """Python, as it runs here."""
    text = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if not text.is_file():
        text = Path(f"/usr/share/doc/python{sysconfig.get_python_version()}/copyright")
    return Item("cpython", platform.python_version(), "generic", "PSF-2.0", (text,))


def _item(found: Distribution, hashes: dict[str, str]) -> Item | None:
    name = normal_name(found.name)
    if name not in hashes:
        return None
    about = cast(Message, found.metadata)  # that is what it is; its protocol has no `get`
    files = [Path(str(found.locate_file(file))).resolve() for file in found.files or ()]
    texts = tuple(sorted(path for path in files if _is_metadata(path) and _is_licence(path)))
    if not texts:
        texts = tuple(
            sorted(path for path in files if _is_licence(path) and path.suffix in {"", ".txt", ".md"})
        )
    licence = (
        about.get("License-Expression")
        or _classified(about.get_all("Classifier") or [])
        or about.get("License")
    )
    words = (licence or "").strip().splitlines()
    return Item(name, found.version, "pypi", words[0] if words else "", texts, hashes[name], frozenset(files))


def _classified(classifiers: Iterable[str]) -> str:
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    return " AND ".join(name for name in names if name != "OSI Approved")


def _is_metadata(path: Path) -> bool:
    return any(part.endswith(".dist-info") for part in path.parts)


def _is_licence(path: Path) -> bool:
    name = path.name.lower()
    return path.is_file() and (name.startswith(_LICENCE_FILES) or "license" in name)


def _lines(command: list[str]) -> list[str]:
    """Return what a program prints, also when it does not know some of what it is asked for."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.splitlines()
