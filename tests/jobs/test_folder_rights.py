"""Who may read what a job writes."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from brainstem_app.jobs.folder_rights import as_open_as_its_place, make_folder
from brainstem_app.jobs.job import CopyStudyJob
from brainstem_app.jobs.run import run_job
from brainstem_app.study.study import Study, StudySettings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights come from the folder above there")


@pytest.fixture(autouse=True)
def _umask_of_most_computers() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _written(folder: Path) -> tuple[int, int]:
    """Rights of a folder and a file that are made for results in `folder`."""
    with as_open_as_its_place(folder):
        folder.mkdir(exist_ok=True)
        (folder / "below").mkdir()
        (folder / "file").write_text("x", encoding="utf-8")
    return _mode(folder / "below") & 0o777, _mode(folder / "file")


def test_results_are_the_users_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert _written(tmp_path / "new") == (0o700, 0o600)
    assert _mode(tmp_path / "new") == 0o700
    assert _written(tmp_path) == (0o700, 0o600), "a folder that was there says nothing of what is put in"


@pytest.mark.parametrize(
    ("folder", "umask", "written"),
    [
        (0o2770, 0o002, (0o770, 0o660)),
        (0o2775, 0o002, (0o770, 0o660)),
        (0o2750, 0o002, (0o750, 0o640)),
        (0o2770, 0o022, (0o750, 0o640)),  # a stricter umask counts
        (0o2770, 0o077, (0o700, 0o600)),
        (0o0777, 0o002, (0o700, 0o600)),
        (0o1777, 0o002, (0o700, 0o600)),
    ],
)
def test_folder_that_is_marked_as_shared_opens_to_its_group(
    tmp_path: Path, folder: int, umask: int, written: tuple[int, int]
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(folder)
    os.umask(umask)
    assert _written(shared / "out") == written


@pytest.mark.parametrize(
    ("folder", "written"), [(0o700, (0o700, 0o600)), (0o750, (0o750, 0o640)), (0o755, (0o755, 0o644))]
)
def test_study_that_is_there_is_as_open_as_its_folder(
    tmp_path: Path, folder: int, written: tuple[int, int]
) -> None:
    study = tmp_path / "study"
    Study.create(study, StudySettings(dataset="x"))
    study.chmod(folder)
    (study / "runs").mkdir()
    assert _written(study / "runs" / "first") == written


def test_job_writes_for_the_user_alone_and_leaves_the_umask_as_it_was(tmp_path: Path) -> None:
    Study.create(tmp_path / "study", StudySettings(dataset="x"))
    assert run_job(CopyStudyJob(study=tmp_path / "study", out=tmp_path / "copy"), lambda _: None, bool) == 0
    assert _mode(tmp_path / "copy") == 0o700
    assert _mode(tmp_path / "copy" / "study.json") == 0o600
    assert os.umask(0o022) == 0o022


def test_folder_of_the_windows_own_is_the_users_alone(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "job")
    assert (_mode(tmp_path / "a"), _mode(tmp_path / "a" / "job")) == (0o700, 0o700)
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "a" / "job")
