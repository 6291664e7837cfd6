"""The command ``brainstem-app.exe``: distlib's launcher, which pip uses too, before a few lines of Python.

The launcher starts the Python named in the line that follows it, with itself as the script, which Python
reads as a zip archive; ``<launcher_dir>`` is its own folder, wherever that is.
"""

from __future__ import annotations

import io
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from installer.building.shipped import Item, all_locked
from installer.building.wheels import TOOLS

_START = "from brainstem_app.__main__ import main\n\nmain()\n"
_PYTHON = "#!<launcher_dir>\\python\\python.exe\n"


def write_launcher(path: Path) -> None:
    """Write the launcher of the command line, which starts ``python/python.exe`` beside it."""
    (launcher,) = (file for file in distribution("distlib").files or () if file.name == "t64.exe")
    script = io.BytesIO()
    with zipfile.ZipFile(script, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", (1980, 1, 1, 0, 0, 0)), _START)
    program = Path(str(launcher.locate())).read_bytes()
    path.write_bytes(program + _PYTHON.encode() + script.getvalue())


def launcher_item() -> Item:
    """Say of the launcher what the papers of a package hold."""
    site = Path(str(distribution("distlib").locate_file("")))
    (item,) = (one for one in all_locked(site, TOOLS) if one.name == "distlib")
    return item
