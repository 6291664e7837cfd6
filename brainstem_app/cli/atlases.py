"""Commands about atlases: list, build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug
from brainstem_app.cli.show import run_and_show
from brainstem_app.jobs.job import BuildAtlasJob

app = typer.Typer(help="List and build atlases.", no_args_is_help=True)


@app.command("list")
def list_them() -> None:
    """List the atlases: name, version, number of nuclei."""
    from brainstem_app.atlas.library import list_atlases, load_atlas

    for name in list_atlases():
        atlas = load_atlas(name)
        typer.echo(f"{atlas.name}\tversion {atlas.version}\t{len(atlas.table.nuclei)} nuclei")


@app.command()
def build(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="RECIPE", help="A recipe (TOML file)."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the atlas; among your own atlases if not given.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder with the source atlases; the recipe's if not given.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Build an atlas from a recipe."""
    run_and_show(BuildAtlasJob(recipe=recipe, out=out, data=data), as_json=as_json, debug=debug)
