"""The papers of a package: the licences of all that is shipped, and a bill of materials (CycloneDX).

Run by a Python that has cyclonedx-python-lib (`wheels.TOOLS`), with this checkout on its path::

    python -m installer.building.papers --site SITE --lock LOCK --edition NAME --system NAME --out FOLDER
        [--collected FILE] [--python FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from installer.building.editions import EDITIONS, ROOT, SYSTEMS, Edition, System
from installer.building.licences import write_licences
from installer.building.shipped import Item, all_locked, part_of, python_itself, system_packages


def write_papers(
    edition: Edition,
    system: System,
    python: Path,
    site: Path,
    lock: Path,
    collected: Path | None,
    out: Path,
    shipped_python: Path | None = None,
) -> None:
    """Write licences and bill of materials into a folder.

    Parameters
    ----------
    python : Path
        Python that has the tools of `wheels.TOOLS`.
    site : Path
        Folder in which the packages are installed.
    lock : Path
        Lock file they were installed from.
    collected : Path, optional
        JSON list of all files that are shipped, where that is a part of `site`; else all of it is.
    out : Path
        Folder to write into; made if missing.
    shipped_python : Path, optional
        Folder of the embeddable Python for Windows that is shipped; else it is the one that runs here.
    """
    command: list[str | Path] = [python, "-m", "installer.building.papers", "--site", site, "--lock", lock]
    command += ["--edition", edition.name, "--system", system, "--out", out]
    if collected is not None:
        command += ["--collected", collected]
    if shipped_python is not None:
        command += ["--python", shipped_python]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def main() -> None:
    """Write the papers that the command line asks for."""
    from installer.building.bill import write_bill

    parser = argparse.ArgumentParser()
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--edition", choices=EDITIONS, required=True)
    parser.add_argument("--system", choices=SYSTEMS, required=True)
    parser.add_argument("--collected", type=Path)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    items = all_locked(given.site, given.lock)
    if given.collected is not None:
        files = [Path(name) for name in json.loads(given.collected.read_text(encoding="utf-8"))]
        beside = _beside_libraries(items, given.python)
        items = [*part_of(items, files), *system_packages(files), *beside]
    given.out.mkdir(parents=True, exist_ok=True)
    missing = write_licences(items, given.out)
    write_bill(items, EDITIONS[given.edition], given.system, given.out / "sbom.cdx.json")
    if missing:
        sys.exit(
            f"No licence text is known of: {', '.join(missing)}. "
            "Add one to installer/building/licence_texts/."
        )


def _beside_libraries(items: list[Item], shipped_python: Path | None) -> list[Item]:
    """Python itself; for Windows also what of the libraries is moved beside it, and the launcher."""
    if shipped_python is None:
        return [python_itself()]
    from installer.windows.embedded_python import python_item
    from installer.windows.launcher import launcher_item

    runtime = [item for item in items if item.name == "msvc-runtime"]
    return [*runtime, python_item(shipped_python), launcher_item()]


if __name__ == "__main__":
    main()
