"""The command line as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from brainstem_app.imaging.atomic import TEMPORARY_NAME
from brainstem_app.jobs.folder import JobFolder
from brainstem_app.written_files import EVENTS_FILE

from .commands import CLUSTER, DETACHED, Command

ROOT = Path(__file__).resolve().parents[2]
#: File, in the folder of the user's data, of the changes that `killed_at` has seen.
CHANGES = "changes"


def environment_of(folder: Path, **other: str) -> dict[str, str]:
    """Environment of a command with the user's data, and the made cluster if there is one, below a folder."""
    path = f"{folder / CLUSTER}{os.pathsep}{os.environ.get('PATH', '')}"
    data = {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder / "data"), "PATH": path}
    return {**os.environ, **data, **other}


def begin(folder: Path, command: Command, at: int | None = None) -> subprocess.Popen[str]:
    """Start a command, with the user's data below a folder, and a family of processes of its own.

    Its changes of files are written down (`at` is 0), or it is killed before the one of that number.
    """
    if command.module == DETACHED:
        JobFolder(Path(command.words[0])).clear()
    counting = [] if at is None else ["tests.battery.killed_at", str(folder / CHANGES), str(folder), str(at)]
    return subprocess.Popen(
        [sys.executable, "-m", *counting, command.module, *map(str, command.words)],
        env=environment_of(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], command: Command) -> tuple[int, str]:
    """Wait for the end of a command; returns status and what it said."""
    out, err = process.communicate()
    if command.module == DETACHED:
        events = Path(command.words[0]) / EVENTS_FILE
        out += events.read_text(encoding="utf-8") if events.exists() else ""
    return process.returncode, out + err


def do(folder: Path, command: Command, at: int | None = None) -> tuple[int, str]:
    """Run a command to its end; returns status and what it said."""
    return end(begin(folder, command, at), command)


def changes_seen(folder: Path) -> list[str]:
    """Changes of files by the last command that came to its end with `at` given."""
    return (folder / CHANGES).read_text(encoding="ascii").splitlines()


def kill(process: subprocess.Popen[str]) -> None:
    """End a process and those it has started, with no word of warning."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, or the file itself."""
    there = [folder] if folder.is_file() else folder.rglob("*")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in there if p.is_file()}


def left_behind(folder: Path) -> list[str]:
    """What is half-written, or a lock, in a folder, below it or beside it."""
    there = [*folder.rglob("*"), *folder.parent.iterdir()]
    odd = [path.name for path in there if TEMPORARY_NAME.fullmatch(path.name) or path.name.endswith(".lock")]
    return sorted(set(odd))


def make_study(folder: Path, n_files: int = 300, size: int = 200_000) -> Path:
    """A study of files with nothing to read in them, to be copied."""
    (folder / "subjects" / "sub-01").mkdir(parents=True)
    (folder / "study.json").write_text('{"schema": "brainstem-study/1", "dataset": "x"}', encoding="utf-8")
    for number in range(n_files):
        content = number.to_bytes(4, "little") * (size // 4)
        (folder / "subjects" / "sub-01" / f"{number:04d}.bin").write_bytes(content)
    return folder
