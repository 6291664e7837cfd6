"""Write what part of the code the tests reach, folder by folder, as a page.

    installer/test.sh --coverage
    python tests/benchmarks/write_coverage.py build/coverage.json docs/results/coverage.md

Lines of child processes (jobs, the command line) count; lines that only types need do not.
"""

from __future__ import annotations

import json
import platform
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Files that are named because fewer of their lines are reached, in per cent.
LOW = 70.0


def page(measured: dict[str, Any]) -> str:
    """Return the page of a report that `coverage json` wrote."""
    folders: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    low = []
    for name, file in measured["files"].items():
        summary = file["summary"]
        path = Path(name.replace("\\", "/"))
        folder = "/".join(path.parts[: min(2, len(path.parts) - 1)])
        folders[folder][0] += summary["covered_lines"]
        folders[folder][1] += summary["num_statements"]
        if summary["percent_covered"] < LOW:
            low.append((summary["percent_covered"], path.as_posix(), summary["num_statements"]))
    total = measured["totals"]
    lines = [
        "# What the tests reach",
        "",
        f"**{total['percent_covered']:.1f} %** of {total['num_statements']:,} lines of code; "
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()}, Python {platform.python_version()}. "
        "Written by `tests/benchmarks/write_coverage.py`.",
        "",
        "| folder | lines | reached |",
        "|---|--:|--:|",
        *(f"| `{name}` | {of:,} | {_percent(hit, of)} |" for name, (hit, of) in sorted(folders.items())),
        "",
        f"Files below {LOW:.0f} %:",
        "",
        *(f"- `{name}`: {share:.0f} % of {of}" for share, name, of in sorted(low)),
    ]
    return "\n".join(lines if low else lines[:-3]) + "\n"


def _percent(hit: int, of: int) -> str:
    return f"{100 * hit / of:.1f} %" if of else "–"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(page(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")
    print(page(json.loads(source.read_text(encoding="utf-8"))).splitlines()[2])
