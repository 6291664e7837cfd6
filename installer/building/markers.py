"""Which lines of requirements and constraints apply on a system that need not be this one."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import Requirement

from installer.building.editions import System

_ENVIRONMENT: dict[System, dict[str, str]] = {
    "linux": {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
    },
    "windows": {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
    },
}
_PYTHON = {
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}


def applies(requirement: Requirement, system: System) -> bool:
    """Whether a requirement, without extras, is one on a system with Python 3.11."""
    marker = requirement.marker
    return marker is None or marker.evaluate({**_PYTHON, **_ENVIRONMENT[system], "extra": ""})


def lines_for(lines: Iterable[str], system: System) -> list[str]:
    """Return the lines that apply on a system, without their markers; comments and empty lines go."""
    kept = []
    for line in lines:
        text = line.partition(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        requirement = Requirement(text)
        if applies(requirement, system):
            requirement.marker = None
            kept.append(str(requirement))
    return kept
