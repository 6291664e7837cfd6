"""The long form of the battery, and its page: ``write_reliability.py [--trials N] [--seed N] [FILE…]``.

Tries the files of ``tests/battery`` that are named, else all, and the other tests that belong to the battery.
What it counts goes to ``docs/results/reliability.json``, row by row, and the page is written of that. It
takes hours: what was counted lies in ``build/battery`` meanwhile, and ``--resume`` goes on from there.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
BATTERY = ROOT / "tests" / "battery"
RECORDS = ROOT / "build" / "battery"
_PLANTED = "Planted names, paths and computers"
#: Tests elsewhere that belong to the battery: area and row of each.
ELSEWHERE = {
    "tests/cli/test_hostile_files.py": ("Hostile files", "every command by every kind of hostile file"),
    "tests/test_small_files.py": ("Hostile files", "files that ask for far more memory than they have bytes"),
    "tests/locks/test_lock_file.py": ("Locks", "locks, with and without those of the system"),
    "tests/jobs/test_claims.py": ("Locks", "every kind of job while another holds its claim"),
    "tests/jobs/test_surroundings.py": ("Hard surroundings", "names, clocks, disks, alphabets, one by one"),
    "tests/jobs/test_folder_rights.py": ("Who may read", "results, studies and shared folders"),
    "tests/jobs/test_segment_privacy.py": (_PLANTED, "headers of DICOM and NIfTI, every byte of results"),
    "tests/test_plain_name.py": ("Hostile names, records and models", "names, by property and by list"),
    "tests/test_plain_text.py": ("Hostile names, records and models", "text that others interpret"),
    "tests/integration/test_no_calls.py": ("Connections", "programs traced in a network namespace"),
}  # fmt: skip
#: Areas that a whole run has rows of.
AREAS = (
    *("Scan files", "Hostile files", "Hostile names, records and models", "Hard surroundings", "Locks"),
    *("Killed at a random moment, then started again", "Two processes at once", "Who may read", _PLANTED),
    "Connections",
)
_HEAD = """\
# Reliability

