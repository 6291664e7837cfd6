"""A frozen program (PyInstaller) stands in for Python where it starts itself with ``-m MODULE``.

Jobs and tasks of a cluster are started with ``sys.executable -m MODULE``. From source and from a wheel that
is Python; a frozen program has none, so that its own entry point does what Python would.
"""

from __future__ import annotations

import runpy
import sys

#: What may be started so. Anything else is for the command line to refuse.
CHILD_MODULES = (
    "brainstem_app.jobs.detached",
    "brainstem_app.jobs.diagnosis",
    "kerasmodels.training.device",
    "submitit.core._submit",
)


def module_to_run(arguments: list[str]) -> tuple[str, list[str]] | None:
    """Return the module after ``-m`` (or ``-u -m``) and what follows; None if this is no such call."""
    words = arguments[1:] if arguments[:1] == ["-u"] else arguments
    if len(words) < 2 or words[0] != "-m" or words[1] not in CHILD_MODULES:
        return None
    return words[1], words[2:]


def run_as_python(module: str, arguments: list[str]) -> None:
    """Run a module as Python's ``-m`` does; it ends the process with its own exit status."""
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
