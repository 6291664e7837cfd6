"""What a command that is no job says of the files it has written."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from brainstem_app.jobs.events import Artifact, Finished
from brainstem_app.plain_text import printable


def say_written(
    files: list[Path], summary: dict[str, float | int | str], start: float, *, as_json: bool
) -> None:
    """Say it as a job does: one line or one JSON event each; `start` is of `time.monotonic`."""
    finished = Finished(seconds=round(time.monotonic() - start, 3), summary=summary)
    if as_json:
        for file in files:
            artifact = Artifact(role=file.name.replace(".", "_"), path=str(file))
            typer.echo(artifact.model_dump_json())
        typer.echo(finished.model_dump_json())
        return
    for file in files:
        typer.echo(printable(f"written: {file}"))
    typer.echo(", ".join(f"{name}: {value}" for name, value in summary.items()))
