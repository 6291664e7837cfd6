"""Start the program: the window without arguments, else the command line."""

from __future__ import annotations

import multiprocessing
import os
import sys

from brainstem_app.errors import BrainstemError


def main() -> None:
    """Start the window or run the command of the command line; exits with its status."""
    multiprocessing.freeze_support()
    if len(sys.argv) > 1:
        from brainstem_app.cli.app import run

        sys.exit(run())
    sys.exit(_open_window())


def _open_window() -> int:
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
    status: int = run()
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
