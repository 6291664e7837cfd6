"""Commands about saved reference groups: show; the other is that of a job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.job_options import typed_path
from brainstem_app.plain_text import printable

app = typer.Typer(
    help="Save a reference group, or show what one holds; `cohort --against FILE` sets people against it.",
    no_args_is_help=True,
)


@app.command("show")
def show_it(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File that `reference save` wrote.", parser=typed_path)
    ],
) -> None:
    """Show what a saved reference group holds: of how many people, of which model, what it asks for."""
    from brainstem_app.reports.cohort.saved_reference import read_reference

    group = read_reference(file)
    asked = [
        f"{one.column} ({', '.join(one.levels)})"
        if one.levels
        else f"{one.column} ({one.low:g} to {one.high:g})"
        for one in group.covariates
    ]
    facts = {
        "name": group.name,
        "people": str(group.n),
        "saved": group.created[:10],
        "atlas": group.atlas,
        "model": group.model.title if group.model else "none",
        "versions of the program": ", ".join(group.versions) or "unknown",
        "asks for": "; ".join(asked) or "nothing but the volumes",
        "measures": ", ".join(measure.name for measure in group.measures),
    }
    for name, value in facts.items():
        typer.echo(printable(f"{name:24}{value}"))
    for note in group.notes:
        typer.echo(printable(f"note: {note}"))
