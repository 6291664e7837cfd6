"""Any exception as one `failed` event: what happened, where, what to do."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from brainstem_app.counting import natural_key
from brainstem_app.edition import HOW_TO_GET_FULL, TRAINING_PACKAGES
from brainstem_app.errors import BrainstemError, JobCancelled
from brainstem_app.jobs.events import Failed
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.validation import misfits
from kerasmodels.errors import DivergedError, ModelError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_SHORTER = "Choose a folder with a shorter name, or one that lies less deep."
_CONNECT = "Connect it again, and start again; what was finished is kept."
#: What the system says, and what to do: its limits, and disks that are not as they should be.
_SAID = {
    errno.EROFS: ("The disk may only be read.", "Choose a folder on another disk."),
    errno.ENAMETOOLONG: ("The name of the file or folder is longer than the disk can hold.", _SHORTER),
    errno.EMFILE: ("This system lets the program open too few files.", "Raise the limit: ulimit -n 1024."),
    errno.ENFILE: ("Too many files are open on this computer.", "Close other programs."),
    errno.EFBIG: (
        "The file is larger than this disk or account may hold.",
        "Choose a folder on another disk.",
    ),
    errno.EIO: ("The disk does not read or write any more.", "Look after the disk; copy what is on it."),
    **dict.fromkeys(
        (errno.ENOTCONN, errno.ENODEV, errno.ESTALE), ("The disk of the file is not connected.", _CONNECT)
    ),
}
_ROOM = "Free some space and start again; what was finished is kept."
_LOGS = "If it happens again, report it with the details."


def describe_failure(error: Exception) -> Failed:
    """Say what, where and how to fix for any exception; with the traceback if it was not foreseen."""
    if isinstance(error, BrainstemError):
        cause = error.__cause__
        details = "".join(traceback.format_exception(cause)) if cause is not None else ""
        return Failed(
            what=error.what,
            where=error.where or "",
            fix=error.fix,
            exit_status=error.exit_status,
            details=details,
        )
    if isinstance(error, ModelError):
        status = 1 if isinstance(error, DivergedError) else 2
        return Failed(what=error.what, fix=error.fix, exit_status=status)
    if isinstance(error, ValidationError):
        # Settings are checked where they are given; this is what a check there left out.
        first = misfits(error)[0]
        details = "".join(traceback.format_exception(error))
        return Failed(what=first.what, fix=first.fix or _LOGS, exit_status=2, details=details)
    what, where, fix = _foreseen(error)
    return Failed(what=what, where=where, fix=fix, details="".join(traceback.format_exception(error)))


@contextmanager
def passing_over(
    reporter: Reporter, name: str, where: Path, failed: list[str], *, only: bool
) -> Iterator[None]:
    """Make any failure a warning, and the name one of those that failed; of the only one it is raised."""
    try:
        yield
    except Exception as error:
        if only or isinstance(error, JobCancelled):
            raise
        told = describe_failure(error)
        reporter.warn(f"{name}: {told.what}", told.where or where, told.fix)
        failed.append(name)


def require_all_segmented(failed: Collection[str], total: int, where: Path) -> None:
    """Say who was passed over, in the order of their names, in whichever they ended.

    Raises
    ------
    BrainstemError
        If there is anybody.
    """
    if failed:
        names = ", ".join(sorted(failed, key=natural_key))
        raise BrainstemError(
            f"{len(failed)} of {total} scans could not be segmented: {names}.",
            where,
            "The warnings above say why; the other scans are done.",
        )


def is_disk_full(error: BaseException) -> bool:
    """Whether a disk without room is the reason, or the reason of the reason."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    # HDF5 raises errors of its own that name the number in their text alone.
    if "No space left on device" in str(error):
        return True
    below = error.__cause__ or error.__context__
    return below is not None and is_disk_full(below)


def _foreseen(error: Exception) -> tuple[str, str, str]:
    if isinstance(error, MemoryError):
        return (
            "There is not enough memory.",
            "",
            "Close other programs, or use fewer --jobs or a smaller batch.",
        )
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        # pathlib's own, up to Python 3.12.
        where = str(error).partition("'")[2].rstrip("'")
        return "A link leads back to itself.", where, "Give the file or folder itself."
    if isinstance(error, RecursionError):
        return (
            "A file is nested too deep to be read.",
            "",
            "Look for the file that was given last, and make it anew.",
        )
    if isinstance(error, ModuleNotFoundError) and error.name in TRAINING_PACKAGES:
        return (
            f"The package {error.name}, needed to train or convert networks, is not installed.",
            "",
            HOW_TO_GET_FULL,
        )
    if is_disk_full(error):
        return "The disk is full.", _file_of(error), _ROOM
    if isinstance(error, OSError):
        where = str(error.filename or "")
        if error.errno in _SAID:
            what, fix = _SAID[error.errno]
            return what, where, fix
        if isinstance(error, PermissionError):
            return "The file or folder may not be read or written.", where, "Check its permissions."
        return f"A file could not be read or written: {error.strerror or error}.", where, _LOGS
    return f"Something unforeseen went wrong: {type(error).__name__}: {error}", "", _LOGS


def _file_of(error: BaseException) -> str:
    """Name of the file of an error, or of what it came from; empty where none is told."""
    below = error.__cause__ or error.__context__
    own = str(getattr(error, "filename", None) or "")
    return own or ("" if below is None else _file_of(below))
