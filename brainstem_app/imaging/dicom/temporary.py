"""Temporary folders of DICOM conversions, which hold scans: those of killed processes are removed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brainstem_app.locks.owner import running_system, start_of

_PREFIX = "brainstem-dicom"
_NAME = re.compile(rf"{_PREFIX}-([0-9a-f]{{8}})-(\d+)-([\d.]*)-.+")


@contextmanager
def conversion_folder() -> Iterator[Path]:
    """Yield a new folder that nobody else may read; it is removed afterwards.

    Its name says whose it is, so that the next conversion removes what a killed one has left.
    """
    _clear_left()
    pid = os.getpid()
    prefix = f"{_PREFIX}-{_system()}-{pid}-{start_of(pid) or ''}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _clear_left() -> None:
    """Remove folders of processes of this computer that are gone."""
    try:
        there = list(Path(tempfile.gettempdir()).iterdir())
    except OSError:
        return
    for folder in there:
        found = _NAME.fullmatch(folder.name)
        if found and found[1] == _system() and start_of(int(found[2])) != found[3]:
            shutil.rmtree(folder, ignore_errors=True)


def _system() -> str:
    """Mark of the system that numbers of processes belong to: temporary folders may be shared."""
    return hashlib.sha256(f"{socket.gethostname()} {running_system()}".encode()).hexdigest()[:8]
