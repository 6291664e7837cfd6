"""Where the program's own files and the user's lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from brainstem_app.errors import BrainstemError

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Path of a file or folder that ships with the program.

    Parameters
    ----------
    *parts : str
        Path below ``resources/``, e.g. ``resource("atlas", "brainstem31")``.

    Returns
    -------
    Path
        An existing path: inside the installed package, or ``resources/`` of a source checkout.

    Raises
    ------
    BrainstemError
        If the file is not there: the installation is incomplete.
    """
    for root in (_PACKAGE / "resources", _PACKAGE.parent / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    name = "/".join(parts)
    raise BrainstemError(
        f"A file of the program is missing: resources/{name}.",
        _PACKAGE.parent / "resources" / name,
        "Install Brainstem App again.",
    )


def user_data_folder() -> Path:
    """Folder for the user's own models, atlases, settings and logs (not created here)."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "Brainstem App"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Brainstem App"
    return Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share")) / "brainstem-app"
