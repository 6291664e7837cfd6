"""Commands about models: list; the others are those of jobs."""

from __future__ import annotations

import typer

from brainstem_app.named_version import with_version
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
        atlas = with_version(card.atlas, card.atlas_version)
        words = f"{card.name}\t{card.decoder}/{card.encoder}\tatlas {atlas}{score}"
        typer.echo(printable(f"{words}\n  {model.folder}"))
    if not models:
        typer.echo(
            "There are no models. Train one, then: brainstem-app models export RUN --install", err=True
        )
