"""Collect the licence texts of all that is shipped into one folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from installer.building.editions import ROOT
from installer.building.shipped import Item

#: Texts of packages whose wheels bring none, by the package's name; copied from their sources.
_KNOWN = Path(__file__).with_name("licence_texts")


def write_licences(items: Iterable[Item], out: Path) -> list[str]:
    """Write ``copyright`` and the folder ``licences/``; returns the names of those without any text."""
    folder = out / "licences"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(ROOT / "LICENSE", folder / "brainstem-app.txt")
    _copy_resources_notices(folder / "resources")
    missing, lines = [], []
    for item in items:
        texts = [path for path in item.texts if path.is_file()]
        known = _KNOWN / f"{item.name}.txt"
        if not texts and known.is_file():
            texts = [known]
        if not texts:
            missing.append(item.name)
        place = folder / f"{item.name}-{item.version.replace(':', '_')}"
        _copy(texts, place)
        lines.append(
            f"{item.name} {item.version}: {item.licence or 'see its text'} (licences/{place.name}/)\n"
        )
    (out / "copyright").write_text(_head() + "".join(lines), encoding="utf-8", newline="\n")
    return missing


def _head() -> str:
    return (
        "Brainstem App is free software, GPL-3.0-or-later: licences/brainstem-app.txt.\n"
        "Atlas, template, networks and icons: licences/resources/.\n\n"
        "It brings along, each under its own licence:\n\n"
    )


def _copy(texts: Iterable[Path], folder: Path) -> None:
    for text in texts:
        folder.mkdir(exist_ok=True)
        target = folder / text.name
        number = 2
        while target.exists():
            target, number = folder / f"{text.stem}-{number}{text.suffix}", number + 1
        shutil.copyfile(text, target)


def _copy_resources_notices(folder: Path) -> None:
    resources = ROOT / "resources"
    for name in ("NOTICE.md", "LICENSE"):
        for path in resources.rglob(name):
            target = folder / path.relative_to(resources)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
