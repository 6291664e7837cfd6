"""Hard surroundings: names that are no text, a clock in 1970, studies that vanish, disks to read from."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs import run as running
from brainstem_app.jobs.events import Event, Failed, Finished
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.job import CohortJob, EvaluateRunJob, Job, PrepareJob, SegmentJob, TrainJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.scans.result_folders import replacing
from brainstem_app.study.study import Study, StudySettings

ODD = os.fsdecode(b"sub-\xe9\xff")


def _end(job: Job) -> tuple[int, Failed | Finished]:
    events: list[Event] = []
    status = run_job(job, events.append, lambda: False)
    end = events[-1]
    assert isinstance(end, Failed | Finished)
    for event in events:
        event.model_dump_json()
    return status, end


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
@pytest.mark.parametrize("where", ["scan", "out", "folder of scans", "dataset"])
def test_name_that_is_no_text_is_refused_and_shown_as_far_as_it_can_be(tmp_path: Path, where: str) -> None:
    odd = tmp_path / ODD
    odd.mkdir()
    (odd / "scan.nii.gz").write_bytes(b"x")
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / f"{ODD}.nii.gz").write_bytes(b"x")
    (tmp_path / "scan.nii.gz").write_bytes(b"x")
    jobs: dict[str, Job] = {
        "scan": SegmentJob(scans=(odd / "scan.nii.gz",), out=tmp_path / "out"),
        "out": SegmentJob(scans=(tmp_path / "scan.nii.gz",), out=odd),
        "folder of scans": SegmentJob(scans=(tmp_path / "scans",), out=tmp_path / "out"),
        "dataset": PrepareJob(dataset=odd, study=tmp_path / "study"),
    }
    status, end = _end(jobs[where])
    assert status == 2
    assert isinstance(end, Failed)
    assert end.what == "The name of this file or folder is no text (bytes that are no UTF-8)."
    assert "sub-��" in end.where
    assert "Rename it" in end.fix


def test_networks_are_not_trained_while_the_clock_stands_in_1970(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Study.create(tmp_path / "study", StudySettings(dataset="x"))
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(3600))
    _, end = _end(TrainJob(study=tmp_path / "study", run="first"))
    assert isinstance(end, Failed)
    assert "1970-01-01" in end.what
    assert "Set the clock" in end.fix


def test_job_whose_study_is_removed_while_it_runs_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tmp_path / "study"
    Study.create(study, StudySettings(dataset="x"))

    def work(job: Job, reporter: object) -> dict[str, float | int | str]:
        shutil.rmtree(study)
        (study / "runs" / "first").mkdir(parents=True)
        return {}

    monkeypatch.setattr(running, "_work", work)
    status, end = _end(EvaluateRunJob(study=study, run="first"))
    assert status == 1
    assert isinstance(end, Failed)
    assert "removed or moved while the job ran" in end.what


def test_results_that_vanish_while_they_are_written_are_missed(tmp_path: Path) -> None:
    reporter = Reporter(lambda _event: None, lambda: False)
    with (
        pytest.raises(BrainstemError, match=r"labels_native\.nii\.gz"),
        replacing(tmp_path, "sub-01", reporter),
    ):
        pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "/x"), "may only be read"),
        (OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), "/x"), "longer than the disk can hold"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "too few files"),
        (OSError(errno.EFBIG, os.strerror(errno.EFBIG), "/x"), "larger than this disk"),
        (OSError(errno.ESTALE, os.strerror(errno.ESTALE), "/x"), "not connected"),
        (RecursionError(), "nested too deep"),
        (RuntimeError("Symlink loop from '/a/b'"), "leads back to itself"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_known_ends_are_told_in_words_with_what_to_do(error: Exception, words: str) -> None:
    failed = describe_failure(error)
    assert words in failed.what
    assert failed.fix
    assert "unforeseen" not in failed.what


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_every_alphabet_of_a_terminal_gets_the_error(
    tmp_path: Path, environment: dict[str, str], repository_root: Path
) -> None:
    scan = tmp_path / "Schädel “脳”.nii.gz"
    scan.write_bytes(b"x")
    done = subprocess.run(
        [sys.executable, "-m", "brainstem_app", "doctor", str(scan)],
        env={**os.environ, "PYTHONPATH": str(repository_root), **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    # Where Python is forced to take names for ASCII, letters beyond it are no text to it.
    assert b"holds no scan" in done.stdout or b"is no text" in done.stdout
    assert b"Traceback" not in done.stderr


def test_reader_that_stops_reading_gets_no_error(repository_root: Path) -> None:
    command = f"'{sys.executable}' -m brainstem_app --help | head -1"
    environment = {**os.environ, "PYTHONPATH": str(repository_root)}
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid"), reason="needs mounts")
def test_results_on_a_disk_that_may_only_be_read_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "none", str(tmp_path / "disk")], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        status, end = _end(CohortJob(results=(tmp_path,), out=tmp_path / "disk" / "out"))
    finally:
        subprocess.run(["umount", str(tmp_path / "disk")], check=True)
    assert status == 2
    assert isinstance(end, Failed)
    assert end.where
    assert end.fix
