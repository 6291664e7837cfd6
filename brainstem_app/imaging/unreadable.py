"""The error of a scan that cannot be read, with the stable code of the reason."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.errors import InputError

#: Code of a file that is something else.
FORMAT_UNKNOWN = "format-unknown"


class UnreadableScanError(InputError):
    """A file or folder no scan can be read from.

    Parameters
    ----------
    code : str
        Stable kebab-case name of the reason, as in `Finding`, e.g. ``"file-truncated"``.
    what, where, fix
        As in `InputError`.
    """

    def __init__(self, code: str, what: str, where: Path | str | None, fix: str) -> None:
        super().__init__(what, where, fix)
        self.code = code
