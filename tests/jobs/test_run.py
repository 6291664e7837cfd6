from __future__ import annotations

import errno
from pathlib import Path

import pytest

from brainstem_app.errors import BrainstemError, ImplausibleResultError, InputError, JobCancelled
from brainstem_app.jobs import run as run_module
from brainstem_app.jobs.events import Event, Failed, Finished, Started
from brainstem_app.jobs.failure import describe_failure, require_all_segmented
from brainstem_app.jobs.job import DemoJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.run import run_job
from kerasmodels.errors import UnknownNameError


def _run(monkeypatch: pytest.MonkeyPatch, outcome: Exception | None) -> tuple[int, list[Event]]:
    def work(job: DemoJob, reporter: Reporter) -> Summary:
        if outcome is not None:
            raise outcome
        return {"scans": 1}

    monkeypatch.setattr(run_module, "_work", work)
    events: list[Event] = []
    status = run_job(DemoJob(out=Path("out")), events.append, lambda: False)
    return status, events


def test_done_job_starts_and_finishes(monkeypatch: pytest.MonkeyPatch) -> None:
    status, events = _run(monkeypatch, None)
    assert status == 0
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert events[-1].summary == {"scans": 1}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("Bad.", "file", "Change it."), 2),
        (ImplausibleResultError("Cannot be.", "file", "Look."), 1),
        (JobCancelled(), 3),
        (ZeroDivisionError("division by zero"), 1),
        (MemoryError(), 1),
        (UnknownNameError("decoder", "unett", ["unet"]), 2),
    ],
)
def test_every_failure_is_one_event_with_its_exit_status(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    returned, events = _run(monkeypatch, error)
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert returned == failed.exit_status == status
    assert failed.what
    assert failed.fix


def test_unforeseen_failure_carries_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    _, events = _run(monkeypatch, ZeroDivisionError("division by zero"))
    assert isinstance(events[-1], Failed)
    assert "Traceback" in events[-1].details


def test_our_own_error_carries_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _, events = _run(monkeypatch, InputError("Bad.", "file", "Change it."))
    assert isinstance(events[-1], Failed)
    assert events[-1].details == ""
    assert events[-1].where == "file"


def test_full_disk_says_so() -> None:
    failed = describe_failure(OSError(errno.ENOSPC, "No space left on device", "/out/labels.nii.gz"))
    assert "full" in failed.what
    assert failed.where == "/out/labels.nii.gz"


def test_missing_training_packages_say_how_to_install_them() -> None:
    failed = describe_failure(ModuleNotFoundError("No module named 'keras'", name="keras"))
    assert "train" in failed.fix


def test_full_disk_without_a_file_name_names_the_folder_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 and zip archives do not say which file they could not write."""
    _, events = _run(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(events[-1], Failed)
    assert (events[-1].what, events[-1].where) == ("The disk is full.", "out")


def test_full_disk_below_another_error_is_found() -> None:
    error = RuntimeError("Unable to flush the file")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device", "/out/best.keras")
    failed = describe_failure(error)
    assert (failed.what, failed.where) == ("The disk is full.", "/out/best.keras")


def test_scans_that_were_passed_over_are_named_in_their_order_in_whichever_they_ended(tmp_path: Path) -> None:
    require_all_segmented([], 3, tmp_path)
    with pytest.raises(BrainstemError) as caught:
        require_all_segmented(["sub-10", "sub-2"], 3, tmp_path)
    assert caught.value.what == "2 of 3 scans could not be segmented: sub-2, sub-10."
