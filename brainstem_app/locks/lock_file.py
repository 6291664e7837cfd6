"""Lock files: held by one process at a time, and free by themselves when it is gone, however it ended.

The operating system's lock on the file decides (flock; on Windows a locked byte): it ends with its process.
The file says who holds it, for the error that the second one gets. Where the system's locks do not hold for
every computer (see `reach`), or there are none, what the file says decides: a process of this computer by its
number and start, one of another by how long ago it last showed itself.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.locks.owner import LockOwner, read_owner
from brainstem_app.locks.reach import locks_reach_everyone

#: Lock in a folder of results that the user chose, whose parent is not ours.
INNER_LOCK = ".in-use.lock"
LOCK_ENDING = ".lock"
#: How often a process shows that it is there, and after what time without it is taken for gone.
HEARTBEAT_S = 30.0
GONE_AFTER_S = 600.0
#: How long a lock that rests on what files say is looked at before it is believed.
_SETTLE_S = 0.3
_TO_WRITE_S = 2.0
_POLL_S = 0.05
_TRIES = 20
_HELD = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})
# Far behind what the file says, which others have to be able to read.
_WINDOWS_BYTE = 1 << 30
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class InUseError(InputError):
    """Another process works on the same thing."""


@contextmanager
def locked(path: Path, what: str, where: Path, doing: str = "", wait_s: float = 0.0) -> Iterator[None]:
    """Hold a lock file; it and folders that were made for it alone are removed afterwards.

    Parameters
    ----------
    path : Path
        The lock file.
    what : str
        What is locked, as the error names it, e.g. “The run “first””.
    where : Path
        Its file or folder, for the error.
    doing : str
        What this process is going to do with it, e.g. ``train``.
    wait_s : float
        How long to wait for it, seconds.

    Raises
    ------
    InUseError
        If another process holds it.
    InputError
        If no lock file can be made there.
    """
    made = _make_folder(path.parent)
    try:
        lock = _acquire(path, what, where, doing, wait_s)
        try:
            yield
        finally:
            lock.release()
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


@dataclass
class _Lock:
    """A lock file that is held."""

    path: Path
    descriptor: int
    ended: threading.Event

    def release(self) -> None:
        """Remove the file and free the lock."""
        self.ended.set()
        if sys.platform != "win32":
            # While it is held: whoever gets the lock of a removed file sees that, and asks for the new one.
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)
        if sys.platform == "win32":
            with suppress(OSError):
                self.path.unlink()


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder, and return those that had to be made, the innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_possible(error, folder) from error
    return missing


def _acquire(path: Path, what: str, where: Path, doing: str, wait_s: float) -> _Lock:
    deadline = time.monotonic() + wait_s
    certain = locks_reach_everyone(path.parent)
    for _ in range(_TRIES if not wait_s else sys.maxsize):
        try:
            lock = _try(path, doing, certain=certain)
        except OSError as error:
            raise _not_possible(error, path) from error
        if isinstance(lock, _Lock):
            return lock
        if lock is _HELD_BY_ANOTHER and time.monotonic() >= deadline:
            raise _in_use(path, what, where)
        time.sleep(_POLL_S)
    raise _in_use(path, what, where)


_HELD_BY_ANOTHER, _AGAIN = "held", "again"


def _try(path: Path, doing: str, *, certain: bool) -> _Lock | str:
    """Take the lock; or say that it is held, or that the file was removed meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o666)
    except PermissionError:
        return _of_another_user(path)
    keep = False
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "what is there is no file", str(path))
        taken = _lock(descriptor)
        if taken is False:
            return _HELD_BY_ANOTHER
        if not _is_at(path, descriptor):
            return _AGAIN
        by_record = taken is None or not certain
        if by_record and _is_held(path):
            return _HELD_BY_ANOTHER
        owner = _write_owner(descriptor, doing)
        if by_record:
            time.sleep(_SETTLE_S)
            if read_owner(path) != owner:
                return _HELD_BY_ANOTHER
        keep = True
        return _Lock(path, descriptor, _show_oneself(path, needed=by_record))
    finally:
        if not keep:
            os.close(descriptor)


def _of_another_user(path: Path) -> str:
    """Remove the lock file that another user's dead process has left; else it is held, or may not be made."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from None
    except OSError:
        return _HELD_BY_ANOTHER
    try:
        if not _lock(descriptor):
            return _HELD_BY_ANOTHER
        path.unlink(missing_ok=True)
        return _AGAIN
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    def _lock(descriptor: int) -> bool | None:
        import msvcrt

        os.lseek(descriptor, _WINDOWS_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return False if error.errno in _HELD else None
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def _is_at(path: Path, descriptor: int) -> bool:
        return path.exists()  # an open file cannot be removed there

else:

    def _lock(descriptor: int) -> bool | None:
        """Lock an open file: whether it could be done, None where the file system has no locks."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return False if error.errno in _HELD else None
        return True

    def _is_at(path: Path, descriptor: int) -> bool:
        try:
            return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(descriptor))
        except FileNotFoundError:
            return False


def _write_owner(descriptor: int, doing: str) -> LockOwner:
    owner = LockOwner.this_process(doing)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, owner.model_dump_json().encode())
    with suppress(OSError):
        os.fsync(descriptor)
    return owner


def _is_held(path: Path) -> bool:
    """Whether the process that a lock file names is there, as far as that can be told from here."""
    owner = read_owner(path)
    if owner is None:
        return False
    if owner.is_of_this_system:
        return owner.is_running
    with tempfile.TemporaryFile(dir=path.parent) as now:
        # Both times are those of the disk's own clock.
        return os.fstat(now.fileno()).st_mtime - path.stat().st_mtime < GONE_AFTER_S


def _show_oneself(path: Path, *, needed: bool) -> threading.Event:
    """Start a thread that touches the file, where others go by its age; the event returned ends it."""
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(HEARTBEAT_S):
            with suppress(OSError):
                os.utime(path)

    if needed:
        threading.Thread(target=touch, name="lock-heartbeat", daemon=True).start()
    return ended


def _in_use(path: Path, what: str, where: Path) -> InUseError:
    owner = _owner_of(path)
    by = str(owner) if owner is not None else "another process"
    fix = "Wait until it has ended, or stop it; then start again."
    if owner is not None and not owner.is_of_this_system:
        fix += f" If that computer is gone, delete {path}."
    return InUseError(f"{what} is in use by {by}.", where, fix)


def _owner_of(path: Path) -> LockOwner | None:
    """Read who holds a lock; who has just taken it may still have to write that down."""
    deadline = time.monotonic() + _TO_WRITE_S
    while (owner := read_owner(path)) is None and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return owner


def _not_possible(error: OSError, path: Path) -> InputError:
    return InputError(
        f"No lock can be made here, so nothing is written: {error.strerror or error}.",
        path,
        "Check that the folder is there and may be written to, or choose another one.",
    )
