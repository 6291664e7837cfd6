"""Owners of locks: which process holds one, on which computer, since when, and whether it is still there."""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

_LONGEST_RECORD = 4096
_ZOMBIE = ("Z", "X")


class LockOwner(BaseModel):
    """What a lock file says of the process that holds it.

    Attributes
    ----------
    pid : int
        Number of the process.
    host : str
        Name of its computer.
    kernel : str
        The running system that `pid` counts in: another one after a restart, and in each container.
    started : str
        When the process started, as its system counts: tells it from a later one of the same number.
    doing : str
        The job, e.g. ``prepare``.
    since : str
        When it took the lock, ISO 8601.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    host: str
    kernel: str = ""
    started: str = ""
    doing: str = ""
    since: str = ""

    @classmethod
    def this_process(cls, doing: str) -> Self:
        """Describe the process that asks."""
        pid = os.getpid()
        return cls(
            pid=pid,
            host=socket.gethostname(),
            kernel=running_system(),
            started=start_of(pid) or "",
            doing=doing,
            since=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        )

    @property
    def is_of_this_system(self) -> bool:
        """Whether `pid` means anything here."""
        return (self.host, self.kernel) == (socket.gethostname(), running_system())

    @property
    def is_running(self) -> bool:
        """Whether the process is still there; only to be asked if it `is_of_this_system`."""
        return bool(self.started) and start_of(self.pid) == self.started

    @property
    def _since_in_words(self) -> str:
        """Local time to the minute; what another program wrote in another way stays as it is."""
        try:
            return f"{datetime.fromisoformat(self.since).astimezone():%Y-%m-%d %H:%M}"
        except (ValueError, OverflowError, OSError):
            return self.since

    def __str__(self) -> str:
        doing = f", {self.doing}" if self.doing else ""
        since = f", since {self._since_in_words}" if self.since else ""
        return f"process {self.pid} on {self.host}{doing}{since}"


def read_owner(path: Path) -> LockOwner | None:
    """Read who holds a lock; None if the file says nothing yet, is damaged or is gone."""
    try:
        with path.open("rb") as file:
            return LockOwner.model_validate_json(file.read(_LONGEST_RECORD))
    except (OSError, ValidationError):
        return None


def running_owner(path: Path) -> LockOwner | None:
    """Read which process of this computer holds a lock; None if none does, or one of another computer."""
    owner = read_owner(path)
    return owner if owner is not None and owner.is_of_this_system and owner.is_running else None


@cache
def running_system() -> str:
    """Mark of the system that runs: its start on Linux, with the numbering of processes; empty elsewhere."""
    if not sys.platform.startswith("linux"):
        return ""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino:x}"
    except OSError:
        return ""


def start_of(pid: int) -> str | None:
    """When a process started, as its system counts; None if there is none of this number.

    On Linux in ticks since the system started: what psutil makes of them moves when the clock is set.
    """
    if sys.platform.startswith("linux"):
        try:
            # The name, in brackets, may hold anything.
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in _ZOMBIE else fields[19]
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None
