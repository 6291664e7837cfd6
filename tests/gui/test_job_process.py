"""The wrapper of the worker process: every way a child can end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from brainstem_app.gui.jobs import job_process
from brainstem_app.gui.jobs.job_process import JobProcess, Outcome

Fake = Callable[[str], Path]


def ended(qtbot: QtBot, job: JobProcess, timeout: int = 10_000) -> Outcome:
    with qtbot.waitSignal(job.ended, timeout=timeout) as signal:
        job.start()
    return signal.args[0]


@pytest.fixture
def job(tmp_path: Path, qapp: object) -> JobProcess:
    return JobProcess(tmp_path / "job.json")


def test_events_arrive_in_order_as_typed_objects(qtbot: QtBot, job: JobProcess, fake_worker: Fake) -> None:
    fake_worker("""
emit(event="started", kind="segment", folder="x")
emit(event="progress", done=1, total=4, message="reading")
emit(event="warning", what="cut off")
emit(event="artifact", role="labels_native", path="a.nii.gz")
emit(event="progress", done=4, total=4, message="done")
emit(event="finished", seconds=2.5)
""")
    messages = []
    job.progress.connect(lambda event: messages.append((event.done, event.message)))
    assert ended(qtbot, job) is Outcome.FINISHED
    assert messages == [(1.0, "reading"), (4.0, "done")]
    assert [artifact.role for artifact in job.artifacts] == ["labels_native"]
    assert [warning.what for warning in job.warnings] == ["cut off"]
    assert job.finish is not None
    assert job.finish.seconds == 2.5


def test_failed_event_says_what_where_and_what_to_do(
    qtbot: QtBot, job: JobProcess, fake_worker: Fake
) -> None:
    fake_worker('emit(event="failed", what="No brain.", where="a.nii", fix="Use another."); sys.exit(1)')
    assert ended(qtbot, job) is Outcome.FAILED
    assert job.failure is not None
    assert (job.failure.what, job.failure.where, job.failure.fix) == ("No brain.", "a.nii", "Use another.")


def test_garbage_on_standard_output_is_kept_as_log_and_harms_nothing(
    qtbot: QtBot, job: JobProcess, fake_worker: Fake
) -> None:
    fake_worker("""
print("a library says hello"); print('{"event": "unknown"}'); sys.stdout.buffer.write(b"\\xff\\xfe\\n")
emit(event="finished", seconds=0.1)
""")
    assert ended(qtbot, job) is Outcome.FINISHED
    assert "a library says hello" in job.log


def test_last_line_without_line_end_still_counts(qtbot: QtBot, job: JobProcess, fake_worker: Fake) -> None:
    fake_worker("""sys.stdout.write('{"event": "finished", "seconds": 1.0}')""")
    assert ended(qtbot, job) is Outcome.FINISHED


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_worker_is_an_error_message(qtbot: QtBot, job: JobProcess, fake_worker: Fake) -> None:
    fake_worker("""
print("Traceback of the child", file=sys.stderr, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""")
    assert ended(qtbot, job) is Outcome.FAILED
    assert job.failure is not None
    assert "crashed" in job.failure.what
    assert "Traceback of the child" in job.failure.details


def test_exit_without_any_event_is_an_error_message(qtbot: QtBot, job: JobProcess, fake_worker: Fake) -> None:
    fake_worker("sys.exit(7)")
    assert ended(qtbot, job) is Outcome.FAILED
    assert job.failure is not None
    assert "7" in job.failure.what
    assert job.failure.fix


def test_finished_event_does_not_hide_a_bad_exit_status(
    qtbot: QtBot, job: JobProcess, fake_worker: Fake
) -> None:
    fake_worker('emit(event="finished", seconds=1.0); sys.exit(1)')
    assert ended(qtbot, job) is Outcome.FAILED


def test_missing_program_is_an_error_message(
    qtbot: QtBot, job: JobProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_process, "worker_command", lambda _file: ("/no/such/program", []))
    assert ended(qtbot, job) is Outcome.FAILED
    assert job.failure is not None
    assert job.failure.where == "/no/such/program"


def test_cancel_is_asked_for_politely_first(qtbot: QtBot, job: JobProcess, fake_worker: Fake) -> None:
    fake_worker("""
emit(event="progress", done=0, total=1, message="working")
if cancelled():
    emit(event="failed", what="Cancelled.", exit_status=3)
    sys.exit(3)
""")
    job.progress.connect(lambda _event: job.cancel())
    assert ended(qtbot, job) is Outcome.CANCELLED
    assert job.failure is not None
    assert job.failure.exit_status == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_worker_that_does_not_listen_is_terminated_then_killed(
    qtbot: QtBot, tmp_path: Path, fake_worker: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_process, "TERMINATE_AFTER_MS", 200)
    monkeypatch.setattr(job_process, "KILL_AFTER_MS", 200)
    job = JobProcess(tmp_path / "job.json")
    fake_worker("""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
emit(event="progress", done=0, total=1, message="deaf")
time.sleep(60)
""")
    job.progress.connect(lambda _event: job.cancel())
    start = time.monotonic()
    assert ended(qtbot, job) is Outcome.CANCELLED
    assert time.monotonic() - start < 8


def test_job_that_finishes_while_being_cancelled_keeps_its_result(
    qtbot: QtBot, job: JobProcess, fake_worker: Fake
) -> None:
    fake_worker("""
emit(event="progress", done=1, total=1, message="last")
if cancelled():
    emit(event="finished", seconds=1.0)
""")
    job.progress.connect(lambda _event: job.cancel())
    assert ended(qtbot, job) is Outcome.FINISHED
