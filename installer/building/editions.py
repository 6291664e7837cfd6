"""The two editions of the program, from one recipe."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[2]

System = Literal["linux", "windows"]
SYSTEMS: tuple[System, ...] = ("linux", "windows")

#: What packages need on Windows alone; pip, run elsewhere, does not see these of their requirements.
#: The last is Microsoft's C++ runtime, which a fresh Windows lacks.
WINDOWS_ALSO: tuple[str, ...] = ("colorama", "msvc-runtime")


@dataclass(frozen=True)
class Edition:
    """What a download holds.

    Attributes
    ----------
    name : str
        As on the command line and in the names of files.
    extras : tuple of str
        Extras of pyproject.toml that are in it, beside what the program always needs.
    summary : str
        One line for package managers.
    left_out : tuple of str
        Resources that it does not need, as patterns below ``resources/``.
    """

    name: str
    extras: tuple[str, ...]
    summary: str
    left_out: tuple[str, ...] = ()

    def requirements(self, system: System) -> list[str]:
        """Lines for pip: the dependencies in pyproject.toml with those of the extras."""
        extras = [line for name in self.extras for line in extra(name)]
        return [*_project()["dependencies"], *extras, *(WINDOWS_ALSO if system == "windows" else ())]


def extra(name: str) -> list[str]:
    """Lines for pip of an extra of pyproject.toml."""
    return list(_project()["optional-dependencies"][name])


def _project() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(project)


FULL = Edition(
    "full",
    ("train", "slurm"),
    "segments the nuclei of the brainstem on T1-weighted MRI, and trains networks",
)
PREDICT = Edition(
    "predict",
    (),
    "segments the nuclei of the brainstem on T1-weighted MRI (without training)",
    left_out=("models/*/*.keras",),
)
#: What is installed for a checkout; no package for users is made of it.
SOURCE = Edition("source", ("train",), "runs from a checkout")
EDITIONS = {edition.name: edition for edition in (FULL, PREDICT)}
