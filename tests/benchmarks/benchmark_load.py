"""Load: many scans in one job, many subjects in the window, a day's work in it, a cohort of thousands.

``python tests/benchmarks/benchmark_load.py scans|window|day|cohort [--many N]``, each a part of its
own, which may be started beside others. What is measured goes to ``docs/results/load.json``, and from there
to the page `reliability` (``write_reliability.py --page``). The window's parts under ``xvfb-run`` with
``QT_QPA_PLATFORM=xcb``, or offscreen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results" / "load.json"
_MB = 2**20
_MOST_S = 3 * 3600


def keep(part: str, rows: list[dict[str, object]]) -> None:
    """Put the rows of a part in the place of the earlier ones."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    made = {"when": f"{datetime.now(UTC):%Y-%m-%d}", "load": round(psutil.getloadavg()[0], 1), "rows": rows}
    text = json.dumps({**known, part: made}, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    for row in rows:
        print(*row.values(), sep=" | ", flush=True)


def memory_mb(process: psutil.Process) -> float:
    """Memory of a process and those it has started that no other has, MB."""
    family = [process]
    with suppress(psutil.Error):
        family += process.children(recursive=True)
    total = 0.0
    for one in family:
        with suppress(psutil.Error):
            total += one.memory_full_info().uss
    return total / _MB


def growth(seen: Sequence[float]) -> str:
    """How memory went on after the first fifth, in which everything is loaded: MB for each step."""
    later = np.asarray(seen[len(seen) // 5 :])
    slope = np.polyfit(np.arange(len(later)), later, 1)[0]
    first, last = later[: len(later) // 4 + 1].mean(), later[-(len(later) // 4 + 1) :].mean()
    return f"{first:.0f} MB in the first quarter, {last:.0f} MB in the last; {slope:+.2f} MB each"


def many_scans(many: int, minutes: float) -> None:
    """One job over many scans: the memory of the process as each result is written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "brainstem_app"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder / "data")}
        made = [*command, "simulate", "--subjects", "1", "--out", str(folder / "made")]
        subprocess.run(made, env=environment, check=True, capture_output=True)
        scan = next(folder.glob("made/sub-*/anat/*_T1w.nii.gz"))
        (folder / "scans").mkdir()
        for n in range(many):
            os.link(scan, folder / "scans" / f"scan{n:03d}.nii.gz")
        job = [*command, "segment", str(folder / "scans"), "--out", str(folder / "out")]
        with (folder / "log").open("w") as log:
            started = subprocess.Popen(job, env=environment, stdout=log, stderr=log)
        seen = list(_as_results_come(started, folder / "out", minutes))
        done = started.poll()
        if done is None:
            started.terminate()
            started.wait()
    what = f"{len(seen)} scans in one job (one simulated scan under {many} names)"
    if done is None:
        what += f"; stopped after {minutes:.0f} minutes"
    keep("scans", [{"what": what, "measured": growth(seen), "asked": "flat"}])


def _as_results_come(started: subprocess.Popen[bytes], out: Path, minutes: float) -> Iterator[float]:
    """Memory whenever another result is there, until the job or the time ends."""
    end, there = time.monotonic() + 60 * minutes, 0
    process = psutil.Process(started.pid)
    while started.poll() is None and time.monotonic() < end:
        now = len(list(out.glob("*/manifest.json")))
        if now > there:
            there = now
            yield memory_mb(process)
        time.sleep(0.2)


def cohort(people: int) -> None:
    """A cohort: how long it takes, how large its page is."""
    from brainstem_app.atlas.library import load_atlas
    from tests.reports.made_results import write_result

    table = load_atlas().table
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = write_result(folder / "first", table, "x_T1w.nii.gz", 20)
        report = json.loads((first / "report.json").read_text(encoding="utf-8"))
        lines = ["participant_id\tgroup\tage"]
        for n in range(people):
            place = folder / "results" / f"sub-{n:04d}"
            place.mkdir(parents=True)
            for row in report["structures"]:
                row["volume_mm3"] = float(rng.normal(100, 10))
            report["scan"]["file"] = f"sub-{n:04d}_T1w.nii.gz"
            (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
            lines.append(f"sub-{n:04d}\t{'ab'[n % 2]}\t{20 + n % 60}")
        (folder / "people.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = ["cohort", folder / "results", "--participants", folder / "people.tsv", "--group", "group"]
        words += ["--reference", "a", "--covariates", "age", "--out", folder / "out"]
        begun, cpu = time.monotonic(), os.times()
        done = subprocess.run(
            [sys.executable, "-m", "brainstem_app", *map(str, words)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        wall, after = time.monotonic() - begun, os.times()
        used = after.children_user + after.children_system - cpu.children_user - cpu.children_system
        page = (folder / "out" / "cohort.html").stat().st_size / 1e6
    what = f"cohort of {people} people"
    keep(
        "cohort",
        [
            {"what": what, "measured": f"{wall:.1f} s ({used:.1f} s of processor)", "asked": "15 s"},
            {"what": f"{what}: its page", "measured": f"{page:.2f} MB", "asked": "2 MB"},
        ],
    )


def main() -> None:
    """Measure the part that the command line names."""
    parser = argparse.ArgumentParser(prog="benchmark_load.py", description=__doc__)
    parser.add_argument("part", choices=["scans", "window", "day", "cohort"])
    parser.add_argument("--many", type=int, help="scans, subjects, openings or people")
    parser.add_argument("--minutes", type=float, default=_MOST_S / 60, help="stop a long job then")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.part == "scans":
        many_scans(given.many or 200, given.minutes)
    elif given.part == "cohort":
        cohort(given.many or 2000)
    else:
        import benchmark_window_load

        if given.part == "window":
            keep("window", benchmark_window_load.many_subjects([given.many] if given.many else [1000, 2000]))
        else:
            keep("day", benchmark_window_load.a_days_work(given.many or 1440))


if __name__ == "__main__":
    main()
