"""The command line as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: How often each random trial is made.
TRIALS = int(os.environ.get("BATTERY_TRIALS", "4"))


def begin(folder: Path, *words: str | Path) -> subprocess.Popen[str]:
    """Start a command, with the user's data below a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder / "data")}
    return subprocess.Popen(
        [sys.executable, "-m", "brainstem_app", *map(str, words)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def make_study(folder: Path, n_files: int = 300, size: int = 200_000) -> Path:
    """A study of files with nothing to read in them, to be copied."""
    (folder / "subjects" / "sub-01").mkdir(parents=True)
    (folder / "study.json").write_text('{"schema": "brainstem-study/1", "dataset": "x"}', encoding="utf-8")
    for number in range(n_files):
        content = number.to_bytes(4, "little") * (size // 4)
        (folder / "subjects" / "sub-01" / f"{number:04d}.bin").write_bytes(content)
    return folder
