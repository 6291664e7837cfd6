"""How a process beside the window is started, from source, from a wheel and from a frozen program."""

from __future__ import annotations

import sys
from pathlib import Path

DETACHED_MODULE = "brainstem_app.jobs.detached"
DIAGNOSIS_MODULE = "brainstem_app.jobs.diagnosis"


def detached_command(folder: Path) -> tuple[str, list[str]]:
    """Program and arguments of a job that may outlive the window; its folder holds the job.

    The same for a frozen program (PyInstaller), whose entry point understands ``-m``: see
    `brainstem_app.frozen`.
    """
    return sys.executable, ["-m", DETACHED_MODULE, str(folder)]


def diagnosis_command() -> tuple[str, list[str]]:
    """Program and arguments of what finds out about this computer; it writes text, UTF-8."""
    return sys.executable, ["-m", DIAGNOSIS_MODULE]
