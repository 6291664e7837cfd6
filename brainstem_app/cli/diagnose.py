"""The command `diagnose`."""

from __future__ import annotations

import typer


def diagnose() -> None:
    """Show versions, devices, memory and folders, and why a GPU is or is not used."""
    from brainstem_app.jobs import diagnosis

    for section in diagnosis.diagnose():
        typer.secho(section.title, bold=True)
        for line in section.lines:
            typer.echo(line)
