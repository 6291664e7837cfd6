"""Start the program: the window without arguments or with files to open, else the command line."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from brainstem_app.errors import BrainstemError
from brainstem_app.frozen import module_to_run, run_as_python
from brainstem_app.garbage_collection import loading
from brainstem_app.jobs.library_switches import set_library_switches


def main() -> None:
    """Start the window or run the command of the command line; exits with its status."""
    multiprocessing.freeze_support()
    set_library_switches()
    given = sys.argv[1:]
    child = module_to_run(given)
    if child is not None:
        run_as_python(*child)
        return
    with loading():
        is_command = not are_files_to_open(given)
        if is_command:
            from brainstem_app.cli.app import run
    sys.exit(run() if is_command else _open_window(given))


def are_files_to_open(arguments: Sequence[str]) -> bool:
    """Whether the window is meant: no arguments, whole paths, as file managers give them, or files there are.

    The name of a command is a command, even where a file has that name too: ``./NAME`` is the file.
    """
    if all(Path(argument).is_absolute() for argument in arguments):
        return True
    if not all(Path(argument).is_absolute() or _is_there(argument) for argument in arguments):
        return False
    from brainstem_app.cli.app import command_names

    return arguments[0] not in command_names()


def _is_there(argument: str) -> bool:
    try:
        return not argument.startswith("-") and Path(argument).exists()
    except (OSError, ValueError):  # too long, or no name at all
        return False


def _open_window(paths: Sequence[str]) -> int:
    try:
        _require_display()
        from brainstem_app.gui.application import run
    except ImportError as error:
        if (error.name or "").split(".")[0] not in {"PySide6", "shiboken6", "pyqtgraph", ""}:
            raise
        return _complain(
            f"The window cannot start: {error}.",
            "Install PySide6-Essentials and pyqtgraph, or use a command: brainstem-app --help.",
        )
    except BrainstemError as error:
        return _complain(error.what, error.fix)
    # Whole paths, for the window remembers them; links are not followed, for a link's name is the scan's.
    status: int = run([os.path.abspath(path) for path in paths])  # noqa: PTH100
    return status


def _require_display() -> None:
    """Raise BrainstemError where Qt would abort the process for want of a display."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise BrainstemError(
            "The window cannot start: there is no display.",
            None,
            "Start it in a desktop session, or use a command: brainstem-app --help.",
        )


def _complain(what: str, fix: str) -> int:
    sys.stderr.write(f"Error: {what}\n  to do: {fix}\n")
    return 1


if __name__ == "__main__":
    main()
