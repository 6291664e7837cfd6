"""The queue and its panel: the real worker, and every way a job can end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.jobs.job_queue import JobQueue
from brainstem_app.gui.jobs.job_record import RECORD_FILE, JobRecord, JobState, find_jobs, new_job_folder
from brainstem_app.gui.jobs.job_table import about_text
from brainstem_app.gui.jobs.queued_job import QueuedJob
from brainstem_app.gui.jobs.room import Need, Room, fits, need_of
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.jobs.job import EvaluateVolumesJob, SimulateJob

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000


@pytest.fixture
def job(tmp_path: Path) -> SimulateJob:
    return SimulateJob(subjects=1, out=tmp_path / "out")


@pytest.fixture
def queue(window: MainWindow) -> JobQueue:
    return window.context.jobs


def state_in_table(window: MainWindow, row: int = 0) -> str:
    return str(window.jobs_panel.model.index(row, window.jobs_panel.model.column_of("State")).data())


def test_real_worker_does_a_job_of_the_queue(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, labels: np.ndarray, affine: np.ndarray
) -> None:
    save_label_map(tmp_path / "a.nii.gz", labels, affine)
    work = EvaluateVolumesJob(
        predicted=tmp_path / "a.nii.gz", reference=tmp_path / "a.nii.gz", out=tmp_path / "out"
    )
    done = window.context.jobs.submit(work, "Compare two label maps")
    qtbot.waitUntil(lambda: done.state.is_over, timeout=_LIMIT_MS)
    assert done.state is JobState.FINISHED, done.log
    assert (tmp_path / "out" / "report.json").exists()
    assert any(artifact.role == "report_html" for artifact in done.artifacts)
    window.show_jobs()
    assert state_in_table(window) == "done"


def test_refusal_of_the_real_worker_says_what_where_and_what_to_do(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    missing = tmp_path / "nothing.nii.gz"
    work = EvaluateVolumesJob(predicted=missing, reference=missing, out=tmp_path / "out")
    failed = window.context.jobs.submit(work, "Compare")
    qtbot.waitUntil(lambda: failed.state.is_over, timeout=_LIMIT_MS)
    assert failed.record.what
    assert "nothing.nii.gz" in failed.record.where
    assert failed.record.fix
    assert window.message_bar.message is not None
    assert failed.record.what in window.message_bar.message.what


def test_panel_cancels_shows_the_log_starts_again_and_removes(
    qtbot: QtBot, window: MainWindow, queue: JobQueue, job: SimulateJob, fake_job: Fake
) -> None:
    fake_job("""
emit(event="progress", done=1, total=2, message="working", item="sub-1")
wait_for(cancelled)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    queued = queue.submit(job, "Simulate")
    window.show_jobs()
    panel = window.jobs_panel
    qtbot.waitUntil(lambda: queued.fraction == 0.5, timeout=_LIMIT_MS)
    assert panel.model.index(0, panel.model.column_of("What it does")).data() == "sub-1: working"
    assert panel.model.index(0, panel.model.column_of("Progress")).data() == "50 %"
    qtbot.mouseClick(panel.log_button, Qt.MouseButton.LeftButton)
    assert "a library says hello" in panel.log.toPlainText()
    assert not panel.restart_button.isEnabled()
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    assert state_in_table(window) == "stopping"
    qtbot.waitUntil(lambda: queued.state is JobState.CANCELLED, timeout=_LIMIT_MS)
    fake_job('emit(event="finished", seconds=2.0)')
    qtbot.mouseClick(panel.restart_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: queued.state is JobState.FINISHED, timeout=_LIMIT_MS)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert panel.model.rowCount() == 0
    qtbot.waitUntil(lambda: not queued.folder.exists(), timeout=_LIMIT_MS)