What was tried to make the program fail, by `tests/benchmarks/write_reliability.py` (the long form of
`tests/battery/`). *Held* means: a right result, or an error that says what, where and what to do; what was
killed, at a random moment or just before a change of a file, ends whole when it is started again; of two
processes one works and the other is told; nothing is left half-written.
"""


@dataclass(frozen=True)
class Row:
    """One row of the page.

    Attributes
    ----------
    tried, failed : int
        Trials, and those that did not hold.
    when, commit : str
        Date of the run, and what it ran.
    failures : list of str
        What did not hold.
    """

    area: str
    row: str
    tried: int
    failed: int
    when: str
    commit: str
    failures: tuple[str, ...] = ()


def main() -> None:
    """Try, count, and write the page."""
    parser = argparse.ArgumentParser(prog="write_reliability.py", description=__doc__)
    parser.add_argument("files", nargs="*", help="names of files of the battery; default: all")
    parser.add_argument("--trials", type=int, default=20, help="random trials of each slow kind")
    parser.add_argument("--seed", type=int, default=1000, help="where random numbers begin")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument("--counted", action="store_true", help="only take what a stopped run has counted")
    parser.add_argument("--page", action="store_true", help="only write the page of what was counted")
    given = parser.parse_args()
    if not given.page:
        for name in given.files or [*(p.name for p in sorted(BATTERY.glob("test_*.py"))), *ELSEWHERE]:
            path = ROOT / name if (ROOT / name).exists() else BATTERY / name
            record = _record_of(path, given.trials, given.seed)
            if not (given.resume or given.counted):
                record.unlink(missing_ok=True)
            rows = [] if given.counted else run(path, given.trials, given.seed)
            write_page(keep(rows or counted_in(record)))
    write_page(keep([]))


def run(path: Path, trials: int, seed: int) -> list[Row]:
    """Run a file of tests and return its rows; what it prints goes to standard error."""
    record = _record_of(path, trials, seed)
    record.parent.mkdir(parents=True, exist_ok=True)
    report = record.with_suffix(".xml")
    own = {"BATTERY_TRIALS": str(trials), "BATTERY_SEED": str(seed), "BATTERY_RECORD": str(record)}
    own |= {"BATTERY_COMMIT": _commit()}
    words = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", str(path)]
    subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **own},
        stdout=sys.stderr,
        check=False,
    )
    known = ELSEWHERE.get(path.relative_to(ROOT).as_posix())
    return counted_in(record) if known is None else [_row_of_tests(report, *known)]


def _record_of(path: Path, trials: int, seed: int) -> Path:
    return RECORDS / f"{path.stem}-{trials}-{seed}.jsonl"


def counted_in(record: Path) -> list[Row]:
    """Rows of what was counted in a record, which may be of a run that was stopped."""
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return rows_of(json.loads(line) for line in lines)


def rows_of(counted: Iterable[dict[str, object]]) -> list[Row]:
    """Rows of what trials have counted; several counts of one row are added up."""
    rows: dict[tuple[str, str], Row] = {}
    for line in counted:
        fields = {name: line[name] for name in ("area", "row", "tried", "failed", "when", "commit")}
        row = Row(**fields, failures=tuple(line["failures"]))  # type: ignore[arg-type]
        rows[row.area, row.row] = _sum(rows.get((row.area, row.row)), row)
    return list(rows.values())


def _sum(first: Row | None, second: Row) -> Row:
    if first is None:
        return second
    tried, failed = first.tried + second.tried, first.failed + second.failed
    both = (*first.failures, *second.failures)
    return Row(second.area, second.row, tried, failed, second.when, second.commit, both)


def _row_of_tests(report: Path, area: str, row: str) -> Row:
    """Row of a file of tests: each test is a trial, those that were skipped are none."""
    cases = list(ET.parse(report).getroot().iter("testcase"))
    held = [case for case in cases if case.find("skipped") is None]
    failed = [case for case in held if case.find("failure") is not None or case.find("error") is not None]
    names = tuple(str(case.get("name")) for case in failed)
    return Row(area, row, len(held), len(failed), _today(), _commit(), names)


def keep(rows: list[Row]) -> list[Row]:
    """Put rows in the place of the earlier ones of their name, and return all."""
    path = RESULTS / "reliability.json"
    there = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    known = {(row["area"], row["row"]): Row(**{**row, "failures": tuple(row["failures"])}) for row in there}
    known |= {(row.area, row.row): row for row in rows}
    content = {"machine": _machine(), "rows": [asdict(row) for row in sorted(known.values(), key=_order)]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return sorted(known.values(), key=_order)


def _order(row: Row) -> tuple[str, str]:
    return row.area, row.row


def write_page(rows: list[Row]) -> None:
    """Write ``docs/results/reliability.md``."""
    lines = [_HEAD, "| area | what | tried | held | failed |", "|---|---|---:|---:|---:|"]
    area = ""
    for row in rows:
        shown = "" if row.area == area else row.area
        area = row.area
        lines.append(f"| {shown} | {row.row} | {row.tried} | {row.tried - row.failed} | {row.failed} |")
    tried, failed = sum(row.tried for row in rows), sum(row.failed for row in rows)
    lines.append(f"| **all** | | **{tried}** | **{tried - failed}** | **{failed}** |")
    missing = [area for area in AREAS if area not in {row.area for row in rows}]
    if missing:
        lines += ["", f"Not yet run in the long form, only in the suite: {'; '.join(missing)}."]
    if jobs := _not_killed({(row.area, row.row) for row in rows}):
        lines += ["", f"Not yet killed in the long form: {'; '.join(jobs)}."]
    if pairs := _not_paired(rows):
        lines += ["", f"Of the pairs of commands that can meet, {pairs} are still to be tried."]
    for row in (row for row in rows if row.failed):
        lines += ["", f"Failed, {row.area}, {row.row}:", ""]
        lines += [f"- {failure[:300]}" for failure in row.failures]
    lines += _load_lines()
    days = sorted({row.when for row in rows})
    lines += [
        "",
        f"{_machine()}; {', '.join(days)}. Each row with the commit it was tried on: `reliability.json`.",
    ]
    (RESULTS / "reliability.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _not_killed(tried: set[tuple[str, str]]) -> list[str]:
    """Jobs of the battery that no row is of."""
    killed = _battery("test_killed")
    return [name for name in killed.NAMES if (killed.AREA, name) not in tried]


def _not_paired(rows: list[Row]) -> int:
    """How many pairs of commands that can meet have not been started at once."""
    pairs = _battery("test_two_at_once")
    tried = (row.tried for row in rows if (row.area, row.row) == (pairs.AREA, pairs.ROW))
    return len(pairs.PAIRS) - sum(tried)


def _battery(name: str) -> ModuleType:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module(f"tests.battery.{name}")


def _load_lines() -> list[str]:
    """Section on what `benchmark_load` has measured; none if nothing was."""
    path = RESULTS / "load.json"
    if not path.exists():
        return []
    lines = [
        "",
        "## Load",
        "",
        "Measured by `tests/benchmarks/benchmark_load.py`. *Load* is how many processes",
    ]
    lines += [
        "wanted the machine's cores: with more than it has, seconds and milliseconds are longer than alone,"
    ]
    lines += ["and what the processor did for the program itself stands in brackets.", ""]
    lines += ["| what | measured | asked | load |", "|---|---|---|---:|"]
    for part in json.loads(path.read_text(encoding="utf-8")).values():
        lines += [
            f"| {row['what']} | {row['measured']} | {row['asked']} | {part['load']} |" for row in part["rows"]
        ]
    return lines


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
