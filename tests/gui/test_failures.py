"""What can go wrong under the window: a full disk, a study that is gone or damaged, a killed worker."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.jobs.queued_job import QueuedJob
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import PrepareJob, SegmentJob, SimulateJob, TrainJob
from brainstem_app.study.study import Study, SubjectRecord
from kerasmodels.data.slice_input import SliceInput

_LIMIT_MS = 1_800_000
_MIB = 2**20
Disk = Callable[[int], Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a disk of so many MiB, or give it another size; skips where that is not allowed."""
    place = tmp_path / "small disk"
    place.mkdir()

    def mount(mib: int) -> Path:
        again = ["remount,"] if place.is_mount() else [""]
        command = ["mount", "-t", "tmpfs", "-o", f"{again[0]}size={mib}m", "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        return place

    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk, and only on Linux")
    yield mount
    if place.is_mount():
        subprocess.run(["umount", "-l", str(place)], check=True)


def said(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else f"{message.what} | {message.where} | {message.fix}"


def wait_for_end(qtbot: QtBot, job: QueuedJob) -> str:
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    return f"{job.record.what} | {job.record.where} | {job.record.fix}\n{job.log}"


def restart(qtbot: QtBot, window: MainWindow, job: QueuedJob) -> None:
    """Press “Start again” in the panel of the jobs."""
    window.jobs_dock.show()
    window.jobs_panel.select(job)
    qtbot.mouseClick(window.jobs_panel.restart_button, Qt.MouseButton.LeftButton)


def small_training(study: Study, epochs: int) -> TrainJob:
    small = SliceInput(size=32)
    return TrainJob(study=study.folder, run="small", encoder="resnet18", epochs=epochs, input=small)


def epochs_of(study: Study, run: str) -> list[str]:
    path = study.run_folder(run) / "history.csv"
    return path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []


@pytest.mark.slow
def test_training_on_a_full_disk_keeps_its_epochs_and_goes_on_once_there_is_room(
    qtbot: QtBot, window: MainWindow, boxed_study: Study, small_disk: Disk
) -> None:
    pytest.importorskip("tensorflow")
    # An epoch's files are 45 and 130 MB; the second one's cannot be written beside the first one's.
    disk = small_disk(230)
    copy = Study.open(Path(shutil.copytree(boxed_study.folder, disk / "study")))
    job = window.context.jobs.submit(small_training(copy, epochs=2), "Train", copy.folder, item="small")
    told = wait_for_end(qtbot, job)
    assert job.state == "failed"
    assert "disk is full" in job.record.what, told
    assert "Free some space" in job.record.fix
    assert str(disk) in job.record.where
    assert "disk is full" in said(window)
    (first,) = epochs_of(copy, "small")
    small_disk(600)
    restart(qtbot, window, job)
    told = wait_for_end(qtbot, job)
    assert job.state == "finished", told
    assert epochs_of(copy, "small")[0] == first, "the first epoch was not done again"
    assert len(epochs_of(copy, "small")) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_training_is_an_error_and_goes_on_from_its_last_epoch(
    qtbot: QtBot, window: MainWindow, boxed_study: Study
) -> None:
    pytest.importorskip("tensorflow")
    study = boxed_study
    job = window.context.jobs.submit(small_training(study, epochs=3), "Train", study.folder, item="small")
    qtbot.waitUntil(lambda: bool(epochs_of(study, "small")) or job.state.is_over, timeout=_LIMIT_MS)
    job.kill()
    told = wait_for_end(qtbot, job)
    assert job.state == "failed", told
    assert "ended from outside" in said(window)
    before = epochs_of(study, "small")
    restart(qtbot, window, job)
    told = wait_for_end(qtbot, job)
    assert job.state == "finished", told
    assert epochs_of(study, "small")[: len(before)] == before
    assert len(epochs_of(study, "small")) == 3


@pytest.mark.slow
@pytest.mark.long
def test_preparing_on_a_full_disk_stops_at_once_and_leaves_nothing_half(
    qtbot: QtBot, window: MainWindow, small_disk: Disk, simulated: Path
) -> None:
    disk = small_disk(1)
    study = disk / "study"
    window.context.study.create(study)
    job = window.context.jobs.submit(PrepareJob(dataset=simulated, study=study), "Prepare", study)
    told = wait_for_end(qtbot, job)
    assert job.state == "failed"
    assert "no room" in job.record.what, told
    assert not list(study.glob("subjects/*/*")), "no half subject"
    small_disk(200)
    restart(qtbot, window, job)
    told = wait_for_end(qtbot, job)
    assert "no room" not in told
    assert [record.state for record in Study.open(study).subjects()] == ["finished"] * 3, told


@pytest.mark.slow
@pytest.mark.long
def test_segmenting_to_a_full_disk_says_so_and_can_be_repeated(
    qtbot: QtBot, window: MainWindow, small_disk: Disk, simulated: Path
) -> None:
    (disk, scan) = small_disk(1), next(simulated.glob("sub-*/anat/*_T1w.nii.gz"))
    work = SegmentJob(scans=(scan,), out=disk / "results")
    job = window.context.jobs.submit(work, "Segment")
    told = wait_for_end(qtbot, job)
    assert "no room" in job.record.what, told
    assert "no room" in said(window)
    small_disk(200)
    restart(qtbot, window, job)
    told = wait_for_end(qtbot, job)
    assert job.state == "finished", told
    assert len(list((disk / "results").glob("*/labels_native.nii.gz"))) == 1


def test_job_folder_on_a_full_disk_is_explained(
    qtbot: QtBot, window: MainWindow, small_disk: Disk, tmp_path: Path
) -> None:
    disk = small_disk(1)
    window.context.settings.jobs_folder = disk / "jobs"
    (disk / "jobs").mkdir()
    fill(disk)
    assert window.context.jobs.submit(SimulateJob(subjects=1, out=tmp_path / "out"), "Simulate") is None
    assert "No space left" in said(window)


def test_workspace_on_a_full_disk_is_told_and_the_old_one_stays(
    qtbot: QtBot, window: MainWindow, study: Study, small_disk: Disk
) -> None:
    disk = small_disk(1)
    copy = Path(shutil.copytree(study.folder, disk / "study"))
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(copy)
    window.show_step(StepName.TRAIN)
    window.context.study.save()
    before = (copy / "window.json").read_text(encoding="utf-8")
    fill(disk)
    window.page(StepName.TRAIN).form.set_values({"epochs": 99})
    window.context.study.save()
    assert "No space left" in said(window)
    assert (copy / "window.json").read_text(encoding="utf-8") == before


def fill(disk: Path) -> None:
    """Leave no room on a disk."""
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def test_study_that_is_unplugged_stops_nothing_and_is_found_again(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path
) -> None:
    window, elsewhere = open_study, tmp_path / "unplugged"
    for step in StepName:
        window.show_step(step)
    qtbot.waitUntil(lambda: window.page(StepName.TRAIN).model.rowCount() == 1, timeout=_LIMIT_MS)
    study.folder.rename(elsewhere)
    window.message_bar.clear()
    train = window.page(StepName.TRAIN)
    window.show_step(StepName.TRAIN)
    train.start()
    assert "not there any more" in said(window)
    assert "Connect its drive" in said(window)
    assert not window.context.jobs.jobs
    window.message_bar.clear()
    window.context.study.refresh()
    qtbot.waitUntil(lambda: "not there" in said(window), timeout=_LIMIT_MS)
    window.message_bar.clear()
    window.show_step(StepName.PREPARE)
    window.page(StepName.PREPARE).decide("rejected")
    qtbot.waitUntil(lambda: str(study.folder) in said(window), timeout=_LIMIT_MS)
    window.context.study.save()
    assert not study.folder.exists(), "nothing was begun anew where the study was"
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    elsewhere.rename(study.folder)
    window.message_bar.clear()
    window.context.study.refresh()
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    assert window.message_bar.message is None
    assert window.page(StepName.PREPARE).model.rowCount() == 4


@pytest.mark.parametrize(
    "name",
    ["splits.json", "quality.json", "window.json", "subjects/sub-2/manifest.json", "runs/first/config.json"],
)
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b""])
def test_damaged_file_of_a_study_leaves_the_rest_usable(
    qtbot: QtBot, window: MainWindow, study: Study, name: str, content: bytes
) -> None:
    (study.folder / name).write_bytes(content)
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(study.folder)
    for step in StepName:
        window.show_step(step)
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    names = {subject.name for subject in window.page(StepName.PREPARE).model.rows}
    if name != "quality.json":
        assert {"sub-1", "sub-3"} <= names
    else:
        assert "damaged" in said(window)
        assert "quality.json" in said(window)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_study_without_permission_is_explained(qtbot: QtBot, window: MainWindow, study: Study) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (study.folder / "study.json").chmod(0)
    window.open_path(study.folder)
    qtbot.waitUntil(lambda: "permissions" in said(window), timeout=_LIMIT_MS)


def test_a_thousand_prepared_subjects_are_listed_and_judged(
    qtbot: QtBot, window: MainWindow, study: Study
) -> None:
    for number in range(1000):
        name = f"sub-{number + 1000}"
        record = SubjectRecord(name=name, person=name, state="finished", source="x", fit={"correlation": 0.9})
        record.save(study.subject_folder(name) / "manifest.json")
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(study.folder)
    window.show_step(StepName.PREPARE)
    page = window.page(StepName.PREPARE)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1004, timeout=_LIMIT_MS)
    row = page.model.row_of("sub-1999")
    page.table.selectRow(row)
    page.table.scrollTo(page.table.currentIndex())
    page.decide("rejected")
    qtbot.waitUntil(lambda: page.model.row(row).decision == "rejected", timeout=_LIMIT_MS)
