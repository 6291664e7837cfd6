"""What `doctor` prints: findings of each scan as level, problem, fix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from brainstem_app.errors import InputError
from brainstem_app.imaging.scan import Finding, Level

_COLOURS = {Level.INFO: "blue", Level.WARNING: "yellow", Level.ERROR: "red"}
_BAD_INPUT = 2


def examine(paths: Sequence[Path], *, as_json: bool) -> int:
    """Check scans and print what was found; returns 2 if one finding is an error, else 0."""
    from brainstem_app.imaging.inputs import expand_inputs

    worst = 0
    for path in paths:
        try:
            scans = [(scan.path, scan.name) for scan in expand_inputs([path])]
        except InputError as error:
            scans = []
            findings: tuple[Finding, ...] = (_unreadable(error),)
            _print(path, findings, as_json)
            worst = _BAD_INPUT
        for scan_path, _ in scans:
            findings = _findings(scan_path)
            _print(scan_path, findings, as_json)
            if any(finding.level is Level.ERROR for finding in findings):
                worst = _BAD_INPUT
    return worst


def _findings(path: Path) -> tuple[Finding, ...]:
    from brainstem_app.imaging.reading import read_scan

    try:
        return read_scan(path).findings
    except InputError as error:
        return (_unreadable(error),)


def _unreadable(error: InputError) -> Finding:
    return Finding(Level.ERROR, "unreadable", error.what, error.fix)


def _print(path: Path, findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        entry = {"scan": str(path), "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(entry, ensure_ascii=False))
        return
    typer.echo(str(path))
    for finding in findings:
        typer.secho(f"  {finding.level.value:8}", fg=_COLOURS[finding.level], nl=False)
        typer.echo(finding.problem)
        if finding.fix:
            typer.echo(f"  {'':8}to do: {finding.fix}")
    if not findings:
        typer.echo("  nothing to complain about")
