"""Several scans at a time: the same files as one by one, failures that stay apart, a cancel that ends all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.errors import JobCancelled
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.jobs.events import Event, Failed, Progress, Turn, Warned
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.scans.segment_together import scans_at_once, segment_together
from brainstem_app.models.prediction import SharedPredictor

from .test_segment import _made_registration, _run, _write_scan, model  # noqa: F401 - fixtures

SCANS = [ScanInput(Path(name), name) for name in "abcdef"]


def _reporter(events: list[Event], is_cancelled: Callable[[], bool] = lambda: False) -> Reporter:
    return Reporter(events.append, is_cancelled)


def test_progress_never_falls_and_names_each_scan() -> None:
    events: list[Event] = []

    def work(scan: ScanInput, report: Callable[[float, str], None], reporter: Reporter) -> None:
        for step in range(5):
            report(step / 5, "working")
            time.sleep(0.001)

    segment_together(SCANS, 3, work, _reporter(events))
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert {event.item for event in events if isinstance(event, Progress)} == set("abcdef")


def test_a_scan_that_has_ended_counts_whole_also_one_that_was_refused() -> None:
    events: list[Event] = []

    def work(scan: ScanInput, report: Callable[[float, str], None], reporter: Reporter) -> None:
        report(0.0, "reading the scan")
        if scan.name == "a":
            return
        time.sleep(0.05)
        report(0.9, "writing the report")

    segment_together(SCANS[:2], 2, work, _reporter(events))
    assert [event.done for event in events if isinstance(event, Progress)][-1] == pytest.approx(1.9)


@pytest.mark.parametrize("at_once", [1, 2])
def test_it_is_said_which_scans_are_worked_on_and_which_are_over(at_once: int) -> None:
    events: list[Event] = []
    segment_together(SCANS, at_once, lambda _scan, _report, _reporter: None, _reporter(events))
    working: set[str] = set()
    for event in (event for event in events if isinstance(event, Turn)):
        assert event.path == event.item, "that of the scan as it was given"
        (working.add if event.state == "begun" else working.remove)(event.path)
        assert len(working) <= at_once
    assert working == set()
    assert len(events) == 2 * len(SCANS)


def test_two_are_done_at_a_time_and_no_more() -> None:
    running, most, turn = 0, 0, threading.Lock()

    def work(scan: ScanInput, report: Callable[[float, str], None], reporter: Reporter) -> None:
        nonlocal running, most
        with turn:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with turn:
            running -= 1

    segment_together(SCANS, 2, work, _reporter([]))
    assert most == 2


def test_cancel_ends_all_and_begins_no_other() -> None:
    begun: list[str] = []

    def work(scan: ScanInput, report: Callable[[float, str], None], reporter: Reporter) -> None:
        begun.append(scan.name)
        for _ in range(1000):
            report(0.1, "working")
            time.sleep(0.002)

    with pytest.raises(JobCancelled):
        segment_together(SCANS, 2, work, _reporter([], lambda: len(begun) >= 2))
    assert len(begun) == 2


def test_what_ends_the_job_ends_the_others_at_their_next_step() -> None:
    def work(scan: ScanInput, report: Callable[[float, str], None], reporter: Reporter) -> None:
        if scan.name == "b":
            raise MemoryError
        for _ in range(1000):
            report(0.1, "working")
            time.sleep(0.002)

    start = time.monotonic()
    with pytest.raises(MemoryError):
        segment_together(SCANS, 2, work, _reporter([]))
    assert time.monotonic() - start < 1.5


def test_as_many_at_once_as_cores_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    def machine(cores: int, free_gb: float) -> None:
        class Memory:
            available = free_gb * 1e9

        monkeypatch.setattr("brainstem_app.jobs.scans.segment_together.usable_cores", lambda: cores)
        monkeypatch.setattr("psutil.virtual_memory", Memory)

    machine(2, 8.0)
    assert scans_at_once(6) == 2
    assert scans_at_once(1) == 1
    machine(16, 2.5)
    assert scans_at_once(6) == 2
    machine(16, 0.3)
    assert scans_at_once(6) == 1


def test_a_shared_network_answers_one_at_a_time() -> None:
    class Network:
        device = "made"
        lanes = 1
        busy = False

        def run(self, images: np.ndarray) -> np.ndarray:
            assert not self.busy
            self.busy = True
            time.sleep(0.005)
            self.busy = False
            return images + 1

    shared = SharedPredictor(Network())
    answers: list[float] = []
    threads = [
        threading.Thread(
            target=lambda k=k: answers.append(float(shared.run(np.full(1, k, dtype=np.float32))[0]))
        )
        for k in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [1, 2, 3, 4, 5, 6]


def test_batch_gives_the_files_of_one_by_one_and_a_bad_scan_stops_none(
    tmp_path: Path,
    model: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scans = [_write_scan(tmp_path / f"head{k}.nii.gz") for k in range(2)]
    bad = tmp_path / "bad.nii.gz"
    bad.write_bytes(b"no image")
    monkeypatch.setattr("brainstem_app.jobs.scans.segment.scans_at_once", lambda scans: 1)
    _run([scans[0]], tmp_path / "alone", model)
    monkeypatch.setattr("brainstem_app.jobs.scans.segment.scans_at_once", lambda scans: 2)
    status, events = _run([scans[0], bad, scans[1]], tmp_path / "together", model)
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert "1 of 3" in events[-1].what
    assert any(isinstance(event, Warned) and "bad" in event.what for event in events)
    assert (tmp_path / "together" / "head1" / "report.json").exists()
    alone, together = tmp_path / "alone" / "head0", tmp_path / "together" / "head0"
    files = sorted(path.relative_to(alone) for path in alone.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(together) for path in together.rglob("*") if path.is_file())
    for file in (file for file in files if file.name.endswith(".nii.gz")):
        one, other = (np.asarray(nibabel.load(folder / file).dataobj) for folder in (alone, together))
        np.testing.assert_array_equal(one, other)
    assert (alone / "qc.png").read_bytes() == (together / "qc.png").read_bytes()


def test_cancelled_batch_keeps_what_is_finished(
    tmp_path: Path,
    model: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scans = [_write_scan(tmp_path / f"head{k}.nii.gz") for k in range(3)]
    monkeypatch.setattr("brainstem_app.jobs.scans.segment.scans_at_once", lambda scans: 2)
    out, events = tmp_path / "out", []

    def is_cancelled() -> bool:
        return any(out.glob("*/report.json"))

    job = SegmentJob(scans=tuple(scans), out=out, model=str(model))
    assert run_job(job, events.append, is_cancelled) == 3
    assert not (out / "head2" / "report.json").exists()
    assert len(list(out.glob("*/report.json"))) >= 1
