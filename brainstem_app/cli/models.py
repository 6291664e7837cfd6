"""Commands about models: list, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug, make_job
from brainstem_app.cli.show import run_and_show
from brainstem_app.jobs.job import ExportModelJob
from brainstem_app.plain_text import printable

app = typer.Typer(help="List models, export a run as a model.", no_args_is_help=True)


@app.command("list")
def list_them() -> None:
    """List the models: those that ship with the program and your own."""
    from brainstem_app.models.library import list_models

    models = list_models()
    for model in models:
        card = model.card
        score = (
            ""
            if card.results.macro_miou_nuclei is None
            else f"\tnuclei mIoU {card.results.macro_miou_nuclei:.3f}"
        )
        words = f"{card.name}\t{card.decoder}/{card.encoder}\tatlas {card.atlas} {card.atlas_version}{score}"
        typer.echo(printable(f"{words}\n  {model.folder}"))
    if not models:
        typer.echo(
            "There are no models. Train one, then: brainstem-app models export RUN --install", err=True
        )


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run: STUDY/runs/NAME.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the model; RUN/export if not given.")] = None,
    name: Annotated[str, typer.Option(help="Name of the model; the run's if not given.")] = "",
    refine: Annotated[
        bool, typer.Option("--refine", help="Let the model predict as evaluate --refine does.")
    ] = False,
    install: Annotated[
        bool, typer.Option("--install", help="Also put it among your models, for segment --model NAME.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Export a run's best network as .keras and .onnx with its model card."""
    job = make_job(ExportModelJob, run=run, out=out, name=name, refine=refine, install=install)
    run_and_show(job, as_json=as_json, debug=debug)
