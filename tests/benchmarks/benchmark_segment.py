"""Time and memory of each step of `segment` on given heads, and of `demo`, printed as Markdown tables.

    python tests/benchmarks/benchmark_segment.py --scan HEAD.nii.gz --demo --batch SIX*.nii.gz
        --figures docs/results/time-and-memory.json > docs/results/time-and-memory.md

Each command runs as a child process, as a user would start it. A step is what the program itself reports with
`--json`. Its peak is the highest resident memory while it ran: on Linux the kernel's high-water mark is reset
between steps. The totals come from the kernel's account of the finished child, start of Python included.
Modules are compiled before, as those of an installed program are.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
#: Goals of a 1 mm head on two cores with nothing else to do (docs/results/time-and-memory.md).
WALL_LIMIT_S = 10
CPU_LIMIT_S = 15
MEMORY_LIMIT_GB = 1.0
DEMO_LIMIT_S = 120
STARTING = "starting Python"


@dataclass(frozen=True)
class Step:
    """One step of a command: wall and CPU seconds, peak resident memory in GB (1e9 bytes)."""

    name: str
    wall_s: float
    cpu_s: float
    peak_gb: float


@dataclass(frozen=True)
class Run:
    """One command, by step and in all."""

    command: str
    steps: tuple[Step, ...]
    total: Step


class Stopwatch:
    """Reads a child's clocks and memory from the kernel, from one step to the next."""

    def __init__(self, pid: int) -> None:
        self._folder = Path("/proc", str(pid))
        self._name = STARTING
        self._mark = (time.monotonic(), 0.0)
        self.steps: list[Step] = []

    def next_step(self, name: str) -> None:
        """End the step that runs and begin another; the same name goes on."""
        if name == self._name:
            return
        now = (time.monotonic(), self._cpu_s())
        wall, cpu = (after - before for after, before in zip(now, self._mark, strict=True))
        self.steps.append(Step(self._name, wall, cpu, self._peak_gb()))
        (self._folder / "clear_refs").write_text("5")
        self._name, self._mark = name, now

    def _cpu_s(self) -> float:
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def _peak_gb(self) -> float:
        status = (self._folder / "status").read_text().splitlines()
        line = next(line for line in status if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e9


def measure(arguments: list[str]) -> Run:
    """Run one command of brainstem-app and measure it; exits with what it said if it fails."""
    start = time.monotonic()
    command = [sys.executable, "-m", "brainstem_app", *arguments, "--json"]
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        watch = Stopwatch(child.pid)
        for event in _events(child):
            if event["event"] == "progress":
                watch.next_step(event["message"])
            elif event["event"] == "finished":
                watch.next_step("finished")
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            errors.seek(0)
            sys.exit(errors.read() or f"{arguments[0]} ended with status {status}")
    cpu = usage.ru_utime + usage.ru_stime
    total = Step("in all", time.monotonic() - start, cpu, max(usage.ru_maxrss * 1024 / 1e9, *_peaks(watch)))
    shown = " ".join(Path(word).name if os.sep in word else word for word in arguments)
    return Run(f"brainstem-app {shown}", tuple(watch.steps), total)


def _events(child: subprocess.Popen[str]) -> Iterator[dict[str, str]]:
    assert child.stdout is not None
    for line in child.stdout:
        yield json.loads(line)


def _peaks(watch: Stopwatch) -> list[float]:
    return [step.peak_gb for step in watch.steps] or [0.0]


def table(run: Run) -> str:
    """Return one run as Markdown."""
    rows = [
        f"| {step.name} | {step.wall_s:.1f} | {step.cpu_s:.1f} | {step.peak_gb:.2f} |" for step in run.steps
    ]
    whole = run.total
    total = f"| **{whole.name}** | **{whole.wall_s:.1f}** | **{whole.cpu_s:.1f}** | **{whole.peak_gb:.2f}** |"
    head = ["| step | wall (s) | CPU (s) | peak memory (GB) |", "|---|---|---|---|"]
    return "\n".join([f"### `{run.command}`", "", *head, *rows, total])


def machine() -> str:
    """Return the machine in one line."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = psutil.virtual_memory().total / 1e9
    count = len(os.sched_getaffinity(0))
    cores = "1 core" if count == 1 else f"{count} cores"
    return f"{model}, {cores}, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def report(
    scans: list[Path], *, demo: bool, model: str = "", batch: Sequence[Path] = (), figures: Path | None = None
) -> str:
    """Measure everything asked for and return the page; leave the scans' totals in a JSON file, if asked."""
    load = os.getloadavg()[0]
    totals: list[Step] = []
    lines = ["# Time and memory", "", f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Made by"]
    lines += ["`tests/benchmarks/benchmark_segment.py`; other work on the machine when it began: load"]
    lines += [f"{load:.1f} (it lengthens wall seconds several times, CPU seconds by up to a half).", ""]
    compiled = all(compileall.compile_dir(ROOT / name, quiet=2) for name in ("brainstem_app", "kerasmodels"))
    if not compiled:
        sys.exit("The program's modules could not be compiled.")
    with tempfile.TemporaryDirectory() as folder:
        choice = ["--model", model] if model else []
        for number, scan in enumerate(scans):
            run = measure(["segment", str(scan), "--out", f"{folder}/{number}", *choice])
            lines += [table(run), "", _verdict(run), ""]
            totals.append(run.total)
        if batch:
            run = measure(["segment", *map(str, batch), "--out", f"{folder}/batch", *choice])
            lines += [_scans_an_hour(run, len(batch)), ""]
        if demo:
            run = measure(["demo", "--out", f"{folder}/demo"])
            met = "met" if run.total.wall_s <= DEMO_LIMIT_S else "NOT met"
            lines += [table(run), "", f"Target {DEMO_LIMIT_S} s: {met}.", ""]
    if figures is not None:
        found = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "load": round(load, 1)}
        found |= {"scans": [asdict(total) for total in totals]}
        figures.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return "\n".join(lines)


def _scans_an_hour(run: Run, scans: int) -> str:
    whole = run.total
    return (
        f"{scans} scans in one command: {3600 * scans / whole.wall_s:.0f} scans an hour, "
        f"{whole.cpu_s / scans:.1f} CPU-seconds each, {whole.peak_gb:.2f} GB."
    )


def _verdict(run: Run) -> str:
    goals = (
        (f"{WALL_LIMIT_S} s", run.total.wall_s <= WALL_LIMIT_S),
        (f"{CPU_LIMIT_S} CPU-seconds", run.total.cpu_s <= CPU_LIMIT_S),
        (f"{MEMORY_LIMIT_GB:g} GB", run.total.peak_gb <= MEMORY_LIMIT_GB),
    )
    told = ", ".join(f"{goal} {'met' if met else 'NOT met'}" for goal, met in goals)
    return f"Goals on two cores with nothing else to do: {told}."


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scan", type=Path, action="append", default=[], help="a head; may be given again")
    parser.add_argument("--model", default="", help="name or file of a model; the default one if not given")
    parser.add_argument("--batch", type=Path, nargs="+", default=[], help="scans to segment in one command")
    parser.add_argument("--demo", action="store_true", help="also measure `demo`")
    parser.add_argument("--figures", type=Path, help="JSON file for the totals, which the measurement reads")
    given = parser.parse_args()
    demo = given.demo or not (given.scan or given.batch)
    print(report(given.scan, demo=demo, model=given.model, batch=given.batch, figures=given.figures))


if __name__ == "__main__":
    main()
