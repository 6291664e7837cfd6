"""The process that does the job of a folder, and what follows it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from brainstem_app.jobs import supervise
from brainstem_app.jobs.events import Event, Failed, Finished, Progress
from brainstem_app.jobs.folder import EventTail, JobFolder
from brainstem_app.jobs.job import DemoJob
from brainstem_app.jobs.supervise import LocalProcess, Watch

# Stands in for a job: prints as libraries do, then goes on until it is cancelled; with seed 2 it does not
# listen, and has a process of its own, as one that prepares several subjects at a time.
CHILD = """
import os, subprocess, sys, time
from brainstem_app.jobs import detached, run

def work(job, reporter):
    print("a library's chatter")
    os.write(1, b"chatter of a C library\\n")
    if job.seed == 2:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    for step in range(1200):
        if job.seed == 2:
            reporter.emit(detached_progress(step))
        else:
            reporter.progress(step, 1200, "waiting")
        if job.seed == 0:
            return {}
        time.sleep(0.05)
    return {}

def detached_progress(step):
    from brainstem_app.jobs.events import Progress
    return Progress(done=step, total=1200, message="waiting")

run._work = work
sys.exit(detached.main())
"""


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Watch, LocalProcess]]:
    """Start a stand-in for a job and return what follows it."""
    monkeypatch.setattr(
        supervise, "worker_command", lambda folder: [sys.executable, "-c", CHILD, str(folder)]
    )

    def begin(seed: int, **patience: float) -> tuple[Watch, LocalProcess]:
        folder = JobFolder(tmp_path / "job")
        folder.prepare(DemoJob(out=tmp_path, seed=seed))
        process = LocalProcess(folder)
        process.start()
        return Watch(folder, process.is_alive, lambda kill: process.end(kill=kill), **patience), process

    return begin


def _follow(watch: Watch, until: Callable[[list[Event]], bool]) -> list[Event]:
    said: list[Event] = []
    deadline = time.monotonic() + 60
    while not until(said):
        assert time.monotonic() < deadline
        said += watch.look()
        time.sleep(0.02)
    return said


def _has_progress(said: list[Event]) -> bool:
    return any(isinstance(event, Progress) for event in said)


def test_events_and_what_libraries_print_are_kept_apart(
    start: Callable[..., tuple[Watch, LocalProcess]],
) -> None:
    watch, _ = start(seed=0)
    said = _follow(watch, lambda said: watch.end is not None)
    assert [type(event).__name__ for event in said] == ["Started", "Progress", "Finished"]
    assert isinstance(watch.end, Finished)
    assert "a library's chatter" in watch.folder.log_end()
    assert "chatter of a C library" in watch.folder.log_end()


def test_job_stops_at_its_next_step_when_asked_to(start: Callable[..., tuple[Watch, LocalProcess]]) -> None:
    watch, _ = start(seed=1)
    _follow(watch, _has_progress)
    watch.ask_to_stop()
    _follow(watch, lambda said: watch.end is not None)
    assert isinstance(watch.end, Failed)
    assert watch.end.exit_status == 3


def test_job_that_does_not_listen_is_ended_with_all_it_has_started(
    start: Callable[..., tuple[Watch, LocalProcess]],
) -> None:
    watch, _ = start(seed=2, press_after_s=0.1)
    _follow(watch, _has_progress)
    process = watch.folder.process()
    assert process is not None
    family = [process, *process.children(recursive=True)]
    assert len(family) == 2
    watch.ask_to_stop()
    _follow(watch, lambda said: watch.end is not None)
    assert isinstance(watch.end, Failed)
    assert watch.end.exit_status == 3
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert (len(gone), alive) == (2, [])


def test_job_is_found_again_by_its_folder(start: Callable[..., tuple[Watch, LocalProcess]]) -> None:
    watch, _ = start(seed=1)
    _follow(watch, _has_progress)
    again = LocalProcess(JobFolder(watch.folder.path))
    assert again.is_alive()
    found = Watch(again.folder, again.is_alive, lambda kill: again.end(kill=kill))
    assert _has_progress(_follow(found, _has_progress))
    found.kill()
    _follow(watch, lambda said: watch.end is not None)
    _follow(found, lambda said: found.end is not None)
    assert isinstance(found.end, Failed)
    assert "ended from outside" in found.end.what


def test_half_a_line_is_no_event_yet(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    line = Progress(done=1, total=2, message="half").model_dump_json() + "\n"
    (tmp_path / "events.jsonl").write_text("no event\n" + line + line[:10], encoding="utf-8")
    tail = EventTail(folder)
    assert len(tail.read()) == 1
    with (tmp_path / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(line[10:])
    assert len(tail.read()) == 1
    assert tail.read() == []


def test_long_file_is_read_in_parts_but_whole(tmp_path: Path) -> None:
    line = Progress(done=1, total=2, message="x" * 200).model_dump_json() + "\n"
    (tmp_path / "events.jsonl").write_text(line * 3000, encoding="utf-8")
    tail = EventTail(JobFolder(tmp_path))
    parts = iter(lambda: len(tail.read()), 0)
    counts = list(parts)
    assert len(counts) > 1
    assert sum(counts) == 3000


def test_damaged_job_file_is_a_failed_event(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{", encoding="utf-8")
    command = [sys.executable, "-m", "brainstem_app.jobs.detached", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    (event,) = EventTail(JobFolder(tmp_path)).read()
    assert isinstance(event, Failed)


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_wrong_number_of_arguments_is_a_usage_error(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "brainstem_app.jobs.detached", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    assert "Usage" in done.stderr
