"""A module of the program whose changes of files are counted, or which is killed just before one of them.

``python -m tests.battery.killed_at COUNT FOLDER AT MODULE [ARGUMENT…]``: how often something below FOLDER was
made, renamed, removed or opened for writing is written to the file COUNT; with AT above 0 the process, and
those it has started, are killed before the change of that number.
"""

from __future__ import annotations

import atexit
import os
import runpy
import signal
import sys
import threading
from pathlib import Path

#: Audit events, and which of their arguments is the path that changes.
_CHANGES = {"os.rename": 1, "os.remove": 0, "os.rmdir": 0, "os.mkdir": 0, "os.link": 1, "os.symlink": 1}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    """Run the module."""
    count, folder, at, module, *words = sys.argv[1:]
    seen, lock, number = 0, threading.Lock(), int(at)

    def look(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if not _is_change(event, arguments, folder):
            return
        with lock:
            seen += 1
            if seen == number:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(look)
    atexit.register(lambda: Path(count).write_text(str(seen), encoding="ascii"))
    sys.argv[1:] = words
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _is_change(event: str, arguments: tuple[object, ...], folder: str) -> bool:
    if event == "open":
        path, _, flags = arguments
        changes = isinstance(flags, int) and bool(flags & _WRITING)
    else:
        changes = event in _CHANGES
        path = arguments[_CHANGES[event]] if changes else None
    if not changes or not isinstance(path, str | os.PathLike):
        return False
    name = os.fspath(path)
    # What `shutil.rmtree` removes is named from within its folder.
    return isinstance(name, str) and (not name.startswith("/") or name.startswith(folder))


if __name__ == "__main__":
    main()
