from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from brainstem_app.jobs.events import Event, Failed, Finished, Progress, parse_event
from brainstem_app.jobs.job import DemoJob, write_job

# Stands in for a job: prints as libraries do, then goes on until it is cancelled.
CHILD = """
import os, sys, time
from brainstem_app.jobs import run, worker

def work(job, reporter):
    print("a library's chatter")
    os.write(1, b"chatter of a C library\\n")
    for step in range(200):
        reporter.progress(step, 200, "waiting")
        if job.seed == 0:
            return {}
        time.sleep(0.05)
    return {}

run._work = work
sys.exit(worker.main())
"""


def _start(tmp_path: Path, seed: int) -> subprocess.Popen[str]:
    write_job(DemoJob(out=tmp_path, seed=seed), tmp_path / "job.json")
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "job.json")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def _events(text: str) -> list[Event]:
    return [parse_event(line) for line in text.splitlines()]


def test_standard_output_holds_events_only(tmp_path: Path) -> None:
    child = _start(tmp_path, seed=0)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0
    assert isinstance(_events(out)[-1], Finished)
    assert "a library's chatter" in err
    assert "chatter of a C library" in err


def test_cancel_on_standard_input_stops_at_the_next_step(tmp_path: Path) -> None:
    child = _start(tmp_path, seed=1)
    assert child.stdin is not None
    assert child.stdout is not None
    while not isinstance(parse_event(child.stdout.readline()), Progress):
        pass
    out, _ = child.communicate("cancel\n", timeout=60)
    last = _events(out)[-1]
    assert isinstance(last, Failed)
    assert child.returncode == last.exit_status == 3


def test_damaged_job_file_is_a_failed_event(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{", encoding="utf-8")
    command = [sys.executable, "-m", "brainstem_app.jobs.worker", str(tmp_path / "job.json")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    (event,) = _events(done.stdout)
    assert isinstance(event, Failed)


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_wrong_number_of_arguments_is_a_usage_error(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "brainstem_app.jobs.worker", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    assert "Usage" in done.stderr