def test_job_that_another_window_has_started_is_followed_and_can_be_cancelled_there(
    qtbot: QtBot, settings: WindowSettings, job: SimulateJob, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job(f"""
with open({str(tmp_path / "started")!r}, "a") as file:
    file.write("x")
emit(event="progress", done=1, total=2, message="working")
wait_for(cancelled)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    folder = new_job_folder(settings.jobs_folder, job, JobRecord(title="Simulate", kind="simulate"))
    windows = [QueuedJob(folder, JobRecord.load(folder / RECORD_FILE)) for _ in range(3)]
    for one in windows[:2]:
        one.start()
    qtbot.waitUntil(lambda: all(one.fraction == 0.5 for one in windows[:2]), timeout=_LIMIT_MS)
    assert (tmp_path / "started").read_text() == "x", "one process"
    windows[2].cancel()
    qtbot.waitUntil(lambda: all(one.state is JobState.CANCELLED for one in windows), timeout=_LIMIT_MS)
    windows[0].wait()
    for one in windows[:2]:
        one.start()
    qtbot.waitUntil(lambda: (tmp_path / "started").read_text() == "xx", timeout=_LIMIT_MS)
    windows[0].kill()
    qtbot.waitUntil(lambda: windows[0].state.is_over, timeout=_LIMIT_MS)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_worker_is_an_error_with_a_way_on(
    qtbot: QtBot, queue: JobQueue, job: SimulateJob, fake_job: Fake
) -> None:
    fake_job('emit(event="progress", done=1, total=2, message="x"); os.kill(os.getpid(), signal.SIGKILL)')
    queued = queue.submit(job, "Simulate")
    qtbot.waitUntil(lambda: queued.state.is_over, timeout=_LIMIT_MS)
    assert queued.state is JobState.FAILED
    assert "crashed" in queued.record.what
    assert queued.record.fix


def test_jobs_that_do_not_fit_wait_for_those_that_run(
    qtbot: QtBot,
    queue: JobQueue,
    job: SimulateJob,
    fake_job: Fake,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("brainstem_app.gui.jobs.job_queue.machine_room", lambda: Room(1, 64.0))
    fake_job(f"""
wait_for(lambda: cancelled() or Path({str(tmp_path / "go")!r}).exists())
emit(event="finished", seconds=1.0)
""")
    first, second, third = (queue.submit(job, f"Job {n}") for n in range(3))
    assert (first.state, second.state) == ("running", "waiting")
    third.cancel()
    assert third.state is JobState.CANCELLED, "a job that waits is only taken out"
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: second.state is JobState.FINISHED, timeout=_LIMIT_MS)


def test_jobs_folder_that_cannot_be_written_is_explained(
    window: MainWindow, settings: WindowSettings, queue: JobQueue, job: SimulateJob, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    settings.jobs_folder = tmp_path / "file" / "jobs"
    assert queue.submit(job, "Simulate") is None
    assert window.message_bar.message is not None


def test_a_job_alone_always_fits() -> None:
    assert fits(Need(64, 500), (), Room(2, 4))


def test_memory_and_cores_both_limit() -> None:
    room = Room(8, 10.0)
    small = need_of("segment", 1, 8)
    assert fits(small, (small,), room)
    assert not fits(Need(1, 11.0), (small,), room)
    assert not fits(need_of("train", 1, 8), (small,), room)


def test_old_jobs_are_forgotten_and_damaged_ones_skipped(tmp_path: Path, job: SimulateJob) -> None:
    for _ in range(62):
        new_job_folder(tmp_path, job, JobRecord(title="x", kind="simulate", state=JobState.FINISHED))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "record.json").write_text("{", encoding="utf-8")
    assert len(find_jobs(tmp_path)) == 60
    assert len([path for path in tmp_path.iterdir() if path.name != "damaged"]) == 60


@pytest.mark.parametrize(
    ("seconds", "text"), [(3, "5 s"), (44, "45 s"), (300, "5 min"), (7800, "2 h 10 min")]
)
def test_time_left_is_rounded_as_people_say_it(seconds: float, text: str) -> None:
    assert about_text(seconds) == text


@pytest.mark.parametrize("who", ["panel", "menu", "table"])
def test_stopping_is_said_at_once_wherever_it_was_asked_for(
    qtbot: QtBot, window: MainWindow, scan_file: Path, fake_job: Fake, tmp_path: Path, who: str
) -> None:
    fake_job(f"""
emit(event="progress", done=1, total=4, message="registering")
wait_for(lambda: cancelled() and Path({str(tmp_path / "go")!r}).exists())
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    window.open_path(scan_file)
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    window.commands.run("segment")
    progress = window.segment_page.segment_panel.progress
    qtbot.waitUntil(lambda: progress.message.text() == "Registering", timeout=_LIMIT_MS)
    (job,) = window.context.jobs.jobs
    if who == "panel":
        qtbot.mouseClick(progress.cancel_button, Qt.MouseButton.LeftButton)
    elif who == "menu":
        window.commands.run("cancel")
    else:
        window.show_jobs()
        qtbot.mouseClick(window.jobs_panel.cancel_button, Qt.MouseButton.LeftButton)
    assert progress.message.text() == "Stopping…"
    assert not progress.cancel_button.isEnabled()
    assert not window.jobs_panel.cancel_button.isEnabled()
    assert window.jobs_panel.model.index(0, window.jobs_panel.model.column_of("State")).data() == "stopping"
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=_LIMIT_MS)


def test_job_started_last_is_marked_so_that_cancel_is_about_it(
    qtbot: QtBot, window: MainWindow, job: SimulateJob, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    first = window.context.jobs.submit(job, "first")
    qtbot.waitUntil(lambda: first.state.is_over, timeout=_LIMIT_MS)
    fake_job("wait_for(cancelled)")
    other = window.context.jobs.submit(SimulateJob(subjects=1, out=tmp_path / "other"), "second")
    window.show_jobs()
    assert window.jobs_panel.chosen is other
    assert window.jobs_panel.cancel_button.isEnabled()
    third = window.context.jobs.submit(SimulateJob(subjects=1, out=tmp_path / "third"), "third")
    assert window.jobs_panel.chosen is third
