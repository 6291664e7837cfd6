#!/usr/bin/env python3
"""Build the packages for users: ``installer/build.py linux|windows [--edition full|predict]``.

Writes into ``dist/``; works in ``build/``, where downloaded packages and finished steps are kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # the installer's own packages are imported as installer.…

from installer.building.editions import EDITIONS, SYSTEMS  # noqa: E402


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(prog="installer/build.py", description="Build the packages for users.")
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--edition", choices=EDITIONS, action="append", help="default: both")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the packages")
    parser.add_argument("--work", type=Path, default=ROOT / "build", help="folder to work in")
    given = parser.parse_args()
    for name in given.edition or EDITIONS:
        edition = EDITIONS[name]
        out, work = given.out.resolve(), given.work.resolve() / given.system / edition.name
        out.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        if given.system == "linux":
            from installer.linux.build import build
        else:
            from installer.windows.build import build
        for path in build(edition, work, out):
            print(f"{path}  {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
