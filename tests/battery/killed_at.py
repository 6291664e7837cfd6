"""A module of the program whose changes of files are counted, or which is killed just before one of them.

``python -m tests.battery.killed_at CHANGES FOLDER AT MODULE [ARGUMENT…]``: what below FOLDER was made,
renamed, removed or opened for writing is written to the file CHANGES, a line each; with AT above 0 the
process, and those it has started, are killed before the change of that number.
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
    changes, folder, at, module, *words = sys.argv[1:]
    seen, lock, number = list[str](), threading.Lock(), int(at)

    def look(event: str, arguments: tuple[object, ...]) -> None:
        name = _changed(event, arguments)
        # What `shutil.rmtree` removes is named from within its folder.
        if not name or (name.startswith("/") and not name.startswith(folder)):
            return
        with lock:
            seen.append(f"{event} {Path(name).name!a}")
            if len(seen) == number:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(look)
    atexit.register(lambda: Path(changes).write_text("\n".join(seen), encoding="ascii"))
    sys.argv[1:] = words
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _changed(event: str, arguments: tuple[object, ...]) -> str:
    """Path that an event is about to change; empty if it changes none."""
    path: object = None
    if event in _CHANGES:
        path = arguments[_CHANGES[event]]
    elif event == "open" and isinstance(flags := arguments[2], int) and flags & _WRITING:
        path = arguments[0]
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""


if __name__ == "__main__":
    main()
