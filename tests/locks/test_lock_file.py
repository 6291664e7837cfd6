"""Locks between real processes: one holds, the second is told who, and death frees."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.locks import lock_file, reach
from brainstem_app.locks.lock_file import GONE_AFTER_S, InUseError, locked
from brainstem_app.locks.owner import LockOwner, running_system, start_of

HOLDER = Path(__file__).with_name("holder.py")
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(repository_root: Path) -> Iterator[Start]:
    """Start processes that take a lock."""
    started: list[subprocess.Popen[str]] = []

    def begin(path: Path, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(HOLDER), str(path), *more]
        environment = {**os.environ, "PYTHONPATH": str(repository_root)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def _first_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _take(path: Path) -> bool:
    try:
        with locked(path, "The run “first”", path.parent):
            return True
    except InUseError:
        return False


def test_second_is_told_who_holds_it_and_what_to_do(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "runs" / ".first.lock"
    process = start(path)
    assert _first_word(process) == "held"
    with pytest.raises(InUseError) as caught, locked(path, "The run “first”", tmp_path / "runs" / "first"):
        pass
    what = f"The run “first” is in use by process {process.pid} on {socket.gethostname()}, train, since "
    assert caught.value.what.startswith(what)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d\.", caught.value.what.removeprefix(what))
    assert caught.value.where == str(tmp_path / "runs" / "first")
    assert "stop it" in caught.value.fix
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_lock_of_a_killed_process_is_taken_over_at_once(tmp_path: Path, start: Start, end: int) -> None:
    path = tmp_path / ".first.lock"
    process = start(path)
    assert _first_word(process) == "held"
    assert not _take(path)
    process.send_signal(end)
    process.wait()
    assert path.exists()
    assert _take(path)
    assert not path.exists()


def test_stopped_process_still_holds_its_lock(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path / ".first.lock")
    assert _first_word(process) == "held"
    process.send_signal(signal.SIGSTOP)
    assert not _take(tmp_path / ".first.lock")


def test_of_many_at_once_exactly_one_gets_it(tmp_path: Path, start: Start) -> None:
    path = tmp_path / ".first.lock"
    path.write_text(LockOwner(pid=os.getpid(), host="elsewhere").model_dump_json())
    words = [_first_word(process) for process in [start(path) for _ in range(6)]]
    assert words.count("held") == 1
    assert all("is in use by" in word for word in words if word != "held")


def test_who_waits_gets_it_when_it_is_free(tmp_path: Path, start: Start) -> None:
    path = tmp_path / ".first.lock"
    assert _first_word(start(path, "0.5")) == "held"
    with locked(path, "The study", tmp_path, wait_s=20):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_nothing_stays_behind_but_what_was_there(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "runs" / ".a.lock", "The run", tmp_path):
        assert (tmp_path / "new" / "runs").is_dir()
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / "new" / ".a.lock", "The run", tmp_path):
        (tmp_path / "new" / "result").touch()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["result"]


def test_folder_that_is_written_protected_is_an_error_of_three_parts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError) as caught, locked(tmp_path / "file" / ".a.lock", "The run", tmp_path):
        pass
    assert caught.value.where == str(tmp_path / "file")
    assert caught.value.fix


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ".a.lock"
    {"pipe": os.mkfifo, "link": lambda p: p.symlink_to(tmp_path / "other"), "folder": Path.mkdir}[kind](path)
    began = time.monotonic()
    with pytest.raises(InputError), locked(path, "The run", tmp_path):
        pass
    assert time.monotonic() - began < 2
    assert not (tmp_path / "other").exists()


# On file systems without locks, or with locks that others do not see, the file alone decides.


@pytest.fixture(params=["none", "own"])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on such a disk."""
    if request.param == "none":
        monkeypatch.setattr(lock_file, "_lock", lambda descriptor: None)
    else:
        monkeypatch.setattr(lock_file, "_lock", lambda descriptor: True)
        monkeypatch.setattr(lock_file, "locks_reach_everyone", lambda folder: False)


def _owner(pid: int, **changes: str) -> LockOwner:
    here = {"host": socket.gethostname(), "kernel": running_system(), "started": start_of(pid) or ""}
    return LockOwner(pid=pid, **(here | changes))


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize(
    ("changes", "age_s", "free"),
    [
        ({}, 3 * GONE_AFTER_S, False),
        ({"started": "1"}, 0, True),
        ({"host": "elsewhere"}, 60, False),
        ({"host": "elsewhere"}, GONE_AFTER_S + 60, True),
        ({"kernel": "before the restart"}, 60, False),
    ],
    ids=["running here", "same number, another process", "elsewhere", "elsewhere, silent", "other system"],
)
def test_without_locks_the_file_decides(
    tmp_path: Path, changes: dict[str, str], age_s: float, free: bool
) -> None:
    path = tmp_path / ".a.lock"
    path.write_text(_owner(os.getpid(), **changes).model_dump_json())
    then = time.time() - age_s
    os.utime(path, (then, then))
    assert _take(path) is free
    if not free:
        fix = _fix(path)
        assert (str(path) in fix) is bool(changes)


def _fix(path: Path) -> str:
    with pytest.raises(InUseError) as caught, locked(path, "The run", path.parent):
        pass
    return caught.value.fix


@pytest.mark.usefixtures("no_locks")
def test_without_locks_one_that_died_is_taken_over(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path / ".a.lock")
    assert _first_word(process) == "held"
    assert not _take(tmp_path / ".a.lock")
    process.kill()
    process.wait()
    assert _take(tmp_path / ".a.lock")


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"pid": "x"}', b"[" * 4000])
def test_without_locks_a_damaged_file_holds_nobody_up(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".a.lock").write_bytes(content)
    assert _take(tmp_path / ".a.lock")


@pytest.mark.usefixtures("no_locks")
def test_without_locks_it_shows_that_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "HEARTBEAT_S", 0.05)
    path = tmp_path / ".a.lock"
    with locked(path, "The run", tmp_path):
        os.utime(path, (1, 1))
        deadline = time.monotonic() + 5
        while path.stat().st_mtime < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert path.stat().st_mtime > 2


MOUNTS = """\
22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /nfs rw shared:2 - nfs4 server:/nfs rw,vers=4.2,local_lock=none
31 22 0:41 / /old rw - nfs server:/old rw,vers=3,nolock,local_lock=all
32 22 0:42 / /scratch rw - lustre mds:/s rw,localflock
33 22 0:43 / /lustre rw - lustre mds:/w rw,flock
34 22 0:44 / /mnt/a\\040b rw - fuse.sshfs me@there: rw
35 22 0:45 / /mnt/win rw - cifs //server/share rw,vers=3
36 22 0:46 / /mnt/win2 rw - cifs //server/share rw,nobrl
37 22 0:47 / /container rw - overlay overlay rw,lowerdir=/x
"""


@pytest.mark.parametrize(
    ("folder", "certain"),
    [
        ("/var/lib", True),
        ("/nfs/me/study", True),
        ("/nfswork", True),
        ("/old/study", False),
        ("/scratch/study", False),
        ("/lustre/study", True),
        ("/mnt/a b/study", False),
        ("/mnt/win/study", True),
        ("/mnt/win2", False),
        ("/container/tmp", True),
    ],
)
def test_reach_of_locks_is_told_from_the_mount(folder: str, certain: bool) -> None:
    assert reach._reaches(*reach._mount_of(folder, MOUNTS)) is certain
