"""What `doctor` prints: the findings of each scan as level, problem, fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from brainstem_app.errors import InputError
from brainstem_app.imaging.scan import Level

if TYPE_CHECKING:
    from brainstem_app.imaging.doctor import Examination

_COLOURS = {Level.INFO: "blue", Level.WARNING: "yellow", Level.ERROR: "red"}
_BAD_INPUT = 2


def examine_all(paths: Sequence[Path], orientation: str | None = None, *, as_json: bool = False) -> int:
    """Examine scans and print what was found; returns 2 if one finding is an error, else 0."""
    status = 0
    for path in paths:
        for examination in _examinations(path, orientation):
            typer.echo(examination.model_dump_json()) if as_json else _print(examination)
            if not examination.is_usable:
                status = _BAD_INPUT
    return status


def _examinations(path: Path, orientation: str | None) -> Iterator[Examination]:
    """Examine the scans that a path stands for, as `segment` takes it; what it refuses is a finding too."""
    from brainstem_app.imaging.doctor import examine, refused
    from brainstem_app.imaging.inputs import expand_inputs

    try:
        scans = expand_inputs([path])
    except InputError as error:
        yield refused(path, error)
        return
    for scan in scans:
        yield examine(scan.path, orientation)


def _print(examination: Examination) -> None:
    typer.echo(examination.path)
    if examination.shape is not None and examination.voxel_size_mm is not None:
        shape = " × ".join(str(n) for n in examination.shape)
        size = " × ".join(f"{mm:.2f}" for mm in examination.voxel_size_mm)
        typer.echo(f"  {shape} voxels of {size} mm, axes {examination.orientation}")
    for finding in examination.findings:
        typer.secho(f"  {finding.level.value:8}", fg=_COLOURS[finding.level], nl=False)
        typer.echo(finding.problem)
        if finding.fix:
            typer.echo(f"  {'':8}to do: {finding.fix}")
    if not examination.findings:
        typer.echo("  ok: nothing to complain about")
