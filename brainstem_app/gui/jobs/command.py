"""How the worker process is started, from source, from a wheel and from a frozen program."""

from __future__ import annotations

import sys
from pathlib import Path

WORKER_MODULE = "brainstem_app.jobs.worker"
DETACHED_MODULE = "brainstem_app.jobs.detached"


def worker_command(job_file: Path) -> tuple[str, list[str]]:
    """Program and arguments of the worker of a job file.

    The same for a frozen program (PyInstaller), whose entry point understands ``-m``: see
    `brainstem_app.frozen`.
    """
    return sys.executable, ["-m", WORKER_MODULE, str(job_file)]


def detached_command(folder: Path) -> tuple[str, list[str]]:
    """Program and arguments of a job that may outlive the window; its folder holds the job."""
    return sys.executable, ["-m", DETACHED_MODULE, str(folder)]
