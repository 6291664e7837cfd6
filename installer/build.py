#!/usr/bin/env python3
"""Build the packages for users.

``installer/build.py linux|windows [--edition full|predict]`` writes them into ``dist/``; it works in
``build/``, where finished steps are kept. ``installer/build.py lock`` writes ``installer/locks/`` anew.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # the installer's own packages are imported as installer.…

from installer.building.editions import EDITIONS, SYSTEMS, Edition, System  # noqa: E402
from installer.building.wheels import write_locks  # noqa: E402


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(prog="installer/build.py", description="Build the packages for users.")
    parser.add_argument("what", choices=[*SYSTEMS, "lock"])
    parser.add_argument("--edition", choices=EDITIONS, action="append", help="default: both")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the packages")
    parser.add_argument("--work", type=Path, default=ROOT / "build", help="folder to work in")
    parser.add_argument("--quick", action="store_true", help="pack fast and large, to try the packages")
    given = parser.parse_args()
    if given.what == "lock":
        write_locks()
        return
    for name in given.edition or EDITIONS:
        out, work = given.out.resolve(), given.work.resolve() / given.what / name
        out.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        for path in build(given.what, EDITIONS[name], work, out, quick=given.quick):
            print(f"{path}  {path.stat().st_size / 1e6:.0f} MB")


def build(system: System, edition: Edition, work: Path, out: Path, *, quick: bool) -> list[Path]:
    """Build the packages of an edition for a system; returns their paths."""
    if system == "windows":
        from installer.windows.packages import build_packages as build_for_windows

        return build_for_windows(edition, work, out, quick=quick)
    from installer.linux.packages import build_packages

    return build_packages(edition, work, out, quick=quick)


if __name__ == "__main__":
    main()
