"""Commands about the results of a study: list; the others are those of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.job_options import typed_path
from brainstem_app.cli.options import AsJson
from brainstem_app.jobs.kinds.studies import STUDY_HELP
from brainstem_app.plain_text import printable

app = typer.Typer(
    help="List, accept, reject, correct, import and export the results of a study.", no_args_is_help=True
)


@app.command("list")
def list_them(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help=STUDY_HELP, parser=typed_path)],
    as_json: AsJson = False,
) -> None:
    """List the results of a study: whose, of which model, their state, and who said so, when and why."""
    import json

    from brainstem_app.jobs.results.quality_file import decided_cells
    from brainstem_app.study.segmentations import study_results
    from brainstem_app.study.study import Study

    Study.open(study)
    results = study_results(study)
    width = max((len(result.name) for result in results), default=0)
    for result in results:
        said = decided_cells(result)
        if as_json:
            typer.echo(json.dumps({"folder": result.name, **said}))
            continue
        corrected = "corrected" if said["labels"] == "corrected" and said["state"] != "edited" else ""
        words = (f"{said['state']:8}", corrected, said["why"], said["who"], said["date"][:16])
        typer.echo(printable("  ".join((f"{result.name:{width}}", *filter(None, words))).rstrip()))
    if not results:
        typer.echo("The study holds no segmentation yet: brainstem-app segment --study STUDY", err=True)
