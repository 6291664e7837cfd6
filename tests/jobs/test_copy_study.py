"""Copying a study: every file or none, room looked for first, going on after a kill."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.errors import BrainstemError, InputError, JobCancelled
from brainstem_app.jobs.job import CopyStudyJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.studies import copy_study as copying
from brainstem_app.jobs.studies.copy_study import MARK_FILE, copy_study

from ..study.made_study import add_result, make_study


def reporter(is_cancelled: Callable[[], bool] = lambda: False, seen: list[object] | None = None) -> Reporter:
    return Reporter((seen if seen is not None else []).append, is_cancelled)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    root = tmp_path / "first study"
    for name, content in {
        "study.json": b"{}",
        "window.json": b"{}",
        "subjects/sub-01/scan_box.nii.gz": b"\x00" * 5000,
        "runs/ä run/history.csv": b"epoch\n1\n",
        "comparisons/own/grid.json": b"{}",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def test_copy_holds_every_file_and_the_study_stays(study: Path, tmp_path: Path) -> None:
    (study / "runs" / "ä run" / "process.json").write_text("{}", encoding="utf-8")
    (study / "subjects" / ".0123abcd-qc.png").write_bytes(b"half")
    seen: list[object] = []
    summary = copy_study(CopyStudyJob(study=study, out=tmp_path / "new" / "copy"), reporter(seen=seen))
    wanted = {n: c for n, c in files(study).items() if "process.json" not in n and ".0123abcd" not in n}
    assert files(tmp_path / "new" / "copy") == wanted
    assert (summary["files"], summary["bytes"]) == (5, sum(map(len, wanted.values())))
    messages = [event.message for event in seen if hasattr(event, "message")]
    assert messages[-1] == "copying window.json", "what makes the folder a study comes last"
    assert messages[-2] == "copying study.json"


def test_shared_copy_counts_the_files_that_are_in_it(study: Path, tmp_path: Path) -> None:
    (study / "study.json").write_text('{"dataset": "/srv/scans/people"}', encoding="utf-8")
    (study / "runs" / "ä run" / "history.csv").write_text("/srv/scans/people\n", encoding="utf-8")
    summary = copy_study(CopyStudyJob(study=study, out=tmp_path / "copy", share=True), reporter())
    there = files(tmp_path / "copy")
    assert set(there) == {
        *("study.json", "SHARED.txt", "subjects/sub-01/scan_box.nii.gz", "comparisons/own/grid.json"),
    }
    assert (summary["files"], summary["bytes"]) == (len(there), sum(map(len, there.values())))


def test_shared_copy_keeps_the_folds_that_its_runs_are_of(study: Path, tmp_path: Path) -> None:
    names = ("folds-3.json", "folds/run/metrics.json", "ensembles/all/model.json", "label_counts.csv")
    for name in names:
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text("{}", encoding="utf-8")
    copy_study(CopyStudyJob(study=study, out=tmp_path / "copy", share=True), reporter())
    assert set(names) <= set(files(tmp_path / "copy"))


def test_folder_behind_a_link_is_copied_as_files(study: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other disk"
    shutil.move(study / "runs", elsewhere)
    try:
        (study / "runs").symlink_to(elsewhere, target_is_directory=True)
        (elsewhere / "loop").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    copy_study(CopyStudyJob(study=study, out=tmp_path / "copy"), reporter())
    assert (tmp_path / "copy" / "runs" / "ä run" / "history.csv").read_bytes() == b"epoch\n1\n"


def test_folder_with_something_in_it_is_refused(study: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        copy_study(CopyStudyJob(study=study, out=tmp_path / "full"), reporter())
    assert files(tmp_path / "full") == {"mine.txt": b"keep"}


@pytest.mark.parametrize("inside", [".", "subjects/copy"])
def test_copy_into_itself_is_refused(study: Path, inside: str) -> None:
    with pytest.raises(InputError, match="into itself"):
        copy_study(CopyStudyJob(study=study, out=study / inside), reporter())


def test_study_that_is_gone_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        copy_study(CopyStudyJob(study=tmp_path / "gone", out=tmp_path / "copy"), reporter())
    assert not (tmp_path / "copy").exists()


def test_room_is_looked_for_before_anything_is_written(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_SPARE_BYTES", 10**17)
    with pytest.raises(InputError, match="no room for the copy: it needs 100000000") as error:
        copy_study(CopyStudyJob(study=study, out=tmp_path / "copy"), reporter())
    assert "another disk" in error.value.fix
    assert not (tmp_path / "copy").exists()


def test_cancelled_copy_leaves_nothing(study: Path, tmp_path: Path) -> None:
    asked = iter((False, False, True))
    with pytest.raises(JobCancelled):
        copy_study(CopyStudyJob(study=study, out=tmp_path / "copy"), reporter(lambda: next(asked)))
    assert not (tmp_path / "copy").exists()


def test_disk_that_fills_up_meanwhile_leaves_nothing(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        if source.name == "scan_box.nii.gz":
            target.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(BrainstemError, match="No space left") as error:
        copy_study(CopyStudyJob(study=study, out=tmp_path / "copy"), reporter())
    assert "scan_box.nii.gz" in str(error.value.where)
    assert not (tmp_path / "copy").exists()


def test_copy_that_was_killed_goes_on(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_study(CopyStudyJob(study=study, out=copy), reporter())
    (copy / MARK_FILE).write_text(str(study.resolve()), encoding="utf-8")
    (copy / "study.json").unlink()
    (copy / "subjects" / "sub-01" / "scan_box.nii.gz").write_bytes(b"half")
    seen: list[object] = []
    copy_study(CopyStudyJob(study=study, out=copy), reporter(seen=seen))
    assert files(copy) == files(study)
    assert len([event for event in seen if hasattr(event, "message")]) == 2, "only what was missing"


def test_what_changes_meanwhile_is_copied_again(study: Path, tmp_path: Path) -> None:
    history = study / "runs" / "ä run" / "history.csv"

    def learn() -> bool:
        history.write_bytes(b"epoch\n1\n2\n")
        return False

    copy_study(CopyStudyJob(study=study, out=tmp_path / "copy"), reporter(learn))
    assert (tmp_path / "copy" / "runs" / "ä run" / "history.csv").read_bytes() == b"epoch\n1\n2\n"


def test_folder_that_is_no_study_is_not_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "sub-01_T1w.nii.gz").write_bytes(b"scan")
    assert run(["copy", str(tmp_path / "scans"), "--out", str(tmp_path / "copy")]) == 2
    assert "This folder is no study" in capsys.readouterr().err
    assert not (tmp_path / "copy").exists()


def test_shared_copy_says_that_results_of_scans_stay(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_study(tmp_path / "study", tmp_path / "ds")
    add_result(made, table, "sub-01", 12)
    assert run(["copy", str(made.folder), "--out", str(tmp_path / "copy"), "--share"]) == 0
    left_out = "The results of scans, what was said of them, and the reports on groups"
    assert left_out in capsys.readouterr().err
    assert not (tmp_path / "copy" / "segmentations").exists()
    assert "segmentations" in (tmp_path / "copy" / "SHARED.txt").read_text(encoding="utf-8")
