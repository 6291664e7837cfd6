"""Errors that say what happened, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.plain_text import printable


class BrainstemError(Exception):
    """A failure the user can read.

    Parameters
    ----------
    what : str
        What happened, one sentence.
    where : Path, str or None
        The file, folder or setting it happened in.
    fix : str
        What the user can do, one sentence.
    """

    exit_status = 1

    def __init__(self, what: str, where: Path | str | None = None, fix: str = "") -> None:
        super().__init__(printable(what))
        self.what = printable(what)
        self.where = None if where is None else printable(str(where))
        self.fix = printable(fix)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"In: {self.where}")
        if self.fix:
            parts.append(f"To do: {self.fix}")
        return "\n".join(parts)


class InputError(BrainstemError):
    """The input or the usage is wrong; nothing was computed (exit status 2)."""

    exit_status = 2


class UnconfirmedError(InputError):
    """The input may be meant as it is, but only if the user says so: an option, or a tick in the window."""


class ImplausibleResultError(BrainstemError):
    """The computation ran, but its result cannot be right, so none is written (exit status 1)."""


_AGAIN = (
    "Start it again when you like: prepare, train and compare go on where they stopped, others begin anew."
)


class JobCancelled(BrainstemError):  # noqa: N818 - a request of the user, not a fault
    """The user cancelled the job; what was finished is kept (exit status 3)."""

    exit_status = 3

    def __init__(self) -> None:
        super().__init__("Cancelled.", None, _AGAIN)
